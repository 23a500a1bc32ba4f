import math
from importlib.metadata import version

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, log_loss

from stancelab import scoring
from stancelab.dataset import Dataset
from stancelab.errors import InputError
from stancelab.labels import LabelScheme, scheme_named
from stancelab.metrics import METRICS, all_metrics, metric_named
from stancelab.predictions import align, as_table
from stancelab.scoring import package_version, score, score_predictions, signature

SCHEME = scheme_named("favor-against-none")
FINE = scheme_named("favor-against-neutral-unrelated")
COLOURS = LabelScheme("colours", ("red", "green"))

quick = settings(max_examples=30, deadline=None)
label_lists = st.lists(st.sampled_from(SCHEME.labels), min_size=2, max_size=15)


def dataset_of(labels, *, scheme=SCHEME, clusters=5):
    count = len(labels)
    rows = {
        "id": [f"r{number}" for number in range(count)],
        "group": [f"g{number % clusters}" for number in range(count)],
        "text": ["words"] * count,
        "actor": ["who"] * count,
        "target": ["what"] * count,
        "label": list(labels),
    }
    return Dataset("tiny", "1", scheme, pd.DataFrame(rows))


def predicted_as(dataset, labels, **columns):
    return pd.DataFrame({"id": dataset.rows["id"], "label": list(labels), **columns})


def drawn(seed, *, rows=30, scheme=SCHEME):
    generator = np.random.default_rng(seed)
    dataset = dataset_of(generator.choice(scheme.labels, size=rows), scheme=scheme, clusters=10)
    probabilities = generator.dirichlet([1.0] * len(scheme.labels), size=rows)
    columns = {f"p_{label}": probabilities[:, code] for code, label in enumerate(scheme.labels)}
    return dataset, predicted_as(dataset, np.array(scheme.labels)[probabilities.argmax(axis=1)], **columns)


def scored(table, dataset, metrics=("macro_f1",), draws=50, **options):
    aligned = align(as_table(table), dataset, **options)
    return {
        entry.metric: entry
        for entry in score_predictions(aligned, metrics, dataset=dataset, protocol="as-given", seeds=[], draws=draws)
    }


def test_score_worked_by_hand():
    dataset = dataset_of(["favor", "favor", "against", "none"], clusters=2)
    found = score(predicted_as(dataset, ["favor", "none", "against", "none"]), dataset, metrics=["accuracy", "f1:none"])
    assert [entry.interval.value for entry in found] == pytest.approx([3 / 4, 2 / 3])
    assert {(entry.rows, entry.clusters, entry.replicates, entry.coverage) for entry in found} == {(4, 2, 1, 1.0)}


def test_values_agree_with_scikit_learn():
    dataset, table = drawn(1)
    probabilities = table[[f"p_{label}" for label in sorted(SCHEME.labels)]]
    found = {entry.metric: entry.interval.value for entry in score(table, dataset, metrics=["macro_f1", "log_loss"])}
    assert found["macro_f1"] == pytest.approx(f1_score(dataset.y, table["label"], average="macro"))
    assert found["log_loss"] == pytest.approx(log_loss(dataset.y, probabilities, labels=sorted(SCHEME.labels)))


@pytest.mark.parametrize("name", [name for name in METRICS if not name.endswith("_per_target")])
def test_value_is_the_metrics_and_lies_within_its_interval(name):
    dataset, table = drawn(2)
    interval = scored(table, dataset, [name], draws=200)[name].interval
    assert interval.value == pytest.approx(metric_named(name, SCHEME)(align(as_table(table), dataset)))
    assert interval.low <= interval.high
    assert math.isfinite(interval.low)
    if name != "ece":
        assert interval.low <= interval.value <= interval.high


def test_interval_agrees_with_a_naive_bootstrap(naive_bca):
    dataset, table = drawn(3)
    gold, predicted, groups = (np.array(column) for column in (dataset.y, table["label"], dataset.groups))
    rows_of = [np.flatnonzero(groups == name) for name in dict.fromkeys(groups)]

    def of_statements(numbers):
        chosen = np.concatenate([rows_of[number] for number in numbers])
        return f1_score(gold[chosen], predicted[chosen], labels=SCHEME.labels, average="macro", zero_division=0)

    everything, generator = range(len(rows_of)), np.random.default_rng(0)
    values = [of_statements(generator.integers(0, len(rows_of), size=len(rows_of))) for _ in range(50)]
    left_out = [of_statements([other for other in everything if other != number]) for number in everything]
    interval = scored(table, dataset)["macro_f1"].interval
    assert (interval.low, interval.high) == pytest.approx(naive_bca(of_statements(everything), values, left_out), abs=1e-4)


@quick
@given(label_lists)
def test_gold_scores_one_with_an_interval_without_width(labels):
    dataset = dataset_of(labels)
    interval = scored(predicted_as(dataset, labels), dataset, ["accuracy"])["accuracy"].interval
    assert (interval.value, interval.low, interval.high) == (1, 1, 1)


