"""Numbers that were published for SemEval-2016 Task 6A, met to the last printed digit."""

from collections import Counter

import pandas as pd
import pytest

from stancelab.dataset import Dataset
from stancelab.importers import read_corpus
from stancelab.importers.semeval2016 import TARGETS
from stancelab.labels import scheme_named
from stancelab.metrics import METRICS
from stancelab.predictions import align, as_table
from stancelab.scoring import score

RELEASED = {"0": "none", "1": "against", "2": "favor"}
PER_TARGET = {"atheism": 75.15, "climate": 44.62, "feminist": 59.99, "hillary": 68.96, "abortion": 65.21}


@pytest.fixture(scope="module")
def rows(benchmarks):
    return pd.DataFrame(read_corpus("semeval2016", benchmarks / "semeval2016")[1].rows)


@pytest.fixture(scope="module")
def test_set(rows):
    return Dataset("semeval2016", "", scheme_named("favor-against-none"), rows[rows["split"] == "test"].reset_index(drop=True))


@pytest.fixture(scope="module")
def released(benchmarks, test_set):
    parts = []
    for name, target in TARGETS.values():
        lines = (benchmarks / "semeval2016" / "tweeteval_predictions_robrt" / f"{name}.txt").read_text().split()
        ids = test_set.rows["id"][test_set.rows["target"] == target]
        parts.append(pd.DataFrame({"id": list(ids), "label": [RELEASED[line] for line in lines]}))
    return pd.concat(parts)


def value(name, table, dataset):
    return 100 * METRICS[name](align(as_table(table), dataset))


@pytest.mark.parametrize(
    ("metric", "digits", "published"), [("favor_against_f1", 2, 72.44), ("accuracy", 1, 71.6), ("macro_f1", 1, 69.6)]
)
def test_released_predictions_score_what_was_published(released, test_set, metric, digits, published):
    assert round(value(metric, released, test_set), digits) == published


@pytest.mark.parametrize("name", PER_TARGET)
def test_released_predictions_on_each_target(released, test_set, name):
    target = dict(TARGETS.values())[name]
    part = test_set.only((test_set.rows["target"] == target).to_numpy())
    chosen = released[released["id"].isin(part.rows["id"])]
    assert round(value("favor_against_f1", chosen, part), 2) == PER_TARGET[name]


def test_the_mean_over_targets_is_another_number(released, test_set):
    found = value("favor_against_f1_per_target", released, test_set)
    assert found == pytest.approx(sum(PER_TARGET.values()) / 5, abs=0.005)
    assert round(found, 2) != round(value("favor_against_f1", released, test_set), 2)


def test_scored_by_target_in_one_call(released, test_set):
    found = score(released, test_set, metrics=["favor_against_f1"], by="target")
    by_target = {f"target={target}": PER_TARGET[name] for name, target in TARGETS.values()}
    assert {entry.part: round(100 * entry.interval.value, 2) for entry in found} == by_target


def test_majority_class_of_each_target(rows, test_set):
    train = rows[rows["split"] == "train"]
    most = {target: Counter(part["label"]).most_common(1)[0][0] for target, part in train.groupby("target")}
    majority = pd.DataFrame({"id": test_set.rows["id"], "label": test_set.rows["target"].map(most)})
    assert round(value("favor_against_f1", majority, test_set), 2) == 65.22
