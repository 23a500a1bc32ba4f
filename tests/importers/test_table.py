import json
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.errors import InputError
from stancelab.importers.table import Columns, parse_map, read

ROWS = (
    {"claim": "Cheese helps the village.", "topic": "cheese", "who": "Ada", "view": "PRO", "key": 7, "part": "train"},
    {"claim": "Cheese hurts the village.", "topic": "cheese", "who": "Bo", "view": "CON", "key": 0, "part": "test"},
    {"claim": "Cheese helps the village.", "topic": "goats", "who": "Ada", "view": "NEU", "key": 9, "part": "train"},
)
MAP = {"PRO": "favor", "CON": "against", "NEU": "none"}
COLUMNS = Columns(text="claim", target="topic", label="view", label_map=MAP)
SUFFIXES = ("csv", "tsv", "jsonl", "parquet")
every_suffix = pytest.mark.parametrize("suffix", SUFFIXES)


@pytest.fixture
def write(tmp_path):
    """Write rows (a missing cell is None) as a table of this kind."""

    def put(suffix, rows=ROWS):
        path = tmp_path / f"views.{suffix}"
        if suffix == "jsonl":
            path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        elif suffix == "parquet":
            pd.DataFrame(list(rows)).to_parquet(path, index=False)
        else:
            pd.DataFrame(list(rows)).to_csv(path, index=False, sep="\t" if suffix == "tsv" else ",")
        return path

    return put


@every_suffix
def test_rows_in_core_columns(write, suffix):
    card, reading = read(write(suffix), replace(COLUMNS, actor="who", id="key", split="part"))
    assert reading.rows[1] == {
        "id": "0",
        "doc_id": "0",
        "group": "0",
        "text": "Cheese hurts the village.",
        "actor": "Bo",
        "target": "cheese",
        "label": "against",
        "split": "test",
    }
    assert [row["group"] for row in reading.rows] == ["7", "0", "7"]
    assert (card.scheme, card.target) == ("favor-against-none", "2 targets")
    assert reading.notes == []


@every_suffix
def test_without_ids_rows_are_numbered(write, suffix):
    reading = read(write(suffix), COLUMNS)[1]
    assert [row["id"] for row in reading.rows] == ["views-00001", "views-00002", "views-00003"]
    assert [row["group"] for row in reading.rows] == ["views-00001", "views-00002", "views-00001"]
    assert {row["actor"] for row in reading.rows} == {"the author"}


@every_suffix
def test_groups_and_dates_are_text(write, suffix):
    rows = read(write(suffix), replace(COLUMNS, group="topic", date="key"))[1].rows
    assert [(row["group"], row["date"]) for row in rows] == [("cheese", "7"), ("cheese", "0"), ("goats", "9")]


def test_one_target_and_one_actor_for_all_rows(write):
    card, reading = read(write("csv"), replace(COLUMNS, target="more goats", actor="The mayor"))
    assert {(row["target"], row["actor"]) for row in reading.rows} == {("more goats", "The mayor")}
    assert card.target == "more goats"
    assert reading.notes == [
        "views.csv: no column is called 'more goats'; it is the target of every row",
        "views.csv: no column is called 'The mayor'; it is the actor of every row",
    ]


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_constant_is_refused(write, blank):
    with pytest.raises(InputError, match=r"^--target is blank; name a column, or one target for all rows$"):
        read(write("csv"), replace(COLUMNS, target=blank))


@pytest.mark.parametrize("key", ["text", "label", "id", "group", "date", "split"])
def test_an_unknown_column_names_option_and_nearest(write, key):
    with pytest.raises(InputError, match=rf"views\.csv: --{key} 'topik' is no column; did you mean 'topic'\? Columns: claim"):
        read(write("csv"), replace(COLUMNS, **{key: "topik"}))


@every_suffix
@pytest.mark.parametrize("integers", [("1", "0", "2"), (1, 0, 2), (1.0, 0.0, 2.0), ("+1", "-1", "0"), (" 1", "0 ", "PRO")])
def test_bare_integers_without_a_map_are_refused(write, suffix, integers):
    rows = [{**row, "view": value} for row, value in zip(ROWS, integers, strict=True)]
    with pytest.raises(
        InputError, match=r"column 'view' holds bare integers \(.*\), which mean other stances.*--map LABEL="
    ) as refused:
        read(write(suffix, rows), replace(COLUMNS, label_map={}))
    assert "views." + suffix in str(refused.value)


def test_the_first_integer_is_the_one_named(write):
    rows = [{**row, "view": value} for row, value in zip(ROWS, ("favor", 1, 0), strict=True)]
    with pytest.raises(InputError, match=r"views\.csv:3: column 'view' holds bare integers \(0, 1\).*LABEL=0,LABEL=1 with favor"):
        read(write("csv", rows), replace(COLUMNS, label_map={}))


