import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stancelab.dataset import Dataset
from stancelab.errors import InputError
from stancelab.labels import scheme_named
from stancelab.predictions import align, as_table, read_predictions

SCHEME = scheme_named("favor-against-none")
LABELS = ["favor", "against", "none", "against"]
IDS = ["a", "b", "c", "d"]
GROUPS = ["g", "g", "h", "i"]
NOTHING = 3

quick = settings(max_examples=30, deadline=None)

DATASET = Dataset("tiny", "1", SCHEME, pd.DataFrame({"id": IDS, "label": LABELS, "group": GROUPS, "target": "what"}))


def frame(**columns):
    return pd.DataFrame({"id": IDS, "label": LABELS, **columns})


def probable(*rows):
    return {f"p_{label}": list(column) for label, column in zip(SCHEME.labels, zip(*rows, strict=True), strict=True)}


def aligned(table, **options):
    return align(as_table(table), DATASET, **options)


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return path


CERTAIN = probable((1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 1, 0))


def test_predictions_line_up_with_gold():
    found = aligned(frame().assign(label=["none", "against", "favor", "none"]).iloc[[3, 1, 0, 2]])
    assert found.ids == tuple(IDS)
    assert found.groups == tuple(GROUPS)
    assert found.gold.tolist() == [0, 1, 2, 1]
    assert found.predicted.tolist() == [[2, 1, 0, 2]]
    assert found.probabilities is None
    assert found.coverage == 1


def test_probabilities_follow_the_scheme_not_the_columns():
    rows = [(0.7, 0.2, 0.1), (0.1, 0.8, 0.1), (0.2, 0.2, 0.6), (0.3, 0.4, 0.3)]
    table = frame(**probable(*rows))
    found = aligned(table[["p_none", "label", "p_favor", "id", "p_against"]])
    np.testing.assert_array_equal(found.probabilities, [rows])


@quick
@given(st.permutations(range(4)))
def test_row_order_is_irrelevant(order):
    table = frame(**CERTAIN)
    moved, straight = aligned(table.iloc[list(order)]), aligned(table)
    np.testing.assert_array_equal(moved.predicted, straight.predicted)
    np.testing.assert_array_equal(moved.probabilities, straight.probabilities)


@quick
@given(st.lists(st.sampled_from([*SCHEME.labels, None]), min_size=4, max_size=4))
def test_aligned_codes_are_those_of_the_scheme(labels):
    found = aligned(frame().assign(label=pd.Series(labels, dtype=object)), missing="wrong")
    expected = [NOTHING if label is None else SCHEME.labels.index(label) for label in labels]
    assert found.predicted[0].tolist() == expected
    assert found.coverage == sum(label is not None for label in labels) / 4


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
def test_every_kind_of_file_reads_alike(tmp_path, suffix):
    table, path = frame(**CERTAIN), tmp_path / f"predictions.{suffix}"
    if suffix == "parquet":
        table.to_parquet(path)
    elif suffix == "jsonl":
        table.to_json(path, orient="records", lines=True)
    else:
        table.to_csv(path, index=False, sep="\t" if suffix == "tsv" else ",")
    found = align(read_predictions(path), DATASET)
    assert found.predicted.tolist() == [[0, 1, 2, 1]]
    np.testing.assert_array_equal(found.probabilities, aligned(table).probabilities)


def test_whole_number_ids_are_text(tmp_path):
    numbered = Dataset("tiny", "", SCHEME, DATASET.rows.assign(id=["1", "2", "3", "4"]))
    path = written(tmp_path / "p.jsonl", "".join(json.dumps({"id": n, "label": "none"}) + "\n" for n in (4, 3, 2, 1)))
    assert align(read_predictions(path), numbered).coverage == 1
    assert align(as_table(frame().assign(id=[1, 2, 3, 4])), numbered).coverage == 1


def test_replicates_come_from_seed_and_repeat():
    cells = [frame(seed=seed, repeat=repeat) for seed in (0, 7) for repeat in (0, 1, 2)]
    cells[4] = cells[4].assign(label="none")
    found = aligned(pd.concat(cells))
    assert found.replicates == 6
    assert found.predicted.shape == (6, 4)
    assert [row.tolist() == [2] * 4 for row in found.predicted] == [False, False, False, False, True, False]


@pytest.mark.parametrize("column", ["seed", "repeat"])
def test_one_of_seed_and_repeat_is_enough(column):
    assert aligned(pd.concat([frame(**{column: number}) for number in range(3)])).replicates == 3