@quick
@given(st.integers(0, 10_000))
def test_row_order_of_the_predictions_is_irrelevant(seed):
    dataset, table = drawn(seed)
    assert scored(table.sample(frac=1, random_state=seed), dataset) == scored(table, dataset)


@quick
@given(label_lists, st.data())
def test_renamed_labels_score_the_same(labels, data):
    predicted = data.draw(st.lists(st.sampled_from(SCHEME.labels), min_size=len(labels), max_size=len(labels)))
    renamed = scheme_named("pro-con-neutral")
    name = dict(zip(SCHEME.labels, renamed.labels, strict=True)).__getitem__
    one, other = dataset_of(labels), dataset_of([*map(name, labels)], scheme=renamed)
    metrics = ["macro_f1", "favor_against_f1", "mcc"]
    straight = scored(predicted_as(one, predicted), one, metrics)
    mapped = scored(predicted_as(other, map(name, predicted)), other, metrics)
    assert [entry.interval for entry in mapped.values()] == [entry.interval for entry in straight.values()]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
def test_a_file_scores_like_its_table(tmp_path, suffix):
    dataset, table = drawn(4)
    path = tmp_path / f"predictions.{suffix}"
    if suffix == "parquet":
        table.to_parquet(path)
    elif suffix == "jsonl":
        table.to_json(path, orient="records", lines=True, double_precision=15)
    else:
        table.to_csv(path, index=False, sep="\t" if suffix == "tsv" else ",")
    metrics = ["macro_f1", "brier"]
    expected = [entry.interval.value for entry in score(table, dataset, metrics=metrics)]
    assert [entry.interval.value for entry in score(path, dataset, metrics=metrics)] == pytest.approx(expected)
    assert [entry.interval.value for entry in score(str(path), dataset, metrics=metrics)] == pytest.approx(expected)


def test_gold_may_be_a_file(tmp_path):
    dataset, table = drawn(5)
    dataset.rows.to_csv(tmp_path / "gold.csv", index=False)
    found = score(table, tmp_path / "gold.csv", metrics=["accuracy"])[0]
    expected = score(table, dataset, metrics=["accuracy"])[0]
    assert found.interval == expected.interval
    assert found.signature.startswith("gold@")


def test_gold_is_mapped_to_the_scheme_asked_for():
    dataset = dataset_of(["favor", "against", "neutral", "unrelated"], scheme=FINE)
    table = predicted_as(dataset, ["favor", "against", "none", "favor"])
    found = score(table, dataset, metrics=["accuracy"], scheme="favor-against-none")[0]
    assert found.interval.value == 0.75
    assert "|favor-against-none|" in found.signature


def test_rows_without_a_value_in_the_scheme_are_left_out():
    dataset = dataset_of(["favor", "against", "neutral", "unrelated"], scheme=FINE)
    table = predicted_as(dataset, ["true", "true", "true", "true"]).iloc[:2]
    found = score(table, dataset, metrics=["accuracy"], scheme="agreement")[0]
    assert (found.rows, found.interval.value) == (2, 0.5)


def test_all_metrics_that_apply_are_the_default():
    dataset, table = drawn(6, rows=12)
    named = [entry.metric for entry in score(table, dataset)]
    assert named == all_metrics(align(as_table(table), dataset))
    without = [entry.metric for entry in score(table[["id", "label"]], dataset)]
    assert without == [name for name in named if name not in ("log_loss", "brier", "ece")]


def test_missing_rows_are_refused_or_wrong():
    dataset = dataset_of(["favor", "favor", "none", "none"])
    table = predicted_as(dataset, dataset.y).iloc[:3]
    with pytest.raises(InputError, match="1 of 4 rows of tiny have no prediction: r3"):
        score(table, dataset)
    found = score(table, dataset, metrics=["accuracy", "recall:none", "precision:none"], missing="wrong")
    assert [entry.interval.value for entry in found] == [0.75, 0.5, 1]
    assert {entry.coverage for entry in found} == {0.75}


def test_missing_rows_leave_no_probabilities_to_score():
    dataset, table = drawn(7)
    assert "brier" not in {entry.metric for entry in score(table.iloc[1:], dataset, missing="wrong")}
    with pytest.raises(InputError, match="needs a probability for every label of every row"):
        score(table.iloc[1:], dataset, metrics=["brier"], missing="wrong")


def test_replicates_are_averaged_and_their_seeds_signed():
    dataset = dataset_of(["favor", "against"])
    right, wrong = predicted_as(dataset, dataset.y, seed=11), predicted_as(dataset, ["none", "none"], seed=3)
    found = score(pd.concat([right, wrong]), dataset, metrics=["accuracy"])[0]
    assert (found.interval.value, found.replicates) == (0.5, 2)
    assert "|seeds:3,11|" in found.signature


