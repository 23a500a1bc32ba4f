"""What do cross-validation's usual mistakes do to a score, where there is nothing to be learnt or no difference to be found?

usage: python experiments/statistics/cross_validation.py

Everything is simulated, from fixed seeds, so what is right is known: labels stand in random order, as many of each of three, so
chance is 1/3; or two systems learn from features of one distribution, so neither is better. Prints two Markdown tables.

An interval, or a p, of cross-validated predictions is about these predictions on other statements. That another sample would
also have trained other models is in neither, which shows where statements are few.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t as student
from sklearn.model_selection import StratifiedKFold

from stancelab.comparison import compare
from stancelab.intervals import Interval, bootstrap
from stancelab.labels import scheme_named
from stancelab.markdown import table
from stancelab.metrics import METRICS
from stancelab.models.selection import choose
from stancelab.predictions import Predictions
from stancelab.protocols import Protocol
from stancelab.recipes import load_recipe
from stancelab.splits import split

SCHEME = scheme_named("favor-against-none")
CHANCE = 1 / len(SCHEME.labels)
FIVE_FOLDS = Protocol(kind="stratified-group-k-fold", folds=5)
ACCURACY = METRICS["accuracy"]

Folds = list[tuple[np.ndarray, np.ndarray]]


def by_statement(rows: pd.DataFrame) -> Folds:
    """The project's folds: every statement whole."""
    return [(fold.train, fold.test) for fold in split(FIVE_FOLDS, rows, repeat=0)]


def by_row(rows: pd.DataFrame) -> Folds:
    """The mistake: rows of one statement on both sides."""
    return list(StratifiedKFold(5, shuffle=True, random_state=0).split(rows, rows["label"]))


def statements_at_random(seed: int, *, statements: int = 60, copies: int = 3) -> pd.DataFrame:
    """Rows with a label for each statement, in random order, as many of each; near-duplicates differ in two words of twelve."""
    generator = np.random.default_rng(seed)
    labels, rows = generator.permutation(np.resize(SCHEME.labels, statements)), []
    for number in range(statements):
        words = generator.integers(0, 400, size=12)
        for copy in range(copies):
            changed = [*words[:copy], 400 + copy, *words[copy + 1 :]]
            text = " ".join(f"w{word}" for word in changed)
            row = {"id": f"s{number}-{copy}", "group": f"s{number}", "text": text, "actor": "who", "target": "what"}
            rows.append({**row, "label": str(labels[number])})
    return pd.DataFrame(rows)


def lined_up(rows: pd.DataFrame, labels: np.ndarray) -> Predictions:
    """Predicted labels of all rows, shape (n,), beside the gold ones."""
    gold, codes = (np.array(SCHEME.codes(each)) for each in (rows["label"], labels))
    return Predictions(SCHEME, tuple(rows["id"]), tuple(rows["group"]), gold, codes[None], None, ((0, 0),))


def accuracy(predictions: Predictions, *, draws: int = 2000) -> Interval:
    return bootstrap(ACCURACY.sums(predictions), draws=draws).interval(ACCURACY.of_totals(SCHEME))


def recipe_on(rows: pd.DataFrame, folds: Folds, recipe: str) -> Interval:
    """The accuracy of a recipe of the shelf over the test rows of all folds."""
    plan, labels = load_recipe(recipe), np.empty(len(rows), dtype=object)
    for train, test in folds:
        labels[test] = plan.fit(rows.iloc[train], rows["label"].iloc[train]).predict(rows.iloc[test])
    return accuracy(lined_up(rows, labels))


class OneFeature:
    """Predicts the label whose training rows have the nearest mean of one feature."""

    def __init__(self, number: float) -> None:
        self.number = int(number)

    def fit(self, features: np.ndarray, labels: np.ndarray) -> "OneFeature":
        self.labels = np.unique(labels)
        self.means = np.array([features[labels == label, self.number].mean() for label in self.labels])
        return self

    def predict(self, features: np.ndarray) -> np.ndarray:
        return self.labels[np.abs(features[:, [self.number]] - self.means).argmin(axis=1)]