def test_replicates_in_a_csv_file(tmp_path):
    path = tmp_path / "p.csv"
    pd.concat([frame(seed=1), frame(seed=2)]).to_csv(path, index=False)
    assert align(read_predictions(path), DATASET).replicates == 2


def test_other_columns_are_ignored():
    assert aligned(frame(fold=3, note="x", probability=2.5)).coverage == 1


def test_first_keeps_the_first_replicates():
    found = aligned(pd.concat([frame(seed=0, **CERTAIN), frame(seed=1, **CERTAIN).assign(label="none")]))
    assert found.only([(0, 0)]).predicted.tolist() == [[0, 1, 2, 1]]
    assert found.only([(0, 0)]).probabilities.shape == (1, 4, 3)
    assert found.only(found.keys).replicates == 2


def test_where_keeps_some_rows():
    found = aligned(frame(**CERTAIN)).where(np.array([True, False, True, False]))
    assert (found.ids, found.groups) == (("a", "c"), ("g", "h"))
    assert found.gold.tolist() == [0, 2]
    assert found.predicted.tolist() == [[0, 2]]
    assert found.probabilities.tolist() == [[[1, 0, 0], [0, 0, 1]]]


def test_votes_stand_beside_the_rows_as_shares():
    assert aligned(frame(**CERTAIN)).votes is None
    rows = DATASET.rows.assign(votes_against=[0, 3, 0, 1], votes_favor=[2, 1, 0, 1])
    found = align(as_table(frame(**CERTAIN).iloc[::-1]), replace(DATASET, rows=rows))
    shares = [[1, 0, 0], [0.25, 0.75, 0], [0, 0, 0], [0.5, 0.5, 0]]
    assert found.votes.tolist() == shares
    assert found.only(found.keys).votes.tolist() == shares
    assert found.where(np.array([False, True, False, True])).votes.tolist() == [shares[1], shares[3]]


def test_unknown_label_names_the_nearest():
    table = frame().assign(label=["favor", "agianst", "none", "against"])
    with pytest.raises(
        InputError, match=r"row 2: unknown label 'agianst' in scheme 'favor-against-none'; did you mean 'against'\?"
    ):
        aligned(table)


def test_unknown_label_names_the_line_of_the_file(tmp_path):
    path = written(tmp_path / "p.csv", "id,label\na,favor\nb,Favor\nc,none\nd,none\n")
    with pytest.raises(InputError, match=r"p\.csv:3: unknown label 'Favor'.*did you mean 'favor'"):
        align(read_predictions(path), DATASET)


def test_all_unknown_labels_are_listed_at_once():
    with pytest.raises(InputError, match=r"(?s)row 1: unknown label 'pro'.*row 4: unknown label 'con'"):
        aligned(frame().assign(label=["pro", "none", "none", "con"]))


def test_duplicate_ids_are_refused():
    with pytest.raises(InputError, match="row 5: duplicate id 'b', first at predictions: row 2"):
        aligned(pd.concat([frame(), frame().iloc[[1]]]))


def test_duplicate_ids_are_refused_within_a_replicate_only():
    with pytest.raises(InputError, match="row 9: duplicate id 'a', first at predictions: row 5"):
        aligned(pd.concat([frame(seed=0), frame(seed=1), frame(seed=1).iloc[[0]]]))


def test_extra_ids_are_refused():
    extra = pd.DataFrame({"id": ["x", "y"], "label": ["favor", "none"]})
    with pytest.raises(InputError, match="2 ids that are not in tiny: x, y"):
        aligned(pd.concat([frame(), extra]))
    with pytest.raises(InputError, match="2 ids that are not in tiny: x, y"):
        aligned(pd.concat([frame(), extra]), missing="wrong")


def test_missing_ids_are_refused():
    with pytest.raises(InputError, match=r"2 of 4 rows of tiny have no prediction: b, d; --missing wrong"):
        aligned(frame().iloc[[0, 2]])


def test_missing_ids_of_one_replicate_are_refused():
    with pytest.raises(InputError, match="1 of 4 rows of tiny have no prediction: d"):
        aligned(pd.concat([frame(seed=0), frame(seed=1).iloc[:3]]))


def test_missing_ids_can_count_as_errors():
    found = aligned(frame(**CERTAIN).iloc[[0, 2]], missing="wrong")
    assert found.predicted.tolist() == [[0, NOTHING, 2, NOTHING]]
    assert found.coverage == 0.5
    assert found.probabilities is None


