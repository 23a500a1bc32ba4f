"""Which rows do most recipes get wrong, and which wrong labels are the most confident?"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from stancelab.metrics import losses
from stancelab.predictions import Predictions

MOST_OF_ONE = 4


@dataclass(frozen=True)
class HardRow:
    """One row, by its number: the share of wrong predictions, the mean log loss where probabilities are known, and by whom.

    wrong: the mean over recipes of the share of repeats that are wrong, so that each recipe counts alike. given: how many
    recipes gave each wrong label most often.
    """

    row: int
    wrong: float
    log_loss: float | None
    given: dict[str, int]


@dataclass(frozen=True)
class ConfidentError:
    """A wrong label, the row by its number, and the mean probability that the label got over the repeats."""

    recipe: str
    row: int
    label: str
    probability: float


def hardest_rows(recipes: Mapping[str, Predictions]) -> list[HardRow]:
    """All rows, the hardest first: by the share of wrong predictions, then by mean log loss, then in their order.

    recipes: predictions of the same rows, one recipe at least. Facts about these predictions, not estimates: no interval.
    """
    wrong = np.mean([(one.predicted != one.gold).mean(axis=0) for one in recipes.values()], axis=0)
    known = [losses(one)[..., 0].mean(axis=0) for one in recipes.values() if one.probabilities is not None]
    loss = np.mean(known, axis=0) if known else np.zeros(len(wrong))
    order = np.lexsort((np.arange(len(wrong)), -loss, -wrong.round(9)))
    most = {name: most_frequent_labels(one) for name, one in recipes.items()}
    return [
        HardRow(int(row), float(wrong[row]), float(loss[row]) if known else None, _wrong_labels(recipes, most, int(row)))
        for row in order
    ]


def most_frequent_labels(predictions: Predictions) -> np.ndarray:
    """The label code each row got most often over the replicates, the first in the scheme where two tie; k is no answer."""
    width = len(predictions.scheme.labels) + 1
    return np.asarray(np.eye(width)[predictions.predicted].sum(axis=0).argmax(axis=1))


def _wrong_labels(recipes: Mapping[str, Predictions], most: Mapping[str, np.ndarray], row: int) -> dict[str, int]:
    given: Counter[str] = Counter()
    for name, one in recipes.items():
        code = int(most[name][row])
        if code != one.gold[row]:
            given[(*one.scheme.labels, "no answer")[code]] += 1
    return dict(given.most_common())


def confident_errors(recipes: Mapping[str, Predictions], *, most: int) -> list[ConfidentError]:
    """The `most` rows with the highest mean probability of a wrong label, at most four of one recipe."""
    return sorted((error for name, one in recipes.items() for error in _errors_of(name, one)), key=_surest)[:most]


def _surest(error: ConfidentError) -> tuple[float, str, int]:
    return -error.probability, error.recipe, error.row


def _errors_of(name: str, predictions: Predictions) -> list[ConfidentError]:
    if predictions.probabilities is None:
        return []
    means, labels = predictions.probabilities.mean(axis=0), predictions.scheme.labels
    wrong = np.flatnonzero(means.argmax(axis=1) != predictions.gold)
    surest = wrong[np.argsort(-means[wrong].max(axis=1), kind="stable")][:MOST_OF_ONE]
    return [ConfidentError(name, int(row), labels[int(means[row].argmax())], float(means[row].max())) for row in surest]
