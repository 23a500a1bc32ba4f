"""Is a table read strictly from each kind of file, and does it come back as it was written?"""

import re

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stancelab.errors import InputError
from stancelab.tables import SUFFIXES, Table, empty_cells, missing_columns, read_table, repeated, write_table

NASTY = [
    "two\nlines",
    "two\r\nlines",
    "two\rlines",
    "\n",
    '"quoted", he said',
    '"',
    "a\tb,c;d",
    " spaces ",
    "🤷🏽‍♀️ no",
    "لا للحرب",
    "שלום\u200f!",
    "a\u2028b\x85c\x0bd",
    "\ufeffmark",
    "NA",
    "nan",
    "null",
    "007",
    "1e5",
    "=1+1",
    "\\",
]

cells = st.text(st.characters(exclude_categories=["Cs"]), min_size=1) | st.sampled_from(NASTY)
tables = st.lists(st.fixed_dictionaries({"id": cells, "text": cells | st.none()}), min_size=1, max_size=6)

every_suffix = pytest.mark.parametrize("suffix", SUFFIXES)
delimited = pytest.mark.parametrize(("suffix", "mark"), [(".csv", ","), (".tsv", "\t")])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tables")


def written(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def at(path, line, message):
    return "^" + re.escape(f"{path}:{line}: ") + message


@every_suffix
@given(rows=tables)
@example(rows=[{"id": text, "text": text} for text in NASTY])
def test_any_text_comes_back_as_written(folder, suffix, rows):
    path = folder / f"any{suffix}"
    write_table(path, pd.DataFrame(rows, columns=["id", "text"]))
    table = read_table(path)
    assert table.columns == ("id", "text")
    assert list(table.rows) == rows


@every_suffix
@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_a_nasty_text_comes_back_as_written(tmp_path, suffix, text):
    path = tmp_path / f"nasty{suffix}"
    write_table(path, pd.DataFrame({"id": ["a", "b"], "text": [text, "plain"], "label": ["x", "y"]}))
    assert read_table(path).column("text") == [text, "plain"]


@every_suffix
def test_a_text_of_two_hundred_thousand_characters_comes_back(tmp_path, suffix):
    path = tmp_path / f"long{suffix}"
    write_table(path, pd.DataFrame({"id": ["a"], "text": ["word " * 40_000]}))
    assert read_table(path).column("text") == ["word " * 40_000]


@every_suffix
def test_a_missing_value_is_none(tmp_path, suffix):
    path = tmp_path / f"t{suffix}"
    write_table(path, pd.DataFrame({"id": ["a", "b"], "quote": [None, "q"]}))
    assert read_table(path).column("quote") == [None, "q"]


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
@given(values=st.lists(st.floats(0, 1), min_size=1, max_size=5))
@example(values=[0.1234567890123456])
def test_numbers_keep_all_their_digits(folder, suffix, values):
    path = folder / f"numbers{suffix}"
    write_table(path, pd.DataFrame({"p": values}))
    assert read_table(path).column("p") == values


@every_suffix
def test_a_frame_keeps_the_order_of_the_file(tmp_path, suffix):
    path = tmp_path / f"t{suffix}"
    frame = pd.DataFrame({"id": ["b", "a"], "text": ["x", "y"]})
    write_table(path, frame)
    pd.testing.assert_frame_equal(read_table(path).frame(), frame)


def test_each_row_knows_its_first_line(tmp_path):
    path = written(tmp_path / "t.csv", 'id,text\na,"one\ntwo"\n\nb,three\n')
    table = read_table(path)
    assert table.places == (f"{path}:2", f"{path}:5")
    assert table.column("text") == ["one\ntwo", "three"]


def test_a_csv_from_a_spreadsheet(tmp_path):
    path = written(tmp_path / "t.csv", b'\xef\xbb\xbfid,text\r\na,"x, y"\r\nb,"say ""no"""\r\n')
    assert read_table(path).rows == ({"id": "a", "text": "x, y"}, {"id": "b", "text": 'say "no"'})


def test_jsonl_columns_are_those_of_any_row(tmp_path):
    table = read_table(written(tmp_path / "t.jsonl", '{"id": 1}\n{"id": 2, "text": "x"}\n'))
    assert table.columns == ("id", "text")
    assert table.column("text") == [None, "x"]


def test_parquet_rows_are_numbered_from_one(tmp_path):
    path = tmp_path / "t.parquet"
    write_table(path, pd.DataFrame({"id": ["a", "b"]}))
    assert read_table(path).places == (f"{path}: row 1", f"{path}: row 2")


def test_whole_number_ids_become_text(tmp_path):
    table = read_table(written(tmp_path / "t.jsonl", '{"id": 12, "n": 1}\n{"id": "12", "n": 2}\n')).with_text_ids()
    assert table.column("id") == ["12", "12"]
    assert table.column("n") == [1, 2]


def test_a_folder_is_read_as_parts_in_the_order_of_their_names(tmp_path):
    write_table(tmp_path / "b.parquet", pd.DataFrame({"id": ["2"]}))
    write_table(tmp_path / "a.parquet", pd.DataFrame({"id": ["1"]}))
    assert read_table(tmp_path).column("id") == ["1", "2"]


def test_a_folder_without_parts(tmp_path):
    with pytest.raises(InputError, match=re.escape(f"{tmp_path}: a folder without parquet parts")):
        read_table(tmp_path)


def test_a_folder_of_parts_without_rows(tmp_path):
    write_table(tmp_path / "a.parquet", pd.DataFrame({"id": pd.Series([], dtype=str)}))
    with pytest.raises(InputError, match="no rows"):
        read_table(tmp_path)


@pytest.mark.parametrize(("name", "nearest"), [("t.cvs", r"; did you mean '.csv'\?"), ("t.xlsx", r"\."), ("t", r"\.")])
def test_an_unknown_suffix_is_refused_on_reading(tmp_path, name, nearest):
    path = written(tmp_path / name, "id\n1\n")
    with pytest.raises(InputError, match=f"unknown kind of table '.*'{nearest} Allowed: .csv, .tsv, .jsonl, .parquet"):
        read_table(path)


def test_an_unknown_suffix_is_refused_on_writing(tmp_path):
    with pytest.raises(InputError, match=r"unknown kind of table '.json'; did you mean '.jsonl'"):
        write_table(tmp_path / "t.json", pd.DataFrame({"id": ["a"]}))
    assert list(tmp_path.iterdir()) == []


@every_suffix
def test_no_such_file(tmp_path, suffix):
    path = tmp_path / f"t{suffix}"
    with pytest.raises(InputError, match=re.escape(f"{path}: no such file")):
        read_table(path)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl"])
@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_file(tmp_path, suffix, content):
    path = written(tmp_path / f"t{suffix}", content)
    with pytest.raises(InputError, match=re.escape(f"{path}: the file is empty")):
        read_table(path)


@delimited
def test_a_header_without_rows(tmp_path, suffix, mark):
    path = written(tmp_path / f"t{suffix}", f"id{mark}text\n\n")
    with pytest.raises(InputError, match=re.escape(f"{path}: the file has no rows")):
        read_table(path)


@pytest.mark.parametrize("content", [b"", b"PAR1 and then no table PAR1", b"id,text\n1,x\n"])
def test_corrupt_parquet(tmp_path, content):
    path = written(tmp_path / "t.parquet", content)
    with pytest.raises(InputError, match=re.escape(f"{path}: not a readable parquet file")):
        read_table(path)


def test_parquet_damaged_in_the_middle(tmp_path):
    path = tmp_path / "t.parquet"
    write_table(path, pd.DataFrame({"id": [f"{n:08}" for n in range(2000)]}))
    content = bytearray(path.read_bytes())
    content[4:400] = bytes(396)
    path.write_bytes(content)
    with pytest.raises(InputError, match="not a readable parquet file"):
        read_table(path)


@delimited
def test_latin_1_bytes(tmp_path, suffix, mark):
    path = written(tmp_path / f"t{suffix}", f"id{mark}text\na{mark}x\nb{mark}café\n".encode("latin-1"))
    with pytest.raises(InputError, match=at(path, 3, "not UTF-8.*0xe9")):
        read_table(path)


def test_nan_in_jsonl(tmp_path):
    path = written(tmp_path / "t.jsonl", '{"id": 1}\n{"id": NaN}\n')
    with pytest.raises(InputError, match=at(path, 2, ".*NaN is not a value")):
        read_table(path)


@delimited
def test_a_ragged_line(tmp_path, suffix, mark):
    path = written(tmp_path / f"t{suffix}", f"id{mark}text\na{mark}x\nb\nc{mark}y{mark}z\n")
    with pytest.raises(InputError, match=at(path, 3, "1 cells, expected 2 as in the header\n.*:4: 3 cells")):
        read_table(path)


def test_a_ragged_line_after_a_cell_of_two_lines(tmp_path):
    path = written(tmp_path / "t.csv", 'id,text\na,"one\ntwo"\nb\n')
    with pytest.raises(InputError, match=at(path, 4, "1 cells")):
        read_table(path)


def test_all_ragged_lines_at_once_ten_and_a_count(tmp_path):
    path = written(tmp_path / "t.csv", "id,text\n" + "a\n" * 14)
    with pytest.raises(InputError, match=r"csv:2: (.*\n)+.*csv:11: .*\n\.\.\. and 4 more$"):
        read_table(path)


def test_an_open_quote(tmp_path):
    path = written(tmp_path / "t.csv", 'id,text\na,"never closed\nb,x\n')
    with pytest.raises(InputError, match=re.escape(f"{path}:") + r"\d: unexpected end of data"):
        read_table(path)


@delimited
def test_a_duplicate_column(tmp_path, suffix, mark):
    path = written(tmp_path / f"t{suffix}", f"id{mark}text{mark}id\na{mark}x{mark}b\n")
    with pytest.raises(InputError, match=at(path, 1, "column 'id' stands twice")):
        read_table(path)


def test_blank_lines_above_the_header(tmp_path):
    path = written(tmp_path / "t.csv", "\n\nid,text\na,x\n")
    assert read_table(path).rows == ({"id": "a", "text": "x"},)


def test_a_missing_column_names_the_nearest(tmp_path):
    table = read_table(written(tmp_path / "t.csv", "id,txt,label\na,x,favor\n"))
    assert missing_columns(table, ["id", "text", "label"]) == [
        f"{table.path}:1: column 'text' is missing; did you mean 'txt'? Columns: id, txt, label"
    ]


def test_a_missing_column_of_a_file_without_a_header_line(tmp_path):
    table = read_table(written(tmp_path / "t.jsonl", '{"id": "a"}\n'))
    assert missing_columns(table, ["label"]) == [f"{table.path}: column 'label' is missing. Columns: id"]


def test_each_cell_without_text_is_a_fault(tmp_path):
    values = [None, float("nan"), "", "  \t", 7, "fine"]
    places = tuple(f"f:{n}" for n in range(1, 7))
    table = Table(tmp_path / "f.jsonl", ("text",), tuple({"text": value} for value in values), places)
    assert empty_cells(table, ["text"]) == [
        "f:1: column 'text' is empty",
        "f:2: column 'text' is empty",
        "f:3: column 'text' is empty",
        "f:4: column 'text' is blank",
        "f:5: column 'text' holds 7, expected text",
    ]


def test_a_value_that_comes_three_times_points_to_the_first_place():
    assert repeated(["a", "b", "a", "a"], ["f:1", "f:2", "f:3", "f:4"], "id") == [
        "f:3: duplicate id 'a', first at f:1",
        "f:4: duplicate id 'a', first at f:1",
    ]


@given(st.lists(st.integers(0, 5)))
def test_there_is_one_fault_for_each_repetition(values):
    assert len(repeated(values, [str(n) for n in range(len(values))], "id")) == len(values) - len(set(values))


@every_suffix
def test_a_table_that_cannot_be_written_leaves_the_old_one(tmp_path, suffix):
    path = tmp_path / f"t{suffix}"
    write_table(path, pd.DataFrame({"id": ["old"]}))
    with pytest.raises(UnicodeError, match="surrogates"):
        write_table(path, pd.DataFrame({"id": pd.Series(["\ud800"], dtype=object)}))
    assert read_table(path).column("id") == ["old"]
    assert list(tmp_path.iterdir()) == [path]
