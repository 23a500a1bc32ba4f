"""Do our intervals cover the truth as often as they say, and do our tests raise a false alarm no oftener than they say?

    python experiments/statistics/coverage.py [--simulations N]

Draws datasets from a known truth, with statements of several rows that share their difficulty, and asks the package's own
functions. Writes coverage.md, tests.md and coverage.svg beside this file. Fixed seeds; about ten minutes on two cores.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.stats import binomtest

from stancelab.comparison import compare
from stancelab.intervals import bootstrap
from stancelab.labels import scheme_named
from stancelab.metrics import METRICS, metric_named
from stancelab.predictions import Predictions

Array = NDArray[np.float64]

HERE = Path(__file__).parent
SCHEME = scheme_named("favor-against-none")
SIZES = (15, 25, 50, 100, 250, 500, 1000, 2000)
METHODS = ("BCa", "percentile")
MEASURED = ("macro_f1", "favor_against_f1", "accuracy", "balanced_accuracy", "mcc", "f1:none", "log_loss", "brier", "ece")
DRAWS = 2000
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


def covered(world: World, statements: int, truth: dict[str, float], seed: int) -> dict[tuple[str, str], bool]:
    """Whether each method's interval of each metric holds the truth, in one dataset."""
    generator = np.random.default_rng([seed, statements])
    predictions = answer(ORDINARY, draw_rows(world, statements, generator), generator)
    found = {}
    for name in MEASURED:
        metric = metric_named(name, SCHEME)
        drawn, value = bootstrap(metric.sums(predictions), draws=DRAWS), metric.of_totals(SCHEME)
        ours, percentiles = drawn.interval(value), np.quantile(value(drawn.drawn), [0.025, 0.975])
        found[name, "BCa"] = ours.low <= truth[name] <= ours.high
        found[name, "percentile"] = bool(percentiles[0] <= truth[name] <= percentiles[1])
    return found


def coverage(simulations: int) -> pd.DataFrame:
    """One row for each world, size, metric and method: the share of datasets whose interval holds the truth."""
    found = []
    for world in WORLDS:
        truth = truth_of(world, ORDINARY)
        for statements in SIZES:
            runs = Parallel(n_jobs=2)(delayed(covered)(world, statements, truth, seed) for seed in range(simulations))
            for name, method in runs[0]:
                held = sum(run[name, method] for run in runs)
                limits = binomtest(held, simulations).proportion_ci()
                found.append((world.name, statements, name, method, truth[name], held / simulations, limits.low, limits.high))
            print(
                world.name,
                statements,
                {name: sum(run[name, "BCa"] for run in runs) / simulations for name in MEASURED},
                flush=True,
            )
    return pd.DataFrame(found, columns=["world", "statements", "metric", "method", "truth", "coverage", "low", "high"])


def rival(world: World, gap: float) -> System:
    """A system unlike the ordinary one in what it sees, whose macro-F1 in the population is above by `gap`."""
    rows = draw_rows(world, PLENTY, np.random.default_rng(3**12))
    macro = METRICS["macro_f1"]

    def score(system: System) -> float:
        return macro(answer(system, rows, np.random.default_rng(5**9)))

    wanted, low, high = score(ORDINARY) + gap, 0.0, 4.0
    for _ in range(18):
        middle = (low + high) / 2
        low, high = (middle, high) if score(System((2.1, 0.9, middle))) < wanted else (low, middle)
    return System((2.1, 0.9, middle))


def compared(world: World, other: System, statements: int, repeats: int, seed: int) -> tuple[float, bool]:
    """The p of a comparison with the ordinary system in one dataset, and whether its interval leaves out zero."""
    generator = np.random.default_rng([seed, statements, repeats])
    rows = draw_rows(world, statements, generator)
    a, b = (answer(system, rows, generator, repeats) for system in (other, ORDINARY))
    found = compare(a, b, METRICS["macro_f1"], names=("a", "b"), seed=0, draws=DRAWS)
    return found.p, not found.difference.low <= 0 <= found.difference.high


def tests(simulations: int) -> pd.DataFrame:
    """One row for each world, truth and size: how often the test and the interval call the difference real."""
    found = []
    for world in WORLDS:
        truths = {
            "none: two like systems": (ORDINARY, 1),
            "none: unlike systems": (rival(world, 0.0), 1),
            "none: unlike systems, 10 repeats": (rival(world, 0.0), 10),
            "0.05": (rival(world, 0.05), 1),
            "0.10": (rival(world, 0.10), 1),
        }
        for truth, (other, repeats) in truths.items():
            for statements in SIZES:
                count = simulations if repeats == 1 else max(200, simulations // 4)
                runs = Parallel(n_jobs=2)(delayed(compared)(world, other, statements, repeats, seed) for seed in range(count))
                called, outside = sum(p < 0.05 for p, _ in runs), sum(beyond for _, beyond in runs)
                limits = binomtest(called, count).proportion_ci()
                found.append((world.name, truth, statements, called / count, limits.low, limits.high, outside / count))
                print(*found[-1], flush=True)
    return pd.DataFrame(found, columns=["world", "difference", "statements", "test", "low", "high", "interval"])
