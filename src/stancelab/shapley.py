"""How much does each player of a game bring in, averaged over the orders in which players can come?"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stancelab.errors import InputError

Masks = NDArray[np.bool_]


def draw_orders(players: int, *, pairs: int, seed: Sequence[int]) -> NDArray[np.int64]:
    """Orders of the players, each beside its reverse, shape (pairs, 2, players).

    A player who comes early in one order comes late in the other, which takes out much of the chance in a mean over few orders.
    Source: Mitchell et al. 2022, Sampling permutations for Shapley value estimation, section 4.1.
    """
    drawn = np.random.default_rng(seed).permuted(np.tile(np.arange(players), (pairs, 1)), axis=1)
    return np.stack([drawn, drawn[:, ::-1]], axis=1)


def coalitions(orders: NDArray[np.int64]) -> Masks:
    """Every distinct set of players that arises while they come in these orders, shape (m, players): nobody first, all last.

    >>> coalitions(np.array([[[0, 1], [1, 0]]])).astype(int).tolist()
    [[0, 0], [0, 1], [1, 0], [1, 1]]
    """
    came = np.argsort(orders.reshape(-1, orders.shape[-1]), axis=1)
    met = came[:, None, :] < np.arange(orders.shape[-1] + 1)[None, :, None]
    return np.unique(met.reshape(-1, orders.shape[-1]), axis=0)


def shapley_values(orders: NDArray[np.int64], masks: Masks, worth: NDArray[np.float64]) -> NDArray[np.float64]:
    """What each player adds on coming, mean over the orders of each draw, shape (draws, players).

    orders: shape (draws, m, players). masks, worth: every coalition that arises, and its worth. The values of a draw add up to
    the worth of all less that of nobody; over every order there is they are the Shapley values. InputError without captum.
    """
    import torch

    known = {mask.tobytes(): value for mask, value in zip(masks, worth, strict=True)}

    def worth_of(present: torch.Tensor) -> torch.Tensor:
        return torch.tensor([known[mask.tobytes()] for mask in present.numpy() > 0], dtype=torch.float64)

    walker = sampler()(worth_of)
    everyone = torch.ones(1, orders.shape[-1])
    found = []
    for draw in orders.tolist():
        walker.permutation_generator = lambda players, samples, draw=draw: draw
        found.append(walker.attribute(everyone, perturbations_per_eval=orders.shape[-1])[0].numpy())
    return np.array(found, dtype=float)


def sampler() -> Any:
    """Captum's class; it is given its orders, as its own come from global random state. InputError where it is not installed."""
    try:
        from captum.attr import ShapleyValueSampling
    except ImportError:
        raise InputError("attributions need the package captum: pip install 'stancelab[explain]'") from None
    return ShapleyValueSampling
