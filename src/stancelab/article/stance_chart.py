"""How many statements of which stance does each actor make, as a picture?"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stancelab.article.found import Analysis, FoundActor
from stancelab.labels import LabelScheme
from stancelab.report.label_marks import LAST, classes

MOST = 24
"""Actors that the picture has room for."""
LEAST_LANE = 0.16
"""The share of the width that a side gets at least, so that its name fits above it."""
GAP = 5.0
"""Per cent of the width between the two sides and what takes none."""

Tally = Mapping[str | None, int]


@dataclass(frozen=True)
class Bar:
    """A number of statements of one label. x, width: per cent of the picture's width."""

    label: str | None
    count: int
    x: float
    width: float


@dataclass(frozen=True)
class Line:
    """An actor with its bars."""

    actor: FoundActor
    tally: Tally
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class StanceChart:
    """The actors who take a stance, from the most in favour to the most against, and those who do not, most statements first.

    zero: where the sides meet, beside: where what takes no side begins; per cent of the width, None without such.
    unplaced: how many more actors there are than the picture has room for.
    """

    lines: tuple[Line, ...]
    aside: tuple[Line, ...]
    zero: float | None
    beside: float | None
    unplaced: int


def tallies(analysis: Analysis) -> dict[str, Tally]:
    """By the id of each actor, its number of statements of each label; None stands for those without a stance."""
    found: dict[str, Counter[str | None]] = {actor.id: Counter() for actor in analysis.actors}
    for statement in analysis.statements:
        for actor_id, label in dict.fromkeys((each.actor_id, each.label) for each in statement.attributions):
            found[actor_id][label] += 1
    return dict(found)


def most_first(actors: Iterable[FoundActor], counted: Mapping[str, Tally]) -> list[FoundActor]:
    """Actors by their number of statements."""
    return sorted(actors, key=lambda actor: -sum(counted[actor.id].values()))


def stance_chart(analysis: Analysis) -> StanceChart:
    """The picture of an article: a line an actor, bars to the right in favour, to the left against, apart what takes no side."""
    counted = tallies(analysis)
    scheme = analysis.scheme
    empty = _without_stance(scheme)
    speaking = [actor for actor in most_first(analysis.actors, counted) if counted[actor.id]]
    taking = [actor for actor in speaking if counted[actor.id].keys() - empty]
    aside = [actor for actor in speaking if taking and not counted[actor.id].keys() - empty]
    placed = taking or speaking
    shown = sorted(placed[:MOST], key=lambda actor: -_balance(counted[actor.id], scheme))
    lanes = Lanes.of(scheme, [counted[actor.id] for actor in shown])
    return StanceChart(
        tuple(Line(actor, counted[actor.id], tuple(lanes.bars(counted[actor.id]))) for actor in shown),
        tuple(Line(actor, counted[actor.id], ()) for actor in aside),
        lanes.zero,
        lanes.beside,
        len(placed) - len(shown),
    )


def _without_stance(scheme: LabelScheme | None) -> set[str | None]:
    """The labels of what does not bear on the target."""
    if scheme is None or scheme.favor is None:
        return {None}
    return {None, *(label for label, kind in classes(scheme).items() if kind == LAST)}


def _balance(tally: Tally, scheme: LabelScheme | None) -> int:
    return tally.get(scheme.favor, 0) - tally.get(scheme.against, 0) if scheme and scheme.favor else 0


@dataclass(frozen=True)
class Lanes:
    """Where bars stand: one unit for all, against to the left of zero, favor to the right, all others from `beside` on."""

    scheme: LabelScheme | None
    unit: float
    zero: float | None
    beside: float | None

    @classmethod
    def of(cls, scheme: LabelScheme | None, tallied: Sequence[Tally]) -> "Lanes":
        """Lanes as wide as the longest bars in them need."""
        sides = (scheme.against, scheme.favor) if scheme and scheme.favor else ()
        left, right = (max((tally.get(side, 0) for tally in tallied), default=0) for side in sides) if sides else (0, 0)
        rest = max((sum(tally.values()) - sum(tally.get(side, 0) for side in sides) for tally in tallied), default=0)
        if not left + right:
            return cls(scheme, 100 / max(rest, 1), None, 0.0)
        least = LEAST_LANE * (left + right + rest)
        wide = [max(left, least), max(right, least), max(rest, least) if rest else 0]
        unit = (100 - (GAP if rest else 0)) / sum(wide)
        return cls(scheme, unit, wide[0] * unit, 100 - wide[2] * unit if rest else None)

    def bars(self, tally: Tally) -> Iterator[Bar]:
        """The bars of one actor."""
        ends = {"left": self.zero or 0.0, "right": self.zero or 0.0, "beside": self.beside or 0.0}
        order = (*(self.scheme.labels if self.scheme else ()), None)
        for label in (label for label in order if tally.get(label)):
            width = tally[label] * self.unit
            lane = self._lane(label)
            ends[lane] += -width if lane == "left" else width
            yield Bar(label, tally[label], ends[lane] if lane == "left" else ends[lane] - width, width)

    def _lane(self, label: str | None) -> str:
        if self.zero is None or self.scheme is None or label is None:
            return "beside"
        return {self.scheme.favor: "right", self.scheme.against: "left"}.get(label, "beside")
