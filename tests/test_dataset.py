import json

import pandas as pd
import pytest

from stancelab.dataset import load_dataset, pool
from stancelab.errors import InputError

ROWS = [
    {"id": "1", "text": "Ada wants it.", "actor": "Ada", "target": "t", "label": "favor"},
    {"id": "2", "text": "Ada wants it.", "actor": "Bo", "target": "t", "label": "none"},
    {"id": "3", "text": "Cy does not.", "actor": "Cy", "target": "t", "label": "against"},
]


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_file_groups_rows_of_one_text(tmp_path):
    dataset = load_dataset(write(tmp_path / "rows.jsonl", ROWS))
    assert dataset.groups.tolist() == ["Ada wants it.", "Ada wants it.", "Cy does not."]
    assert dataset.scheme.name == "favor-against-none"
    assert dataset.X.columns.tolist() == ["text", "actor", "target"]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet"])
def test_the_checksum_does_not_depend_on_the_format(tmp_path, suffix):
    lines = load_dataset(write(tmp_path / "rows.jsonl", ROWS))
    path = tmp_path / f"rows.{suffix}"
    frame = pd.DataFrame(ROWS)
    frame.to_parquet(path) if suffix == "parquet" else frame.to_csv(path, index=False, sep="\t" if suffix == "tsv" else ",")
    assert load_dataset(path).sha == lines.sha


def test_another_label_is_another_checksum(tmp_path):
    changed = [ROWS[0], ROWS[1], {**ROWS[2], "label": "favor"}]
    assert load_dataset(write(tmp_path / "a.jsonl", ROWS)).sha != load_dataset(write(tmp_path / "b.jsonl", changed)).sha


def test_whole_number_ids_are_text(tmp_path):
    dataset = load_dataset(write(tmp_path / "rows.jsonl", [{**row, "id": int(row["id"])} for row in ROWS]))
    assert dataset.rows["id"].tolist() == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "1"}, r"rows.jsonl:3: duplicate id '1', first at .*rows.jsonl:1"),
        ({"text": " "}, r"rows.jsonl:3: column 'text' is blank"),
        ({"label": None}, r"rows.jsonl:3: column 'label' is empty"),
        ({"label": 1}, r"rows.jsonl:3: column 'label' holds 1, expected text"),
    ],
)
def test_faulty_rows_are_refused_with_their_line(tmp_path, change, message):
    path = write(tmp_path / "rows.jsonl", [ROWS[0], ROWS[1], {**ROWS[2], **change}])
    with pytest.raises(InputError, match=message):
        load_dataset(path)


