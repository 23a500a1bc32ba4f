"""Which answers have servers given before, on this machine? They were paid for: nothing removes them but `clear`."""

import json
import sqlite3
import time
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stancelab.embedding_cache import key_of, user_folder
from stancelab.errors import InputError
from stancelab.sqlite_file import exists, shrink, transaction, with_database

KEYS_AT_ONCE = 500
LAYOUT = """
CREATE TABLE IF NOT EXISTS answers (
    key BLOB PRIMARY KEY, server TEXT NOT NULL, model TEXT NOT NULL, request BLOB NOT NULL, answer BLOB NOT NULL,
    asked INTEGER NOT NULL
);
"""


def answers_file() -> Path:
    """The database of answers, in the user's cache folder."""
    return user_folder() / "answers.sqlite"


def answer_key(server: str, request: dict[str, Any]) -> bytes:
    """sha256 over all that was asked, and of whom: the server's address, the model, its settings, every message."""
    return key_of(server, request)


def recall_answers(file: Path, keys: Collection[bytes]) -> dict[bytes, str]:
    """The raw answers to those requests that were answered before. InputError if the cache cannot be used."""
    asked = list(keys)

    def read(database: sqlite3.Connection) -> dict[bytes, str]:
        found: dict[bytes, str] = {}
        for start in range(0, len(asked), KEYS_AT_ONCE):
            part = asked[start : start + KEYS_AT_ONCE]
            places = ", ".join("?" * len(part))
            rows = database.execute(f"SELECT key, answer FROM answers WHERE key IN ({places})", part)  # noqa: S608
            found |= {key: _unpacked(answer) for key, answer in rows}
        return found

    with _told(file):
        return with_database(file, LAYOUT, read)


def keep_answer(file: Path, server: str, request: dict[str, Any], answer: str) -> None:
    """Keep one raw answer, for good. InputError if that cannot be: an answer that is paid for must not be lost."""
    row = (answer_key(server, request), server, request["model"], _packed(json.dumps(request)), _packed(answer), time.time_ns())

    def write(database: sqlite3.Connection) -> None:
        with transaction(database):
            database.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)", row)

    with _told(file):
        with_database(file, LAYOUT, write)


def count_answers(file: Path) -> dict[tuple[str, str], int]:
    """How many answers there are of each server and model. InputError if the cache cannot be read."""
    query = "SELECT server, model, COUNT(*) FROM answers GROUP BY server, model ORDER BY server, model"
    with _told(file):
        if not exists(file):
            return {}
        rows = with_database(file, LAYOUT, lambda database: database.execute(query).fetchall())
        return {(server, model): count for server, model, count in rows}


def all_answers(file: Path) -> list[dict[str, Any]]:
    """Every answer as it came, with server, model, request and when it was asked (seconds since 1970), the oldest first."""
    query = "SELECT server, model, request, answer, asked FROM answers ORDER BY asked, key"
    with _told(file):
        rows = with_database(file, LAYOUT, lambda database: database.execute(query).fetchall()) if exists(file) else []
    return [
        {
            "server": server,
            "model": model,
            "asked": asked / 1e9,
            "request": json.loads(_unpacked(request)),
            "answer": json.loads(_unpacked(answer)),
        }
        for server, model, request, answer, asked in rows
    ]


def clear_answers(file: Path) -> int:
    """Remove every answer; returns how many there were. InputError if that cannot be."""

    def empty(database: sqlite3.Connection) -> None:
        database.execute("DELETE FROM answers")
        shrink(database)

    count = sum(count_answers(file).values())
    with _told(file):
        if exists(file):
            with_database(file, LAYOUT, empty)
    return count


def _packed(text: str) -> bytes:
    return zlib.compress(text.encode())


def _unpacked(content: bytes) -> str:
    return zlib.decompress(content).decode()


@contextmanager
def _told(file: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise InputError(f"{file}: answers cannot be kept here: {error}; STANCELAB_CACHE names another folder") from None
