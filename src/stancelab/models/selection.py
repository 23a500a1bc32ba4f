"""Which of several parameters does best on the training rows, held out fold by fold?"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from stancelab.errors import InputError, listing, unknown
from stancelab.metrics import favor_against_f1, macro_f1

PATIENCE = 2

Criterion = Literal["macro_f1", "favor_against_f1"]


def inner_folds(labels: np.ndarray, groups: Sequence[str], *, folds: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """(train, held out) row numbers, stratified, rows of one group together; none where the rows are too few for it."""
    if folds < 2:
        raise InputError(f"inner folds: expected 2 or more, got {folds}")
    _, counts = np.unique(labels, return_counts=True)
    if counts.min() < folds or len(set(groups)) < 2 * folds:
        return []
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    pairs = list(splitter.split(np.zeros(len(labels)), labels, groups))
    return [pair for pair in pairs if len(np.unique(labels[pair[0]])) == len(counts)]


def criterion_named(name: str) -> Callable[[Sequence[str], Sequence[str]], float]:
    """The score of (gold, predicted) that a selection goes by."""
    criteria: dict[str, Callable[[Sequence[str], Sequence[str]], float]] = {
        "macro_f1": lambda gold, predicted: macro_f1(gold, predicted, labels=sorted({*gold, *predicted})),
        "favor_against_f1": favor_against_f1,
    }
    if name not in criteria:
        raise unknown("criterion", name, criteria)
    return criteria[name]


def choose(
    candidates: Sequence[float],
    head_of: Callable[[float], Any],
    features: Any,
    labels: np.ndarray,
    groups: Sequence[str],
    *,
    criterion: str,
    folds: int,
    seed: int,
) -> float:
    """The candidate whose held-out predictions score best; of equals the first, which is also taken where rows are too few.

    Candidates are tried in their order until PATIENCE of them in a row score below the best: the weakest penalties take longest.

    head_of: an unfitted scikit-learn classifier for a candidate. features: shape (n, d), computed once for all folds.
    """
    if not candidates:
        raise InputError("there is no candidate to choose from: expected at least one number")
    score = criterion_named(criterion)
    if criterion == "favor_against_f1" and len(candidates) > 1 and {"favor", "against"}.isdisjoint(labels):
        raise InputError(f"criterion {criterion!r} goes with the labels favor and against; got {listing(sorted(set(labels)))}")
    pairs = inner_folds(labels, groups, folds=folds, seed=seed) if len(candidates) > 1 else []
    if not pairs:
        return candidates[0]
    scores = []
    for candidate in candidates:
        gold, predicted = [], []
        for train, held_out in pairs:
            head = head_of(candidate).fit(features[train], labels[train])
            gold += list(labels[held_out])
            predicted += list(head.predict(features[held_out]))
        scores.append(score(gold, predicted))
        if max(scores[-PATIENCE:]) < max(scores):
            break
    return candidates[int(np.argmax(scores))]
