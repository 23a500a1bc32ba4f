"""Where do an article's actors stand on a target, by any recipe or trained model?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from stancelab.article.found import Analysis, Attribution, Statement
from stancelab.errors import InputError, listing
from stancelab.predictors import Predictor, predictor

if TYPE_CHECKING:
    pass

DEFAULT_MODEL = "cue-lexicon"
"""The recipe that is asked where none is named: it needs no training and no network."""

BESIDE = ("unrelated", "none")
"""What label schemes call the label of a statement that is about something else."""

Stance = tuple[str | None, Mapping[str, float] | None]
"""A label and the probabilities of all labels; None where there was no answer, or no probabilities."""


@dataclass(frozen=True)
class Question:
    """What is asked of every attribution: where the actor stands on the target; and who answers."""

    target: str
    predictor: Predictor

    @property
    def notes(self) -> tuple[str, ...]:
        """What someone should know who reads the answers."""
        return (*self._beside_notes(), *self._target_notes())

    def _beside_notes(self) -> list[str]:
        scheme = self.predictor.scheme
        if any(label in BESIDE for label in scheme.labels):
            return []
        return [
            f"the labels of {self.predictor.name} ({', '.join(scheme.labels)}) have none for statements about something else: "
            "these have been given one of them too"
        ]

    def _target_notes(self) -> list[str]:
        trained_on = self.predictor.targets
        if trained_on is None or _alike(self.target) in map(_alike, trained_on):
            return []
        names = listing([repr(name) for name in trained_on], most=3)
        return [
            f"{self.predictor.name} was trained on another target ({names}): its labels are less to be relied on for this one"
        ]


def question(target: str, model: str | None = None, *, scheme: str | None = None) -> Question:
    """The question of where actors stand on `target`, answered by a model's folder or a recipe that needs no training.

    scheme: the labels that a recipe is told. InputError: an empty target, no such model, a recipe that has to be trained.
    """
    if not target.strip():
        raise InputError("the target is empty; expected what stances are about, as in 'the city builds a tram line'")
    return Question(target, predictor(model or DEFAULT_MODEL, scheme=scheme))


def with_stances(analyses: Sequence[Analysis], asked: Question) -> list[Analysis]:
    """The analyses with a label and its probabilities in every attribution; all are predicted together, in full batches."""
    stances = iter(_stances([row for analysis in analyses for row in _rows(analysis)], asked))
    return [
        replace(
            analysis,
            statements=tuple(_judged(statement, stances) for statement in analysis.statements),
            target=asked.target,
            scheme=asked.predictor.scheme,
            model=asked.predictor.name,
            notes=(*analysis.notes, *asked.notes),
        )
        for analysis in analyses
    ]


def _rows(analysis: Analysis) -> Iterator[tuple[str, str]]:
    """(text, actor's name) of each attribution, in the order in which `_judged` takes the stances."""
    names = {actor.id: actor.name for actor in analysis.actors}
    for statement in analysis.statements:
        for attribution in statement.attributions:
            yield statement.text, names[attribution.actor_id]


def _judged(statement: Statement, stances: Iterator[Stance]) -> Statement:
    return replace(statement, attributions=tuple(_with(each, next(stances)) for each in statement.attributions))


def _with(attribution: Attribution, stance: Stance) -> Attribution:
    return replace(attribution, label=stance[0], probabilities=stance[1])


def _stances(rows: Sequence[tuple[str, str]], asked: Question) -> list[Stance]:
    import pandas as pd

    X = pd.DataFrame(rows, columns=["text", "actor"]).assign(id=range(len(rows)), target=asked.target)
    found = asked.predictor.predict(X)
    labels = asked.predictor.scheme.labels
    probabilities = found[[f"p_{label}" for label in labels]].to_numpy()
    return [
        (label, dict(zip(labels, map(float, row), strict=True)) if label is not None and not _unknown(row) else None)
        for label, row in zip(found["label"], probabilities, strict=True)
    ]


def _unknown(probabilities: Any) -> bool:
    return any(value != value for value in probabilities)


def _alike(target: str) -> str:
    return " ".join(target.casefold().split()).rstrip(".")
