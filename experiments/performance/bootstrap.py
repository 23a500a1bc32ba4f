"""How long do the intervals of all metrics of 20 recipes take, and how long would scipy's bootstrap?

usage: python experiments/performance/bootstrap.py [RECIPES]

5,000 rows of 4,000 statements, three labels, five targets, a probability for every label; 10,000 draws of whole statements; BCa.
scipy gets one recipe, one metric (macro-F1, summed over statements beforehand, vectorised) and fewer draws. Its draws are
extrapolated to 10,000, its leaving-out of each statement in turn is counted once as it is, both then for every recipe and metric:
scipy draws anew for each. Seconds are of the clock: run it on a machine that does nothing else.
"""

import sys
from time import perf_counter

import numpy as np
import pandas as pd
from scipy.stats import bootstrap as scipy_bootstrap

from stancelab.dataset import Dataset
from stancelab.intervals import DRAWS, Interval
from stancelab.labels import scheme_named
from stancelab.metrics import METRICS, all_metrics
from stancelab.predictions import Predictions
from stancelab.scoring import intervals_of

ROWS, STATEMENTS, TARGETS, FEWER_DRAWS = 5_000, 4_000, 5, 200
SCHEME = scheme_named("favor-against-none")


def synthetic(*, seed: int) -> Dataset:
    """Rows with labels at random; every fourth statement has two rows."""
    generator = np.random.default_rng(seed)
    numbers = np.arange(ROWS)
    rows = {
        "id": [f"r{number}" for number in numbers],
        "group": [f"s{number}" for number in numbers % STATEMENTS],
        "text": "words",
        "actor": "who",
        "target": [f"t{number}" for number in generator.integers(0, TARGETS, size=ROWS)],
        "label": generator.choice(SCHEME.labels, size=ROWS),
    }
    return Dataset("synthetic", "", SCHEME, pd.DataFrame(rows))


def predicted(dataset: Dataset, *, seed: int) -> Predictions:
    """A recipe that knows something of the labels."""
    gold = np.array(SCHEME.codes(dataset.y))
    strength = np.ones((ROWS, 3)) + 2 * np.eye(3)[gold]
    probabilities = np.random.default_rng([seed, 1]).standard_gamma(strength)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    rows = (tuple(dataset.rows[name]) for name in ("id", "group"))
    told = probabilities[None], ((0, 0),), tuple(dataset.rows["target"])
    return Predictions(SCHEME, *rows, gold, probabilities.argmax(axis=1)[None], *told)


def timed(work, *given, **options):
    start = perf_counter()
    return work(*given, **options), perf_counter() - start


def all_intervals(recipes: list[Predictions]) -> list[dict[str, Interval]]:
    return intervals_of(recipes, [all_metrics(each) for each in recipes])


def scipy_interval(predictions: Predictions, *, draws: int, method: str):
    """Macro-F1 from each statement's hits, gold and predicted of every label: nine paired columns."""
    columns = METRICS["macro_f1"].sums(predictions)[:, 0, :, :3].reshape(STATEMENTS, -1)

    def macro_f1(*sums, axis=-1):
        hits, gold, said = np.stack([each.sum(axis=axis) for each in sums]).reshape(3, 3, *sums[0].shape[:-1])
        return (2 * hits / (gold + said)).mean(axis=0)

    options = {"n_resamples": draws, "method": method, "batch": 100, "rng": np.random.default_rng(0)}
    return scipy_bootstrap(tuple(columns.T), macro_f1, paired=True, vectorized=True, **options).confidence_interval


def main(count: int) -> None:
    dataset = synthetic(seed=0)
    recipes = [predicted(dataset, seed=seed) for seed in range(count)]
    [ours], alone = timed(intervals_of, recipes[:1], [["macro_f1"]])
    together, seconds = timed(all_intervals, recipes)
    seconds, intervals = seconds + alone, 1 + sum(map(len, together))
    _, drawing = timed(scipy_interval, recipes[0], draws=FEWER_DRAWS, method="percentile")
    found, whole = timed(scipy_interval, recipes[0], draws=FEWER_DRAWS, method="BCa")
    theirs = drawing * DRAWS / FEWER_DRAWS + (whole - drawing)
    print(f"{count} recipes, {ROWS} rows, {STATEMENTS} statements, {DRAWS} draws, {intervals} intervals\n")
    print("| what | seconds | times ours |\n|---|---|---|")
    print(f"| one recipe, macro-F1: `intervals_of`, drawing included | {alone:.2f} | 1 |")
    print(f"| the same with scipy (from {FEWER_DRAWS} draws, extrapolated) | {theirs:.1f} | {theirs / alone:.0f} |")
    print(f"| this and all recipes, all metrics: `intervals_of` | {seconds:.1f} | 1 |")
    print(f"| the same with scipy (extrapolated) | {theirs * intervals:.0f} | {theirs * intervals / seconds:.0f} |")
    print(f"\nmacro-F1 of the first recipe: {ours['macro_f1']}; scipy, {FEWER_DRAWS} draws: [{found.low:.3f}, {found.high:.3f}]")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
