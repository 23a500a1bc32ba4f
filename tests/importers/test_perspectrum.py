import json
import re

import pytest

from stancelab.errors import InputError
from stancelab.importers.perspectrum import CARD, FILES, read

ANSWERS, POOL, SPLITS = FILES


def test_one_row_for_each_claim_and_perspective(corpus):
    rows = read(corpus("perspectrum")).rows
    assert rows[0] == {
        "id": "1-10",
        "doc_id": "1",
        "group": "claim-1",
        "text": "Light is good for owls",
        "actor": "the author",
        "target": "Owls should work by day",
        "label": "support",
        "split": "train",
        "grade": "support",
    }
    assert [(row["id"], row["label"], row["grade"], row["split"]) for row in rows[1:]] == [
        ("1-11", "support", "support", "train"),
        ("2-12", "undermine", "mildly_undermine", "dev"),
        ("3-13", "support", "mildly_support", "test"),
    ]


def test_a_repeated_pair_is_kept_once(corpus):
    assert read(corpus("perspectrum")).notes == [
        f"{ANSWERS}: 1 repeated pairs of claim and perspective dropped, 0 with two labels dropped"
    ]


def test_a_pair_with_two_labels_is_dropped(corpus, swap):
    source = corpus("perspectrum")
    claims = json.loads((source / ANSWERS).read_text(encoding="utf-8"))
    claims[0]["perspectives"][1]["stance_label_3"] = "UNDERMINE"
    (source / ANSWERS).write_text(json.dumps(claims), encoding="utf-8")
    reading = read(source)
    assert [row["id"] for row in reading.rows] == ["1-11", "2-12", "3-13"]
    assert reading.notes == [f"{ANSWERS}: 1 repeated pairs of claim and perspective dropped, 1 with two labels dropped"]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (ANSWERS, '"UNDERMINE"', '"NEUTRAL"', r"answers_v1\.0\.json: 2-12: unknown label 'NEUTRAL'"),
        (ANSWERS, '"UNDERMINE"', "null", r"answers_v1\.0\.json: 2-12: the label is missing"),
        (
            ANSWERS,
            '"MILDLY_UNDERMINE"',
            "null",
            r"answers_v1\.0\.json: not Perspectrum's structure at 1.perspectives.0.stance_label_5: ",
        ),
        (ANSWERS, '"cId": 2', '"id": 2', r"answers_v1\.0\.json: not Perspectrum's structure at 1\.cId: Field required"),
        (ANSWERS, '"cId": 2', '"cId": 1', r"answers_v1\.0\.json: entry 2: duplicate cId 1, first at .*answers.*: entry 1"),
        (ANSWERS, '"cId": 2', '"cId": 4', r"split_v1\.0\.json: claim 4 is in no split, but in None"),
        (ANSWERS, '"Moles should see"', '" "', r"answers_v1\.0\.json: claim 2, row 2-12: column 'target' is empty"),
        (ANSWERS, '"Moles should see"', '"\\ud83d"', r"answers_v1\.0\.json: not usable JSON: .*surrogates"),
        (ANSWERS, '"Moles should see",', '"Moles should see"', r"answers_v1\.0\.json:\d+: not JSON: Expecting ',' delimiter"),
        (POOL, '"pId": 12', '"pId": 13', r"pool_v1\.0\.json: entry 4: duplicate pId 13, first at .*pool_v1\.0\.json: entry 3"),
        (
            POOL,
            '"pId": 12',
            '"pId": 99',
            r"answers_v1\.0\.json: claim 2 names perspective 12, which the pool lacks or leaves empty",
        ),
        (
            POOL,
            '"Eyes fill with earth"',
            '"\\n"',
            r"answers_v1\.0\.json: claim 2 names perspective 12, which the pool lacks or leaves empty",
        ),
        (POOL, '"Eyes fill with earth"', "7", r"pool_v1\.0\.json: not Perspectrum's structure at 2\.text: "),
        (SPLITS, '"dev"', '"development"', r"split_v1\.0\.json: claim 2 is in no split, but in 'development'"),
        (SPLITS, '"2": "dev",', "", r"split_v1\.0\.json: claim 2 is in no split, but in None"),
        (SPLITS, '"2": "dev"', '"2": ["dev"]', r"split_v1\.0\.json: not Perspectrum's structure at 2: "),
    ],
)
def test_a_fault_is_refused_with_its_place(corpus, swap, file, old, new, message):
    source = corpus("perspectrum")
    swap(source / file, old, new)
    with pytest.raises(InputError, match=message):
        read(source)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("content", ["7", "[7]", '{"a": 1}', "null", '[{"text": 5}]', '["a"]', '{"a": ["b"]}', "[" * 100_000])
def test_json_of_another_shape_is_refused(corpus, file, content):
    source = corpus("perspectrum")
    (source / file).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=rf"{re.escape(file)}: not (Perspectrum's structure at |usable JSON: )"):
        read(source)


@pytest.mark.parametrize(("file", "text"), [(ANSWERS, "Moles should see"), (POOL, "Eyes fill with earth"), (SPLITS, '"dev"')])
def test_a_file_that_is_not_utf_8_is_noted(corpus, swap, file, text):
    source = corpus("perspectrum")
    swap(
        source / file,
        text,
        f"{text[:-1]}\xe9".encode("latin-1") + text[-1:].encode() if file != SPLITS else b'"dev", "9": "\xe9"',
    )
    assert f"{file}: 1 lines were not UTF-8" in read(source).notes[0]


def test_a_missing_file_is_named(corpus):
    source = corpus("perspectrum")
    (source / POOL).unlink()
    with pytest.raises(InputError, match=rf"perspectrum: holds no {POOL}; expected a folder with"):
        read(source)


def test_the_real_corpus_has_the_published_rows(benchmarks):
    rows = read(benchmarks / "perspectrum").rows
    assert len(rows) == 11805
    assert all([sum(row["split"] == name for row in rows)] == split.rows for name, split in CARD.splits.items())
    assert {name: len({row["group"] for row in rows if row["split"] == name}) for name in CARD.splits} == {
        "train": 541,
        "dev": 139,
        "test": 227,
    }
