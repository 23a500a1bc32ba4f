import io
import json
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stancelab.article import html, sources
from stancelab.article.source import Source
from stancelab.article.sources import Unreadable, number_of_sources, read_sources
from stancelab.errors import InputError

TEXT = "The council builds a bridge\n\nThe mayor said that she was glad of it."
PAGE = "<html><body><p>The mayor said that she was glad of it.</p></body></html>"


@pytest.fixture
def no_trafilatura(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages without a main text: what is visible is read."""
    monkeypatch.setattr(html, "_extracted", lambda content: None)


def lines(path: Path, rows: Iterable[object]) -> Path:
    path.write_text("".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def one(path: Path | None) -> Source:
    (source,) = read_sources(path)
    assert isinstance(source, Source)
    return source


@pytest.mark.parametrize("name", ["bridge.txt", "bridge.TXT"])
def test_a_text_file(tmp_path: Path, name: str):
    (tmp_path / name).write_bytes(TEXT.encode("cp1252") + b" \x93No\x94")
    source = one(tmp_path / name)
    assert (source.doc_id, source.text, source.encoding) == ("bridge", TEXT + " “No”", "cp1252")
    assert number_of_sources(tmp_path / name) == 1


@pytest.mark.usefixtures("no_trafilatura")
@pytest.mark.parametrize("name", ["bridge.html", "bridge.HTM"])
def test_a_page(tmp_path: Path, name: str):
    (tmp_path / name).write_text(PAGE, encoding="utf-8")
    source = one(tmp_path / name)
    assert (source.doc_id, source.content, source.text) == ("bridge", PAGE, "The mayor said that she was glad of it.")


@pytest.mark.usefixtures("no_trafilatura")
@pytest.mark.parametrize("path", [None, Path("-")])
@pytest.mark.parametrize(("content", "text"), [(TEXT, TEXT), ("\n" + PAGE, "The mayor said that she was glad of it.")])
def test_the_standard_input_is_text_or_a_page(monkeypatch: pytest.MonkeyPatch, path: Path | None, content: str, text: str):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content.encode())))
    source = one(path)
    assert (source.doc_id, source.content, source.text) == ("stdin", content, text)
    assert number_of_sources(path) == 1


def test_rows_of_a_jsonl_file(tmp_path: Path):
    rows = [
        {
            "text": TEXT,
            "doc_id": "b-1",
            "title": "Bridge",
            "date": "2031-04-17",
            "outlet": "Harne News",
            "language": "en-GB",
            "more": 1,
        },
        "\n",
        {"text": TEXT, "id": 7, "source": "Wire"},
        '{"text": "Yes.", "id": null, "title": " ", "date": NaN}\n',
    ]
    path = lines(tmp_path / "many.jsonl", rows)
    first, second, third = read_sources(path)
    assert isinstance(first, Source)
    assert (first.doc_id, first.title, first.date, first.outlet, first.language) == (
        "b-1",
        "Bridge",
        "2031-04-17",
        "Harne News",
        "en",
    )
    assert isinstance(second, Source)
    assert (second.doc_id, second.outlet, second.title) == ("7", "Wire", "The council builds a bridge")
    assert isinstance(third, Source)
    assert (third.doc_id, third.title, third.date) == ("many-4", None, None)
    assert number_of_sources(path) == 3


@pytest.mark.usefixtures("no_trafilatura")
def test_one_bad_row_does_not_stop_the_rest(tmp_path: Path):
    rows = [
        {"text": TEXT, "id": "a"},
        "{no json\n",
        [1],
        {"txt": TEXT},
        {"text": None},
        {"text": 5},
        {"text": " \n"},
        {"text": TEXT, "id": "a"},
        '{"text": "\\ud800", "id": "half"}\n',
        "[" * 100_000 + "\n",
        {"html": PAGE, "id": "z"},
    ]
    path = lines(tmp_path / "bad.jsonl", rows)
    found = list(read_sources(path))
    assert [article.doc_id for article in (found[0], found[-1]) if isinstance(article, Source)] == ["a", "z"]
    why = [article.why for article in found if isinstance(article, Unreadable)]
    assert [article.where for article in found if isinstance(article, Unreadable)] == [
        f"{path}:{number}" for number in range(2, 11)
    ]
    for said, expected in zip(
        why,
        [
            "not a JSON object",
            "got list",
            "'text' is missing; did you mean 'txt'?",
            "'text' is missing",
            "'text' is int, expected a string",
            "'text' is blank",
            f"doc_id 'a' stands at {path}:1 too",
            "half of a surrogate pair",
            "not a JSON object",
        ],
        strict=True,
    ):
        assert expected in said


def test_a_line_that_is_not_utf8_is_read_with_a_note(tmp_path: Path):
    path = tmp_path / "mixed.jsonl"
    path.write_bytes(b'{"text": "He said \x93no\x94."}\n' + '{"text": "Sie sagte „nein“."}'.encode())
    first, second = read_sources(path)
    assert isinstance(first, Source)
    assert (first.text, first.encoding) == ("He said “no”.", "cp1252")
    assert isinstance(second, Source)
    assert (second.text, second.encoding) == ("Sie sagte „nein“.", "utf-8")


def test_rows_of_a_parquet_file(tmp_path: Path):
    path = tmp_path / "many.parquet"
    frame = pd.DataFrame(
        {
            "text": [f"{TEXT} {n}" for n in range(150)],
            "date": [date(2031, 4, 17)] * 150,
            "id": range(150),
            "vector": [[1.0]] * 150,
        }
    )
    frame.loc[3, "text"] = None
    frame.to_parquet(path)
    found = list(read_sources(path))
    assert number_of_sources(path) == len(found) == 150
    assert found[3] == Unreadable(f"{path}: row 4", "'text' is missing")
    last = found[-1]
    assert isinstance(last, Source)
    assert (last.doc_id, last.text, last.date) == ("149", f"{TEXT} 149", "2031-04-17")


def test_a_text_of_a_parquet_file_that_is_not_utf8(tmp_path: Path):
    texts = pc.cast(pa.array([TEXT.encode(), b"\xff"]), options=pc.CastOptions(pa.string(), allow_invalid_utf8=True))
    pq.write_table(pa.table({"text": texts}), tmp_path / "a.parquet")
    first, second = read_sources(tmp_path / "a.parquet")
    assert isinstance(first, Source)
    assert second == Unreadable(f"{tmp_path / 'a.parquet'}: row 2", "not UTF-8")


def test_numbers_and_days_of_a_column_with_gaps(tmp_path: Path):
    days = pd.to_datetime(["2031-04-17", None])
    pd.DataFrame({"text": [TEXT, TEXT], "id": [7, None], "date": days}).to_parquet(tmp_path / "gaps.parquet")
    first, second = read_sources(tmp_path / "gaps.parquet")
    assert isinstance(first, Source)
    assert (first.doc_id, first.date) == ("7", "2031-04-17")
    assert isinstance(second, Source)
    assert (second.doc_id, second.date) == ("gaps-2", None)


def test_a_parquet_file_needs_a_column_of_text(tmp_path: Path):
    pd.DataFrame({"texts": [TEXT]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"a\.parquet: column 'text' is missing; did you mean 'texts'\? Columns: texts"):
        list(read_sources(tmp_path / "a.parquet"))


def test_many_articles_are_read_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = lines(tmp_path / "many.jsonl", [{"text": TEXT}] * 50)
    made: list[str] = []
    plain_source = sources.plain_source
    monkeypatch.setattr(
        sources, "plain_source", lambda content, doc_id, **facts: made.append(doc_id) or plain_source(content, doc_id, **facts)
    )
    stream = read_sources(path)
    assert made == []
    next(stream)
    assert made == ["many-1"]


def test_a_folder_is_read_in_the_order_of_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name, content in {"b.txt": TEXT, "a.txt": TEXT, "c.txt": " ", "notes.md": "no", "a.htm": PAGE}.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    monkeypatch.setattr(html, "_extracted", lambda content: None)
    found = list(read_sources(tmp_path))
    assert [article.doc_id for article in found if isinstance(article, Source)] == ["a", "b"]
    assert [article for article in found if isinstance(article, Unreadable)] == [
        Unreadable(str(tmp_path / "a.txt"), f"doc_id 'a' stands at {tmp_path / 'a.htm'} too"),
        Unreadable(str(tmp_path / "c.txt"), "the file is empty"),
    ]
    assert number_of_sources(tmp_path) == 4


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b" \n", "a.txt: the file is empty"),
        ("a.txt", b"%PDF-1.7 ...", "a.txt: is a PDF; save its text as .txt first"),
        (
            "a.text",
            b"x",
            r"unknown kind of article '\.text'; did you mean '\.txt'\? Allowed: \.txt, \.html, \.htm, \.jsonl, \.parquet",
        ),
        ("a.docx", b"PK", "unknown kind of article"),
        ("a.jsonl", b"\n\n", "a.jsonl: the file is empty"),
        ("a.parquet", b"PAR1", "a.parquet: not a readable parquet file"),
        ("a.txt", None, "a.txt: no such file"),
        ("a.jsonl", None, "a.jsonl: no such file"),
        ("a.parquet", None, "a.parquet: no such file"),
        ("nowhere", None, "nowhere: no such file"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, name: str, content: bytes | None, message: str):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        list(read_sources(tmp_path / name))


def test_a_folder_without_articles_is_an_error(tmp_path: Path):
    with pytest.raises(InputError, match="a folder without articles; expected files that end in"):
        list(read_sources(tmp_path))


def test_a_broken_parquet_file_is_an_error_where_it_breaks(tmp_path: Path):
    path = tmp_path / "a.parquet"
    pd.DataFrame({"text": [f"{TEXT} {n}" for n in range(2000)]}).to_parquet(path, row_group_size=500)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 400] = b"\xff" * 400
    path.write_bytes(bytes(raw))
    with pytest.raises(InputError, match=r"a\.parquet: cannot be read after row \d+"):
        list(read_sources(path))


def test_html_without_the_extra_says_what_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    (tmp_path / "a.html").write_text(PAGE, encoding="utf-8")
    with pytest.raises(InputError, match=r"reading HTML needs the package trafilatura: pip install 'stancelab\[article\]'"):
        list(read_sources(tmp_path / "a.html"))
