import pytest

from stancelab.errors import InputError
from stancelab.importers.pstance import read


def test_rows_in_the_order_of_splits_and_targets(corpus):
    rows = read(corpus("pstance")).rows
    assert [row["id"] for row in rows[:4]] == ["train-bernie-0001", "train-bernie-0002", "train-bernie-0003", "train-biden-0001"]
    assert [row["split"] for row in rows] == ["train"] * 9 + ["val"] * 6
    assert [row["label"] for row in rows[:3]] == ["favor", "against", "favor"]
    assert rows[0] == {
        "id": "train-bernie-0001",
        "doc_id": "train-bernie-0001",
        "group": "train-bernie-0001",
        "text": "A heron &amp; a stork like bernie #herons",
        "actor": "the author",
        "target": "Bernie Sanders",
        "label": "favor",
        "split": "train",
    }


def test_a_tweet_with_two_targets_is_one_group(corpus, swap):
    source = corpus("pstance")
    swap(source / "raw_train_trump.csv", "A stork brings trump a fish", "A stork brings bernie a fish")
    groups = {row["id"]: row["group"] for row in read(source).rows}
    assert groups["train-trump-0003"] == groups["train-bernie-0003"] == "train-bernie-0003"
    assert len(set(groups.values())) == len(groups) - 1


def test_the_test_split_is_read_file_by_file(corpus):
    source = corpus("pstance")
    (source / "raw_test_biden.csv").write_bytes(b"Tweet,Target,Stance\nA heron waits.,Joe Biden,FAVOR\n")
    rows = [row for row in read(source).rows if row["split"] == "test"]
    assert [(row["id"], row["target"]) for row in rows] == [("test-biden-0001", "Joe Biden")]


def test_line_breaks_inside_a_tweet_become_spaces(corpus, swap):
    source = corpus("pstance")
    swap(source / "raw_train_biden.csv", "grey and tall, turns", "grey\r\nand\n\ntall, turns")
    reading = read(source)
    assert reading.rows[4]["text"] == "A heron, grey and tall, turns its back on biden"
    assert reading.places[5].endswith("raw_train_biden.csv:7")
    assert reading.notes == ["raw_train_biden.csv: line breaks inside the cells of 1 rows became spaces"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "on trump,Donald Trump,AGAINST",
            "on trump,Donald Trump,NONE",
            r"val_trump\.csv:2: unknown label 'NONE'.*FAVOR, AGAINST$",
        ),
        (
            "stand trump,Donald Trump,AGAINST",
            "stand trump,Joe Biden,AGAINST",
            r"val_trump\.csv:2: target 'Joe Biden', expected 'Don",
        ),
        ("stand trump,Donald Trump,AGAINST", "stand trump,Donald Trump", r"val_trump\.csv:2: 2 cells, expected 3"),
        ("stand trump,Donald Trump,AGAINST", "stand trump,Donald Trump,", r"val_trump\.csv:2: the label is missing"),
        ("Herons cannot stand trump,", ",", r"val_trump\.csv:2: column 'text' is empty"),
        ("Herons cannot stand trump,", '"Herons cannot stand trump,', r"val_trump\.csv:2: unexpected end of data"),
        ("Tweet,Target,Stance", "Tweet;Target;Stance", r"val_trump\.csv:2: 3 cells, expected 1"),
        ("Tweet,Target,Stance", "Tweet,Target,Label", r"val_trump\.csv:1: column 'Stance' is missing"),
    ],
)
def test_a_faulty_line_is_refused_with_its_place(corpus, swap, old, new, message):
    source = corpus("pstance")
    old = old.replace("on trump,Donald Trump,AGAINST", "stand trump,Donald Trump,AGAINST")
    swap(source / "raw_val_trump.csv", old, new)
    with pytest.raises(InputError, match=message):
        read(source)


def test_missing_files_are_all_named(corpus):
    source = corpus("pstance")
    (source / "raw_train_trump.csv").unlink()
    (source / "raw_val_bernie.csv").unlink()
    with pytest.raises(InputError, match=r"pstance: holds no raw_train_trump\.csv, raw_val_bernie\.csv; expected a folder with"):
        read(source)


def test_the_real_corpus_has_the_published_rows(benchmarks):
    rows = read(benchmarks / "pstance").rows
    assert {split: sum(row["split"] == split for row in rows) for split in ("train", "val")} == {"train": 17224, "val": 2193}
