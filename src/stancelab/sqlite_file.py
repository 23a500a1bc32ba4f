"""How do several processes share one SQLite file, and what becomes of a file that is no readable database?"""

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

BUSY_SECONDS = 30
SHARED = """
PRAGMA page_size = 16384;
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
"""


def with_database(file: Path, layout: str, work: Callable[[sqlite3.Connection], T]) -> T:
    """What `work` gives for the database; a file that is no readable one is first moved aside, and a fresh one started.

    layout: the statements that make the tables, harmless where they are there. sqlite3.Error, OSError: a lock that is not
    given back, a full disk, a folder that cannot be written.
    """
    before = _inode(file)
    try:
        with _opened(file, layout) as database:
            return work(database)
    except sqlite3.DatabaseError as error:
        if not _is_corrupt(error):
            raise
    _set_aside(file, before)
    with _opened(file, layout) as database:
        return work(database)


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Take the write lock at once: a reader that wants to write later is refused without waiting."""
    with database:
        database.execute("BEGIN IMMEDIATE")
        yield


def shrink(database: sqlite3.Connection) -> None:
    """Give free pages back to the disk. A script, because `execute` would take the first step of this pragma only."""
    database.executescript("PRAGMA incremental_vacuum")


def aside_of(file: Path) -> Path:
    """Where a file that is no readable database goes."""
    return Path(f"{file}.corrupt")


def exists(file: Path) -> bool:
    """Whether the file is there. OSError where something that is no folder stands in its way."""
    return _inode(file) is not None


def warn(text: str) -> None:
    """One line on stderr, in every process as on the command line."""
    print(f"warning: {text}", file=sys.stderr)  # noqa: T201


@contextmanager
def _opened(file: Path, layout: str) -> Iterator[sqlite3.Connection]:
    """A connection for one piece of work, so that none is ever carried into another process or thread."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with closing(_connection(file)) as database:
        database.text_factory = lambda text: text.decode("utf-8", "replace")
        if database.execute("PRAGMA user_version").fetchone() == (0,):
            with _alone(file):
                database.executescript(f"{SHARED}{layout}PRAGMA user_version = 1;")
        database.execute("PRAGMA synchronous = NORMAL")
        yield database


def _connection(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None)


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Wait until no other process lays out this database or moves it aside."""
    with closing(_connection(file.with_suffix(".lock"))) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield


def _is_corrupt(error: sqlite3.DatabaseError) -> bool:
    """Whether the file is to blame: damaged, no database, or one with other tables; not a lock, a full disk, a folder."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)


def _set_aside(file: Path, before: int | None) -> None:
    """Move the database aside, one process at a time, unless another has done so since `before` was looked up."""
    with _alone(file):
        if _inode(file) != before:
            return
        for suffix in ("-wal", "-shm"):
            Path(f"{file}{suffix}").unlink(missing_ok=True)
        file.replace(aside_of(file))
    warn(f"{file}: not a readable database; moved to {aside_of(file).name}, a new one is started")


def _inode(file: Path) -> int | None:
    try:
        return file.stat().st_ino
    except FileNotFoundError:
        return None
