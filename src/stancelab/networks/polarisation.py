"""How far do the actors fall into two camps, and how far apart do they stand on each target?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stancelab.networks.counts import Counts
from stancelab.networks.ties import Normalisation, Values, pair_ties
from stancelab.networks.uncertainty import Estimate, estimate

CELLS_AT_ONCE = 2**22
GAIN = 1e-9


@dataclass(frozen=True)
class Polarisation:
    """Of m actors. modularity: of the two camps in the subtract network. dispersion: of actors' positions, by target.

    camp: 1 or -1 by actor, 0 of an actor without ties, shape (m,). loyalty: the share of the draws that tie the actor in which it
    stands in that camp, NaN without any. position: by actor, None where it never takes a side.
    """

    modularity: Estimate | None
    dispersion: tuple[Estimate | None, ...]
    camp: NDArray[np.int8]
    loyalty: Values
    position: tuple[Estimate | None, ...]


def polarisation(given: Counts, drawn: Counts, *, normalisation: Normalisation = "no") -> Polarisation:
    """What the counts at the given labels, shape (1, m, targets, 2), and of the draws, shape (draws, m, targets, 2), say."""
    camp, modularity = two_camps(pair_ties("subtract", given, given, normalisation))
    drawn_camps, drawn_modularity = np.zeros(drawn.shape[:2], dtype=np.int8), np.zeros(len(drawn))
    step = max(1, CELLS_AT_ONCE // drawn.shape[1] ** 2)
    for start in range(0, len(drawn), step):
        part = drawn[start : start + step]
        found = two_camps(pair_ties("subtract", part, part, normalisation), start=camp[0])
        drawn_camps[start : start + step], drawn_modularity[start : start + step] = found
    facing = np.where(drawn_camps.astype(int) @ camp[0].astype(int) < 0, -1, 1)[:, None] * drawn_camps
    tied = (drawn_camps != 0).sum(axis=0)
    same = ((facing == camp) & (camp != 0)).sum(axis=0)
    loyalty = np.divide(same, tied, out=np.full(len(tied), np.nan), where=(tied > 0) & (camp[0] != 0))
    own, own_drawn = positions(given.sum(axis=2)), positions(drawn.sum(axis=2))
    apart, apart_drawn = dispersion(given), dispersion(drawn)
    return Polarisation(
        estimate(modularity[0], drawn_modularity),
        tuple(estimate(apart[0, t], apart_drawn[:, t]) for t in range(apart.shape[1])),
        camp[0],
        loyalty,
        tuple(estimate(own[0, i], own_drawn[:, i]) for i in range(own.shape[1])),
    )


def positions(counts: Counts) -> Values:
    """Favor minus against over favor plus against, from -1 to 1, NaN where neither was said; the last axis is the sides.

    >>> positions(np.array([[3.0, 1.0], [0.0, 2.0]])).tolist()
    [0.5, -1.0]
    """
    together = counts.sum(axis=-1)
    nowhere = np.full(together.shape, np.nan)
    found: Values = np.divide(counts[..., 0] - counts[..., 1], together, out=nowhere, where=together > 0)
    return found


def dispersion(counts: Counts) -> Values:
    """The variance of the actors' positions on each target, each actor once: shape (draws, targets), NaN under two actors.

    0 where all stand alike; 1 where half are wholly in favor and half wholly against, its greatest value. Positions spread evenly
    give 1/3, and no distribution with a single peak passes 4/9 (Jacobson 1969, The maximum variance of restricted unimodal
    distributions). It does not see how many groups there are, and it does not grow with the number of statements. Source:
    DiMaggio, Evans and Bryson 1996, Have Americans' social attitudes become more polarized?, on dispersion.
    """
    placed = positions(counts)
    known = ~np.isnan(placed)
    actors = known.sum(axis=1)
    mean = np.divide(np.where(known, placed, 0).sum(axis=1), actors, out=np.zeros(actors.shape), where=actors > 0)
    squares = np.where(known, placed - mean[:, None], 0) ** 2
    found: Values = np.divide(squares.sum(axis=1), actors, out=np.full(actors.shape, np.nan), where=actors > 1)
    return found


def two_camps(ties: Values, *, start: NDArray[np.int8] | None = None) -> tuple[NDArray[np.int8], Values]:
    """The division of each network into two camps, shape (draws, m), 1 and -1, 0 without ties, and its modularity, (draws,).

    ties: symmetric, signed, shape (draws, m, m); what a node is to itself does not count. Modularity is that of signed, weighted
    networks (Gómez, Jensen and Arenas 2009, Analysis of community structure in networks of correlated data): positive ties
    inside camps beyond what the nodes' strengths would bring, and negative ones inside camps short of that; 0 where one camp is
    best, 1/2 for two equal camps that agree within and oppose each other. Nobody can find the best division for sure in sensible
    time. From the leading eigenvector (Newman 2006, Modularity and community structure in networks), or from `start`, a division
    of shape (m,), nodes change sides one at a time, the one that gains most first, until none gains. So the modularity is a lower
    bound, two camps are all there can be, and nothing is random. Camp 1 is the larger, or the first node's.
    """
    ties = ties * (1 - np.eye(ties.shape[1]))
    excess, weight = _beyond_chance(ties)
    division = _leading_division(excess) if start is None else np.tile(np.where(start == 0, 1.0, start), (len(ties), 1))
    _improve(division, excess)
    found = ((excess @ division[:, :, None])[:, :, 0] * division).sum(axis=1) / (2 * np.where(weight > 0, weight, 1))
    worth = np.where(found > GAIN, found, 0.0)
    division[worth == 0] = 1
    tied = (ties != 0).any(axis=2)
    return _named(np.where(tied, division, 0)), worth


def _beyond_chance(ties: Values) -> tuple[Values, Values]:
    """Ties minus what strengths alone would bring, shape (draws, m, m), and all weight twice over, shape (draws,)."""
    excess, weight = ties.copy(), np.zeros(len(ties))
    for sign in (1, -1):
        strength = np.maximum(sign * ties, 0).sum(axis=2)
        total = strength.sum(axis=1)
        excess -= sign * strength[:, :, None] * strength[:, None, :] / np.where(total > 0, total, 1)[:, None, None]
        weight += total
    return excess, weight


def _leading_division(excess: Values) -> Values:
    """The signs of the eigenvector of the largest eigenvalue."""
    return np.where(np.linalg.eigh(excess)[1][:, :, -1] >= 0, 1.0, -1.0)


def _improve(division: Values, excess: Values) -> None:
    """Let the node that gains most change sides, in each network that has such a node, until none has."""
    pull = (excess @ division[:, :, None])[:, :, 0]
    own = np.diagonal(excess, axis1=1, axis2=2)
    open_ = np.arange(len(division))
    while len(open_):
        gain = own[open_] - division[open_] * pull[open_]
        node = gain.argmax(axis=1)
        gains = gain[np.arange(len(open_)), node] > GAIN * (1 + np.abs(own[open_]).max(axis=1))
        open_, node = open_[gains], node[gains]
        division[open_, node] *= -1
        pull[open_] += 2 * division[open_, node, None] * excess[open_, :, node]


def _named(division: Values) -> NDArray[np.int8]:
    """Camp 1 is the larger one; of two equal ones, that of the first node with ties."""
    first = division[np.arange(len(division)), (division != 0).argmax(axis=1)]
    larger = np.sign(division.sum(axis=1))
    facing = np.where(larger == 0, first, larger)
    return (division * np.where(facing < 0, -1, 1)[:, None]).astype(np.int8)
