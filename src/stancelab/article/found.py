"""What is found in an article: actors, statements, who each is attributed to, and with which stance?"""

from collections.abc import Mapping
from dataclasses import dataclass

from stancelab.article.source import Source
from stancelab.labels import LabelScheme
from stancelab.records import Actor, Mode, Role


class FoundActor(Actor):
    """An actor with the other names that the article uses, and how often it is mentioned."""

    aliases: list[str]
    mentions: int


@dataclass(frozen=True)
class Attribution:
    """One actor of a statement. mention: the words that name it, code points into the article's content; None without any.

    confidence: from 0 to 1, how sure the rules are. label, probabilities: the stance, where one was asked for and given.
    """

    actor_id: str
    role: Role
    mention: tuple[int, int] | None
    confidence: float
    label: str | None = None
    probabilities: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Statement:
    """A statement: `span` is content[start:end], exactly; `text` is what a reader sees of it, white space made single.

    quote: the quoted words without their marks, the first run of them; quote_start: where they begin in the content.
    cue: the word that tells of the act, as a lemma. attributions: every actor, the first-named speaker first.
    """

    id: str
    start: int
    end: int
    span: str
    text: str
    paragraph: int
    mode: Mode
    quote: str | None
    quote_start: int | None
    cue: str | None
    attributions: tuple[Attribution, ...]


@dataclass(frozen=True)
class Analysis:
    """Everything found in one article.

    target, scheme, model: what stances are about, the labels they can have, and who gave them; None where none were asked for.
    """

    source: Source
    actors: tuple[FoundActor, ...]
    statements: tuple[Statement, ...]
    target: str | None = None
    scheme: LabelScheme | None = None
    model: str | None = None
    notes: tuple[str, ...] = ()
