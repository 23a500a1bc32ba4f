"""Is a database only ever moved aside when the file is to blame, and once?"""

import sqlite3
from pathlib import Path

import pytest

from stancelab import sqlite_file
from stancelab.sqlite_file import aside_of, exists, shrink, transaction, with_database

LAYOUT = "CREATE TABLE IF NOT EXISTS words (word TEXT);"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "folder" / "words.sqlite"


def write(file, *words):
    def insert(database):
        with transaction(database):
            database.executemany("INSERT INTO words VALUES (?)", [(word,) for word in words])

    with_database(file, LAYOUT, insert)


def words_in(file):
    return with_database(file, LAYOUT, lambda database: [word for (word,) in database.execute("SELECT word FROM words")])


def test_what_is_written_is_read_and_no_log_stays_behind(file):
    write(file, "bridge", "plan")
    assert words_in(file) == ["bridge", "plan"]
    assert sorted(path.name for path in file.parent.iterdir()) == ["words.lock", "words.sqlite"]


def test_an_error_inside_a_transaction_undoes_it(file):
    def half(database):
        with transaction(database):
            database.execute("INSERT INTO words VALUES ('half')")
            raise KeyError

    with pytest.raises(KeyError):
        with_database(file, LAYOUT, half)
    assert words_in(file) == []


def test_a_damaged_file_is_moved_aside_once(file, capsys):
    write(file, "bridge")
    file.write_bytes(b"garbage" * 100)
    assert words_in(file) == []
    write(file, "plan")
    assert words_in(file) == ["plan"]
    assert aside_of(file).read_bytes() == b"garbage" * 100
    assert capsys.readouterr().err.count("not a readable database; moved to words.sqlite.corrupt") == 1


def test_a_file_that_another_process_has_replaced_is_left(file, monkeypatch):
    write(file, "bridge")
    sqlite_file._set_aside(file, before=-1)
    assert words_in(file) == ["bridge"]
    assert not aside_of(file).exists()


def test_a_folder_that_cannot_be_made_is_no_damage(file):
    file.parent.write_text("a file", encoding="utf-8")
    with pytest.raises(OSError, match=r"File exists|Not a directory"):
        words_in(file)
    with pytest.raises(NotADirectoryError, match=r"words\.sqlite"):
        exists(file)


def test_a_folder_in_place_of_the_file_is_no_damage(file):
    file.mkdir(parents=True)
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        words_in(file)
    assert file.is_dir()


def test_shrink_gives_room_back(file):
    write(file, *["word" * 1_000] * 500)
    before = file.stat().st_size

    def empty(database):
        database.execute("DELETE FROM words")
        shrink(database)

    with_database(file, LAYOUT, empty)
    assert file.stat().st_size < before / 4


def test_a_name_beside_the_file():
    assert aside_of(Path("a") / "b.sqlite") == Path("a") / "b.sqlite.corrupt"
