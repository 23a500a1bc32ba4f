"""Which articles are in this file, folder or input, one after the other?"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from stancelab.article.encoding import Decoded, decode
from stancelab.article.html import html_source
from stancelab.article.plain import plain_source
from stancelab.article.source import Source
from stancelab.errors import InputError, suggestion

PAGES = (".html", ".htm")
ARTICLES = (".txt", *PAGES)
SUFFIXES = (*ARTICLES, ".jsonl", ".parquet")

COLUMNS = {
    "text": ("text", "html"),
    "doc_id": ("doc_id", "id"),
    "title": ("title",),
    "date": ("date",),
    "outlet": ("outlet", "source"),
    "language": ("language",),
}
"""What is read of an article in a table, and the columns it may stand in, the first that has a value."""

ROWS_AT_ONCE = 64
"""Rows of a parquet file that are in memory together."""

FOREIGN = {
    b"%PDF-": "a PDF",
    b"PK\x03\x04": "a zip archive or office document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}
"""How files begin that hold no text to read."""


@dataclass(frozen=True)
class Unreadable:
    """An article that could not be read, while the others can. where: FILE, FILE:LINE or "FILE: row N"."""

    where: str
    why: str


def read_sources(path: Path | None) -> Iterator[Source | Unreadable]:
    """The articles of a file, one at a time, in its order; what cannot be read of many is told in its place.

    path: a .txt or .html file with one article; a .jsonl or .parquet file with one a row (see `COLUMNS`); a folder of .txt and
    .html files, in the order of their names; None or "-" for one article on the standard input, text or HTML. An article's doc_id
    is its file's stem or its row's id, else the stem and the number of the line or row. Few articles are in memory at once.
    InputError, when the first article is asked for: no such file, unknown suffix, a file that cannot be read at all or is empty.
    """
    if path is None or str(path) == "-":
        yield _article(sys.stdin.buffer.read(), "stdin", "the standard input")
    elif path.is_dir():
        yield from _of_many(_folder(path), path)
    elif path.suffix.lower() == ".jsonl":
        yield from _of_many(_json_lines(path), path)
    elif path.suffix.lower() == ".parquet":
        yield from _of_many(_parquet(path), path)
    else:
        yield _article(_bytes(_known(path)), path.stem, str(path), path.suffix.lower())


def number_of_sources(path: Path | None) -> int:
    """How many articles `read_sources` will go through, readable or not, without reading them. InputError as there."""
    if path is None or str(path) == "-":
        return 1
    if path.is_dir():
        return len(_files(path))
    if path.suffix.lower() == ".parquet":
        return int(_parquet_file(path).metadata.num_rows)
    if path.suffix.lower() == ".jsonl":
        return sum(1 for _ in _lines(path))
    _known(path)
    return 1


def _known(path: Path) -> Path:
    if path.suffix.lower() not in ARTICLES and path.exists():
        raise InputError(f"{path}: unknown kind of article {path.suffix!r}{suggestion(path.suffix, SUFFIXES)}")
    return path


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


def _article(raw: bytes, doc_id: str, where: str, suffix: str = "") -> Source:
    """The one article of a file. InputError: there is nothing in it, or no text."""
    for beginning, kind in FOREIGN.items():
        if raw.startswith(beginning):
            raise InputError(f"{where}: is {kind}; save its text as .txt first")
    html = suffix in PAGES or (not suffix and _begins_as_html(raw))
    decoded = decode(raw, html=html)
    if not decoded.content.strip():
        raise InputError(f"{where}: the file is empty")
    return _with_reading(html_source(decoded.content, doc_id) if html else plain_source(decoded.content, doc_id), decoded)


def _begins_as_html(raw: bytes) -> bool:
    beginning = decode(raw[:1000]).content.lstrip().lower()
    return beginning.startswith(("<!doctype html", "<html", "<head", "<body", "<!--", "<?xml"))


def _with_reading(source: Source, decoded: Decoded) -> Source:
    """The source with how its bytes were read."""
    return replace(source, encoding=decoded.encoding, notes=decoded.notes + source.notes)


def _files(folder: Path) -> list[Path]:
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in ARTICLES and path.is_file())
    except OSError as error:
        raise InputError(f"{folder}: cannot be read: {error.strerror}") from None
    if not files:
        raise InputError(f"{folder}: a folder without articles; expected files that end in {', '.join(ARTICLES)}")
    return files


def _folder(folder: Path) -> Iterator[tuple[str, Source | Unreadable]]:
    for path in _files(folder):
        try:
            yield str(path), _article(_bytes(path), path.stem, str(path), path.suffix.lower())
        except InputError as error:
            yield str(path), Unreadable(str(path), str(error).removeprefix(f"{path}: "))


def _of_many(articles: Iterable[tuple[str, Source | Unreadable]], path: Path) -> Iterator[Source | Unreadable]:
    """The articles, each id once. InputError where there is none at all."""
    places: dict[str, str] = {}
    empty = True
    for where, article in articles:
        empty = False
        if isinstance(article, Source) and article.doc_id in places:
            yield Unreadable(where, f"doc_id {article.doc_id!r} stands at {places[article.doc_id]} too")
            continue
        if isinstance(article, Source):
            places[article.doc_id] = where
        yield article
    if empty:
        raise InputError(f"{path}: the file is empty")


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """(number, line) of each line that is not blank."""
    try:
        with path.open("rb") as file:
            yield from ((number, line) for number, line in enumerate(file, 1) if line.strip())
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


def _json_lines(path: Path) -> Iterator[tuple[str, Source | Unreadable]]:
    for number, line in _lines(path):
        where, decoded = f"{path}:{number}", decode(line)
        try:
            row = json.loads(decoded.content)
        except (ValueError, RecursionError) as error:
            yield where, Unreadable(where, f"not a JSON object: {error}")
            continue
        if not isinstance(row, dict):
            yield where, Unreadable(where, f"expected a JSON object, got {type(row).__name__}")
            continue
        article = _of_row(row, f"{path.stem}-{number}", where)
        yield where, _with_reading(article, decoded) if isinstance(article, Source) else article


def _parquet_file(path: Path) -> Any:
    import pyarrow.lib
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (pyarrow.lib.ArrowInvalid, OSError) as error:
        raise InputError(f"{path}: not a readable parquet file: {error}") from None


def _parquet(path: Path) -> Iterator[tuple[str, Source | Unreadable]]:
    import pyarrow.lib

    file = _parquet_file(path)
    names = file.schema_arrow.names
    columns = [column for columns in COLUMNS.values() for column in columns if column in names]
    if not set(COLUMNS["text"]) & set(columns):
        raise InputError(f"{path}: column 'text' is missing{suggestion('text', names).replace('Allowed', 'Columns')}")
    number = 0
    try:
        for batch in file.iter_batches(ROWS_AT_ONCE, columns=columns):
            for place in range(batch.num_rows):
                number += 1
                where = f"{path}: row {number}"
                try:
                    row = {column: batch.column(column)[place].as_py() for column in columns}
                except UnicodeDecodeError:
                    yield where, Unreadable(where, "not UTF-8")
                    continue
                yield where, _of_row(row, f"{path.stem}-{number}", where)
    except (pyarrow.lib.ArrowException, OSError) as error:
        raise InputError(f"{path}: cannot be read after row {number}: {error}") from None


def _of_row(row: Mapping[str, Any], doc_id: str, where: str) -> Source | Unreadable:
    """The article of one row; doc_id: its id where the row states none."""
    column = next((column for column in COLUMNS["text"] if row.get(column) is not None), None)
    if column is None:
        return Unreadable(
            where, "'text' is missing" + ("" if "text" in row else suggestion("text", row).replace("Allowed", "Keys"))
        )
    content = row[column]
    if not isinstance(content, str):
        return Unreadable(where, f"{column!r} is {type(content).__name__}, expected a string")
    if not content.strip():
        return Unreadable(where, f"{column!r} is blank")
    stated = {name: _stated(row, columns) for name, columns in COLUMNS.items() if name != "text"}
    if not _is_unicode(content, *stated.values()):
        return Unreadable(where, "half of a surrogate pair is no character")
    read = html_source if column == "html" else plain_source
    source = read(content, stated["doc_id"] or doc_id, title=stated["title"], language=stated["language"])
    return replace(source, date=stated["date"] or source.date, outlet=stated["outlet"] or source.outlet)


def _stated(row: Mapping[str, Any], columns: Iterable[str]) -> str | None:
    """The first value that a row has in these columns, as text."""
    return next((text for column in columns if (text := _written(row.get(column)))), None)


def _written(value: object) -> str:
    """A cell as text; "" for an empty one. Whole numbers and days come as decimals and midnights from a column with gaps."""
    if value is None or value != value:  # noqa: PLR0124
        return ""
    if isinstance(value, date):
        return value.isoformat().removesuffix("T00:00:00")
    return str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()


def _is_unicode(*texts: str | None) -> bool:
    try:
        "".join(text for text in texts if text).encode()
    except UnicodeEncodeError:
        return False
    return True
