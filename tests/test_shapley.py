import itertools
import math
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stancelab.errors import InputError
from stancelab.shapley import coalitions, draw_orders, shapley_values


def every_order(players: int) -> np.ndarray:
    return np.array([list(itertools.permutations(range(players)))])


def exact(players: int, worth) -> np.ndarray:
    """Shapley's formula: over the sets without the player, weighted by their size."""
    values = np.zeros(players)
    for player in range(players):
        others = [other for other in range(players) if other != player]
        for size in range(players):
            for group in itertools.combinations(others, size):
                weight = math.factorial(size) * math.factorial(players - size - 1) / math.factorial(players)
                values[player] += weight * (worth({*group, player}) - worth(set(group)))
    return values


def random_game(players: int, seed: int):
    table = np.random.default_rng(seed).random(2**players)
    return lambda group: float(table[sum(2**player for player in group)])


def values_of(orders: np.ndarray, worth) -> np.ndarray:
    masks = coalitions(orders)
    return shapley_values(orders, masks, np.array([worth(set(np.flatnonzero(mask))) for mask in masks]))


@pytest.mark.parametrize("players", [1, 2, 5])
def test_over_all_orders_they_are_the_exact_values(players):
    worth = random_game(players, seed=players)
    np.testing.assert_allclose(values_of(every_order(players), worth)[0], exact(players, worth), atol=1e-6)


def test_drawn_orders_come_near_the_exact_values():
    worth = random_game(6, seed=1)
    drawn = values_of(draw_orders(6, pairs=400, seed=[0]), worth)
    error = drawn.std(axis=0, ddof=1) / 20
    assert (np.abs(drawn.mean(axis=0) - exact(6, worth)) < 4 * error).all()
    assert error.max() < 0.03


@given(players=st.integers(1, 7), seed=st.integers(0, 2**32 - 1))
def test_every_draw_adds_up_to_all_less_nobody(players, seed):
    worth = random_game(players, seed=seed)
    drawn = values_of(draw_orders(players, pairs=2, seed=[seed]), worth)
    np.testing.assert_allclose(drawn.sum(axis=1), worth(set(range(players))) - worth(set()), atol=1e-6)


def test_who_changes_nothing_has_no_value():
    worth = random_game(4, seed=0)
    drawn = values_of(draw_orders(5, pairs=3, seed=[0]), lambda group: worth(group - {4}))
    assert (drawn[:, 4] == 0).all()
    assert (drawn[:, :4] != 0).any()


def test_orders_stand_beside_their_reverse_and_follow_from_the_seed():
    orders = draw_orders(6, pairs=4, seed=[3, 1])
    assert orders.shape == (4, 2, 6)
    assert (orders[:, 0] == orders[:, 1, ::-1]).all()
    assert (np.sort(orders, axis=2) == np.arange(6)).all()
    assert (orders == draw_orders(6, pairs=4, seed=[3, 1])).all()
    assert (orders != draw_orders(6, pairs=4, seed=[3, 2])).any()


def test_coalitions_are_the_beginnings_of_the_orders():
    orders = draw_orders(5, pairs=3, seed=[0])
    begun = {frozenset(order[:size]) for order in orders.reshape(-1, 5).tolist() for size in range(6)}
    masks = coalitions(orders)
    assert len(masks) == len(begun)
    assert {frozenset(np.flatnonzero(mask).tolist()) for mask in masks} == begun
    assert not masks[0].any()
    assert masks[-1].all()


def test_global_random_state_stays_as_it_is():
    orders = draw_orders(4, pairs=3, seed=[0])
    before, numbers = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    shapley_values(orders, coalitions(orders), np.arange(len(coalitions(orders)), dtype=float))
    assert torch.equal(before, torch.get_rng_state())
    assert (numbers == np.random.get_state()[1]).all()  # noqa: NPY002


def test_without_captum_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    orders = draw_orders(2, pairs=1, seed=[0])
    with pytest.raises(InputError, match=r"pip install 'stancelab\[explain\]'"):
        shapley_values(orders, coalitions(orders), np.zeros(4))
