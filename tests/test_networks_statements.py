import json
from datetime import date
from pathlib import Path

import pytest

from stancelab.errors import InputError
from stancelab.networks.statements import read_statements, statements_of
from stancelab.tables import Table, write_table

ROW = {"id": "r1", "doc_id": "d1", "group": "g", "actor": "Ann", "actor_id": "ann", "target": "tax", "label": "favor"}
PROBABLE = {"p_favor": 0.5, "p_against": 0.25, "p_neutral": 0.25}


def table(*rows: dict[str, object]) -> Table:
    columns = dict.fromkeys(name for row in rows for name in row)
    return Table(Path("t.jsonl"), tuple(columns), rows, tuple(f"t.jsonl:{number}" for number in range(1, len(rows) + 1)))


def test_a_row_is_read_with_its_sides_and_chances():
    known = statements_of(table({**ROW, **PROBABLE, "date": "2024-02-27T08:00:00Z"}, {**ROW, "id": "r2", "label": "against"}))
    assert known.stance.tolist() == [1, -1]
    assert known.chances.tolist() == [[0.5, 0.25], [0, 1]]
    assert known.uncertain.tolist() == [True, False]
    assert known.days() == [date(2024, 2, 27), None]
    assert "1 of 2 rows have no probabilities and count as certain" in known.notes


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_every_kind_of_table_gives_the_same(tmp_path: Path, suffix: str):
    known = table({**ROW, **PROBABLE}, {**ROW, "id": "r2", "actor": "Bo", "actor_id": "bo", "label": "neutral"})
    write_table(tmp_path / f"t{suffix}", known.frame())
    found, expected = read_statements([tmp_path / f"t{suffix}"]), statements_of(known)
    assert (found.actors, found.targets, found.notes) == (expected.actors, expected.targets, expected.notes)
    assert (found.chances == expected.chances).all()


def test_a_dataset_is_a_table_too():
    known = read_statements(["ground-intervention"])
    assert (len(known.rows), len(known.actors), known.targets) == (
        66,
        30,
        ("NATO member countries send ground troops into Ukraine",),
    )


def test_tables_are_joined(tmp_path: Path):
    for name, label in (("a", "favor"), ("b", "against")):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps({**ROW, "id": name, "doc_id": name, "label": label}) + "\n")
    known = read_statements([tmp_path / "a.jsonl", tmp_path / "b.jsonl"])
    assert (known.documents, sorted(known.stance.tolist())) == (("a", "b"), [-1, 1])


def test_the_same_table_twice_is_refused(tmp_path: Path):
    (tmp_path / "a.jsonl").write_text(json.dumps(ROW) + "\n")
    with pytest.raises(InputError, match="duplicate id 'r1'"):
        read_statements([tmp_path / "a.jsonl", tmp_path / "a.jsonl"])


def test_an_actor_is_its_id_and_called_what_it_is_called_most():
    names = ["Macron", "Emmanuel Macron", "Emmanuel Macron"]
    known = statements_of(table(*({**ROW, "id": str(n), "actor": name} for n, name in enumerate(names))))
    assert (known.actors, known.names) == (("ann",), ("Emmanuel Macron",))


def test_without_all_ids_an_actor_is_its_name():
    known = statements_of(table(ROW, {**ROW, "id": "r2", "actor": "Bo", "actor_id": None}))
    assert known.actors == ("Ann", "Bo")
    assert "not every row has an actor_id, so actors are told apart by name" in known.notes


def test_rows_without_a_label_are_counted_and_left_out():
    known = statements_of(table(ROW, {**ROW, "id": "r2", "label": None, "target": None}))
    assert len(known.rows) == 1
    assert "1 rows without a label are left out" in known.notes


def test_names_become_what_files_can_hold():
    known = statements_of(table({**ROW, "actor_id": None, "actor": "A\x00\tB\r\n C\ufffe"}))
    assert known.names == ("A\ufffd B C\ufffd",)
    assert any(note.startswith("1 names have") for note in known.notes)


def test_probabilities_are_shared_out_to_one():
    known = statements_of(table({**ROW, "p_favor": 0.5004, "p_against": 0.5004, "p_neutral": 0.0}))
    assert known.chances.sum() == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"doc_id": "d", "actor": "A", "label": "favor"}], "column 'target' is missing"),
        ([{**ROW, "label": None}], "no row has a label"),
        (
            [ROW, {**ROW, "id": "r2", "label": "agianst"}, {**ROW, "id": "r3"}],
            "t.jsonl:2: unknown label 'agianst'.*did you mean 'against'",
        ),
        ([{**ROW, "label": "yes"}], "labels yes are of no scheme with two sides"),
        ([{**ROW, "actor": " "}], "t.jsonl:1: column 'actor' is blank"),
        ([{**ROW, "target": None}], "t.jsonl:1: column 'target' is empty"),
        ([{**ROW, "p_favor": 0.9, "p_against": 0.9}], "not between 0 and 1 with sum 1"),
        ([{**ROW, "p_favor": -0.5, "p_against": 1.5}], "not between 0 and 1 with sum 1"),
        ([{**ROW, "p_favor": float("inf"), "p_against": 0.0}], "not between 0 and 1 with sum 1"),
        ([{**ROW, "p_favor": 0.9, "p_against": None}], "are not all numbers"),
        ([{**ROW, "p_favor": 0.9, "p_maybe": 0.1}], "column 'p_maybe': unknown label 'maybe'"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(rows: list[dict[str, object]], message: str):
    with pytest.raises(InputError, match=message):
        statements_of(table(*rows))


def test_a_date_in_words_is_refused_where_days_are_asked_for():
    known = statements_of(table({**ROW, "date": "27 Feb 2024"}))
    with pytest.raises(InputError, match=r"t\.jsonl:1: date '27 Feb 2024' is not written YEAR-MONTH-DAY"):
        known.days()


def test_labels_of_another_scheme_have_sides_too():
    known = statements_of(table({**ROW, "label": "pro"}, {**ROW, "id": "r2", "label": "con"}))
    assert sorted(known.stance.tolist()) == [-1, 1]
    assert known.scheme.name == "pro-con-neutral"
