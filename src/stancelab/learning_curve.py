"""How does a recipe's score grow with its training statements, and what would more of them bring, if that can be said at all?

An inverse power law is fitted to the scores at several sizes, and fitted again in every draw of the bootstrap. The draws
resample the tested statements, the same at every size, and the repeats, each of which has training sets of its own.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stancelab.cells import Setting
from stancelab.intervals import Bootstrap, Interval, Method, Value, bootstrap, resample
from stancelab.metrics import all_metrics, metric_named
from stancelab.power_law import Law, fit_law
from stancelab.predictions import Predictions
from stancelab.recipes import Recipe
from stancelab.runs import Run
from stancelab.splits import split

Array = NDArray[np.float64]

TIMES = (1.0, 1.5, 2.0, 3.0, 4.0)
"""The multiples of the present training statements that a curve is carried on to."""
LEAST_SIZES = 4
"""One more than the law has numbers."""
USELESS = 0.2
"""A gain whose interval is wider than this is not shown."""
BACKTESTED = 0.6
"""The share of the training statements up to which sizes are to tell the score with all; whole statements make it inexact."""
ROUNDED = 0.02
LAW_DRAWS = 2000


@dataclass(frozen=True)
class Growth:
    """The scores at several sizes, as sums over clusters of tested statements, shape (clusters, k, r, *s), the largest size last.

    statements: mean number of training statements at each size. value: totals of shape (..., r, *s) to scores. lower: whether
    less is better. method: of the intervals of measured scores.
    """

    statements: Array
    sums: Array
    value: Value
    lower: bool = False
    method: Method = "bca"

    @property
    def times(self) -> Array:
        """The sizes as multiples of the largest."""
        return np.asarray(self.statements / self.statements[-1])

    def drawn(self, *, draws: int, seed: int) -> Bootstrap:
        """Totals of resampled statements and repeats, both the same at every size.

        Of r repeats r - 1 are drawn with replacement, which makes the variance of their mean come out unbiased (Rao and Wu 1988).
        """
        totals, repeats = resample(self.sums, draws=draws, seed=seed), self.sums.shape[2]
        if repeats > 1:
            chosen = np.random.default_rng(seed).integers(0, repeats, size=(draws, repeats - 1))
            totals = totals[np.arange(draws)[:, None], :, chosen].swapaxes(1, 2)
        return Bootstrap(self.sums, totals)

    def law(self, totals: Array, *, until: int | None = None) -> Law:
        """The law of the first `until` sizes, all if None, of scores turned so that more is better."""
        scores = self.turned(totals)[..., :until]
        return fit_law(self.times[:until], scores, ceiling=0.0 if self.lower else 1.0)

    def turned(self, totals: Array) -> Array:
        """The scores at every size, shape (..., k), the sign changed where less is better."""
        return -self.value(totals) if self.lower else self.value(totals)


@dataclass(frozen=True)
class Point:
    """A size, in statements and as a share of all that train, and the score there."""

    share: float
    statements: float
    score: Interval


@dataclass(frozen=True)
class Ahead:
    """What the law says of a multiple of the present training statements: the score there, and the gain over that of today."""

    times: float
    statements: float
    score: Interval
    gain: Interval


@dataclass(frozen=True)
class Backtest:
    """What the sizes up to BACKTESTED would have said of the largest.

    predicted, and miss: predicted minus observed, paired. carried: the miss of the last of those sizes, taken as it is.
    """

    predicted: Interval
    observed: float
    miss: Interval
    carried: float

    @property
    def held(self) -> bool:
        """Whether the interval of the miss holds 0."""
        return self.miss.low <= 0 <= self.miss.high


@dataclass(frozen=True)
class Curve:
    """A recipe's learning curve, and where it leads. refusal: why it is not carried on, or not as far as TIMES go; or empty."""

    recipe: str
    metric: str
    replicates: int
    points: tuple[Point, ...]
    ahead: tuple[Ahead, ...]
    refusal: str
    backtest: Backtest | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        held = {"held": self.backtest.held} if self.backtest else {}
        return asdict(self) | {
            "refusal": self.refusal or None,
            "backtest": asdict(self.backtest) | held if self.backtest else None,
        }


def curve_of(growth: Growth, *, recipe: str, metric: str) -> Curve:
    """The curve of a growth: points with their intervals, where it leads, and how well its beginning told its end."""
    points = []
    for place, (share, statements) in enumerate(zip(growth.times, growth.statements, strict=True)):
        points.append(
            Point(float(share), float(statements), bootstrap(growth.sums[:, place]).interval(growth.value, method=growth.method))
        )
    drawn = growth.drawn(draws=LAW_DRAWS, seed=0)
    refusal = _refusal(growth, drawn)
    ahead = [] if refusal else _ahead(growth, drawn)
    if len(ahead) < len(TIMES) and not refusal:
        wide = f"at {TIMES[len(ahead)]:g} times the training statements the interval of the gain is wider than {USELESS}"
        refusal = f"{wide}: no claim from there on"
    return Curve(recipe, metric, growth.sums.shape[2], tuple(points), tuple(ahead), refusal, _backtest(growth, drawn))


