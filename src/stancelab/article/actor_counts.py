"""Who appears in a set of articles, under which names, how often, and with which stances?"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from stancelab.article.found import Analysis, FoundActor

DESCRIBED = ("affiliation", "country", "role")


class CountedActor(FoundActor):
    """An actor of several articles: mentions, in how many articles, in how many statements."""

    articles: int
    statements: int


@dataclass
class ActorCounts:
    """The actors of the articles added so far, by id, and how many statements of each have which label."""

    actors: dict[str, CountedActor] = field(default_factory=dict)
    labels: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, analysis: Analysis) -> None:
        """Count one more article."""
        found = [(each.actor_id, each.label) for statement in analysis.statements for each in statement.attributions]
        statements = Counter(actor for actor, _ in found)
        for actor in analysis.actors:
            new = CountedActor(**dict(actor), articles=1, statements=statements[actor.id])
            before = self.actors.get(actor.id)
            self.actors[actor.id] = _joined(before, new) if before else new
        self.labels.update((actor, label) for actor, label in found if label is not None)


def _joined(before: CountedActor, new: CountedActor) -> CountedActor:
    """One actor of two: name and kind as first met, what the first did not know from the second."""
    described = {name: getattr(before, name) or getattr(new, name) for name in DESCRIBED}
    counts = {name: getattr(before, name) + getattr(new, name) for name in ("mentions", "articles", "statements")}
    return before.model_copy(update={**described, **counts, "aliases": _others(before.name, before, new)})


def _others(name: str, *actors: FoundActor) -> list[str]:
    """Every other name once, in the order met."""
    names: Iterable[str] = (each for actor in actors for each in (actor.name, *actor.aliases))
    return [each for each in dict.fromkeys(names) if each != name]