@every_suffix
def test_integers_with_a_map_are_read(write, suffix):
    rows = [{**row, "view": value} for row, value in zip(ROWS, (1, 0, 2), strict=True)]
    found = read(write(suffix, rows), replace(COLUMNS, label_map={"1": "favor", "0": "against", "2": "none"}))[1].rows
    assert [row["label"] for row in found] == ["favor", "against", "none"]


@every_suffix
def test_a_label_that_the_map_lacks_is_refused_with_its_place(write, suffix):
    with pytest.raises(InputError, match=r"views\.\w+(:2|:3|: row 2): unknown label 'CON'. Allowed: PRO, NEU"):
        read(write(suffix), replace(COLUMNS, label_map={"PRO": "favor", "NEU": "none"}))


def test_labels_of_a_declared_scheme_need_no_map(write):
    rows = [{**row, "view": value} for row, value in zip(ROWS, ("agree", "disagree", "discuss"), strict=True)]
    assert read(write("csv", rows), replace(COLUMNS, label_map={}))[0].scheme == "agree-disagree-discuss-unrelated"


def test_labels_of_no_scheme_are_kept_as_found(write):
    card, reading = read(write("csv"), replace(COLUMNS, label_map={}))
    assert card.scheme == "as-found"
    assert [row["label"] for row in reading.rows] == ["PRO", "CON", "NEU"]


def test_a_label_that_falls_out_of_the_scheme_of_most_rows_is_refused(write):
    rows = [{**row, "view": value} for row, value in zip(ROWS, ("favor", "agianst", "none"), strict=True)]
    with pytest.raises(InputError, match=r"views\.csv:3: unknown label 'agianst'.*did you mean 'against'.*\n.*with --map$"):
        read(write("csv", rows), replace(COLUMNS, label_map={}))
    with pytest.raises(InputError, match=r"unknown label 'agianst'.*did you mean 'against'"):
        read(write("csv"), replace(COLUMNS, label_map={**MAP, "CON": "agianst"}))


@every_suffix
@pytest.mark.parametrize("column", ["claim", "topic", "who", "view", "code", "crowd"])
def test_an_empty_cell_is_refused_with_its_place(write, suffix, column):
    rows = [{**row, "code": f"c{row['key']}", "crowd": "all"} for row in ROWS]
    rows[1][column] = None
    with pytest.raises(InputError, match=rf"views\.\w+(:2|:3|: row 2): column '{column}' is empty$"):
        read(write(suffix, rows), replace(COLUMNS, actor="who", id="code", group="crowd"))


def test_a_key_that_a_json_line_lacks_is_an_empty_cell(write):
    rows = [dict(ROWS[0]), {key: value for key, value in ROWS[1].items() if key not in ("claim", "part")}]
    with pytest.raises(InputError, match=r"views\.jsonl:2: column 'claim' is empty$"):
        read(write("jsonl", rows), COLUMNS)
    assert (
        read(write("jsonl", [ROWS[0], {**rows[1], "claim": "Cheese!"}]), replace(COLUMNS, split="part"))[1].rows[1]["split"]
        is None
    )


@pytest.mark.parametrize("value", [3, 2.5, True, ["a"], {"a": 1}])
@pytest.mark.parametrize("column", ["claim", "topic", "who"])
def test_a_cell_that_is_no_text_is_refused(write, column, value):
    rows = [ROWS[0], {**ROWS[1], column: value}]
    with pytest.raises(InputError, match=rf"views\.jsonl:2: column '{column}' holds .*, expected text"):
        read(write("jsonl", rows), replace(COLUMNS, actor="who"))


