"""Do parts survive whatever ends a process, and is a damaged or foreign one never taken for good?"""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest

from stancelab.errors import InputError
from stancelab.scale.parts import Manifest, assemble, begin, begun, folder_of, missing, parts_folder, read_part, write_part
from stancelab.scale.writing import answers_schema, answers_table

MANIFEST = Manifest(
    input="in.csv",
    sha256="a" * 64,
    rows=25,
    model="m",
    fingerprint="b" * 64,
    form=None,
    labels=["x", "y"],
    abstain_below=None,
    rows_a_part=10,
    versions={"numpy": "2.0"},
)


def answers(number):
    ids = [str(row) for row in range(number * 10, number * 10 + MANIFEST.rows_of(number))]
    return answers_table(ids, ["x", *[None] * (len(ids) - 1)], np.full((len(ids), 2), 0.5), answers_schema(MANIFEST.labels))


@pytest.fixture
def folder(tmp_path):
    folder = folder_of(tmp_path / "out.csv")
    folder.mkdir()
    begin(folder, MANIFEST)
    for number in range(3):
        write_part(folder, number, answers(number), MANIFEST)
    return folder


def test_a_part_comes_back_as_it_was_written(folder):
    assert [MANIFEST.rows_of(number) for number in range(MANIFEST.parts)] == [10, 10, 5]
    assert read_part(folder, 2, MANIFEST).equals(answers(2))
    assert missing(folder, MANIFEST) == []


def test_every_damaged_byte_of_a_part_is_noticed(folder):
    path = folder / "part-0000001.parquet"
    whole = path.read_bytes()
    unnoticed = []
    for place in range(0, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        found = read_part(folder, 1, MANIFEST)
        if found is not None and not found.equals(answers(1)):
            unnoticed.append(place)
    assert unnoticed == []


@pytest.mark.parametrize("harm", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:-9])])
def test_a_part_that_is_not_whole_is_missing_and_nothing_is_assembled(folder, harm):
    harm(folder / "part-0000001.parquet")
    assert missing(folder, MANIFEST) == [1]
    with pytest.raises(InputError, match=r"part-0000001.parquet: is missing or damaged; the same command computes it again"):
        assemble(folder, MANIFEST, folder.parent / "out.csv")
    assert not (folder.parent / "out.csv").exists()


def test_a_part_of_another_place_or_another_prediction_is_missing(folder):
    (folder / "part-0000000.parquet").replace(folder / "part-0000001.parquet")
    assert missing(folder, MANIFEST) == [0, 1]
    assert missing(folder, MANIFEST.model_copy(update={"abstain_below": 0.5})) == [0, 1, 2]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"sha256": "c" * 64}, "another input (it has changed, or another one was named)"),
        ({"fingerprint": "c" * 64, "versions": {"numpy": "2.1"}}, "its recipe or its scheme), numpy 2.0 then, 2.1 now; what"),
        ({"form": "int8"}, "the form None of the model (now: 'int8')"),
        ({"abstain_below": 0.5}, "--abstain-below None (now: 0.5)"),
        ({"rows_a_part": 20}, "parts of 10 rows (now: 20)"),
    ],
)
def test_what_was_begun_otherwise_is_refused_and_kept(folder, changed, told):
    with pytest.raises(InputError, match=re.escape(told)) as refused:
        begin(folder, MANIFEST.model_copy(update=changed))
    assert str(refused.value).startswith(f"{folder}: was begun with ")
    assert "\n" not in str(refused.value)
    assert begun(folder) == MANIFEST
    assert missing(folder, MANIFEST) == []


def test_another_name_of_the_same_input_and_model_goes_on(folder):
    begin(folder, MANIFEST.model_copy(update={"input": "/elsewhere/in.csv", "model": "./m"}))


def test_a_damaged_manifest_is_refused(folder):
    (folder / "manifest.json").write_text(json.dumps({"rows": 3}))
    with pytest.raises(InputError, match=r"manifest.json: is damaged; remove .*out.csv.parts to begin anew"):
        begin(folder, MANIFEST)


def test_assembled_parts_are_one_file_and_the_folder_goes(folder):
    assert assemble(folder, MANIFEST, folder.parent / "out.csv") == 3
    lines = (folder.parent / "out.csv").read_text().splitlines()
    assert lines[:3] == ['"id","label","p_x","p_y"', '"0","x",0.5,0.5', '"1","",0.5,0.5']
    assert [json.loads(line.split(",")[0]) for line in lines[1:]] == [str(number) for number in range(25)]
    assert [path.name for path in folder.parent.iterdir()] == ["out.csv"]


def test_what_cannot_be_put_in_place_keeps_its_parts(folder):
    (folder.parent / "out.csv").mkdir()
    with pytest.raises(InputError, match=r"out.csv: cannot be written"):
        assemble(folder, MANIFEST, folder.parent / "out.csv")
    assert missing(folder, MANIFEST) == []


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    folder_of(tmp_path / "out.csv").mkdir()
    (folder_of(tmp_path / "out.csv") / "letter.txt").touch()
    with (
        pytest.raises(InputError, match=r"out.csv.parts: is there already and holds no predictions; remove it"),
        parts_folder(tmp_path / "out.csv"),
    ):
        pass
    assert (folder_of(tmp_path / "out.csv") / "letter.txt").exists()


def test_a_folder_without_anything_done_goes(tmp_path):
    with parts_folder(tmp_path / "out.csv") as folder:
        assert folder.is_dir()
    assert list(tmp_path.iterdir()) == []


def test_one_process_alone_has_the_folder_until_it_ends_in_whatever_way(tmp_path, apart):
    ready, told = os.pipe()

    def hold():
        with parts_folder(tmp_path / "out.csv"):
            os.write(told, b"!")
            os.read(os.pipe()[0], 1)

    other = apart(hold)
    assert os.read(ready, 1) == b"!"
    with pytest.raises(InputError, match=r"out.csv: another process is writing it"), parts_folder(tmp_path / "out.csv"):
        pass
    os.kill(other.pid, 9)
    other.wait()
    with parts_folder(tmp_path / "out.csv") as folder:
        assert folder == Path(f"{tmp_path / 'out.csv'}.parts")


def test_a_folder_that_another_process_has_just_removed_is_not_taken(tmp_path, monkeypatch):
    monkeypatch.setattr("fcntl.lockf", lambda *_: (folder_of(tmp_path / "out.csv") / "lock").unlink())
    with pytest.raises(InputError, match="another process is writing it"), parts_folder(tmp_path / "out.csv"):
        pass
