"""Is every fault of a long input told before anything is computed, and is the sample one of the whole input?"""

import json
import re
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.dataset import INPUT_COLUMNS
from stancelab.errors import InputError, refuse
from stancelab.scale import survey as survey_
from stancelab.scale.rows import WANTED, digest, source_of
from stancelab.scale.survey import Sample, survey, surveyed
from stancelab.tables import empty_cells, missing_columns, read_table, repeated, write_table

cells = st.sampled_from(["a", "b", "c", "", " ", None, 3])
tables = st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys((*WANTED, "beside"), cells)), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("survey")


def read(path):
    source = source_of(str(path))
    return survey(source, digest(source), path.parent)


def faults_of_short(path):
    """What a reading of the whole table at once finds, one kind of fault after the other."""
    table = read_table(path).with_text_ids()
    refuse(missing_columns(table, INPUT_COLUMNS))
    numbered = "id" not in table.columns
    found = empty_cells(table, INPUT_COLUMNS if numbered else ["id", *INPUT_COLUMNS])
    sound = [row for row in table.rows if not numbered and isinstance(row.get("id"), str) and row["id"].strip()]
    places = [place for place, row in zip(table.places, table.rows, strict=True) if row in sound]
    return found + repeated([row["id"] for row in sound], places, "id") if sound else found


def told_by(work):
    try:
        work()
    except InputError as error:
        return str(error)
    return ""


@given(rows=tables)
def test_faults_are_those_of_a_short_table(folder, rows):
    path = folder / "any.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stancelab.scale.rows.ROWS_AT_ONCE", 3)
        assert told_by(lambda: read(path)) == told_by(lambda: refuse(faults_of_short(path)))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("t.csv", "id,text,actor\n1,a,b\n", ":1: column 'target' is missing; did you mean 'text'? Columns: id, text, actor"),
        (
            "t.csv",
            "id,text,actor,target\n1,a,b\n2,a,,d\n2,a,b,c\n",
            ":2: 3 cells, expected 4 as in the header\nP:3: column 'actor'",
        ),
        ("t.csv", "id,text,actor,target\n1,a,b,c\n2,x,y,z\n1,a,b,c\n", ":4: duplicate id '1', first at P:2"),
        ("t.csv", 'id,text,actor,target\n1,"a\nb",b,c\n\n2,"a', ":5: unexpected end of data"),
        ("t.csv", "id,text,actor,target\n", ": the file has no rows"),
        ("t.csv", "id,id,text,actor,target\n1,2,a,b,c\n", ":1: column 'id' stands twice"),
        ("t.tsv", "text\tactor\ttarget\na\t \tc\n", ":2: column 'actor' is blank"),
        ("t.jsonl", '{"text": "a", "actor": "b", "target": "c"}\n{"text": NaN}\n', ":2: not a JSON object: NaN is not a value"),
        ("t.jsonl", '{"text": "a"}\n', ": column 'actor' is missing. Columns: text\nP: column 'target' is missing"),
        ("t.jsonl", '{"text": "\\ud800"}\n', ":1: not a JSON object: 'utf-8' codec can't encode"),
        ("t.parquet", "PAR1", ": not a readable parquet file"),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path, name, content, told):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(InputError, match="^" + re.escape(f"{path}{told}".replace("P:", f"{path}:"))):
        read(path)


def test_a_fault_far_down_and_all_others_are_counted(tmp_path):
    lines = [f"{number},a,b,c" for number in range(5000)]
    lines[4321:4340] = [f"{number},a,b" for number in range(19)]
    (tmp_path / "t.csv").write_text("id,text,actor,target\n" + "\n".join(lines))
    with pytest.raises(InputError, match=r"t.csv:4323: 3 cells, (.*\n)+\.\.\. and 9 more$"):
        read(tmp_path / "t.csv")


def test_a_file_of_a_folder_that_lacks_a_column(tmp_path):
    whole = pd.DataFrame({name: ["a"] for name in WANTED})
    write_table(tmp_path / "1.parquet", whole)
    write_table(tmp_path / "2.parquet", whole.drop(columns="text").assign(id="b"))
    with pytest.raises(InputError, match=re.escape("2.parquet: row 1: column 'text' is empty")):
        read(tmp_path)


def test_a_survey_is_kept_and_read_again_only_for_another_content(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    path.write_text("text,actor,target\na,b,c\n")
    first = surveyed(source_of(str(path)), tmp_path)
    monkeypatch.setattr(survey_, "blocks", None)
    assert surveyed(source_of(str(path)), tmp_path) == first
    path.write_text("text,actor,target\nx,b,c\n")
    with pytest.raises(TypeError):
        surveyed(source_of(str(path)), tmp_path)


def test_the_sample_is_of_the_whole_input_and_has_each_text_once(tmp_path, monkeypatch):
    monkeypatch.setattr(survey_, "SAMPLE", 50)
    write_table(tmp_path / "t.csv", pd.DataFrame({name: [str(row // 2) for row in range(4000)] for name in WANTED[1:]}))
    found = read(tmp_path / "t.csv").sample
    assert len(set(found["text"])) == len(found["text"]) == 50
    assert [str((int(number) - 1) // 2) for number in found["id"]] == found["text"]
    assert sum(int(text) < 1000 for text in found["text"]) in range(12, 39)


@given(cuts=st.lists(st.integers(0, 300), max_size=4))
def test_the_sample_does_not_depend_on_how_the_rows_come(cuts):
    rows = {name: [f"{row % 211}" for row in range(300)] for name in WANTED}
    drawn = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(survey_, "SAMPLE", 20)
        for borders in ([0, 300], [0, *sorted(cuts), 300]):
            sample = Sample()
            for first, end in pairwise(borders):
                sample.add({name: values[first:end] for name, values in rows.items()})
            drawn.append(sample.rows())
    assert drawn[0] == drawn[1]
