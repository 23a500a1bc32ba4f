import re

import numpy as np
import pytest
from scipy.stats import norm

from stancelab.leaderboard import leaderboards
from stancelab.learning_curve import TIMES, USELESS, Growth, curve_of, learning_curves
from stancelab.metrics import METRICS
from stancelab.runs import load_run, run_experiment
from stancelab.splits import split

SHARES = np.array([0.15, 0.3, 0.45, 0.6, 0.8, 1.0])


def law(times):
    return 0.85 - 0.2 * np.asarray(times) ** -0.5


def flat(times):
    return 0.65 + 0 * np.asarray(times)


def falling(times):
    return 0.8 - 0.3 * np.asarray(times)


def accuracy(totals):
    return (totals[..., 0] / totals[..., 1]).mean(axis=-1)


def grown(truth, *, seed=0, clusters=60, repeats=3, noise=0.02, shares=SHARES, lower=False):
    """Hits of a recipe with that expected accuracy: statements differ in how hard they are, training sets in how good."""
    generator = np.random.default_rng(seed)
    chance = truth(shares)[:, None] + generator.normal(0, noise, size=(len(shares), repeats))
    hardness = np.sqrt(0.7) * generator.normal(size=(clusters, 1, 1))
    hits = norm.cdf(hardness + np.sqrt(0.3) * generator.normal(size=(clusters, len(shares), repeats))) < chance
    sums = np.stack([1.0 - hits if lower else hits, np.ones(hits.shape)], axis=-1)
    return Growth(40 * shares, sums, accuracy, lower)


def carried_on(truth, **facts):
    return curve_of(grown(truth, **facts), recipe="it", metric="accuracy")


def test_points_are_the_scores_with_their_intervals():
    growth = grown(law)
    curve = curve_of(growth, recipe="it", metric="accuracy")
    assert [point.statements for point in curve.points] == pytest.approx([6, 12, 18, 24, 32, 40])
    assert [point.share for point in curve.points] == pytest.approx(list(SHARES))
    assert [point.score.value for point in curve.points] == pytest.approx(list(accuracy(growth.sums.sum(axis=0))))
    assert all(point.score.low < point.score.value < point.score.high for point in curve.points)


@pytest.fixture(scope="module")
def simulated():
    return [carried_on(law, seed=seed, clusters=50) for seed in range(24)]


def test_the_intervals_hold_the_true_curve(simulated):
    """Known truth: scores and gains at 2 and 4 times the statements, in about 95 % of simulated curves."""
    for times in (2, 4):
        steps = [step for curve in simulated for step in curve.ahead if step.times == times]
        assert len(steps) > 18
        assert np.mean([step.score.low <= law(times) <= step.score.high for step in steps]) >= 0.85
        assert np.mean([step.gain.low <= law(times) - law(1) <= step.gain.high for step in steps]) >= 0.85


def test_the_backtest_holds_where_the_law_is_true(simulated):
    tests = [curve.backtest for curve in simulated]
    assert np.mean([test.held for test in tests]) >= 0.85
    assert np.mean([test.predicted.low <= law(1) <= test.predicted.high for test in tests]) >= 0.85


def test_the_backtest_sees_nothing_of_the_end():
    one, other = grown(law), grown(law)
    other.sums[:, -2:, :, 0] = 0
    told, wrong = (curve_of(growth, recipe="it", metric="accuracy").backtest for growth in (one, other))
    assert told.predicted == wrong.predicted
    assert wrong.observed == 0
    assert told.miss.value == pytest.approx(told.predicted.value - told.observed)


def test_further_away_is_less_sure(simulated):
    for curve in simulated:
        widths = [step.gain.high - step.gain.low for step in curve.ahead]
        assert widths == sorted(widths)
        assert max(widths) <= USELESS


@pytest.mark.parametrize(
    ("truth", "words"), [(flat, r"rise of the curve may be chance|does not rise"), (falling, r"^the curve does not rise \(-0")]
)
def test_what_does_not_rise_is_not_carried_on(truth, words):
    for seed in range(4):
        curve = carried_on(truth, seed=seed, noise=0.005)
        assert re.search(words, curve.refusal)
        assert curve.ahead == ()


def test_three_sizes_are_too_few():
    curve = carried_on(law, shares=np.array([0.2, 0.5, 1.0]))
    assert curve.refusal == "3 sizes: a law of three numbers needs at least 4"
    assert (curve.ahead, curve.backtest) == ((), None)


