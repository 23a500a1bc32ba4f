"""How strongly are two nodes tied, by their statements, and how is that made comparable between loud and quiet ones?"""

from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from stancelab.networks.counts import Counts

Values = NDArray[np.float64]
PairKind = Literal["congruence", "conflict", "subtract", "ignore"]
PAIR_KINDS: tuple[PairKind, ...] = get_args(PairKind)
Normalisation = Literal["no", "average", "jaccard", "cosine", "activity", "prominence"]
NORMALISATIONS: tuple[Normalisation, ...] = get_args(Normalisation)


def pair_ties(kind: PairKind, x: Counts, y: Counts, normalisation: Normalisation = "no") -> Values:
    """The tie of each node of x with each of y: shape (draws, nodes of x, nodes of y).

    x, y: shape (draws, nodes, what they speak about, 2); counts of actors, or of targets with the two middle axes changed over.
    Congruence adds up the products of the counts of the same side, conflict those of opposite sides, subtract is congruence minus
    conflict, ignore multiplies counts whatever the side. Source: DNA manual 2018, sections 2.3 (equations for a binary qualifier)
    and 2.4.

    >>> a = np.array([[[[2.0, 0.0]], [[1.0, 3.0]]]])  # one draw, one target: two in favor; one in favor, three against
    >>> [float(pair_ties(kind, a, a)[0, 0, 1]) for kind in PAIR_KINDS]
    [2.0, 6.0, -4.0, 8.0]
    """
    return _divided(PRODUCTS[kind](x, y), NORMS[normalisation](x, y) if normalisation in NORMS else None)


def affiliation_ties(counts: Counts, normalisation: Normalisation = "no") -> tuple[Values, Values]:
    """Each actor's tie with each target: favor minus against, and the two together; shape (draws, actors, targets) each.

    `activity` divides by all that the actor says, `prominence` by all that is said about the target. Source: DNA manual 2018,
    sections 2.5 (subtract and ignore) and 2.6.
    """
    together = counts.sum(axis=3)
    axis = {"activity": 2, "prominence": 1}.get(normalisation)
    norm = None if axis is None else np.broadcast_to(together.sum(axis=axis, keepdims=True), together.shape)
    return _divided(_net(counts), norm), _divided(together, norm)


def _divided(values: Values, norm: Values | None) -> Values:
    """Values over their norm; 0 where the norm is, as DNA has it."""
    return values if norm is None else np.divide(values, norm, out=np.zeros_like(values), where=norm > 0)


def _flat(x: Counts) -> Values:
    return x.reshape(*x.shape[:2], -1)


def _products(x: Values, y: Values) -> Values:
    return x @ y.transpose(0, 2, 1)


def _net(x: Counts) -> Values:
    difference: Values = x[..., 0] - x[..., 1]
    return difference


def _congruence(x: Counts, y: Counts) -> Values:
    return _products(_flat(x), _flat(y))


def _activity(x: Counts, y: Counts) -> tuple[Values, Values]:
    return _flat(x).sum(axis=2)[:, :, None], _flat(y).sum(axis=2)[:, None, :]


def _average(x: Counts, y: Counts) -> Values:
    own, other = _activity(x, y)
    return (own + other) / 2


def _cosine(x: Counts, y: Counts) -> Values:
    own, other = _activity(x, y)
    return own * other


def _jaccard(x: Counts, y: Counts) -> Values:
    own, other = _flat(x), _flat(y)
    alone = _products(own, (other == 0).astype(float)) + _products((own == 0).astype(float), other)
    return alone + _products(own, other)


PRODUCTS: Mapping[str, Callable[[Counts, Counts], Values]] = {
    "congruence": _congruence,
    "conflict": lambda x, y: _congruence(x, y[..., ::-1]),
    "subtract": lambda x, y: _products(_net(x), _net(y)),
    "ignore": lambda x, y: _products(x.sum(axis=3), y.sum(axis=3)),
}
NORMS: Mapping[str, Callable[[Counts, Counts], Any]] = {"average": _average, "jaccard": _jaccard, "cosine": _cosine}
"""DNA manual 2018, section 2.4. With n the number of statements of a node, over all it speaks about and both sides:

average: (n_i + n_i') / 2. cosine: n_i n_i', as the manual defines it, which is not the product of the vectors' lengths. jaccard:
what i says (thing and side) and i' does not, what i' says and i does not, and the sum of the products of what both say. With
counts above 1 the results may pass 1.
"""