def test_signature_names_all_that_decides_a_value():
    dataset = dataset_of(["favor", "none"])
    expected = (
        f"tiny@{dataset.sha[:8]}|favor-against-none|5-fold|seeds:0,1|macro_f1(absent=0,pooled)|stancelab:{version('stancelab')}"
    )
    assert signature(dataset, protocol="5-fold", seeds=[0, 1], metric=METRICS["macro_f1"]) == expected
    assert "|seeds:none|mcc|" in signature(dataset, protocol="5-fold", seeds=[], metric=METRICS["mcc"])
    asked = signature(dataset, protocol="5-fold", seeds=[], metric=METRICS["mcc"], prompt="abcd1234")
    assert "|seeds:none|prompt:abcd1234|mcc|" in asked
    assert package_version() == version("stancelab")


@pytest.mark.parametrize("column", ["id", "group", "text", "actor", "target", "label"])
def test_signature_changes_with_the_rows(column):
    one, other = dataset_of(["favor", "none"]), dataset_of(["favor", "none"])
    other.rows.loc[0, column] = "against"
    options = {"protocol": "as-given", "seeds": [], "metric": METRICS["mcc"]}
    assert signature(one, **options) != signature(other, **options)


def test_scores_become_plain_values():
    dataset, table = drawn(8)
    found = scored(table, dataset, ["accuracy"])["accuracy"]
    plain = found.to_dict()
    assert list(plain) == ["metric", "value", "low", "high", "signature", "rows", "clusters", "replicates", "coverage", "part"]
    assert (plain["metric"], plain["value"], plain["low"]) == ("accuracy", found.interval.value, found.interval.low)


def test_the_same_draws_serve_every_metric_of_one_statistic():
    dataset, table = drawn(9)
    together, alone = scored(table, dataset, ["accuracy", "mcc", "brier"]), scored(table, dataset, ["mcc"])
    assert together["mcc"] == alone["mcc"]


def test_score_takes_the_default_number_of_draws():
    dataset, table = drawn(10)
    expected = scored(table, dataset, ["accuracy"], draws=scoring.DRAWS)["accuracy"]
    assert score(table, dataset, metrics=["accuracy"]) == [expected]


@pytest.mark.parametrize(("name", "nearest"), [("macrof1", "macro_f1"), ("brier_score", "brier"), ("f1:agianst", "against")])
def test_unknown_metric_names_the_nearest(name, nearest):
    dataset, table = drawn(11)
    with pytest.raises(InputError, match=rf"unknown .*did you mean '{nearest}'\?"):
        score(table, dataset, metrics=[name])


def test_a_loss_without_probabilities_is_refused():
    dataset, table = drawn(12)
    with pytest.raises(InputError, match=r"needs a probability for every label of every row \(columns p_<label>\)"):
        score(table[["id", "label"]], dataset, metrics=["log_loss"])


def test_favor_against_f1_without_sides_is_refused():
    dataset, table = drawn(13, scheme=COLOURS)
    with pytest.raises(InputError, match="favor_against_f1: scheme 'colours' does not say which labels are favor and against"):
        score(table, dataset, metrics=["favor_against_f1"])
    assert "favor_against_f1" not in {entry.metric for entry in score(table, dataset)}


def test_a_scheme_without_crosswalk_is_refused():
    dataset, table = drawn(14)
    with pytest.raises(InputError, match="no crosswalk from scheme 'favor-against-none' to 'agreement'"):
        score(table, dataset, scheme="agreement")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"absent\.csv: no such file"):
        score(tmp_path / "absent.csv", dataset_of(["favor"]))


def test_each_value_of_a_column_is_scored_apart():
    dataset = dataset_of(["favor", "against", "none", "favor"])
    rows = dataset.rows.assign(target=["x", "x", "y", "y"])
    dataset = Dataset("tiny", "1", SCHEME, rows)
    found = score(predicted_as(dataset, ["favor", "against", "favor", "favor"]), dataset, metrics=["accuracy"], by="target")
    assert [(entry.part, entry.rows, entry.interval.value) for entry in found] == [("target=x", 2, 1.0), ("target=y", 2, 0.5)]
    assert "|as-given:target=x|" in found[0].signature


def test_rows_without_a_value_are_a_part_of_their_own():
    dataset = dataset_of(["favor", "against", "none"])
    dataset = Dataset("tiny", "1", SCHEME, dataset.rows.assign(split=["a", None, float("nan")]))
    found = score(predicted_as(dataset, ["favor", "against", "none"]), dataset, metrics=["accuracy"], by="split")
    assert [(entry.part, entry.rows) for entry in found] == [("split=a", 1), ("split=none", 2)]


def test_scoring_by_a_column_that_is_not_there_names_the_nearest():
    dataset = dataset_of(["favor", "against"])
    with pytest.raises(InputError, match=r"no column 'targets'; did you mean 'target'\?"):
        score(predicted_as(dataset, ["favor", "against"]), dataset, by="targets")