def test_nothing_is_claimed_from_where_the_interval_is_useless():
    curve = carried_on(lambda times: 0.3 + 0.3 * np.asarray(times), repeats=2, noise=0.03, shares=SHARES[1:])
    assert 0 < len(curve.ahead) < len(TIMES)
    assert f"at {TIMES[len(curve.ahead)]:g} times" in curve.refusal


def test_less_is_better_is_the_mirror_image():
    up, down = carried_on(law), carried_on(law, lower=True)
    assert up.ahead
    for one, other in zip(up.ahead, down.ahead, strict=True):
        assert one.gain.value == pytest.approx(other.gain.value)
        assert one.score.value == pytest.approx(1 - other.score.value)
    assert down.backtest.miss.value == pytest.approx(-up.backtest.miss.value)


def test_draws_are_paired_over_sizes():
    growth = grown(law)
    same = Growth(growth.statements, np.repeat(growth.sums[:, :1], len(SHARES), axis=1), accuracy)
    drawn = accuracy(same.drawn(draws=50, seed=0).drawn)
    assert drawn == pytest.approx(np.repeat(drawn[:, :1], len(SHARES), axis=1))


def test_the_variation_of_training_draws_is_part_of_the_draws():
    sums = np.ones((50, 4, 3, 2))
    sums[:, :, 0, 0] = 0.4
    growth = Growth(np.array([1.0, 2, 3, 4]), sums, accuracy)
    drawn = accuracy(growth.drawn(draws=4000, seed=0).drawn)[:, 0]
    assert drawn.var() == pytest.approx(np.var([0.4, 1, 1], ddof=1) / 3, rel=0.1)


CURVE = """
[learning_curve]
shares = [0.3, 0.5, 0.7]
recipes = ["majority", "naive-bayes"]
repeats = 2
"""


def with_curve(experiment, curve=CURVE):
    file = experiment / "experiment.toml"
    file.write_text(file.read_text(encoding="utf-8") + curve, encoding="utf-8")
    return experiment


def test_a_curve_adds_its_cells_and_no_leaderboard(bridge_experiment, tmp_path):
    bare = run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    assert learning_curves(bare) == []
    run = run_experiment(with_curve(bridge_experiment), out=tmp_path / "run", jobs=1)
    assert run.facts["computed"] == run.facts["cells"] - bare.facts["cells"] == 3 * 2 * (2 + 1)
    assert [board.setting for board in leaderboards(run)] == bare.settings
    curves = learning_curves(load_run(tmp_path / "run"))
    assert [(curve.recipe, curve.replicates) for curve in curves] == [("majority", 2), ("naive-bayes", 1)]
    rows = run.dataset(run.settings[0]).rows
    for setting, point in zip([*run.curve_settings, run.settings[0]], curves[0].points, strict=True):
        folds = [fold for repeat in range(2) for fold in split(setting.protocol, rows, repeat=repeat)]
        assert point.statements == np.mean([rows["group"].iloc[fold.train].nunique() for fold in folds])
    bayes = run.predictions(run.settings[0], run.recipes[1]).only([(0, 0)])
    assert curves[1].points[-1].score.value == pytest.approx(METRICS["macro_f1"](bayes))
    assert curves[0].to_dict()["points"][0]["share"] == curves[0].points[0].share


def test_where_every_repeat_divides_alike_all_rows_are_trained_on_once(bridge_experiment, tmp_path):
    file = bridge_experiment / "experiment.toml"
    text = file.read_text(encoding="utf-8")
    k_fold, rest = text[text.index("[[protocols]]") : text.index("[limits")].split("\n\n")[:2]
    file.write_text(text.replace(k_fold + "\n\n" + rest, rest + "\n\n" + k_fold), encoding="utf-8")
    run = run_experiment(with_curve(bridge_experiment), recipes=["majority"], out=tmp_path / "run", jobs=1)
    assert run.settings[0].protocol.kind == "leave-one-actor-out"
    curve = learning_curves(run)[0]
    assert curve.replicates == 2
    assert run.predictions(run.settings[0], run.recipes[0]).replicates == 1
    assert curve.points[-1].score.value == pytest.approx(METRICS["macro_f1"](run.predictions(run.settings[0], run.recipes[0])))
