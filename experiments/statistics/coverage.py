"""Do our intervals hold the truth as often as they say, and do our tests raise a false alarm no oftener than they say?

Draws datasets from a known truth, with statements of several rows that share their difficulty, and asks the package's own
functions. `study.py` beside this file runs it and writes results.md.
"""

import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.stats import binomtest

from stancelab.comparison import compare
from stancelab.intervals import bootstraps, support_warning
from stancelab.labels import scheme_named
from stancelab.metrics import METRICS, metric_named
from stancelab.predictions import Predictions

Array = NDArray[np.float64]

SCHEME = scheme_named("favor-against-none")
SIZES = (15, 25, 50, 100, 250, 500, 1000, 2000)
MEASURED = ("macro_f1", "favor_against_f1", "accuracy", "balanced_accuracy", "mcc", "f1:none", "log_loss", "brier", "ece")
DRAWS = 2000
MOST_STATEMENTS = 2_000_000
"""In all simulations of a size together: the largest sizes are simulated less often."""
MOST_ROWS = 6
PLENTY = 400_000
"""Statements whose rows stand for the whole population."""


@dataclass(frozen=True)
class System:
    """How a system answers: what it sees of each gold label, in logits; how much of its noise is the rows' own difficulty."""

    sight: tuple[float, float, float]
    difficulty: float = 0.7
    sharpness: float = 1.4


@dataclass(frozen=True)
class World:
    """Where rows come from: the shares of the labels, how far a statement's rows agree, how unlike statements are."""

    name: str
    shares: tuple[float, float, float]
    agreement: float
    spread: float


WORLDS = (
    World("even labels", (0.40, 0.35, 0.25), agreement=0.6, spread=0.6),
    World("a rare label, strong statements", (0.60, 0.28, 0.12), agreement=0.85, spread=1.2),
)
ORDINARY = System((1.6, 1.3, 1.0))


@dataclass(frozen=True)
class Rows:
    """Rows drawn from a world, and the noise that every system meets in them."""

    statement: NDArray[np.int64]
    gold: NDArray[np.int64]
    shared: Array


