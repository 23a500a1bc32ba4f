import json
import shutil

import pytest

from stancelab.errors import InputError
from stancelab.importers.newsmtsc import CARD, FILES, read


def test_rows_keep_mention_and_offsets(corpus):
    rows = read(corpus("newsmtsc")).rows
    assert rows[1] == {
        "id": "herald_1_0_n_x_32",
        "doc_id": "herald_1_0",
        "group": "herald_1_0_n_x_4",
        "text": "Für Otto Rabe the baker praised Ida Elster.",
        "actor": "the author",
        "target": "Ida Elster",
        "label": "positive",
        "split": "train",
        "mention_start": 32,
        "mention_end": 42,
    }
    assert [row["label"] for row in rows] == ["neutral", "positive", "negative", "negative", "positive"]
    assert [row["split"] for row in rows] == ["train", "train", "train", "rw-dev", "mt-dev"]
    assert [row["text"][row["mention_start"] : row["mention_end"]] for row in rows] == [row["target"] for row in rows]


def test_mentions_in_one_sentence_are_of_one_group(corpus):
    groups = [row["group"] for row in read(corpus("newsmtsc")).rows]
    assert groups[0] == groups[1] != groups[2]
    assert len(set(groups)) == 4


def test_test_files_are_read_where_they_are_there(corpus):
    source = corpus("newsmtsc")
    row = json.loads((source / "rw.dev.jsonl").read_text(encoding="utf-8"))
    (source / "rw.test.jsonl").write_text(json.dumps({**row, "id": "herald_9_0_n_x_1"}) + "\n", encoding="utf-8")
    assert [row["id"] for row in read(source).rows if row["split"] == "rw-test"] == ["herald_9_0_n_x_1"]
    assert set(FILES) == set(CARD.splits)


def test_the_folders_of_the_repository_are_read_too(corpus):
    plain, reading = read(corpus("newsmtsc")), read(corpus("newsmtsc-repository"))
    assert reading.rows[:5] == plain.rows
    assert [(row["split"], row["target"], row["label"]) for row in reading.rows[5:]] == [
        ("rw-test", "the parade", "neutral"),
        ("mt-test", "Otto Rabe", "positive"),
    ]
    assert reading.places[5].endswith("newsmtsc-rw-hf/test.jsonl:1")


@pytest.mark.parametrize("missing", ["newsmtsc-mt-hf", "newsmtsc-rw-hf"])
def test_a_missing_folder_of_the_repository_is_named(corpus, missing):
    source = corpus("newsmtsc-repository")
    shutil.rmtree(source / missing)
    with pytest.raises(InputError, match=rf"newsmtsc-repository: holds no .*{missing}/dev\.jsonl; expected a folder with"):
        read(source)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"polarity": 2}, r"rw\.dev\.jsonl:1: unknown label '2'"),
        ({"polarity": -1.0}, r"rw\.dev\.jsonl:1: key 'polarity': expected int, got -1\.0"),
        ({"polarity": "-1"}, r"rw\.dev\.jsonl:1: key 'polarity': expected int, got '-1'"),
        ({"polarity": None}, r"rw\.dev\.jsonl:1: key 'polarity': expected int, got None"),
        ({"polarity": True}, r"rw\.dev\.jsonl:1: unknown label 'True'|expected int, got True"),
        ({"from": 14}, r"rw\.dev\.jsonl:1: the sentence holds 'he mayor' at 14-22, not 'the mayor'"),
        ({"from": -10, "to": -1}, r"rw\.dev\.jsonl:1: from -10 to -1, expected 0 <= from < to <= 23, the sentence's length"),
        ({"to": 10**12}, r"rw\.dev\.jsonl:1: from 13 to 1000000000000, expected 0 <= from < to <= 23"),
        ({"sentence": "Nobody liked the mayor", "to": 999}, r"rw\.dev\.jsonl:1: from 13 to 999, expected .* <= 22"),
        ({"mention": "", "from": 0, "to": 0}, r"rw\.dev\.jsonl:1: from 0 to 0, .*\n.*rw\.dev\.jsonl:1: column 'target' is empty"),
        ({"sentence": " ", "mention": " ", "from": 0, "to": 1}, r"rw\.dev\.jsonl:1: column 'text' is empty"),
        ({"id": ""}, r"rw\.dev\.jsonl:1: column 'id' is empty"),
        ({"id": "herald_2_0_n_x_0"}, r"rw\.dev\.jsonl:1: duplicate id 'herald_2_0_n_x_0', first at .*train\.jsonl:3"),
        ({"sentence": 5}, r"rw\.dev\.jsonl:1: key 'sentence': expected str, got 5"),
    ],
)
def test_a_faulty_line_is_refused_with_its_place(corpus, change, message):
    source = corpus("newsmtsc")
    row = json.loads((source / "rw.dev.jsonl").read_text(encoding="utf-8"))
    (source / "rw.dev.jsonl").write_text(json.dumps({**row, **change}) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read(source)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"sentence": "Cut', r"train\.jsonl:1: not a JSON object"),
        (b"[]\n", r"train\.jsonl:1: expected a JSON object, got list"),
        (b'{"sentence": "\xff"}\n', r"train\.jsonl:1: not UTF-8"),
        (b"{}\n", r"train\.jsonl:1: key 'sentence': expected str, got None"),
        (b"", r"train\.jsonl: the file is empty"),
    ],
)
def test_a_malformed_file_is_refused(corpus, content, message):
    source = corpus("newsmtsc")
    (source / "train.jsonl").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read(source)


def test_missing_files_are_all_named(corpus):
    source = corpus("newsmtsc")
    (source / "mt.dev.jsonl").unlink()
    (source / "train.jsonl").unlink()
    with pytest.raises(InputError, match=r"newsmtsc: holds no train\.jsonl, mt\.dev\.jsonl; expected a folder with"):
        read(source)


def test_the_real_corpus_has_the_published_rows(benchmarks):
    rows = read(benchmarks / "newsmtsc").rows
    counts = {split: sum(row["split"] == split for row in rows) for split in ("train", "rw-dev", "mt-dev")}
    assert counts == {"train": 8739, "rw-dev": 343, "mt-dev": 442}
