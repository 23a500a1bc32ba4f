import json
import re
from collections import Counter
from importlib import import_module

import numpy as np
import pytest

from stancelab.dataset import CORE_COLUMNS, load_dataset
from stancelab.errors import InputError
from stancelab.importers import IMPORTERS, TABLE, cards, check_format, read_corpus
from stancelab.importers.card import is_for_training
from stancelab.imports import import_dataset
from stancelab.labels import crosswalk_between, scheme_named
from stancelab.validation import validate

every_importer = pytest.mark.parametrize("name", IMPORTERS)
FORMATS = {
    "semeval-task": "semeval2016",
    "semeval-annotated": "semeval2016",
    "tweeteval": "semeval2016",
    "newsmtsc-repository": "newsmtsc",
}
every_layout = pytest.mark.parametrize("name", [*IMPORTERS, *FORMATS])
FILES = [
    ("semeval2016", "AT.train.txt"),
    ("semeval2016", "LA.test.txt"),
    ("semeval2016", "trial_plus_train_2914.txt"),
    ("semeval-task", "semeval2016-task6-trainingdata.txt"),
    ("semeval-task", "SemEval2016-Task6-subtaskA-testdata-gold.txt"),
    ("semeval-annotated", "trialdata-all-annotations.txt"),
    ("tweeteval", "mapping.txt"),
    ("tweeteval", "climate/train_text.txt"),
    ("tweeteval", "abortion/test_labels.txt"),
    ("vast", "vast_train.csv"),
    ("vast", "vast_dev.csv"),
    ("pstance", "raw_train_trump.csv"),
    ("pstance", "raw_val_bernie.csv"),
    ("newsmtsc", "train.jsonl"),
    ("newsmtsc", "mt.dev.jsonl"),
    ("newsmtsc-repository", "newsmtsc-rw-hf/test.jsonl"),
    ("gwsd", "GWSD_without_held_out.tsv"),
    ("perspectrum", "perspectrum_with_answers_v1.0.json"),
    ("perspectrum", "perspective_pool_v1.0.json"),
    ("perspectrum", "dataset_split_v1.0.json"),
]
every_file = pytest.mark.parametrize(("name", "file"), FILES, ids=[file for _, file in FILES])


def read(name, source):
    return read_corpus(FORMATS.get(name, name), source)[1]


def core(reading):
    return {row["id"]: tuple(row[column] for column in CORE_COLUMNS) for row in reading.rows}


@every_importer
def test_the_card_is_filled_in(name):
    card = cards()[name]
    assert card.name == name
    assert card.publisher.startswith("https://")
    assert card.citation.startswith(card.creators[0].split()[-1])
    assert f" {card.year}, " in card.citation
    assert card.faults
    assert all(split.rows for split in card.splits.values())
    assert {is_for_training(split, where=name) for split in card.splits} == {True, False}


@every_importer
def test_labels_lead_to_the_three_way_scheme(name):
    card = cards()[name]
    own, three_way = scheme_named(card.scheme), scheme_named("favor-against-none")
    assert set(card.label_map.values()) == set(own.labels)
    if not set(own.labels) <= set(three_way.labels):
        walk = crosswalk_between(own.name, three_way.name)
        assert {walk(label) for label in own.labels} <= set(three_way.labels)


@every_importer
def test_the_rows_of_a_small_corpus(name, corpus):
    card, reading = read_corpus(name, corpus(name))
    assert card is import_module(IMPORTERS[name]).CARD
    assert len(reading.rows) == len(reading.places) > 0
    for row in reading.rows:
        assert {*CORE_COLUMNS, "doc_id", "group", "split"} <= set(row)
        assert row["label"] in scheme_named(card.scheme).labels
        assert row["split"] in card.splits
        assert all(isinstance(row[column], str) and row[column].strip() for column in CORE_COLUMNS)
    assert {row["label"] for row in reading.rows} == set(card.label_map.values())
    assert reading.notes == read_corpus(name, corpus(name))[1].notes


@every_importer
def test_every_place_is_in_a_file_that_was_read(name, corpus):
    reading = read_corpus(name, corpus(name))[1]
    assert all(path.is_file() for path in reading.files)
    names = tuple(f"{path}:" for path in reading.files)
    assert [place for place in reading.places if not place.startswith(names)] == []


@every_layout
def test_every_file_of_the_corpus_is_named_as_read(name, corpus):
    source = corpus(name)
    reading = read(name, source)
    assert sorted(reading.files) == sorted(path for path in source.rglob("*") if path.is_file())


@every_layout
def test_reading_twice_gives_the_same(name, corpus):
    assert read(name, corpus(name)) == read(name, corpus(name))


