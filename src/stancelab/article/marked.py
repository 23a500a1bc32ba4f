"""What does gold, or an analysis, say of one article, in the form in which the two are compared?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stancelab.article.found import Analysis, Attribution, FoundActor
from stancelab.article.matching import Span, trimmed
from stancelab.records import Mode, Role

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Party:
    """One actor of a statement. role: None where it is not known; label: the actor's stance, None where none was given."""

    name: str
    person: bool
    role: Role | None
    label: str | None = None


@dataclass(frozen=True)
class Marked:
    """A statement: where it stands in the article, in code points, its mode, and its actors."""

    start: int
    end: int
    mode: Mode
    parties: tuple[Party, ...]


@dataclass(frozen=True)
class Comparison:
    """One article with what gold says of it and what was found in it. content: the text that both point into."""

    doc_id: str
    content: str
    gold: tuple[Marked, ...]
    found: tuple[Marked, ...]

    def spans(self, marked: Sequence[Marked]) -> list[Span]:
        """Where statements stand, without white space and quote marks at the edges."""
        return [trimmed(self.content, (one.start, one.end)) for one in marked]


def gold_of(rows: "pd.DataFrame") -> dict[str, tuple[Marked, ...]]:
    """The statements of a dataset's rows by doc_id, in order; the rows have anchors and actor_kind."""
    found: dict[str, tuple[Marked, ...]] = {}
    for (doc_id, _), group in rows.groupby(["doc_id", "group"], sort=False):
        lines: list[dict[str, Any]] = group.to_dict("records")  # type: ignore[assignment]
        parties = tuple(Party(row["actor"], row["actor_kind"] == "person", row.get("role"), row["label"]) for row in lines)
        one = Marked(int(lines[0]["start"]), int(lines[0]["end"]), lines[0]["mode"], parties)
        found[str(doc_id)] = (*found.get(str(doc_id), ()), one)
    return found


def found_of(analysis: Analysis) -> tuple[Marked, ...]:
    """The statements of an analysis."""
    actors = {actor.id: actor for actor in analysis.actors}
    return tuple(Marked(one.start, one.end, one.mode, _parties(one.attributions, actors)) for one in analysis.statements)


def attributed(
    gold: Sequence[Marked], attributions: Sequence[Iterable[Attribution]], actors: Iterable[FoundActor]
) -> tuple[Marked, ...]:
    """Gold statements with the actors that were found for them in the place of their own."""
    known = {actor.id: actor for actor in actors}
    pairs = zip(gold, attributions, strict=True)
    return tuple(Marked(one.start, one.end, one.mode, _parties(given, known)) for one, given in pairs)


def _parties(attributions: Iterable[Attribution], actors: Mapping[str, FoundActor]) -> tuple[Party, ...]:
    return tuple(
        Party(actors[each.actor_id].name, actors[each.actor_id].kind == "person", each.role, each.label) for each in attributions
    )