def chosen_on_test_rows(rows: pd.DataFrame, features: np.ndarray) -> Interval:
    """The mistake: the best of all features by its score over the test rows."""
    gold, folds = rows["label"].to_numpy(dtype=str), by_statement(rows)
    found = []
    for number in range(features.shape[1]):
        labels = np.empty(len(rows), dtype=object)
        for train, test in folds:
            labels[test] = OneFeature(number).fit(features[train], gold[train]).predict(features[test])
        found.append(lined_up(rows, labels))
    return accuracy(max(found, key=ACCURACY))


def chosen_on_training_rows(rows: pd.DataFrame, features: np.ndarray) -> Interval:
    """The project's way: in every fold the best feature on held-out training rows, tried until two in a row do worse."""
    gold, groups = rows["label"].to_numpy(dtype=str), rows["group"].to_numpy()
    labels, candidates = np.empty(len(rows), dtype=object), [float(number) for number in range(features.shape[1])]
    for train, test in by_statement(rows):
        own = {"criterion": "macro_f1", "folds": 5, "seed": 0}
        best = choose(candidates, OneFeature, features[train], gold[train], list(groups[train]), **own)
        labels[test] = OneFeature(best).fit(features[train], gold[train]).predict(features[test])
    return accuracy(lined_up(rows, labels))


def noise(seed: int, *, features: int = 200) -> tuple[pd.DataFrame, np.ndarray]:
    """Rows with random labels, and features that know nothing of them, shape (n, features)."""
    rows = statements_at_random(seed, statements=90, copies=1)
    return rows, np.random.default_rng([seed, 1]).normal(size=(len(rows), features))


@dataclass(frozen=True)
class Pair:
    """Hits of two systems in repeated k-fold, shape (repeats, n), each row's statement, and its fold in every repeat."""

    a: np.ndarray
    b: np.ndarray
    statements: np.ndarray
    folds: np.ndarray

    @property
    def gaps(self) -> np.ndarray:
        """The difference of the two accuracies in every fold of every repeat."""
        gap = self.a.astype(float) - self.b
        return np.array([each[fold == one].mean() for each, fold in zip(gap, self.folds, strict=True) for one in np.unique(fold)])


def alike(seed: int, *, statements: int = 50, copies: int = 3, repeats: int = 10, folds: int = 5) -> Pair:
    """Two linear classifiers, each trained on features of its own. Both sets of features are drawn alike, so neither is better.

    Rows of a statement share its label and most of their features.
    """
    generator = np.random.default_rng(seed)
    statement = np.repeat(np.arange(statements), copies)
    sides = generator.choice([-1.0, 1.0], size=statements)
    systems = []
    for _ in range(2):
        own = 0.35 * sides[:, None] + generator.normal(size=(statements, 5))
        systems.append(own[statement] + 0.3 * generator.normal(size=(len(statement), 5)))
    fold = np.array([generator.permutation(statements) % folds for _ in range(repeats)])[:, statement]
    hits = [_hits(features, sides[statement], fold) for features in systems]
    return Pair(*hits, statement, fold)