def test_nan_is_an_empty_cell(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "nan.parquet"
    pq.write_table(pa.table({"claim": ["a", "b"], "topic": ["t", "t"], "view": [float("nan"), 1.0]}), path)
    with pytest.raises(InputError, match=r"nan\.parquet: row 1: column 'view' is empty"):
        read(path, COLUMNS)


def test_repeated_ids_are_refused(write):
    with pytest.raises(InputError, match=r"views\.csv:4: duplicate id 'Ada', first at .*views\.csv:2"):
        read(write("csv"), replace(COLUMNS, id="who"))


def test_a_csv_in_two_encodings_is_repaired_and_says_so(tmp_path):
    path = tmp_path / "mixed.csv"
    path.write_bytes("claim,topic,view\nKäse,ä,PRO\n".encode() + b'"K\xe4se\nund Brot",\xe4,CON\n')
    reading = read(path, COLUMNS)[1]
    assert [(row["text"], row["target"]) for row in reading.rows] == [("Käse", "ä"), ("Käse und Brot", "ä")]
    assert reading.notes == [
        "mixed.csv: 2 lines were not UTF-8 and were read as Windows-1252: 3, 4",
        "mixed.csv: line breaks inside the cells of 1 rows became spaces",
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"claim\n", r"a\.txt: unknown kind of table '\.txt'"),
        ("a.csv", b"claim,topic,view\nx,y\n", r"a\.csv:2: 2 cells, expected 3"),
        ("a.csv", b'claim,topic,view\n"x,y,PRO\n', r"a\.csv:2: unexpected end of data"),
        ("a.csv", b"claim,topic,view,view\nx,y,PRO,CON\n", r"a\.csv:1: column 'view' stands twice"),
        ("a.csv", b"claim,topic,view\n", r"a\.csv: the file has no rows"),
        ("a.tsv", b"", r"a\.tsv: the file is empty"),
        ("a.jsonl", b'{"claim": "x"}\n{"claim', r"a\.jsonl:2: not a JSON object"),
        ("a.jsonl", b'{"claim": "\xe4"}\n', r"a\.jsonl:1: not UTF-8"),
        ("a.parquet", b"PAR1", r"a\.parquet: not a readable parquet file"),
    ],
)
def test_a_malformed_table_is_refused(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        read(tmp_path / name, COLUMNS)


def test_a_folder_is_no_table(tmp_path):
    with pytest.raises(InputError, match="is a folder, expected a csv, tsv, jsonl or parquet file"):
        read(tmp_path, COLUMNS)


CUT_OFF = "the last line has no end"


def with_last(column):
    return [{**{name: value for name, value in row.items() if name != column}, column: row[column]} for row in ROWS]


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
@pytest.mark.parametrize("last", ["part", "view", "claim"])
def test_a_table_cut_off_gives_whole_rows_or_an_error(write, suffix, last):
    path = write(suffix, with_last(last))
    whole, content = read(path, COLUMNS)[1].rows, path.read_bytes()
    accepted = 0
    for cut in range(len(content)):
        path.write_bytes(content[:cut])
        try:
            reading = read(path, COLUMNS)[1]
        except InputError as error:
            assert path.name in str(error)  # noqa: PT017
        else:
            accepted += 1
            assert reading.rows == whole[: len(reading.rows)]
            at_an_end = content[cut - 1 : cut] == b"\n"
            assert reading.notes == ([] if at_an_end else [f"{path.name}: {CUT_OFF}; is the file cut off?"])
            assert at_an_end or last != "claim"
    assert accepted >= 2


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\r"])
def test_a_text_that_ends_the_file_needs_the_end_of_its_line(write, suffix, ending):
    path = write(suffix, with_last("claim"))
    path.write_bytes(path.read_bytes().rstrip() + ending.encode())
    if ending:
        assert read(path, COLUMNS)[1].rows[-1]["text"] == "Cheese helps the village."
    else:
        with pytest.raises(InputError, match=rf"views\.{suffix}:4: {CUT_OFF}, and its text may be cut off; if it is whole, end"):
            read(path, COLUMNS)


def test_a_parquet_file_cut_off_is_refused_everywhere(write):
    path = write("parquet")
    content = path.read_bytes()
    for cut in range(0, len(content), 97):
        path.write_bytes(content[:cut])
        with pytest.raises(InputError, match=r"views\.parquet: not a readable parquet file"):
            read(path, COLUMNS)


WORDS = st.text(st.characters(exclude_characters=",=", exclude_categories=["Cs"]), min_size=1).map(str.strip).filter(bool)


@given(st.dictionaries(WORDS, WORDS, min_size=1))
def test_parse_map_reads_what_was_written(label_map):
    assert parse_map(",".join(f"{ours}={theirs}" for theirs, ours in label_map.items())) == label_map


def test_parse_map_takes_spaces_and_several_of_theirs_for_one_of_ours():
    assert parse_map(" favor = PRO , favor=pro,against=a=b") == {"PRO": "favor", "pro": "favor", "a=b": "against"}


@pytest.mark.parametrize("option", ["", " ", "favor", "favor=", "=PRO", "favor=PRO,", "favor=PRO,,against=CON", "favor:PRO"])
def test_parse_map_refuses_what_is_no_map(option):
    with pytest.raises(InputError, match=r"expected OURS=THEIRS,..., like favor=PRO,against=CON,none=NEUTRAL"):
        parse_map(option)


def test_parse_map_refuses_one_label_for_two():
    with pytest.raises(InputError, match=r"^--map: 'X' stands twice$"):
        parse_map("favor=X,against=X")


TEXTS = st.lists(st.text(st.characters(categories=["L", "N", "P"]), min_size=1), min_size=1, unique=True)


@given(TEXTS, st.sampled_from(["jsonl", "csv"]))
def test_order_and_ids_are_kept(tmp_path_factory, texts, suffix):
    path = tmp_path_factory.mktemp("table") / f"t.{suffix}"
    rows = [{"key": text, "claim": f"It says {text}", "view": "favor"} for text in texts]
    if suffix == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        pd.DataFrame(rows).to_csv(path, index=False)
    found = read(path, Columns(text="claim", target="goats", label="view", id="key"))[1].rows
    assert [(row["id"], row["text"]) for row in found] == [(row["key"], row["claim"]) for row in rows]
