"""How much faster are linear recipes than plain scikit-learn pipelines with the same features?"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from plain_pipelines import PlainPerTarget, plain
from sides import Row, compared, in_turns
from sklearn.model_selection import cross_validate

from stancelab.dataset import load_dataset
from stancelab.models import ngram_memory
from stancelab.protocols import Protocol
from stancelab.recipes import load_recipe
from stancelab.runs import run_experiment
from stancelab.splits import split

CHEAP = ["majority", "stratified", "naive-bayes", "logistic-tfidf", "svm-ngrams", "actor-only", "target-only"]
EXPERIMENT = """title = "Cheap recipes"
description = "Ten times five folds."
dataset = "ground-intervention"
primary_metric = "macro_f1"
seeds = [0]
schemes = ["favor-against-none"]
recipes = {recipes}
[[protocols]]
kind = "stratified-group-k-fold"
folds = 5
repeats = 10
"""


def rows(rounds: int = 5) -> Iterator[Row]:
    """Training and prediction on SemEval-2016; folds on Ground Intervention."""
    yield _semeval("svm-ngrams", lambda: plain("svm-ngrams"), rounds)
    yield _semeval("svm-ngrams-per-target", lambda: PlainPerTarget(lambda: plain("svm-ngrams-per-target")), max(1, rounds // 2))
    yield _folds(rounds)


def _semeval(name: str, make, rounds: int) -> Row:
    data = load_dataset("semeval2016")
    train, test = (data.only((data.rows["split"] == part).to_numpy()) for part in ("train", "test"))
    recipe = load_recipe(name)
    told = {}

    def ours():
        ngram_memory.forget()
        told["ours"] = list(recipe.fit(train.X, train.y, seed=0).predict(test.X))

    def theirs():
        told["theirs"] = list(make().fit(train.X, train.y).predict(test.X))

    taken = in_turns({"ours": ours, "theirs": theirs}, rounds)
    equal = sum(a == b for a, b in zip(told["ours"], told["theirs"], strict=True))
    what = f"{name}, train on {len(train.y):,} and predict {len(test.y):,} rows of SemEval-2016"
    return compared(what, "the plain scikit-learn pipeline", 1.5, taken["ours"], taken["theirs"], f"{equal:,} labels equal")


def _folds(rounds: int) -> Row:
    data = load_dataset("ground-intervention").with_scheme("favor-against-none")
    protocol = Protocol(kind="stratified-group-k-fold", folds=5, repeats=10)
    pairs = [(fold.train, fold.test) for repeat in range(10) for fold in split(protocol, data.rows, repeat=repeat)]

    def theirs():
        for name in CHEAP:
            cross_validate(plain(name), data.X, data.y, cv=pairs, scoring="f1_macro")

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "experiment.toml"
        file.write_text(EXPERIMENT.format(recipes=CHEAP), encoding="utf-8")
        number = iter(range(rounds + 1))
        sides = {"ours": lambda: run_experiment(file, out=Path(folder) / f"run{next(number)}"), "theirs": theirs}
        taken = in_turns(sides, rounds)
    what = f"10 x 5 folds of {len(CHEAP)} cheap recipes on Ground Intervention, cells written"
    return compared(what, "`cross_validate` over the same pipelines", 3.0, taken["ours"], taken["theirs"])