def seeds(simulations: int, statements: int) -> range:
    return range(min(simulations, MOST_STATEMENTS // statements))


def draw_rows(world: World, statements: int, generator: np.random.Generator) -> Rows:
    sizes = np.minimum(generator.geometric(0.7, size=statements), MOST_ROWS)
    statement = np.repeat(np.arange(statements), sizes)
    of_statement = generator.choice(3, size=statements, p=world.shares)[statement]
    gold = np.where(
        generator.random(len(statement)) < world.agreement, of_statement, generator.choice(3, size=len(statement), p=world.shares)
    )
    ease = generator.normal(scale=world.spread, size=statements)[statement]
    shared = generator.normal(size=(len(statement), 3)) + ease[:, None] * np.eye(3)[gold]
    return Rows(statement, gold, shared)


def answer(system: System, rows: Rows, generator: np.random.Generator, repeats: int = 1) -> Predictions:
    """A system's predictions. Repeats differ in a fifth of what is the system's own noise."""
    shape, truth = rows.shared.shape, np.eye(3)[rows.gold]
    own = generator.normal(size=shape)
    found = []
    for _ in range(repeats):
        again = np.sqrt(0.8) * own + np.sqrt(0.2) * generator.normal(size=shape) if repeats > 1 else own
        noise = np.sqrt(system.difficulty) * rows.shared + np.sqrt(1 - system.difficulty) * again
        found.append(system.sharpness * (truth * np.array(system.sight) + noise))
    powers = np.exp(np.array(found) - np.max(found, axis=2, keepdims=True))
    probabilities = powers / powers.sum(axis=2, keepdims=True)
    names = tuple(map(str, rows.statement))
    keys = tuple((0, repeat) for repeat in range(repeats))
    return Predictions(SCHEME, tuple(map(str, range(len(names)))), names, rows.gold, probabilities.argmax(2), probabilities, keys)


def truth_of(world: World, system: System) -> dict[str, float]:
    """The value of each metric over a population."""
    generator = np.random.default_rng(2**20)
    rows = draw_rows(world, PLENTY, generator)
    predictions = answer(system, rows, generator)
    return {name: metric_named(name, SCHEME)(predictions) for name in MEASURED}


def covered(world: World, statements: int, truth: dict[str, float], seed: int) -> tuple[bool, dict[tuple[str, str], bool]]:
    """Whether one dataset is warned of, and whether each interval of each metric holds the truth there."""
    generator = np.random.default_rng([seed, statements])
    predictions = answer(ORDINARY, draw_rows(world, statements, generator), generator)
    gold = [SCHEME.labels[code] for code in predictions.gold]
    metrics = {name: metric_named(name, SCHEME) for name in MEASURED}
    sums = {metric.statistic: metric.sums(predictions) for metric in metrics.values()}
    resampled = dict(zip(sums, bootstraps(sums.values(), draws=DRAWS), strict=True))
    found = {}
    for name, metric in metrics.items():
        drawn, value = resampled[metric.statistic], metric.of_totals(SCHEME)
        ours, percentiles = drawn.interval(value, method=metric.interval), np.quantile(value(drawn.drawn), [0.025, 0.975])
        found[name, metric.interval] = ours.low <= truth[name] <= ours.high
        found[name, "percentile"] = bool(percentiles[0] <= truth[name] <= percentiles[1])
    return support_warning(SCHEME.labels, gold, predictions.groups) is not None, found


def coverage(simulations: int) -> pd.DataFrame:
    """One row for each world, size, metric and method: the share of datasets, all and those not warned of, that it covers."""
    found = []
    for world in WORLDS:
        truth = truth_of(world, ORDINARY)
        for statements in SIZES:
            runs = Parallel(n_jobs=-1)(
                delayed(covered)(world, statements, truth, seed) for seed in seeds(simulations, statements)
            )
            quiet = [held for warned, held in runs if not warned]
            for name, method in runs[0][1]:
                held = [held[name, method] for _, held in runs]
                of_quiet = np.mean([held[name, method] for held in quiet]) if quiet else np.nan
                limits = binomtest(sum(held), len(runs)).proportion_ci()
                of_all = (float(np.mean(held)), limits.low, limits.high)
                found.append((world.name, statements, name, method, truth[name], *of_all, of_quiet, len(quiet) / len(runs)))
            print(f"coverage: {world.name}, {statements} statements", file=sys.stderr, flush=True)
    columns = ["world", "statements", "metric", "method", "truth", "coverage", "low", "high", "coverage unwarned", "unwarned"]
    return pd.DataFrame(found, columns=columns)


def rival(world: World, gap: float) -> tuple[System, float]:
    """A system unlike the ordinary one in what it sees, and how far its macro-F1 in the population is above: nearly `gap`."""
    rows, macro = draw_rows(world, PLENTY, np.random.default_rng(3**12)), METRICS["macro_f1"]

    def score(system: System) -> float:
        return macro(answer(system, rows, np.random.default_rng(5**9)))

    ordinary, low, high = score(ORDINARY), 0.0, 4.0
    for _ in range(18):
        middle = (low + high) / 2
        low, high = (middle, high) if score(System((2.1, 0.9, middle))) < ordinary + gap else (low, middle)
    chosen = System((2.1, 0.9, middle))
    return chosen, score(chosen) - ordinary


def compared(world: World, other: System, gap: float, statements: int, repeats: int, seed: int) -> tuple[float, bool]:
    """The p of a comparison with the ordinary system in one dataset, and whether its interval holds the true difference."""
    generator = np.random.default_rng([seed, statements, repeats])
    rows = draw_rows(world, statements, generator)
    a, b = (answer(system, rows, generator, repeats) for system in (other, ORDINARY))
    found = compare(a, b, METRICS["macro_f1"], names=("a", "b"), seed=0, draws=DRAWS)
    return found.p, found.difference.low <= gap <= found.difference.high


def tests(simulations: int) -> pd.DataFrame:
    """One row for each world, truth and size: how often the test calls the difference real, and its interval holds it."""
    found = []
    for world in WORLDS:
        alike, above = rival(world, 0.0), {gap: rival(world, gap) for gap in (0.05, 0.10)}
        truths = {
            "none, two like systems": (ORDINARY, 0.0, 1),
            "none, unlike systems": (*alike, 1),
            "none, unlike systems, 10 repeats": (*alike, 10),
            **{f"{gap:.2f}": (*system, 1) for gap, system in above.items()},
        }
        for truth, (other, gap, repeats) in truths.items():
            for statements in SIZES:
                runs = Parallel(n_jobs=-1)(
                    delayed(compared)(world, other, gap, statements, repeats, seed)
                    for seed in seeds(simulations // (1 if repeats == 1 else 4), statements)
                )
                called, held = sum(p < 0.05 for p, _ in runs), float(np.mean([holds for _, holds in runs]))
                limits = binomtest(called, len(runs)).proportion_ci()
                found.append((world.name, truth, statements, called / len(runs), limits.low, limits.high, held))
            print(f"tests: {world.name}, true difference {truth}", file=sys.stderr, flush=True)
    return pd.DataFrame(found, columns=["world", "difference", "statements", "called", "low", "high", "coverage"])
