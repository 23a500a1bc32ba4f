"""Is a long input read as a short one is, whatever its texts, and taken up again from any part of it?"""

import re
from itertools import chain

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stancelab.errors import InputError
from stancelab.records import read_text
from stancelab.scale import rows as rows_
from stancelab.scale.rows import WANTED, blocks, digest, parts, source_of
from stancelab.tables import SUFFIXES, read_table, write_table

HARD = [
    "two\nlines",
    "two\r\nlines",
    "two\rlines",
    '"quoted", he said',
    '"',
    "a\tb,c;d",
    " spaces ",
    "\u2028a\x85c\x0bd",
    "\ufeff",
    "=1",
]
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1) | st.sampled_from(HARD)
tables = st.lists(st.fixed_dictionaries(dict.fromkeys(WANTED, texts)), min_size=1, max_size=9)
every_suffix = pytest.mark.parametrize("suffix", SUFFIXES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("rows")


def all_of(source, size, wanted=range(1000), *, numbered=False):
    return list(parts(source, wanted, size, numbered=numbered))


def joined(found):
    return {name: list(chain.from_iterable(columns[name] for _, columns in found)) for name in WANTED}


@every_suffix
@given(rows=tables, size=st.integers(1, 5), at_once=st.integers(1, 4))
@example(rows=[dict.fromkeys(WANTED, text) for text in HARD], size=3, at_once=2)
def test_parts_hold_the_rows_of_the_table(folder, suffix, rows, size, at_once):
    path = folder / f"any{suffix}"
    write_table(path, pd.DataFrame(rows)[[*WANTED]].assign(beside="x"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows_, "ROWS_AT_ONCE", at_once)
        found = all_of(source_of(str(path)), size)
    table = read_table(path)
    assert joined(found) == {name: table.column(name) for name in WANTED}
    assert [number for number, _ in found] == list(range(-(-len(rows) // size)))
    assert {len(columns["id"]) for _, columns in found[:-1]} <= {size}


@every_suffix
@given(rows=tables)
def test_blocks_know_where_their_rows_stand(folder, suffix, rows):
    path = folder / f"places{suffix}"
    write_table(path, pd.DataFrame(rows)[[*WANTED]])
    found = [block.place(row) for block in blocks(source_of(str(path)), print) for row in range(len(block.numbers))]
    assert tuple(found) == read_table(path).places


@given(count=st.integers(1, 30), size=st.integers(1, 7), wanted=st.sets(st.integers(0, 9)))
def test_any_parts_can_be_had_without_the_others(folder, count, size, wanted):
    path = folder / "some.csv"
    write_table(path, pd.DataFrame({name: [f"{name} {row}" for row in range(count)] for name in WANTED}))
    source = source_of(str(path))
    assert all_of(source, size, wanted) == [part for part in all_of(source, size) if part[0] in wanted]


def test_rows_without_ids_are_numbered_through_all_parts(tmp_path):
    write_table(tmp_path / "t.jsonl", pd.DataFrame({name: list("abcde") for name in WANTED[1:]}))
    source = source_of(str(tmp_path / "t.jsonl"))
    assert [columns["id"] for _, columns in all_of(source, 2, numbered=True)] == [["1", "2"], ["3", "4"], ["5"]]
    assert all_of(source, 2, [2], numbered=True)[0][1]["id"] == ["5"]


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_whole_numbers_are_ids(tmp_path, suffix):
    write_table(tmp_path / f"t{suffix}", pd.DataFrame({"id": [7, 8], "text": "x", "actor": "y", "target": "z"}))
    assert joined(all_of(source_of(str(tmp_path / f"t{suffix}")), 9))["id"] == ["7", "8"]


def test_a_part_goes_over_the_borders_of_files(tmp_path):
    for number, ids in enumerate(("abc", "d", "efgh")):
        write_table(tmp_path / f"{number}.parquet", pd.DataFrame({name: list(ids) for name in WANTED}))
    assert [columns["id"] for _, columns in all_of(source_of(str(tmp_path)), 5)] == [list("abcde"), list("fgh")]


def test_a_dataset_is_an_input_by_its_folder(bridge):
    source = source_of(str(bridge))
    assert joined(all_of(source, 5)) == {name: list(source.dataset.rows[name]) for name in WANTED}
    assert digest(source) == source.dataset.sha


@given(content=st.binary(max_size=12) | st.text(max_size=6).map(str.encode), at_once=st.integers(1, 5))
@example(content="é\nüa".encode()[:-2], at_once=1)
@example(content=b"\xef\xbb\xbf \n", at_once=2)
@example(content="a\n€".encode()[:-1], at_once=4)
def test_what_is_not_utf8_or_empty_is_told_as_of_a_short_file(folder, content, at_once):
    path = folder / "bytes.csv"
    path.write_bytes(content)
    told = []
    for read in (lambda: read_text(path), lambda: digest(source_of(str(path)))):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rows_, "BYTES_AT_ONCE", at_once)
            try:
                read()
                told.append(None)
            except InputError as error:
                told.append(str(error))
    assert told[0] == told[1]


def test_the_digest_is_that_of_the_content(tmp_path):
    import hashlib

    (tmp_path / "t.csv").write_bytes(b"id,text\r\n" * 1000)
    assert digest(source_of(str(tmp_path / "t.csv"))) == hashlib.sha256(b"id,text\r\n" * 1000).hexdigest()


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path):
    path = tmp_path / "t.csv"
    write_table(path, pd.DataFrame({name: list("abcdef") for name in WANTED}))
    reading = parts(source_of(str(path)), range(3), 2, numbered=False)
    next(reading)
    path.write_text(path.read_text() + '"g","g","g","g"\n')
    with pytest.raises(InputError, match=r"t.csv: the input has changed while it was read"):
        next(reading)


def test_a_file_that_loses_rows_before_it_is_read_is_refused(tmp_path):
    path = tmp_path / "t.csv"
    write_table(path, pd.DataFrame({name: list("abcdef") for name in WANTED}))
    source = source_of(str(path))
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-2]))
    with pytest.raises(InputError, match=r"t.csv: the input has changed while it was read; remove"):
        list(parts(source, range(3), 2, numbered=False))
    path.unlink()
    with pytest.raises(InputError, match="has changed while it was read"):
        source.refuse_changed()


def test_nothing_of_that_name(tmp_path):
    with pytest.raises(InputError, match=r"t\.csv: no such file"):
        source_of(str(tmp_path / "t.csv"))
    with pytest.raises(InputError, match="neither a path nor a known name"):
        source_of(str(tmp_path / "t"))
    (tmp_path / "t.txt").touch()
    with pytest.raises(InputError, match=re.escape("unknown kind of table '.txt'")):
        source_of(str(tmp_path / "t.txt"))
