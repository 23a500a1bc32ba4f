"""Is a vector that comes back the one that was stored, whatever happened to the file in between?"""

import json
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stancelab import embedding_cache, encoders, sqlite_file
from stancelab.cli import main
from stancelab.compiled.store import write_form
from stancelab.embedding_cache import EmbeddingCache, clear, contents, keep, key_of, limit_of, recall, size_text, user_cache
from stancelab.encoders import Encoder, fingerprint_of_parts, load_parts
from stancelab.errors import InputError
from stancelab.sqlite_file import aside_of

WIDTH = 8
VECTOR = 4 * WIDTH
few = settings(max_examples=10)
ROWS = [("the plan",), ("we support the plan",), ("soup",)]


@pytest.fixture
def store(tmp_path):
    return EmbeddingCache(tmp_path / "cache", limit=10**6)


@pytest.fixture(scope="module")
def parts(tiny_encoder):
    return load_parts(tiny_encoder)


@pytest.fixture
def disk(monkeypatch, tmp_path):
    """The user's cache, in a folder of this test alone."""
    monkeypatch.setenv("STANCELAB_CACHE", str(tmp_path / "mine"))
    return user_cache()


@pytest.fixture
def call(monkeypatch, capsys, disk):
    """Run the command line; returns exit code, stdout, stderr."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["stancelab", *words])
        with pytest.raises(SystemExit) as left:
            main()
        captured = capsys.readouterr()
        return left.value.code or 0, captured.out, captured.err

    return run


def some(*numbers):
    return {key_of(number): np.full(WIDTH, number, dtype=np.float32) for number in numbers}


def known(store, *numbers):
    found = recall(store, list(some(*numbers)), WIDTH)
    return [number for number in numbers if key_of(number) in found]


def change(store, statement, *values):
    with closing(sqlite3.connect(store.file, isolation_level=None)) as database:
        database.execute(statement, values)


def counted(parts, monkeypatch, name="tiny"):
    """An encoder, and the list of all rows that it computes."""
    encoder, computed = Encoder(*parts, name), []
    compute = encoder._vectors

    def count(rows, *rest):
        computed.extend(rows)
        return compute(rows, *rest)

    monkeypatch.setattr(encoder, "_vectors", count)
    return encoder, computed


def interrupted_after(calls, function):
    """The function, until it was called that often."""
    left = iter(range(calls))

    def interrupt(*given):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return function(*given)

    return interrupt


@few
@given(arrays(np.uint32, (5, WIDTH)))
def test_vectors_come_back_bit_for_bit(tmp_path_factory, bits):
    store = EmbeddingCache(tmp_path_factory.mktemp("bits"), limit=10**6)
    vectors = {key_of(row): vector for row, vector in enumerate(bits.view(np.float32))}
    keep(store, vectors, "tiny")
    found = recall(store, list(vectors), WIDTH)
    assert {key: vector.tobytes() for key, vector in found.items()} == {key: row.tobytes() for key, row in vectors.items()}
    assert {(vector.dtype, vector.shape) for vector in found.values()} == {(np.dtype(np.float32), (WIDTH,))}


def test_an_unknown_key_has_no_vector(store):
    keep(store, some(1), "tiny")
    assert known(store, 1, 2) == [1]


def test_nothing_asked_or_kept_makes_no_file(store):
    assert recall(store, [], WIDTH) == {}
    keep(store, {}, "tiny")
    assert contents(store).entries == 0
    assert not store.folder.exists()


def test_thousands_of_keys_are_quick(store):
    vectors = some(*range(5_000))
    started = time.monotonic()
    keep(store, vectors, "tiny")
    assert len(recall(store, [*vectors, key_of("other")], WIDTH)) == 5_000
    assert time.monotonic() - started < 10


@given(st.lists(st.lists(st.text()), min_size=2, max_size=2, unique_by=tuple))
def test_other_segments_have_another_key(segments):
    assert key_of("encoder", 256, segments[0]) != key_of("encoder", 256, segments[1])
    assert key_of("encoder", 256, segments[0]) == key_of("encoder", 256, tuple(segments[0]))


def test_a_second_encoder_computes_nothing(parts, monkeypatch, disk):
    first = Encoder(*parts, "tiny").encode(ROWS)
    encoder, computed = counted(parts, monkeypatch)
    np.testing.assert_array_equal(encoder.encode(ROWS), first, strict=True)
    assert computed == []


def test_only_what_is_new_is_computed(parts, monkeypatch, disk):
    Encoder(*parts, "tiny").encode(ROWS[:2])
    encoder, computed = counted(parts, monkeypatch)
    fresh = Encoder(*parts).encode(ROWS)
    np.testing.assert_allclose(encoder.encode([*ROWS, ROWS[0]]), fresh[[0, 1, 2, 0]], atol=1e-5)
    assert computed == ROWS[2:]


def test_an_encoding_that_is_interrupted_keeps_what_it_stored(parts, monkeypatch, disk):
    monkeypatch.setattr(encoders, "ROWS_AT_ONCE", 2)
    rows = [(f"text {number}",) for number in range(5)]
    encoder = Encoder(*parts, "tiny")
    monkeypatch.setattr(encoder, "_states", interrupted_after(2, encoder._states))
    with pytest.raises(KeyboardInterrupt):
        encoder.encode(rows)
    encoder, computed = counted(parts, monkeypatch)
    np.testing.assert_allclose(encoder.encode(rows), Encoder(*parts).encode(rows), atol=1e-5)
    assert computed == rows[4:]


def test_another_text_length_or_weight_is_computed(parts, monkeypatch, tiny_encoder, disk):
    Encoder(*parts, "tiny").encode(ROWS)
    encoder, computed = counted(parts, monkeypatch)
    encoder.encode([("the plan ",)])
    encoder.encode([("the plan", "")])
    encoder.encode(ROWS[:1], max_length=16)
    assert computed == [("the plan ",), ("the plan", ""), ("the plan",)]
    tokenizer, model = load_parts(tiny_encoder)
    model.embeddings.word_embeddings.weight.data[5, 0] += 1e-3
    other, computed = counted((tokenizer, model), monkeypatch)
    other.encode(ROWS)
    assert computed == ROWS


def test_other_code_or_libraries_compute_again(parts, monkeypatch, disk):
    Encoder(*parts, "tiny").encode(ROWS)
    monkeypatch.setattr("stancelab.encoders._code", lambda: "other")
    encoder, computed = counted(parts, monkeypatch)
    encoder.encode(ROWS)
    assert computed == ROWS


def test_an_encoder_without_a_name_stays_off_the_disk(parts, disk):
    Encoder(*parts).encode(ROWS)
    assert not disk.folder.exists()


def test_a_limit_of_0_turns_the_cache_off(parts, monkeypatch, disk):
    monkeypatch.setenv("STANCELAB_CACHE_LIMIT", "0")
    assert Encoder(*parts, "tiny").encode(ROWS).shape == (3, 32)
    assert not disk.folder.exists()


def test_the_fingerprint_is_that_of_what_was_loaded(parts, tiny_encoder):
    before = fingerprint_of_parts(*parts)
    Encoder(*parts).encode(ROWS, max_length=7)
    tokenizer, model = load_parts(tiny_encoder)
    assert fingerprint_of_parts(*parts) == before == fingerprint_of_parts(tokenizer, model)
    model.pooler.dense.weight.data += 1
    assert fingerprint_of_parts(tokenizer, model) == before
    tokenizer.add_tokens(["bridge"])
    assert fingerprint_of_parts(tokenizer, model) != before
    model.config.layer_norm_eps = 0.1
    assert len({before, fingerprint_of_parts(tokenizer, model), fingerprint_of_parts(parts[0], model)}) == 3


@few
@given(place=st.integers(0, VECTOR - 1), bit=st.integers(0, 7))
def test_a_flipped_bit_is_found_said_and_removed(tmp_path_factory, place, bit):
    store = EmbeddingCache(tmp_path_factory.mktemp("flipped"), limit=10**6)
    keep(store, some(1, 2), "tiny")
    damaged = bytearray(some(1)[key_of(1)].tobytes())
    damaged[place] ^= 1 << bit
    change(store, "UPDATE vectors SET vector = ? WHERE key = ?", bytes(damaged), key_of(1))
    with pytest.MonkeyPatch.context() as patch:
        said = []
        patch.setattr(embedding_cache, "warn", said.append)
        assert known(store, 1, 2) == [2]
        assert known(store, 1, 2) == [2]
    assert said == [f"{store.file}: 1 damaged entry removed and computed again"]
    assert contents(store).entries == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE vectors SET vector = substr(vector, 1, 28)",
        "UPDATE vectors SET vector = vector || vector",
        "UPDATE vectors SET vector = 'text'",
        "UPDATE vectors SET vector = ''",
        "UPDATE vectors SET checksum = 7",
        "UPDATE vectors SET checksum = (SELECT checksum FROM vectors LIMIT 1), vector = (SELECT vector FROM vectors LIMIT 1)",
    ],
)
def test_a_damaged_entry_is_never_trusted(store, capsys, statement):
    keep(store, some(1, 2, 3), "tiny")
    change(store, statement)
    found = recall(store, list(some(1, 2, 3)), WIDTH)
    assert all(some(1, 2, 3)[key].tobytes() == vector.tobytes() for key, vector in found.items())
    assert f"warning: {store.file}: {3 - len(found)} damaged entries removed" in capsys.readouterr().err


def test_a_vector_of_another_width_is_damaged(store, capsys):
    keep(store, some(1), "tiny")
    assert recall(store, list(some(1)), WIDTH + 1) == {}
    assert "1 damaged entry" in capsys.readouterr().err


def test_a_damaged_entry_is_computed_again(parts, monkeypatch, capsys, disk):
    first = Encoder(*parts, "tiny").encode(ROWS)
    change(disk, "UPDATE vectors SET vector = zeroblob(128) WHERE rowid = 1")
    encoder, computed = counted(parts, monkeypatch)
    np.testing.assert_allclose(encoder.encode(ROWS), first, atol=1e-5)
    assert len(computed) == 1
    assert "1 damaged entry" in capsys.readouterr().err
    assert contents(disk).entries == 3


@pytest.mark.parametrize("garbage", [b"no database, only some words " * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_moved_aside(store, capsys, garbage):
    store.folder.mkdir()
    store.file.write_bytes(garbage)
    assert known(store, 1) == []
    assert capsys.readouterr().err == (
        f"warning: {store.file}: not a readable database; moved to embeddings.sqlite.corrupt, a new one is started\n"
    )
    assert aside_of(store.file).read_bytes() == garbage
    keep(store, some(1), "tiny")
    assert known(store, 1) == [1]
    assert capsys.readouterr().err == ""


@few
@given(share=st.floats(0, 0.99))
def test_a_truncated_database_gives_right_vectors_or_none(tmp_path_factory, share):
    store = EmbeddingCache(tmp_path_factory.mktemp("cut"), limit=10**6)
    vectors = some(*range(500))
    keep(store, vectors, "tiny")
    whole = store.file.read_bytes()
    store.file.write_bytes(whole[: int(share * len(whole))])
    found = recall(store, list(vectors), WIDTH)
    assert all(vectors[key].tobytes() == vector.tobytes() for key, vector in found.items())
    keep(store, vectors, "tiny")
    assert len(recall(store, list(vectors), WIDTH)) == 500


@few
@given(places=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=20), byte=st.integers(0, 255))
def test_bytes_overwritten_anywhere_give_right_vectors_or_none(tmp_path_factory, places, byte):
    store = EmbeddingCache(tmp_path_factory.mktemp("overwritten"), limit=10**6)
    vectors = some(*range(300))
    keep(store, vectors, "tiny")
    content = bytearray(store.file.read_bytes())
    for place in places:
        content[int(place * len(content))] = byte
    store.file.write_bytes(content)
    for _ in range(2):
        found = recall(store, list(vectors), WIDTH)
        assert all(vectors[key].tobytes() == vector.tobytes() for key, vector in found.items())
        assert contents(store).entries >= len(found)
        keep(store, vectors, "tiny")


def test_a_database_with_other_tables_is_moved_aside(store, capsys):
    store.folder.mkdir()
    change(store, "CREATE TABLE vectors (something)")
    keep(store, some(1), "tiny")
    assert known(store, 1) == [1]
    assert "moved to embeddings.sqlite.corrupt" in capsys.readouterr().err


def test_without_a_folder_to_write_vectors_are_computed_with_one_warning(parts, monkeypatch, capsys, disk):
    disk.folder.write_text("a file", encoding="utf-8")
    encoder, computed = counted(parts, monkeypatch)
    encoder.encode(ROWS[:1])
    encoder.encode(ROWS)
    assert computed == ROWS
    assert capsys.readouterr().err.count("cannot be used, vectors are computed without a cache") == 1
    assert disk.folder.read_text(encoding="utf-8") == "a file"


def test_a_folder_that_may_only_be_read(store, capsys):
    store.folder.mkdir(mode=0o500)
    try:
        (store.folder / "probe").touch()
    except PermissionError:
        keep(store, some(1), "tiny")
        assert known(store, 1) == []
        assert capsys.readouterr().err.count("cannot be used") == 1
    else:
        pytest.skip("this user may write everywhere")


def test_a_locked_database_is_done_without(store, capsys, monkeypatch):
    keep(store, some(1), "tiny")
    monkeypatch.setattr(sqlite_file, "BUSY_SECONDS", 0.01)
    with closing(sqlite3.connect(store.file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        keep(store, some(2), "tiny")
    assert "database is locked" in capsys.readouterr().err
    assert not aside_of(store.file).exists()
    assert known(store, 1, 2) == [1]


def test_beyond_the_limit_the_oldest_go_down_to_90_percent(tmp_path):
    store = EmbeddingCache(tmp_path, limit=10 * VECTOR)
    for number in range(10):
        keep(store, some(number), "tiny")
    assert contents(store).size == 10 * VECTOR
    keep(store, some(10), "tiny")
    assert known(store, *range(11)) == list(range(2, 11))


def test_what_was_used_last_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(embedding_cache, "USE_KNOWN_TO", 0)
    store = EmbeddingCache(tmp_path, limit=10 * VECTOR)
    for number in range(10):
        keep(store, some(number), "tiny")
    assert known(store, 0, 1) == [0, 1]
    keep(store, some(10), "tiny")
    assert known(store, *range(11)) == [0, 1, *range(4, 11)]


@few
@given(st.lists(st.integers(1, 15), min_size=1, max_size=6))
def test_vectors_never_take_more_than_the_limit(tmp_path_factory, batches):
    store = EmbeddingCache(tmp_path_factory.mktemp("bound"), limit=10 * VECTOR)
    for batch, count in enumerate(batches):
        keep(store, {key_of(batch, number): np.zeros(WIDTH, np.float32) for number in range(count)}, "tiny")
        assert contents(store).size <= store.limit


def test_evicted_vectors_give_their_room_back(store):
    keep(store, some(*range(3_000)), "tiny")
    before = contents(store).on_disk
    keep(EmbeddingCache(store.folder, limit=100 * VECTOR), some(3_000), "tiny")
    assert contents(store).on_disk < before / 2


WRITER = """
import sys
from pathlib import Path
import numpy as np
from stancelab.embedding_cache import EmbeddingCache, keep, key_of, recall
store = EmbeddingCache(Path(sys.argv[1]), limit=10**6)
for turn in range(10):
    vectors = {key_of(sys.argv[2], turn, row): np.full(8, row, np.float32) for row in range(20)}
    keep(store, vectors, sys.argv[2])
    assert len(recall(store, list(vectors), 8)) == 20
