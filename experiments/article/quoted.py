"""Which words are quoted in articles, by gold, by an extraction, and by textacy; and to whom does each give them?"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from stancelab.article.extraction_scores import Score, end_to_end_scores, span_scores
from stancelab.article.marked import Comparison, Marked, Party
from stancelab.article.same_actor import likeness, words_of

RUN = re.compile(r"[“„«\"]\s*([^“”„«»\"]+?)\s*(?=[“”„«»\"])")


@dataclass(frozen=True)
class Quotes:
    """What a program finds in one article. crashes: the kinds of errors that ended it, each at the cost of all it was reading."""

    found: tuple[Marked, ...]
    crashes: tuple[str, ...] = ()


def quoted(content: str, statements: Sequence[Marked]) -> tuple[Marked, ...]:
    """Each closed run of quoted words in direct and mixed statements, with the statement's speakers."""
    return tuple(
        Marked(*run.span(1), "direct", tuple(party for party in one.parties if party.role in ("speaker", None)))
        for one in statements
        if one.mode in ("direct", "mixed")
        for run in _runs(content, one.start, one.end)
    )


def _runs(content: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """A mark that closes a run opens none."""
    while run := RUN.search(content, start, end):
        yield run
        start = run.end(1) + 1


def by_textacy(text: str, nlp: Any, *, paragraphs: bool) -> Quotes:
    """The direct quotations that textacy finds, in the whole article or paragraph by paragraph; speakers as it words them."""
    from textacy.extract import direct_quotations

    found, crashes = [], []
    for start, part in _paragraphs(text) if paragraphs else [(0, text)]:
        try:
            for triple in direct_quotations(nlp(part)):
                speaker = " ".join(token.text for token in triple.speaker)
                content = triple.content
                found.append(_marked(start + content.start_char, start + content.end_char, speaker))
        except Exception as error:  # noqa: BLE001 another program's: whatever it ends with is counted
            crashes.append(type(error).__name__)
    return Quotes(tuple(found), tuple(crashes))


def _marked(start: int, end: int, speaker: str) -> Marked:
    return Marked(start, end, "direct", (Party(speaker, False, "speaker"),))


def _paragraphs(text: str) -> list[tuple[int, str]]:
    return [(match.start(), match[0]) for match in re.finditer(r"[^\n]*\S[^\n]*", text)]


def kindly(article: Comparison) -> Comparison:
    """The speakers of a program that does not resolve names, each by the full name that gold has for it, if it can be one.

    A surname alone stands for its person, a shorter name for its body; so only pronouns and descriptions remain wrong, and wrong
    speakers.
    """
    known = list(dict.fromkeys(party for one in article.gold for party in one.parties))

    def full(party: Party) -> Party:
        meant = [other for other in known if _can_mean(party.name, other)]
        return meant[0] if len({other.name for other in meant}) == 1 else party

    found = tuple(Marked(one.start, one.end, one.mode, tuple(map(full, one.parties))) for one in article.found)
    return Comparison(article.doc_id, article.content, article.gold, found)


def _can_mean(name: str, actor: Party) -> bool:
    if actor.person:
        return words_of(actor.name)[-1] in words_of(name)
    return likeness(actor.name, name, person=False) > 0


def quotation_scores(articles: Sequence[Comparison]) -> list[Score]:
    """Quoted words found (half overlap), and given to the right speaker. articles: with quoted runs on both sides."""
    return [span_scores(articles)[1], end_to_end_scores(articles)[0]]


def crash_line(crashes: Sequence[str]) -> str:
    """How often a program ended with an error, by kind."""
    counts = Counter(crashes)
    return ", ".join(f"{count} {name}" for name, count in counts.most_common()) or "none"