def _hits(features: np.ndarray, sides: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """Which rows a ridge regression on the other folds gets right, shape (repeats, n)."""
    tested = folds[:, None] == np.arange(folds.max() + 1)[:, None]
    squares = np.einsum("rfn,ni,nj->rfij", ~tested, features, features, optimize=True) + np.eye(features.shape[1])
    weights = np.linalg.solve(squares, ((~tested) @ (features * sides[:, None]))[..., None])[..., 0]
    right = (weights @ features.T) * sides > 0
    return np.take_along_axis(right, folds[:, None], axis=1)[:, 0]


def untrained(seed: int, *, statements: int = 50, copies: int = 3, repeats: int = 10, folds: int = 5) -> Pair:
    """Two systems that learn nothing: each gets a statement right or wrong, and forgets that in one of ten predictions."""
    generator = np.random.default_rng([seed, 1])
    statement = np.repeat(np.arange(statements), copies)
    known = generator.random((2, statements)) < 0.7
    turned = generator.random((2, repeats, len(statement))) < 0.1
    a, b = known[:, None, statement] ^ turned
    fold = np.array([generator.permutation(statements) % folds for _ in range(repeats)])[:, statement]
    return Pair(a, b, statement, fold)


def t_over_folds(pair: Pair, *, corrected: bool = False) -> float:
    """p of a paired t-test over all folds of all repeats, as if they were independent.

    corrected: with the variance of Nadeau and Bengio 2003, Inference for the generalization error, which adds the share of the
    rows that are tested to those that train.
    """
    gaps, shares = pair.gaps, 1 / int(pair.folds.max())
    variance = gaps.var(ddof=1) * (1 / len(gaps) + (shares if corrected else 0))
    if variance == 0:
        return 1.0 if gaps.mean() == 0 else 0.0
    return float(2 * student.sf(abs(gaps.mean()) / np.sqrt(variance), len(gaps) - 1))


def p_of_compare(pair: Pair, *, by_statement: bool = True, draws: int = 499) -> float:
    """p of `compare`: statements swapped whole, all repeats together. by_statement False: every row by itself."""
    rows = tuple(f"r{row}" for row in range(len(pair.statements)))
    groups = tuple(f"s{number}" for number in pair.statements) if by_statement else rows
    gold, keys = np.zeros(len(rows), dtype=int), tuple((0, repeat) for repeat in range(len(pair.a)))
    of_a, of_b = (Predictions(SCHEME, rows, groups, gold, np.where(hits, 0, 1), None, keys) for hits in (pair.a, pair.b))
    return compare(of_a, of_b, ACCURACY, names=("a", "b"), seed=0, draws=draws).p


def false_positives(p_of: Callable[[Pair], float], pairs: list[Pair]) -> float:
    """How often a test at the 5 % level finds a difference where there is none."""
    return float(np.mean([p_of(pair) < 0.05 for pair in pairs]))


TESTS: dict[str, Callable[[Pair], float]] = {
    "t-test over the folds of 10 x 5-fold": t_over_folds,
    "the same, corrected (Nadeau and Bengio 2003)": lambda pair: t_over_folds(pair, corrected=True),
    "randomisation of single rows, all repeats together": lambda pair: p_of_compare(pair, by_statement=False),
    "`compare`: randomisation of statements, all repeats together": p_of_compare,
}


def scores_on_noise(simulations: int) -> Iterator[tuple[str, list[Interval]]]:
    """Each way of working with its accuracy, and interval, on every simulated set of random labels."""
    drawn = [statements_at_random(seed) for seed in range(simulations)]
    yield "near-duplicates on both sides of a split", [recipe_on(rows, by_row(rows), "naive-bayes") for rows in drawn]
    yield "statements whole (`stratified-group-k-fold`)", [recipe_on(rows, by_statement(rows), "naive-bayes") for rows in drawn]
    drawn_features = [noise(seed) for seed in range(simulations)]
    yield "best of 200 noise features, chosen on the test rows", [chosen_on_test_rows(*each) for each in drawn_features]
    yield "the same, chosen on held-out training rows (`choose`)", [chosen_on_training_rows(*each) for each in drawn_features]


NULLS: dict[str, Callable[[int], Pair]] = {
    "50 statements, two trained systems": alike,
    "200 statements, two trained systems": lambda seed: alike(seed, statements=200),
    "50 statements, two systems that learn nothing": untrained,
}


def results(simulations: int = 60, pairs: int = 600) -> str:
    """Both tables, as Markdown."""
    noise_rows = []
    for name, found in scores_on_noise(simulations):
        held = np.mean([interval.low <= CHANCE <= interval.high for interval in found])
        noise_rows.append([name, f"{np.mean([interval.value for interval in found]):.3f}", f"{held:.0%}"])
    drawn = [[pair_of(seed) for seed in range(pairs)] for pair_of in NULLS.values()]
    rates = [[name, *(f"{false_positives(p_of, each):.1%}" for each in drawn)] for name, p_of in TESTS.items()]
    return "\n\n".join(
        [
            f"Accuracy on labels in random order ({simulations} simulations; chance is {CHANCE:.3f}):",
            table(["way", "mean accuracy", "intervals that hold chance"], noise_rows),
            f"False positives at the 5 % level ({pairs} pairs of systems, neither better, three rows a statement):",
            table(["test", *NULLS], rates),
        ]
    )


if __name__ == "__main__":
    print(results())