"""


@pytest.mark.parametrize("garbage", [False, True])
def test_processes_that_write_at_once_lose_nothing(store, garbage):
    store.folder.mkdir()
    if garbage:
        store.file.write_bytes(b"garbage" * 100)
    call = [sys.executable, "-c", WRITER, str(store.folder)]
    writers = [subprocess.Popen([*call, str(number)], stderr=subprocess.PIPE, text=True) for number in range(3)]
    said = "".join(writer.communicate()[1] for writer in writers)
    assert [writer.returncode for writer in writers] == [0, 0, 0], said
    assert contents(store).encoders == {"0": 200, "1": 200, "2": 200}
    assert said.count("warning") == garbage


def test_clear_leaves_nothing_and_the_next_vector_is_kept(store):
    keep(store, some(*range(1_000)), "tiny")
    before = contents(store)
    aside_of(store.file).write_text("an old one", encoding="utf-8")
    held = clear(store)
    assert (held.entries, held.size, held.encoders) == (before.entries, 1_000 * VECTOR, {"tiny": 1_000})
    assert (contents(store).entries, aside_of(store.file).exists()) == (0, False)
    assert contents(store).on_disk < before.on_disk / 2
    keep(store, some(1), "tiny")
    assert known(store, 1, 2) == [1]


def test_cache_show_and_clear(call, disk):
    forms, answers = disk.folder / "compiled", f"answers of servers: 0 in {disk.folder / 'answers.sqlite'}\n"
    others = f"compiled models: 0, 0 B of at most 4 GB, in {forms}\n{answers}"
    empty = f"place: {disk.file}\nentries: 0\nsize: 0 B (0 B on disk)\nlimit: 2 GB\n{others}"
    assert call("cache", "show")[:2] == (0, empty)
    assert not disk.folder.exists()
    keep(disk, some(1, 2), "tiny")
    code, out, err = call("cache", "show")
    assert (code, err) == (0, "")
    assert "entries: 2\nsize: 64 B (" in out
    assert out.endswith(f"limit: 2 GB\n  tiny: 2\n{others}")
    write_form(forms / "model" / "float32", lambda folder: (folder / "graph").write_bytes(bytes(2_000)))
    assert f"compiled models: 1, 2.1 kB of at most 4 GB, in {forms}\n" in call("cache", "show")[1]
    gone = f"{disk.file}: removed 2 entries, 64 B\n{forms}: removed 1 compiled model, 2.1 kB\n"
    assert call("cache", "clear") == (0, gone, "")
    assert call("cache", "show")[1].endswith(others)
    gone = f"{disk.file}: removed 0 entries, 0 B\n{forms}: removed 0 compiled models, 0 B\n"
    assert call("cache", "clear") == (0, gone, "")


def test_cache_show_json(call, disk, monkeypatch):
    keep(disk, some(1), "owner/model")
    monkeypatch.setenv("STANCELAB_CACHE_LIMIT", "500 MB")
    code, out, _ = call("cache", "show", "--json")
    facts = json.loads(out)
    assert code == 0
    assert facts.pop("bytes_on_disk") > 32
    assert facts.pop("compiled") == {"place": str(disk.folder / "compiled"), "models": 0, "bytes": 0, "limit": 4 * 10**9}
    assert facts.pop("answers") == {"place": str(disk.folder / "answers.sqlite"), "entries": 0, "models": {}}
    assert facts == {"place": str(disk.file), "entries": 1, "bytes": 32, "limit": 5 * 10**8, "encoders": {"owner/model": 1}}


def test_cache_show_says_that_the_cache_is_off(call, monkeypatch):
    monkeypatch.setenv("STANCELAB_CACHE_LIMIT", "0")
    assert "limit: 0, the cache is off" in call("cache", "show")[1]


@pytest.mark.parametrize("words", [("cache", "show"), ("cache", "clear")])
def test_a_bad_limit_and_a_bad_folder_give_exit_2_and_one_line(call, disk, monkeypatch, words):
    disk.folder.write_text("a file", encoding="utf-8")
    code, out, err = call(*words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"error: {disk.file}: cannot be used: ")
    monkeypatch.setenv("STANCELAB_CACHE_LIMIT", "lots")
    code, out, err = call(*words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "STANCELAB_CACHE_LIMIT: got 'lots'; expected a size like '500 MB'" in err


@pytest.mark.parametrize(
    ("text", "size"),
    [("500 MB", 5 * 10**8), ("2 GB", 2 * 10**9), ("1.5gb", 15 * 10**8), (" 10 kB ", 10**4), ("0", 0)],
)
def test_limits(text, size):
    assert limit_of(text) == size


@pytest.mark.parametrize("text", ["", "lots", "500", "-1 GB", "1e3 MB", "2 TB", "2 GB of", "nan GB", "1,5 GB", "9" * 400 + " GB"])
def test_limits_that_are_none(text):
    with pytest.raises(InputError, match=r"STANCELAB_CACHE_LIMIT: got .*or 0 for no cache"):
        limit_of(text)


@given(st.integers(1, 999), st.sampled_from(["GB", "MB", "kB", "B"]))
def test_a_size_reads_as_it_was_written(number, unit):
    assert size_text(limit_of(f"{number} {unit}")) == f"{number} {unit}"


def test_the_cache_lies_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "shared"))
    monkeypatch.setenv("STANCELAB_CACHE", "~/mine")
    assert user_cache().folder == tmp_path / "mine"
    monkeypatch.setenv("STANCELAB_CACHE", "")
    assert user_cache().folder == tmp_path / "shared" / "stancelab"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert user_cache() == EmbeddingCache(tmp_path / ".cache" / "stancelab", limit=2 * 10**9)
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    assert recall(user_cache(), list(some(1)), WIDTH) == {}


def test_the_tests_never_write_to_the_cache_of_the_user(cache_folder):
    assert user_cache().folder == cache_folder
