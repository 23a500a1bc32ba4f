"""What follows from the probabilities of a row's labels: corrected ones, those of a scheme, the label?"""

from collections.abc import Sequence

import numpy as np

Curve = tuple[np.ndarray, np.ndarray]
"""Where a rising curve has its knots, and its height there."""

SMALLEST = 1e-12
"""Added to a probability before its logarithm is taken."""


def softmax(scores: np.ndarray) -> np.ndarray:
    """Probabilities in proportion to the exponentials of each row's scores, shape (n, k)."""
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def tempered(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities, shape (n, k), whose logarithms are divided by a temperature: above 1 less sure, below 1 surer."""
    return softmax(np.log(probabilities + SMALLEST) / temperature)


def along(probabilities: np.ndarray, curves: Sequence[Curve]) -> np.ndarray:
    """Each label's probability along its curve, over their sum; all labels alike where every curve says 0."""
    bent = np.column_stack([np.interp(given, *curve) for given, curve in zip(probabilities.T, curves, strict=True)])
    total = bent.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(bent, total, out=np.full_like(bent, 1 / len(curves)), where=total != 0))


def most_probable(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The label of each row's highest probability, shape (n,), the first of equals; None where a row has none.

    >>> most_probable(np.array([[0.2, 0.8], [np.nan, np.nan]]), np.array(["against", "favor"], dtype=object))
    array(['favor', None], dtype=object)
    """
    answered = ~np.isnan(probabilities).any(axis=1)
    found = np.asarray(labels, dtype=object)[np.where(answered, probabilities.argmax(axis=1), 0)]
    found[~answered] = None
    return np.asarray(found)


def of_labels(probabilities: np.ndarray, classes: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    """Probabilities of a classifier's labels in the order of a scheme's, 0 for those it never gives; NaN rows stay NaN.

    >>> of_labels(np.array([[0.2, 0.8]]), ["against", "favor"], ["favor", "against", "none"])
    array([[0.8, 0.2, 0. ]])
    """
    places = {label: place for place, label in enumerate(classes)}
    unseen = np.where(np.isnan(probabilities).any(axis=1), np.nan, 0.0)
    return np.column_stack([probabilities[:, places[label]] if label in places else unseen for label in labels])