@every_importer
def test_the_imported_folder_loads_and_validates(name, corpus, tmp_path):
    done = import_dataset(name, corpus(name), tmp_path / "out")
    assert validate(tmp_path / "out") == []
    dataset = load_dataset(tmp_path / "out")
    assert (dataset.name, len(dataset.rows), dataset.scheme.name) == (name, done.rows, done.card.scheme)
    three_way = dataset.with_scheme("favor-against-none")
    assert len(three_way.rows) == done.rows
    assert {"favor", "against"} <= set(three_way.y) <= {"favor", "against", "none"}


@every_file
def test_a_cut_file_is_refused_or_gives_whole_rows_only(name, file, corpus):
    source = corpus(name)
    whole, content = core(read(name, source)), (source / file).read_bytes()
    says_where = re.compile(rf"{re.escape(file)}(:\d+: |: the file (is empty|has no rows)|: .*which the pool lacks)")
    refused = 0
    for cut in sorted({*range(0, len(content), 9), *range(max(0, len(content) - 40), len(content))}):
        (source / file).write_bytes(content[:cut])
        try:
            found = core(read(name, source))
        except InputError as error:
            assert says_where.search(str(error)), error  # noqa: PT017
            refused += 1
        else:
            assert found.items() <= whole.items()
            assert content[cut - 1 : cut] == b"\n" or content[cut : cut + 1] in (b"\n", b"\r")
    assert refused > 2


BREAKS = [
    b"",
    b'"',
    b",",
    b"\t",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"null",
    b"NaN",
    b"1e999",
    b"[]",
    b"\\ud800",
    b"\xe2\x80\xa8",
    b" ",
]


@every_file
def test_a_damaged_file_is_refused_or_read_and_nothing_else(name, file, corpus):
    source, random = corpus(name), np.random.default_rng(0)
    content = (source / file).read_bytes()
    for at in random.integers(0, len(content), size=40):
        end = at + random.integers(0, 4)
        (source / file).write_bytes(content[:at] + BREAKS[random.integers(len(BREAKS))] + content[end:])
        try:
            rows = read(name, source).rows
        except InputError as error:
            assert source.name in str(error)  # noqa: PT017
        else:
            assert all(row[column].strip() for row in rows for column in CORE_COLUMNS)


SHORTENED = {
    "semeval2016": ("LA.test.txt", "test"),
    "vast": ("vast_dev.csv", "dev"),
    "pstance": ("raw_val_bernie.csv", "val"),
    "newsmtsc": ("train.jsonl", "train"),
    "gwsd": ("GWSD_without_held_out.tsv", "train"),
    "perspectrum": ("perspectrum_with_answers_v1.0.json", "train"),
}


def shorten(path):
    """Take the last line off, of JSON a perspective."""
    content = path.read_text(encoding="utf-8")
    shorter = "".join(content.splitlines(keepends=True)[:-1])
    if path.suffix == ".json":
        claims = json.loads(content)
        claims[0]["perspectives"][0]["pids"].pop()
        shorter = json.dumps(claims)
    path.write_text(shorter, encoding="utf-8")


@every_importer
def test_a_corpus_cut_at_a_line_is_noted_by_its_count(name, corpus, tmp_path, monkeypatch):
    module, source = import_module(IMPORTERS[name]), corpus(name)
    file, cut = SHORTENED[name]
    published = Counter(row["split"] for row in read(name, source).rows)
    splits = {split: known.model_copy(update={"rows": [published[split]]}) for split, known in module.CARD.splits.items()}
    monkeypatch.setattr(module, "CARD", module.CARD.model_copy(update={"splits": splits}))
    whole = import_dataset(name, source, tmp_path / "whole").notes
    assert [note for note in whole if "published were" in note] == []
    shorten(source / file)
    left = Counter(row["split"] for row in read(name, source).rows)[cut]
    assert left < published[cut]
    notes = [note for note in import_dataset(name, source, tmp_path / "short").notes if "published were" in note]
    assert notes == [
        f"split {cut!r} has {left} rows, published were {published[cut]}: the copy is cut off, filtered or of another version"
    ]


@every_importer
def test_an_empty_folder_names_what_was_expected(name, tmp_path):
    with pytest.raises(InputError, match=r"holds no.*expected (a folder with|.*tsv)"):
        read_corpus(name, tmp_path)


@every_importer
def test_a_source_that_is_not_there(name, tmp_path):
    with pytest.raises(InputError, match=r"nowhere: (no such|cannot be read)"):
        read_corpus(name, tmp_path / "nowhere")


@every_importer
def test_a_file_where_a_folder_is_expected(name, corpus, tmp_path):
    (tmp_path / "file.txt").write_text("ducks\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"file\.txt"):
        read_corpus(name, tmp_path / "file.txt")


def test_an_unknown_format_names_the_nearest():
    with pytest.raises(InputError, match="unknown format 'p-stance'; did you mean 'pstance'"):
        check_format("p-stance")


def test_the_table_is_a_format_without_a_card():
    check_format(TABLE)
    assert TABLE not in cards()
