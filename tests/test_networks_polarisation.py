from itertools import product

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stancelab.networks.polarisation import dispersion, polarisation, positions, two_camps
from stancelab.networks.ties import pair_ties

COUNTS = (
    st.integers(1, 6)
    .flatmap(
        lambda actors: st.integers(1, 3).flatmap(
            lambda targets: arrays(np.int64, (1, actors, targets, 2), elements=st.integers(0, 3))
        )
    )
    .map(lambda counts: counts.astype(float))
)


def one_target(*pairs: tuple[int, int]) -> np.ndarray:
    """Counts of actors that speak about one thing: (favor, against) each."""
    return np.array([[[pair] for pair in pairs]], dtype=float)


def naive_modularity(ties: np.ndarray, division: tuple[int, ...]) -> float:
    """Gómez, Jensen and Arenas 2009, equation 17, term by term."""
    m, total = len(ties), 0.0
    plus = [sum(max(ties[i, j], 0) for j in range(m) if j != i) for i in range(m)]
    minus = [sum(max(-ties[i, j], 0) for j in range(m) if j != i) for i in range(m)]
    for i, j in product(range(m), repeat=2):
        if division[i] == division[j]:
            total += ties[i, j] if i != j else 0
            total -= plus[i] * plus[j] / sum(plus) if sum(plus) else 0
            total += minus[i] * minus[j] / sum(minus) if sum(minus) else 0
    weight = sum(plus) + sum(minus)
    return total / weight if weight else 0.0


def test_two_camps_that_agree_within_and_oppose_each_other_reach_a_half():
    camp, modularity = two_camps(pair_ties("subtract", *[one_target((1, 0), (0, 1), (1, 0), (0, 1))] * 2))
    assert modularity[0] == pytest.approx(0.5)
    assert camp.tolist() == [[1, -1, 1, -1]]


def test_who_all_agree_are_one_camp():
    camp, modularity = two_camps(pair_ties("subtract", *[one_target((1, 0), (2, 0), (1, 0), (0, 0))] * 2))
    assert modularity.tolist() == [0]
    assert camp.tolist() == [[1, 1, 1, 0]]


@given(COUNTS)
def test_the_modularity_is_that_of_its_division_and_no_more_than_the_best(counts):
    ties = pair_ties("subtract", counts, counts)
    camp, modularity = two_camps(ties)
    every = [naive_modularity(ties[0], division) for division in product((1, -1), repeat=len(ties[0]))]
    division = tuple(np.where(camp[0] == 0, 1, camp[0]))
    assert modularity[0] == pytest.approx(naive_modularity(ties[0], division), abs=1e-9)
    assert 0 <= modularity[0] <= max(every) + 1e-9


def test_the_best_division_is_nearly_always_found():
    rng = np.random.default_rng(1)
    found = []
    for _ in range(60):
        counts = rng.poisson(0.8, (1, 6, 2, 2)).astype(float)
        ties = pair_ties("subtract", counts, counts)
        best = max(naive_modularity(ties[0], division) for division in product((1, -1), repeat=6))
        found.append(two_camps(ties)[1][0] > best - 1e-9)
    assert np.mean(found) >= 0.95


def test_without_conflict_it_is_the_modularity_that_networkx_computes():
    rng = np.random.default_rng(2)
    ties = np.triu(rng.poisson(0.6, (9, 9)), 1).astype(float)
    ties += ties.T
    camp, modularity = two_camps(ties[None])
    assert (camp[0] != 0).all()
    graph = nx.from_numpy_array(ties)
    assert modularity[0] == pytest.approx(
        nx.community.modularity(graph, [set(np.flatnonzero(camp[0] == side)) for side in (1, -1)])
    )


@given(COUNTS)
def test_changing_all_sides_leaves_the_camps(counts):
    one, two = (polarisation(x, x) for x in (counts, counts[..., ::-1]))
    assert one.camp.tolist() == two.camp.tolist()
    assert one.modularity == two.modularity
    for left, right in zip(one.dispersion, two.dispersion, strict=True):
        assert (left is None) == (right is None)
        assert left is None or left.value == pytest.approx(right.value)


def test_positions_and_their_dispersion_worked_by_hand():
    counts = one_target((3, 1), (0, 2), (0, 0))
    placed = positions(counts)[0, :, 0]
    assert placed[:2].tolist() == [0.5, -1]
    assert np.isnan(placed[2])
    assert dispersion(counts)[0, 0] == pytest.approx(0.75**2)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [([(1, 0), (0, 1)], 1.0), ([(1, 0), (5, 0)], 0.0), ([(1, 1), (2, 2)], 0.0), ([(1, 0), (1, 0), (1, 0), (0, 1)], 0.75)],
)
def test_dispersion_from_agreement_to_even_halves(pairs: list[tuple[int, int]], expected: float):
    assert dispersion(one_target(*pairs))[0, 0] == pytest.approx(expected)


@given(COUNTS)
def test_dispersion_is_numpy_s_variance_and_never_passes_one(counts):
    found = dispersion(counts)
    for target in range(counts.shape[2]):
        placed = positions(counts)[0, :, target]
        known = placed[~np.isnan(placed)]
        if len(known) < 2:
            assert np.isnan(found[0, target])
        else:
            assert found[0, target] == pytest.approx(known.var())
            assert found[0, target] <= 1 + 1e-12


def test_loyalty_is_the_share_of_draws_in_the_same_camp():
    given = one_target((1, 0), (1, 0), (0, 1), (0, 1), (1, 0))
    other = one_target((1, 0), (1, 0), (0, 1), (0, 1), (0, 1))
    silent = one_target((1, 0), (1, 0), (0, 1), (0, 1), (0, 0))
    found = polarisation(given, np.concatenate([given, given, given, other, silent]))
    assert found.camp.tolist() == [1, 1, -1, -1, 1]
    assert found.loyalty.tolist() == [1, 1, 1, 1, 0.75]