@pytest.mark.parametrize("nothing", [None, math.nan, pd.NA, ""], ids=["None", "NaN", "NA", "empty"])
def test_an_empty_label_is_no_prediction(nothing):
    table = frame().assign(label=pd.Series(["favor", nothing, "none", "against"], dtype=object))
    with pytest.raises(InputError, match="1 of 4 rows of tiny have no prediction: b"):
        aligned(table)
    assert aligned(table, missing="wrong").coverage == 0.75


def test_an_empty_cell_is_no_prediction(tmp_path):
    path = written(tmp_path / "p.csv", "id,label\na,favor\nb,\nc,none\nd,none\n")
    assert align(read_predictions(path), DATASET, missing="wrong").predicted.tolist() == [[0, NOTHING, 2, 2]]


@pytest.mark.parametrize(
    "row",
    [(-0.5, 0.5, 1), (1.2, -0.2, 0), (0.5, 0.3, 0.1), (0.5, 0.5, 0.5), (math.nan, 0.5, 0.5), (math.inf, 0, 0)],
    ids=["negative", "outside", "below 1", "above 1", "NaN", "infinite"],
)
def test_what_is_no_probability_is_refused(row):
    table = frame(**probable(row, (0, 1, 0), (0, 0, 1), (0, 1, 0)))
    with pytest.raises(InputError, match=r"row 1: probabilities .* are not between 0 and 1 with sum 1"):
        aligned(table)


def test_words_for_probabilities_are_refused(tmp_path):
    path = written(tmp_path / "p.csv", "id,label,p_favor,p_against,p_none\na,favor,high,0,0\n")
    with pytest.raises(InputError, match=r"p\.csv:2: probabilities .*'high'.* are not numbers"):
        align(read_predictions(path), DATASET)


def test_rounded_probabilities_are_accepted():
    rows = [(0.333, 0.333, 0.333), (0.3334, 0.3333, 0.3333), (0, 0, 1), (0, 1, 0)]
    assert aligned(frame(**probable(*rows))).probabilities is not None


def test_a_missing_probability_column_is_named():
    table = frame(**CERTAIN).drop(columns="p_none")
    with pytest.raises(InputError, match="column 'p_none' is missing"):
        aligned(table)


def test_a_probability_of_no_label_names_the_nearest():
    table = frame(**CERTAIN).rename(columns={"p_against": "p_agianst"})
    with pytest.raises(InputError, match=r"column 'p_agianst' is of no label; did you mean 'p_against'\?"):
        aligned(table)


def test_a_row_without_label_needs_no_probabilities():
    table = frame(**probable((1, 0, 0), (math.nan,) * 3, (0, 0, 1), (0, 1, 0)))
    found = aligned(table.assign(label=["favor", None, "none", "against"]), missing="wrong")
    assert found.coverage == 0.75


@pytest.mark.parametrize(("column", "near"), [("id", "ids"), ("label", "lable")])
def test_a_missing_column_names_the_nearest(tmp_path, column, near):
    table = frame().rename(columns={column: near})
    with pytest.raises(InputError, match=rf"column '{column}' is missing; did you mean '{near}'\?"):
        as_table(table)
    table.to_csv(tmp_path / "p.csv", index=False)
    with pytest.raises(InputError, match=rf"p\.csv:1: column '{column}' is missing"):
        read_predictions(tmp_path / "p.csv")


def test_a_table_without_rows_is_refused():
    with pytest.raises(InputError, match="rows"):
        aligned(frame().iloc[:0])


@pytest.mark.parametrize("seed", ["first", 0.5])
def test_a_seed_that_is_no_whole_number_is_refused(seed):
    with pytest.raises(InputError, match="seed"):
        aligned(frame(seed=pd.Series([seed] * 4, dtype=object)))


def test_a_missing_seed_reads_alike_from_a_file_and_a_frame(tmp_path):
    table, path = frame(seed=math.nan), tmp_path / "p.csv"
    table.to_csv(path, index=False)
    assert align(read_predictions(path), DATASET).replicates == 1
    assert aligned(table).replicates == 1


def test_seeds_may_be_whole_floats():
    assert aligned(pd.concat([frame(seed=1.0), frame(seed=2.0)])).replicates == 2


@pytest.mark.parametrize("key", ["id", "label"])
def test_a_jsonl_row_without_a_key_is_refused(tmp_path, key):
    rows = frame().to_dict("records")
    del rows[1][key]
    path = written(tmp_path / "p.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(InputError, match=rf"p\.jsonl:2.*{key}|no prediction: b"):
        align(read_predictions(path), DATASET)
