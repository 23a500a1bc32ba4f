from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.errors import InputError
from stancelab.importers.reading import (
    blank_cells,
    decode,
    first_existing,
    is_blank,
    mapped,
    one_line,
    read_csv,
    read_json,
    read_lines,
    require,
    unzip,
)

HERE = Path("corpus.csv")


@given(st.binary().map(lambda content: b"a" + content))
def test_any_bytes_can_be_decoded_and_no_line_is_lost(content):
    notes = []
    assert decode(content, HERE, notes).count("\n") == content.count(b"\n")
    assert bool(notes) == (b"\0" in content or not valid(content))


def valid(content):
    try:
        return bool(content.decode("utf-8")) or True
    except UnicodeDecodeError:
        return False


@given(st.text().filter(lambda text: text.strip() and "\0" not in text and not text.startswith("\ufeff")))
def test_utf8_comes_back_as_it_was(text):
    notes = []
    assert decode(text.encode("utf-8"), HERE, notes) == text
    assert notes == []


@given(st.lists(st.tuples(st.text("aé“”€ž ", min_size=1).map(lambda text: text + "é"), st.booleans()), min_size=1))
def test_each_line_is_read_in_its_own_encoding(lines):
    content = b"\n".join(text.encode("utf-8" if utf8 else "cp1252") for text, utf8 in lines)
    notes = []
    assert decode(content, HERE, notes) == "\n".join(text for text, _ in lines)
    repaired = sum(not utf8 for _, utf8 in lines)
    assert [note.split(" lines")[0] for note in notes] == ([f"corpus.csv: {repaired}"] if repaired else [])


def test_the_note_names_the_lines():
    notes = []
    decode(b"ok\nna\xefve\nok\n\x80 5\n", HERE, notes)
    assert notes == ["corpus.csv: 2 lines were not UTF-8 and were read as Windows-1252: 2, 4"]


def test_a_byte_that_windows_1252_lacks_is_marked():
    assert decode(b"a\x81b \xe9", HERE, []) == "a\ufffdb é"


def test_a_byte_order_mark_is_dropped():
    assert decode("\ufeffID,Text".encode(), HERE, []) == "ID,Text"


def test_nul_bytes_are_left_out_and_noted():
    notes = []
    assert decode(b"a\0b\0", HERE, notes) == "ab"
    assert notes == ["corpus.csv: 2 NUL bytes left out"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_is_refused(encoding):
    content = ("\ufeff" if encoding != "utf-16" else "") + "Tweet,Target"
    with pytest.raises(InputError, match=r"corpus\.csv:1: the file is UTF-16; save it as UTF-8"):
        decode(content.encode(encoding), HERE, [])


@pytest.mark.parametrize("content", [b"", b"\n \r\n", b"\0\0", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(content):
    with pytest.raises(InputError, match=r"corpus\.csv: the file is empty"):
        decode(content, HERE, [])


def test_lines_keep_their_numbers_over_blank_ones(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_bytes(b"one\r\n\r\n  \nfour\t\n")
    assert read_lines(path, []) == [(f"{path}:1", "one"), (f"{path}:4", "four\t")]


def test_a_csv_cell_with_line_breaks_is_one_line_and_others_keep_their_spaces(tmp_path):
    path = tmp_path / "cells.csv"
    path.write_bytes(b'a,b\n"x\r\n\n  y",p  q\nz,\n')
    notes = []
    table = read_csv(path, notes)
    assert table.rows == ({"a": "x y", "b": "p  q"}, {"a": "z", "b": None})
    assert table.places == (f"{path}:2", f"{path}:5")
    assert notes == ["cells.csv: line breaks inside the cells of 1 rows became spaces"]


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(lambda cell: cell.strip())


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1))
def test_no_row_of_a_csv_is_lost(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "cells.csv"
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    path.write_bytes(("a,b\r\n" + "\r\n".join(quoted)).encode("utf-8"))
    found = [(row["a"], row["b"]) for row in read_csv(path, []).rows]
    assert [tuple(map(one_line, row)) for row in found] == [tuple(map(one_line, row)) for row in rows]


def test_a_csv_with_a_header_only_is_refused(tmp_path):
    path = tmp_path / "cells.csv"
    path.write_bytes(b"a,b\n")
    with pytest.raises(InputError, match=r"cells\.csv: the file has no rows"):
        read_csv(path, [])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'[\n{"a": 1},\n{"a"', r"a\.json:3: not JSON: .*; is the file cut off\?"),
        (b"[NaN, }", r"a\.json:1: not JSON"),
        (b'["\\ud800"]', r"a\.json: not usable JSON: .*surrogates not allowed"),
        (b"[" * 200_000, r"a\.json: not usable JSON: "),
        (b"", r"a\.json: the file is empty"),
    ],
)
def test_malformed_json_is_refused(tmp_path, content, message):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_json(path, [])


def test_json_that_is_not_utf_8_says_so(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b'["K\xe4se"]')
    notes = []
    assert read_json(path, notes) == ["Käse"]
    assert notes == ["a.json: 1 lines were not UTF-8 and were read as Windows-1252: 1"]


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        read_lines(tmp_path, [])
    with pytest.raises(InputError, match="cannot be read: No such file"):
        unzip(tmp_path / "a.zip", "a.csv")


def test_labels_are_mapped_by_their_words():
    assert mapped(["PRO", 1, "PRO"], ["f:1", "f:2", "f:3"], {"PRO": "favor", "1": "against"}) == (
        ["favor", "against", "favor"],
        [],
    )


def test_labels_without_an_entry_are_all_faults():
    assert mapped(["PRP", None, "CON"], ["f:1", "f:2", "f:3"], {"PRO": "favor"})[1] == [
        "f:1: unknown label 'PRP'; did you mean 'PRO'? Allowed: PRO",
        "f:2: the label is missing; is the file cut off?",
        "f:3: unknown label 'CON'. Allowed: PRO",
    ]


@pytest.mark.parametrize(
    ("value", "blank"), [(None, True), (float("nan"), True), (" \n", True), ("", True), (0, False), ("0", False)]
)
def test_what_is_blank(value, blank):
    assert is_blank(value) is blank
    assert bool(blank_cells([{"a": value}], ["f:1"], ["a"])) is blank


def test_required_files(tmp_path):
    (tmp_path / "a.txt").touch()
    require(tmp_path, ["a.txt"], "a folder")
    with pytest.raises(InputError, match=r"holds no b\.txt, c\.txt; expected a folder"):
        require(tmp_path, ["a.txt", "b.txt", "c.txt"], "a folder")
    with pytest.raises(InputError, match=r"a\.txt: no such folder; expected a folder"):
        require(tmp_path / "a.txt", ["b.txt"], "a folder")


def test_the_first_of_several_names(tmp_path):
    for name in ("b.txt", "c.txt"):
        (tmp_path / name).touch()
    assert first_existing(tmp_path, ["a.txt", "b.txt", "c.txt"], "files") == tmp_path / "b.txt"
    with pytest.raises(InputError, match=r"holds none of x\.txt, y\.txt; expected files"):
        first_existing(tmp_path, ["x.txt", "y.txt"], "files")
    with pytest.raises(InputError, match="nowhere: no such folder; expected files"):
        first_existing(tmp_path / "nowhere", ["x.txt"], "files")
