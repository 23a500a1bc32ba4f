"""Which vectors were computed before, on this machine, and lie on disk?"""

import hashlib
import json
import os
import re
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from stancelab.errors import InputError
from stancelab.sqlite_file import aside_of, exists, shrink, transaction, warn, with_database

Vector = NDArray[np.float32]
T = TypeVar("T")

UNITS = {"GB": 10**9, "MB": 10**6, "kB": 10**3, "B": 1}
DEFAULT_LIMIT = "2 GB"
KEPT_SHARE = 0.9
KEYS_AT_ONCE = 500
USE_KNOWN_TO = 60 * 10**9
"""Nanoseconds by which a last use may be out of date, so that most readings write nothing."""

LAYOUT = """
CREATE TABLE IF NOT EXISTS vectors (
    key BLOB PRIMARY KEY, encoder TEXT NOT NULL, vector BLOB NOT NULL, checksum BLOB NOT NULL,
    size INTEGER NOT NULL, used INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS by_use ON vectors (used, size, encoder);
"""

_given_up: set[Path] = set()


@dataclass(frozen=True)
class EmbeddingCache:
    """A folder with one SQLite file, and the bytes that its vectors may take; a limit of 0 turns it off."""

    folder: Path
    limit: int

    @property
    def file(self) -> Path:
        """The database."""
        return self.folder / "embeddings.sqlite"


@dataclass(frozen=True)
class Contents:
    """What a cache holds: entries, bytes of their vectors, bytes of its files, entries of each encoder."""

    entries: int
    size: int
    on_disk: int
    encoders: dict[str, int]


def user_cache() -> EmbeddingCache:
    """The cache in the user's folder, bounded by STANCELAB_CACHE_LIMIT. InputError for a limit that is no size."""
    return EmbeddingCache(user_folder(), limit_of(os.environ.get("STANCELAB_CACHE_LIMIT") or DEFAULT_LIMIT))


def user_folder() -> Path:
    """The folder STANCELAB_CACHE, else stancelab in XDG_CACHE_HOME, else in ~/.cache."""
    if named := os.environ.get("STANCELAB_CACHE"):
        return Path(os.path.expanduser(named)).absolute()  # noqa: PTH111
    shared = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (shared if shared.is_absolute() else _home() / ".cache") / "stancelab"


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        return Path(os.devnull)


def limit_of(text: str) -> int:
    """The bytes that a limit names; InputError for anything but 0 or a number with a unit.

    >>> limit_of("500 MB"), limit_of("0")
    (500000000, 0)
    """
    if text.strip() == "0":
        return 0
    found = re.fullmatch(r"\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*(GB|MB|kB|B)\s*", text, re.IGNORECASE)
    if not found:
        raise InputError(f"STANCELAB_CACHE_LIMIT: got {text!r}; expected a size like '500 MB' or '2 GB', or 0 for no cache")
    units = {name.lower(): size for name, size in UNITS.items()}
    return int(float(found[1]) * units[found[2].lower()])


def size_text(size: int) -> str:
    """A number of bytes in the largest unit that it fills.

    >>> size_text(2_000_000_000), size_text(1536), size_text(0)
    ('2 GB', '1.5 kB', '0 B')
    """
    unit = next((name for name, bytes_ in UNITS.items() if size >= bytes_), "B")
    return f"{round(size / UNITS[unit], 1):g} {unit}"


def key_of(*parts: Any) -> bytes:
    """sha256 over whatever decides a vector; the parts must be JSON values."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).digest()


def recall(cache: EmbeddingCache, keys: Collection[bytes], width: int) -> dict[bytes, Vector]:
    """The vectors, shape (width,), of those keys that are known. A damaged entry is removed, said on stderr, and unknown."""
    return _or_without(cache, lambda database: _read(database, cache, list(keys), width), {}) if keys else {}


def keep(cache: EmbeddingCache, vectors: Mapping[bytes, Vector], encoder: str) -> None:
    """Store vectors by key, under the encoder's name; beyond the limit the least recently used go, down to 90 % of it."""
    if vectors:
        _or_without(cache, lambda database: _write(database, cache, vectors, encoder), None)