def _refusal(growth: Growth, drawn: Bootstrap) -> str:
    """Why the law is not to be carried on, empty where it may be."""
    sizes = len(growth.statements)
    if sizes < LEAST_SIZES:
        return f"{sizes} sizes: a law of three numbers needs at least {LEAST_SIZES}"
    rise = drawn.interval(lambda totals: growth.turned(totals)[..., -1] - growth.turned(totals)[..., 0])
    if rise.low > 0:
        return ""
    what = "the curve does not rise" if rise.value <= 0 else "the rise of the curve may be chance"
    ends = f"{growth.statements[0]:.0f} to {growth.statements[-1]:.0f} training statements"
    return f"{what} ({rise.value:+.3f} [{rise.low:+.3f}, {rise.high:+.3f}] from {ends}): no claim"


def _ahead(growth: Growth, drawn: Bootstrap) -> list[Ahead]:
    """As far as TIMES go, or the gain's interval is of use."""
    found, sign = [], -1 if growth.lower else 1
    for times in TIMES:
        score = drawn.interval(lambda totals, times=times: sign * growth.law(totals).at(times))  # type: ignore[misc]
        gain = drawn.interval(lambda totals, times=times: _gain(growth.law(totals), times))  # type: ignore[misc]
        if gain.high - gain.low > USELESS:
            break
        found.append(Ahead(times, float(times * growth.statements[-1]), score, gain))
    return found


def _gain(law: Law, times: float) -> Array:
    return law.at(times) - law.at(1)


def _backtest(growth: Growth, drawn: Bootstrap) -> Backtest | None:
    """None where fewer than LEAST_SIZES sizes are small enough."""
    until, sign = int((growth.times <= BACKTESTED + ROUNDED).sum()), -1 if growth.lower else 1
    if until < LEAST_SIZES:
        return None
    scores = growth.value(growth.sums.sum(axis=0))
    predicted = drawn.interval(lambda totals: sign * growth.law(totals, until=until).at(1))
    miss = drawn.interval(lambda totals: sign * growth.law(totals, until=until).at(1) - growth.value(totals)[..., -1])
    return Backtest(predicted, float(scores[-1]), miss, float(scores[until - 1] - scores[-1]))


def learning_curves(run: Run) -> list[Curve]:
    """The curve of every recipe that the experiment names for one, in its primary setting; none where it names none."""
    thinned, name = run.curve_settings, run.experiment.primary_metric
    if not thinned:
        return []
    found = []
    for recipe in run.recipes_in(thinned[0]):
        sizes = _predictions_of_sizes(run, recipe)
        if all(name in all_metrics(predictions) for predictions in sizes):
            found.append(curve_of(_growth(run, recipe, sizes), recipe=recipe.name, metric=name))
    return found


def _predictions_of_sizes(run: Run, recipe: Recipe) -> list[Predictions]:
    """The predictions with each share of the training statements and with all, on the same replicates.

    Where every repeat divides alike, all training statements were trained on once, and stand beside each draw of fewer.
    """
    thinned = [run.predictions(setting, recipe) for setting in run.curve_settings]
    whole, keys = run.predictions(run.settings[0], recipe), thinned[0].keys
    last = max(repeat for _, repeat in whole.keys)
    return [
        *(predictions.only(keys) for predictions in thinned),
        whole.only([(seed, min(repeat, last)) for seed, repeat in keys]),
    ]


def _growth(run: Run, recipe: Recipe, sizes: Sequence[Predictions]) -> Growth:
    metric = metric_named(run.experiment.primary_metric, sizes[0].scheme)
    repeats = run.experiment.repeats_of(recipe.name, run.curve_settings[0].protocol)
    statements = [_training_statements(run, setting, repeats) for setting in (*run.curve_settings, run.settings[0])]
    sums = np.stack([metric.sums(predictions) for predictions in sizes], axis=1)
    return Growth(np.array(statements), sums, metric.of_totals(sizes[0].scheme), metric.better == "lower", metric.interval)


def _training_statements(run: Run, setting: Setting, repeats: int) -> float:
    """The mean number of statements that a fold trains on."""
    rows = run.dataset(setting).rows
    folds = [fold for repeat in range(repeats) for fold in split(setting.protocol, rows, repeat=repeat)]
    return float(np.mean([rows["group"].iloc[fold.train].nunique() for fold in folds]))
