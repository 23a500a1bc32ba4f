import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares

from stancelab.power_law import EXPONENTS, fit_law

TIMES = np.array([0.1, 0.2, 0.4, 0.6, 0.8, 1.0])
scores = st.lists(st.floats(0.05, 0.95), min_size=6, max_size=6)


def loss(parameters, wanted):
    limit, drop, exponent = parameters
    return np.sqrt(TIMES / TIMES.sum()) * (limit - drop * TIMES**-exponent - wanted)


@settings(max_examples=12)
@given(scores)
def test_no_solver_finds_a_better_law(wanted):
    wanted = np.array(wanted)
    law = fit_law(TIMES, wanted, ceiling=1.0)
    own = (loss((law.limit, law.drop, law.exponent), wanted) ** 2).sum()
    for start in (0.1, 0.5, 1.5):
        bounds = ([-np.inf, -np.inf, EXPONENTS[0]], [1.0, np.inf, EXPONENTS[-1]])
        found = least_squares(loss, (wanted[-1], 0.1, start), bounds=bounds, args=(wanted,))
        assert own <= 2 * found.cost * 1.02 + 1e-9 + 0.01 * wanted.var()


@given(st.floats(0.3, 1), st.floats(0.01, 0.3), st.integers(0, len(EXPONENTS) - 1))
def test_a_law_of_the_grid_is_found_again(limit, drop, place):
    law = fit_law(TIMES, limit - drop * TIMES ** -EXPONENTS[place], ceiling=1.0)
    assert law.at(2) == pytest.approx(limit - drop * 2 ** -EXPONENTS[place], abs=1e-5)


@given(scores)
def test_the_limit_is_no_higher_than_the_ceiling(wanted):
    law = fit_law(TIMES, np.array(wanted), ceiling=1.0)
    assert law.limit <= 1
    assert law.drop <= 0 or law.at(1000) <= 1


def test_a_steep_curve_stops_at_the_ceiling():
    wanted = np.array([0.1, 0.2, 0.4, 0.6, 0.75, 0.9])
    law = fit_law(TIMES, wanted, ceiling=1.0)
    assert law.limit == 1
    assert law.at(4) < 1
    below = [(1, drop, exponent) for drop in np.linspace(0.01, 1, 100) for exponent in EXPONENTS]
    best = min((loss(parameters, wanted) ** 2).sum() for parameters in below)
    assert (loss((law.limit, law.drop, law.exponent), wanted) ** 2).sum() <= best


@given(st.lists(scores, min_size=2, max_size=5))
def test_many_curves_at_once_are_each_by_itself(curves):
    together = fit_law(TIMES, np.array(curves), ceiling=1.0).at(2)
    assert together == pytest.approx([float(fit_law(TIMES, np.array(one), ceiling=1.0).at(2)) for one in curves], abs=1e-6)


def test_a_falling_curve_falls_on():
    law = fit_law(TIMES, 0.9 - 0.2 * TIMES, ceiling=1.0)
    assert law.at(2) < law.at(1)


def test_large_sizes_weigh_more():
    early, late = np.full(6, 0.5), np.full(6, 0.5)
    early[1], late[-2] = 0.7, 0.7
    moved = [abs(fit_law(TIMES, wanted, ceiling=1.0).at(2) - 0.5) for wanted in (early, late)]
    assert moved[0] < moved[1]