def contents(cache: EmbeddingCache) -> Contents:
    """What the cache holds. InputError if it cannot be read."""

    def count(database: sqlite3.Connection) -> Contents:
        rows = database.execute("SELECT encoder, COUNT(*), TOTAL(size) FROM vectors GROUP BY encoder ORDER BY encoder").fetchall()
        counts = {encoder: number for encoder, number, _ in rows}
        return Contents(sum(counts.values()), int(sum(size for _, _, size in rows)), _bytes_on_disk(cache), counts)

    with _told(cache):
        if not exists(cache.file):
            return Contents(0, 0, _bytes_on_disk(cache), {})
        return with_database(cache.file, LAYOUT, count)


def clear(cache: EmbeddingCache) -> Contents:
    """Remove every entry, and a database that was set aside; returns what there was. InputError if that cannot be."""

    def empty(database: sqlite3.Connection) -> None:
        database.execute("DELETE FROM vectors")
        shrink(database)

    held = contents(cache)
    with _told(cache):
        if exists(cache.file):
            with_database(cache.file, LAYOUT, empty)
        aside_of(cache.file).unlink(missing_ok=True)
    return held


def _checksum(key: bytes, vector: bytes) -> bytes:
    return hashlib.blake2b(key + vector, digest_size=16).digest()


def _read(database: sqlite3.Connection, cache: EmbeddingCache, keys: list[bytes], width: int) -> dict[bytes, Vector]:
    found: dict[bytes, Vector] = {}
    stale, damaged = [], []
    now = time.time_ns()
    for start in range(0, len(keys), KEYS_AT_ONCE):
        part = keys[start : start + KEYS_AT_ONCE]
        places = ", ".join("?" * len(part))
        query = f"SELECT key, CAST(vector AS BLOB), checksum, used < ? FROM vectors WHERE key IN ({places})"  # noqa: S608
        for key, vector, checksum, unused in database.execute(query, [now - USE_KNOWN_TO, *part]):
            if len(vector) != 4 * width or checksum != _checksum(key, vector):
                damaged.append(key)
                continue
            found[key] = np.frombuffer(vector, "<f4").astype(np.float32)
            if unused:
                stale.append(key)
    if stale or damaged:
        with transaction(database):
            database.executemany("UPDATE vectors SET used = ? WHERE key = ?", [(now, key) for key in stale])
            database.executemany("DELETE FROM vectors WHERE key = ?", [(key,) for key in damaged])
    if damaged:
        warn(f"{cache.file}: {len(damaged)} damaged entr{'y' if len(damaged) == 1 else 'ies'} removed and computed again")
    return found


def _write(database: sqlite3.Connection, cache: EmbeddingCache, vectors: Mapping[bytes, Vector], encoder: str) -> None:
    now = time.time_ns()
    rows = []
    for key, vector in vectors.items():
        content = vector.astype("<f4").tobytes()
        rows.append((key, encoder, content, _checksum(key, content), len(content), now))
    with transaction(database):
        database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?, ?, ?)", rows)
        if _pages_in_use(database) <= cache.limit:
            return
        (size,) = database.execute("SELECT TOTAL(size) FROM vectors").fetchone()
        if size > cache.limit:
            _evict(database, int(KEPT_SHARE * cache.limit))
    if size > cache.limit:
        shrink(database)


def _pages_in_use(database: sqlite3.Connection) -> int:
    """Bytes, a little more than the vectors take; known at once, while to add up their sizes takes longer the more there are."""
    pages, free, size = (
        database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def _evict(database: sqlite3.Connection, kept: int) -> None:
    sums = "SELECT rowid AS entry, SUM(size) OVER (ORDER BY used DESC, rowid DESC ROWS UNBOUNDED PRECEDING) AS total FROM vectors"
    database.execute(f"DELETE FROM vectors WHERE rowid IN (SELECT entry FROM ({sums}) WHERE total > ?)", (kept,))  # noqa: S608


def _bytes_on_disk(cache: EmbeddingCache) -> int:
    size = 0
    for file in cache.folder.glob("embeddings.sqlite*"):
        with suppress(FileNotFoundError):
            size += file.stat().st_size
    return size


def _or_without(cache: EmbeddingCache, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
    """What `work` gives, or `otherwise` and one warning a process where there can be no cache."""
    try:
        return with_database(cache.file, LAYOUT, work)
    except (sqlite3.Error, OSError) as error:
        if cache.file not in _given_up:
            _given_up.add(cache.file)
            warn(f"{cache.file}: cannot be used, vectors are computed without a cache: {error}")
        return otherwise


@contextmanager
def _told(cache: EmbeddingCache) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise InputError(f"{cache.file}: cannot be used: {error}") from None
