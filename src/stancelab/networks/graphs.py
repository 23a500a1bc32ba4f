"""What is a debate as a network: nodes, ties, and how sure each is?"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from stancelab.networks.counts import Counts, Duplicates, count
from stancelab.networks.polarisation import Polarisation, polarisation
from stancelab.networks.statements import Statements
from stancelab.networks.ties import PAIR_KINDS, Normalisation, PairKind, Values, affiliation_ties, pair_ties
from stancelab.networks.uncertainty import Estimate, Spread, spread

if TYPE_CHECKING:
    import networkx as nx

Kind = Literal["affiliation"] | PairKind
KINDS: tuple[Kind, ...] = ("affiliation", *PAIR_KINDS)
Among = Literal["actors", "targets"]
Nodes = list[tuple[str, dict[str, Any]]]
LEAST_SHARE = 0.05
NUMBERS_AT_ONCE = 2**23


@dataclass(frozen=True)
class Network:
    """A graph and what it leaves out: `seldom` ties that the given labels do not make and under 5 % of the draws do."""

    kind: Kind
    graph: "nx.Graph[str]"
    seldom: int


@dataclass(frozen=True)
class Choices:
    """How statements become networks. Each normalisation acts on the networks that it is made for, and on no other."""

    kinds: tuple[Kind, ...] = ("affiliation", "congruence", "conflict", "subtract")
    among: Among = "actors"
    normalisation: Normalisation = "no"
    duplicates: Duplicates = "all"


def networks(statements: Statements, stances: NDArray[np.int8], choices: Choices) -> tuple[list[Network], Polarisation]:
    """The networks of these statements, one for each kind, and how polarised their actors are.

    stances: drawn, shape (n, draws). Nodes are all actors and targets that are named, with ties or without: "actor:ID" and
    "target:TEXT", with label (the name), mode, favor, against and other (statements). Actors also have camp (1 or 2), loyalty
    (the share of the draws that tie them in which they are in that camp) and position with its mean, low and high, each where it
    is defined. Ties have value (at the given labels), mean, low and high (over the draws, 95 %), share (of the draws in which
    they are there), positive and negative (shares of the draws with that sign), and weight, which is their size and never 0,
    because Gephi drops ties of weight 0: that of value, else the mean size over the draws. Affiliations have value (favor minus
    against), favor, against, combination, and as weight the two sides together.
    """
    given, drawn = _counted(statements, stances, choices)
    camps = polarisation(given, drawn, normalisation=_for_pairs(choices.normalisation))
    actors, targets = _actor_nodes(statements, given, camps), _target_nodes(statements, given)
    found = []
    for kind in choices.kinds:
        if kind == "affiliation":
            found.append(_affiliation(actors, targets, given, drawn, _for_affiliations(choices.normalisation)))
            continue
        x, y = _counted(statements, stances, choices, sides=False) if kind == "ignore" else (given, drawn)
        if choices.among == "targets":
            x, y = x.transpose(0, 2, 1, 3), y.transpose(0, 2, 1, 3)
        nodes = targets if choices.among == "targets" else actors
        found.append(_pairs(kind, nodes, x, y, _for_pairs(choices.normalisation)))
    return found, camps


def _counted(statements: Statements, stances: NDArray[np.int8], choices: Choices, *, sides: bool = True) -> tuple[Counts, Counts]:
    """The counts at the given labels, and those of the draws."""
    given = count(statements, statements.stance[:, None], duplicates=choices.duplicates, sides=sides)
    return given, count(statements, stances, duplicates=choices.duplicates, sides=sides)


def _for_pairs(normalisation: Normalisation) -> Normalisation:
    return "no" if normalisation in ("activity", "prominence") else normalisation


def _for_affiliations(normalisation: Normalisation) -> Normalisation:
    return normalisation if normalisation in ("activity", "prominence") else "no"


def _actor_nodes(statements: Statements, given: Counts, camps: Polarisation) -> Nodes:
    said = np.bincount(statements.actor[statements.stance == 0], minlength=len(statements.actors))
    nodes = []
    for i, (actor, name) in enumerate(zip(statements.actors, statements.names, strict=True)):
        held = {"label": name, "mode": "actor", **_sides(given[0, i]), "other": int(said[i])}
        if camps.camp[i]:
            held["camp"] = 1 if camps.camp[i] > 0 else 2
        if not np.isnan(camps.loyalty[i]):
            held["loyalty"] = float(camps.loyalty[i])
        nodes.append((f"actor:{actor}", held | _estimated("position", camps.position[i])))
    return nodes


def _target_nodes(statements: Statements, given: Counts) -> Nodes:
    said = np.bincount(statements.target[statements.stance == 0], minlength=len(statements.targets))
    return [
        (f"target:{target}", {"label": target, "mode": "target", **_sides(given[0, :, j]), "other": int(said[j])})
        for j, target in enumerate(statements.targets)
    ]


def _sides(counts: Values) -> dict[str, int]:
    favor, against = counts.sum(axis=0)
    return {"favor": int(favor), "against": int(against)}


def _estimated(name: str, found: Estimate | None) -> dict[str, float]:
    if found is None:
        return {}
    return {name: found.value, f"{name}_mean": found.mean, f"{name}_low": found.low, f"{name}_high": found.high}


def _graph(kind: Kind, nodes: Nodes, normalisation: Normalisation) -> "nx.Graph[str]":
    import networkx as nx

    graph: nx.Graph[str] = nx.Graph(kind=kind, normalisation=normalisation)
    graph.add_nodes_from(nodes)
    return graph


def _affiliation(actors: Nodes, targets: Nodes, given: Counts, drawn: Counts, normalisation: Normalisation) -> Network:
    graph = _graph("affiliation", [*actors, *targets], normalisation)
    value, together = (part[0] for part in affiliation_ties(given, normalisation))
    drawn_value, drawn_together = affiliation_ties(drawn, normalisation)
    share = (drawn_together > 0).mean(axis=0)
    kept = np.argwhere((together > 0) | (share >= LEAST_SHARE))
    chosen = (slice(None), kept[:, 0], kept[:, 1])
    over, size = spread(drawn_value[chosen]), drawn_together[chosen].mean(axis=0)
    for e, (i, j) in enumerate(kept):
        favor, against = given[0, i, j]
        tie = _tie(value[i, j], over, e, share[i, j]) | {"weight": float(together[i, j] or size[e])}
        said = {"favor": int(favor), "against": int(against), "combination": _combination(favor, against)}
        graph.add_edge(actors[i][0], targets[j][0], **tie, **said)
    return Network("affiliation", graph, int((share > 0).sum()) - int((share[kept[:, 0], kept[:, 1]] > 0).sum()))


def _combination(favor: float, against: float) -> str:
    """DNA's `combine` in words: 1, 2, 3 and 0 of the manual's section 2.5."""
    return {(True, False): "favor", (False, True): "against", (True, True): "both"}.get((favor > 0, against > 0), "none")


def _tie(value: float, over: Spread, e: int, share: float) -> dict[str, float]:
    means = {"mean": over.mean[e], "low": over.low[e], "high": over.high[e]}
    shares = {"share": share, "positive": over.positive[e], "negative": over.negative[e]}
    return {"value": float(value), **{name: float(number) for name, number in (means | shares).items()}}


def _pairs(kind: PairKind, nodes: Nodes, given: Counts, drawn: Counts, normalisation: Normalisation) -> Network:
    """The pairs of nodes, a block of rows at a time, so that all draws of a tie are at hand at once."""
    graph, seldom, m = _graph(kind, nodes, normalisation), 0, given.shape[1]
    step = max(1, NUMBERS_AT_ONCE // max(1, len(drawn) * m))
    for start in range(0, m, step):
        block = slice(start, start + step)
        value = pair_ties(kind, given[:, block], given[:, start:], normalisation)[0]
        every = pair_ties(kind, drawn[:, block], drawn[:, start:], normalisation)
        later = np.arange(value.shape[1])[None, :] > np.arange(value.shape[0])[:, None]
        share = (every != 0).mean(axis=0) * later
        kept = np.argwhere(later & ((value != 0) | (share >= LEAST_SHARE)))
        seldom += int((share > 0).sum()) - int((share[kept[:, 0], kept[:, 1]] > 0).sum())
        chosen = every[:, kept[:, 0], kept[:, 1]]
        over, size = spread(chosen), np.abs(chosen).mean(axis=0)
        for e, (i, j) in enumerate(kept):
            tie = _tie(value[i, j], over, e, share[i, j]) | {"weight": float(abs(value[i, j]) or size[e])}
            graph.add_edge(nodes[start + i][0], nodes[start + j][0], **tie)
    return Network(kind, graph, seldom)