def test_a_missing_column_names_the_nearest(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("id,text,actr,target,label\n1,a,b,c,favor\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"rows.csv:1: column 'actor' is missing; did you mean 'actr'"):
        load_dataset(path)


def test_an_unknown_name_names_the_nearest():
    with pytest.raises(InputError, match="did you mean 'ground-intervention'"):
        load_dataset("ground-interventoin")


def test_a_folder_without_header_is_no_dataset(tmp_path):
    with pytest.raises(InputError, match=r"dataset\.toml is missing"):
        load_dataset(tmp_path)


def test_folder_rows_carry_date_and_source(bridge):
    rows = load_dataset(bridge).to_pandas()
    assert set(rows["date"]) == {"2026-01-01"}
    assert set(rows["source"]) == {"Village News"}


def test_gold_with_an_unknown_label_is_refused(bridge):
    gold = bridge / "gold.jsonl"
    gold.write_text(gold.read_text(encoding="utf-8").replace('"label": "favor"', '"label": "favour"', 1), encoding="utf-8")
    with pytest.raises(InputError, match=r"gold.jsonl:1: unknown label 'favour' .*did you mean 'favor'"):
        load_dataset(bridge)


def test_a_crosswalk_maps_and_drops(bridge):
    dataset = load_dataset(bridge)
    three = dataset.with_scheme("favor-against-none")
    assert len(three.rows) == len(dataset.rows)
    assert set(three.y) == {"favor", "against", "none"}
    boolean = dataset.with_scheme("agreement")
    assert len(boolean.rows) == dataset.y.isin(["favor", "against"]).sum()
    assert three.sha != dataset.sha


def test_to_hf_holds_the_same_rows(bridge):
    dataset = load_dataset(bridge)
    assert dataset.to_hf()["id"][:] == dataset.rows["id"].tolist()


@pytest.fixture
def two(tmp_path):
    """Two tables with the same ids and texts, one of them with splits."""
    north = write(tmp_path / "north.jsonl", [{**row, "split": "train"} for row in ROWS])
    return load_dataset(north), load_dataset(write(tmp_path / "south.jsonl", ROWS))


def test_a_pool_prefixes_ids_and_groups_and_names_the_corpus(two):
    pooled = pool(two, name="both")
    assert pooled.rows["id"].tolist() == ["north:1", "north:2", "north:3", "south:1", "south:2", "south:3"]
    assert pooled.groups.tolist()[::3] == ["north:Ada wants it.", "south:Ada wants it."]
    assert pooled.groups.nunique() == 4
    assert pooled.rows["corpus"].tolist() == ["north"] * 3 + ["south"] * 3
    assert pooled.rows["split"].tolist() == ["train"] * 3 + [None] * 3
    assert pooled.rows[["text", "actor", "target", "label"]].to_dict("records")[3:] == [
        {key: row[key] for key in ("text", "actor", "target", "label")} for row in ROWS
    ]
    assert (pooled.name, pooled.scheme) == ("both", two[0].scheme)
    assert two[0].rows["id"].tolist() == ["1", "2", "3"]


def test_a_pool_has_one_scheme(two, bridge):
    other = load_dataset(bridge)
    with pytest.raises(InputError, match=r"'bridge' is in 'favor-against-neutral-unrelated' .*'north' in 'favor-against-none'"):
        pool([two[0], other], name="both")
    mapped = pool([two[0], other.with_scheme("favor-against-none")], name="both")
    assert set(mapped.y) == {"favor", "against", "none"}


def test_labels_as_found_are_one_scheme_only_if_they_are_the_same(tmp_path):
    yes, no = (
        load_dataset(write(tmp_path / f"{name}.jsonl", [{**row, "label": f"{name} {row['label']}"} for row in ROWS]))
        for name in "ab"
    )
    with pytest.raises(InputError, match=r"a pool has one label scheme: 'b' is in 'as-found' \(b against"):
        pool([yes, no], name="both")


def test_a_dataset_stands_in_a_pool_once(two):
    with pytest.raises(InputError, match=r"^dataset 'north' stands twice in a pool$"):
        pool([two[0], two[1], two[0]], name="both")


def test_some_rows_are_another_dataset(two):
    some = two[0].only(two[0].rows["actor"].to_numpy() != "Bo")
    assert some.rows["id"].tolist() == ["1", "3"]
    assert some.rows.index.tolist() == [0, 1]
    assert some.sha != two[0].sha


def test_votes_are_the_annotators_labels_in_any_scheme(bridge):
    dataset = load_dataset(bridge)
    assert dataset.X.columns.tolist() == ["text", "actor", "target"]
    row = dataset.rows["id"].tolist().index("b09-council")
    names = ["votes_favor", "votes_against", "votes_neutral", "votes_unrelated"]
    assert dataset.voted.columns.tolist() == ["text", "actor", "target", *names]
    assert dataset.voted.loc[row, names].tolist() == [0, 0, 2, 1]
    assert (dataset.voted[names].sum(axis=1) == 3).all()
    mapped = dataset.with_scheme("favor-against-none").voted
    assert mapped.loc[row, ["votes_favor", "votes_against", "votes_none"]].tolist() == [0, 0, 3]
    assert mapped.shape[1] == 6


def test_votes_of_a_round_before_the_last_do_not_count(bridge):
    lines = [json.loads(line) for line in (bridge / "annotations.jsonl").read_text(encoding="utf-8").splitlines()]
    later = [{**line, "round": 2} for line in lines if line["annotator"] == "z"]
    write(bridge / "annotations.jsonl", [*lines, *later])
    dataset = load_dataset(bridge)
    assert (dataset.voted.filter(like="votes_").sum(axis=1) == 1).all()


def test_rows_without_votes_have_none(tmp_path):
    plain = load_dataset(write(tmp_path / "rows.jsonl", ROWS))
    with pytest.raises(InputError, match="dataset 'rows' has no annotators' votes"):
        plain.voted  # noqa: B018
    counted = load_dataset(write(tmp_path / "rows.jsonl", [{**row, "votes_favor": 2} for row in ROWS]))
    assert counted.voted["votes_favor"].tolist() == [2, 2, 2]


def test_an_unknown_label_of_an_annotator_names_its_line(bridge):
    content = (bridge / "annotations.jsonl").read_text(encoding="utf-8")
    (bridge / "annotations.jsonl").write_text(content.replace('"label": "favor"', '"label": "favour"', 1), encoding="utf-8")
    with pytest.raises(InputError, match=r"annotations.jsonl:1: unknown label 'favour'"):
        load_dataset(bridge)


def test_rows_say_of_what_kind_their_actor_is_where_that_is_known_and_the_checksum_stays(bridge):
    dataset = load_dataset(bridge)
    assert dict(zip(dataset.rows["actor_id"], dataset.rows["actor_kind"], strict=True)) == {
        "ada": "person",
        "cole": "person",
        "dora": "person",
        "millers": "group",
        "fishers": "group",
        "council": "organisation",
    }
    (bridge / "actors.jsonl").unlink()
    bare = load_dataset(bridge)
    assert "actor_kind" not in bare.rows
    assert bare.sha == dataset.sha
