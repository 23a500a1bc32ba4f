import pytest

from stancelab.errors import InputError
from stancelab.importers.semeval2016 import CARD, NAMES, TRIAL, read

LABELS = {"train": ["favor", "against", "none"], "test": ["favor", "against"]}


def of_split(reading, split):
    return [row for row in reading.rows if row["split"] == split]


def test_official_rows_in_the_order_of_the_files(corpus):
    reading = read(corpus("semeval2016"))
    assert {split: len(of_split(reading, split)) for split in CARD.splits} == {"train": 15, "test": 10, "trial": 2, "val": 0}
    assert reading.rows[0] == {
        "id": "1",
        "doc_id": "1",
        "group": "1",
        "text": "The goose of AT walks for the 1th time #SemST",
        "actor": "the author",
        "target": "Atheism",
        "label": "favor",
        "split": "train",
        "opinion_towards": "2.  the goose says so.",
        "sentiment": "positive",
    }
    assert [row["label"] for row in of_split(reading, "train")] == LABELS["train"] * 5
    assert [row["label"] for row in of_split(reading, "test")] == LABELS["test"] * 5
    assert reading.notes == []


def test_the_trial_file_adds_its_rows_and_the_sentiment_of_training_rows(corpus):
    reading = read(corpus("semeval2016"))
    assert [row["id"] for row in of_split(reading, "trial")] == ["901", "902"]
    assert [row["sentiment"] for row in of_split(reading, "trial")] == ["neither", "negative"]
    assert {row["sentiment"] for row in of_split(reading, "train")} == {"positive"}
    assert [row for row in of_split(reading, "test") if "sentiment" in row] == []


def test_without_the_trial_file_there_is_no_sentiment(corpus):
    source = corpus("semeval2016")
    (source / "trial_plus_train_2914.txt").unlink()
    reading = read(source)
    assert len(reading.rows) == 25
    assert [row for row in reading.rows if "sentiment" in row] == []


def test_a_tweet_that_the_trial_file_words_otherwise_is_kept_as_in_training_and_counted(corpus, swap):
    source = corpus("semeval2016")
    swap(source / TRIAL, "The goose of AT walks for the 1th", "The gander of AT walks for the 1th")
    swap(source / TRIAL, "The goose of LA walks for the 21th", "The gander of LA walks for the 21th")
    reading = read(source)
    assert [row["text"] for row in reading.rows if "gander" in row["text"]] == []
    assert reading.rows[0]["sentiment"] == "positive"
    assert reading.notes == [
        f"{TRIAL}: 2 tweets are worded otherwise than in the training files, whose words are kept: ids 1, 21"
    ]


TASK_ROWS = [
    *(("101", "train", "favor"), ("102", "train", "against"), ("103", "train", "none"), ("104", "train", "favor")),
    *(("105", "train", "against"), ("10001", "test", "favor"), ("10002", "test", "against"), ("10003", "test", "none")),
    *(("1", "trial", "favor"), ("2", "trial", "against")),
]


@pytest.mark.parametrize(("name", "extra"), [("semeval-task", set()), ("semeval-annotated", {"no one", "neither"})])
def test_files_that_hold_all_targets(corpus, name, extra):
    reading = read(corpus(name))
    assert [(row["id"], row["split"], row["label"]) for row in reading.rows] == TASK_ROWS
    assert [row["target"] for row in of_split(reading, "train")] == NAMES
    assert reading.rows[0]["text"] == "The heron of train stands for the 101th time #SemST"
    assert all({row[key] for key in ("opinion_towards", "sentiment") if key in row} == extra for row in reading.rows)
    assert reading.notes == []


@pytest.mark.parametrize(
    ("name", "trial", "test"),
    [
        ("semeval-task", "semeval2016-task6-trialdata.txt", "SemEval2016-Task6-subtaskA-testdata-gold.txt"),
        ("semeval-annotated", "trialdata-all-annotations.txt", "testdata-taskA-all-annotations.txt"),
    ],
)
def test_of_files_that_hold_all_targets_the_trial_file_alone_may_lack(corpus, name, trial, test):
    source = corpus(name)
    (source / trial).unlink()
    assert {row["split"] for row in read(source).rows} == {"train", "test"}
    (source / test).unlink()
    with pytest.raises(InputError, match=rf"{name}: holds no {test}; expected a folder with"):
        read(source)


@pytest.mark.parametrize(
    ("name", "file", "old", "new", "message"),
    [
        (
            "semeval-task",
            "semeval2016-task6-trainingdata.txt",
            "101\tAtheism",
            "101\tAtheist",
            r"data\.txt:2: target 'Atheist', exp",
        ),
        (
            "semeval-task",
            "semeval2016-task6-trialdata.txt",
            "\n1\tAth",
            "\n101\tAth",
            r"trialdata\.txt:2: duplicate id '101', first",
        ),
        ("semeval-task", "semeval2016-task6-trialdata.txt", "\tFAVOR", "", r"trialdata\.txt:2: 3 cells, expected 4"),
        (
            "semeval-annotated",
            "trialdata-all-annotations.txt",
            "FAVOR\tNO ONE",
            "FAVOR",
            r"annotations\.txt:2: 5 cells, expected 6",
        ),
        (
            "semeval-annotated",
            "trialdata-all-annotations.txt",
            "FAVOR\tNO ONE\tNEITHER",
            "FAVOR\tNO ONE\tNEITHE",
            r"trialdata-all-annotations\.txt:2: unknown sentiment 'NEITHE'; did you mean 'NEITHER'",
        ),
    ],
)
def test_a_faulty_line_among_all_targets_is_refused_with_its_place(corpus, swap, name, file, old, new, message):
    source = corpus(name)
    swap(source / file, old, new)
    with pytest.raises(InputError, match=message):
        read(source)


def test_a_header_line_is_left_out(corpus):
    source = corpus("semeval2016")
    plain = read(source)
    for path in source.glob("*.test.txt"):
        path.write_bytes(b"ID\tTarget\tTweet\tStance\r\n" + path.read_bytes())
    assert read(source).rows == plain.rows


def test_encodings_are_told_apart_line_by_line(corpus, swap):
    source = corpus("semeval2016")
    (source / TRIAL).unlink()
    swap(source / "HC.train.txt", "The goose of HC walks for the 16th", b"Caf\xe9 goose, the \x93tall\x94")
    swap(source / "HC.train.txt", "The goose of HC walks for the 17th", "Café goose, the “tall”")
    reading = read(source)
    texts = {row["id"]: row["text"] for row in reading.rows}
    assert texts["16"] == texts["17"] == "Café goose, the “tall” time #SemST"
    assert reading.notes == ["HC.train.txt: 1 lines were not UTF-8 and were read as Windows-1252: 1"]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("AT.train.txt", "\tNONE", "\tNEUTRAL", r"AT\.train\.txt:3: unknown label 'NEUTRAL'.*Allowed: FAVOR, AGAINST, NONE"),
        ("AT.train.txt", "\tNONE", "\tnone", r"AT\.train\.txt:3: unknown label 'none'"),
        ("CC.test.txt", "\tFAVOR", "", r"CC\.test\.txt:1: 3 cells, expected 4 \(tab-separated\); is the file cut off\?"),
        ("CC.test.txt", "\tFAVOR", "\t1", r"CC\.test\.txt:1: unknown label '1'"),
        (
            "FM.train.txt",
            "12\tFeminist Movement",
            "12\tAtheism",
            r"FM\.train\.txt:2: target 'Atheism', expected 'Feminist Movement' in this file",
        ),
        ("LA.test.txt", "24\tLegal", "1\tLegal", r"LA\.test\.txt:1: duplicate id '1', first at .*AT\.train\.txt:1"),
        (
            "trial_plus_train_2914.txt",
            "901\tAtheism",
            "901\tAtheist",
            r"2914\.txt:17: unknown target 'Atheist'; did you mean 'Athe",
        ),
        ("trial_plus_train_2914.txt", "said.\tNEGATIVE", "said.\tNEG", r"2914\.txt:18: unknown sentiment 'NEG'.*cut off"),
        (
            "trial_plus_train_2914.txt",
            "902\tHillary Clinton\tTwo geese were tried out #SemST",
            "902\tHillary Clinton\t ",
            r"2914\.txt:18: column 'text' is empty",
        ),
        (TRIAL, "902\tHillary", "901\tHillary", r"2914\.txt:18: duplicate id '901', first at .*2914\.txt:17"),
        (
            TRIAL,
            "901\tAtheism",
            "4\tAtheism",
            r"2914\.txt:17: id '4' is that of a test row, at .*AT\.test\.txt:1; expected trial and training rows",
        ),
        (
            TRIAL,
            "1th time #SemST\tFAVOR\t2.",
            "1th time #SemST\tNONE\t2.",
            r"2914\.txt:2: id '1' has 'Atheism', 'NONE', but 'Atheism', 'FAVOR' at .*AT\.train\.txt:1",
        ),
        (
            TRIAL,
            "\n2\tAtheism",
            "\n2\tFeminist Movement",
            r"2914\.txt:3: id '2' has 'Feminist Movement', 'AGAINST', but 'Atheism', 'AGAINST' at .*AT\.train\.txt:2",
        ),
        (TRIAL, "901\tAtheism\tA goose", "ID\tTarget\tTweet", r"2914\.txt:17: unknown target 'Target'"),
        ("FM.test.txt", "15\tFeminist Movement", "ID\tTarget", r"FM\.test\.txt:2: target 'Target', expected 'Feminist Movement'"),
    ],
)
def test_a_faulty_line_is_refused_with_its_place(corpus, swap, file, old, new, message):
    source = corpus("semeval2016")
    swap(source / file, old, new)
    with pytest.raises(InputError, match=message):
        read(source)


def test_all_faulty_lines_are_named_at_once(corpus, swap):
    source = corpus("semeval2016")
    (source / TRIAL).unlink()
    swap(source / "AT.train.txt", "\tNONE", "\tNEITHER")
    swap(source / "LA.train.txt", "\tNONE", "")
    with pytest.raises(InputError) as refused:
        read(source)
    assert [line.split(": ")[0].rpartition("/")[2] for line in str(refused.value).split("\n")] == [
        "LA.train.txt:3",
        "AT.train.txt:3",
    ]


def test_missing_files_are_all_named(corpus):
    source = corpus("semeval2016")
    (source / "AT.train.txt").unlink()
    (source / "LA.test.txt").unlink()
    with pytest.raises(InputError, match=r"semeval2016: holds no AT\.train\.txt, LA\.test\.txt; expected a folder with"):
        read(source)


def test_tweeteval_integers_are_read_by_the_mapping_beside_them(corpus):
    reading = read(corpus("tweeteval"))
    assert {split: len(of_split(reading, split)) for split in CARD.splits} == {"train": 15, "val": 5, "test": 10, "trial": 0}
    assert [row["label"] for row in of_split(reading, "train")] == ["none", "against", "favor"] * 5
    assert [row["label"] for row in of_split(reading, "val")] == ["against"] * 5
    assert [row["label"] for row in of_split(reading, "test")] == ["favor", "against"] * 5
    assert reading.rows[0]["id"] == "atheism-train-0001"
    assert reading.rows[0]["text"] == "@user the goose of AT walks, train 1 #SemST"
    assert list(dict.fromkeys(row["target"] for row in reading.rows))[3:] == ["Hillary Clinton", "Legalization of Abortion"]


def test_another_mapping_gives_other_labels(corpus):
    source = corpus("tweeteval")
    (source / "mapping.txt").write_text("2\tnone\n0\tagainst\n1\tFavor\n", encoding="utf-8")
    assert [row["label"] for row in of_split(read(source), "train")] == ["against", "favor", "none"] * 5


def test_a_mapping_in_another_encoding_says_so(corpus):
    source = corpus("tweeteval")
    (source / "mapping.txt").write_bytes(b"0\tnone\n1\tagainst\n2\tfavor\xa0\n")
    assert read(source).notes == ["mapping.txt: 1 lines were not UTF-8 and were read as Windows-1252: 3"]


def test_tweeteval_without_its_mapping_is_refused(corpus):
    source = corpus("tweeteval")
    (source / "mapping.txt").unlink()
    with pytest.raises(InputError, match=r"mapping\.txt: no such file; TweetEval's labels are bare integers"):
        read(source)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ("0\tnone\n1\tagainst\n2\tfav", r"mapping\.txt:3: expected a line like '1<TAB>against', got '2 fav'"),
        ("0\tnone\n1\tagainst\n2", r"mapping\.txt:3: expected a line like"),
        ("0\tnone\n1\tagainst\n", r"mapping\.txt:2: the file ends without a line for FAVOR"),
        ("0\tnone\n0\tagainst\n2\tfavor", r"mapping\.txt:2: duplicate number '0', first at .*mapping\.txt:1"),
        ("\n\n", r"mapping\.txt: the file is empty"),
    ],
)
def test_a_faulty_mapping_is_refused_with_its_line(corpus, mapping, message):
    source = corpus("tweeteval")
    (source / "mapping.txt").write_text(mapping, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read(source)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        (
            "test_labels.txt",
            "2\n",
            r"climate/test_labels\.txt:2: nothing stands on this line, but something on that of test_text",
        ),
        ("test_labels.txt", "2\n1\n0\n", r"climate/test_text\.txt:3: nothing stands on this line"),
        ("test_labels.txt", "2\n3\n", r"climate/test_labels\.txt:2: label '3' is not in mapping\.txt"),
        ("test_labels.txt", "2.0\n1\n", r"climate/test_labels\.txt:1: label '2\.0' is not in mapping\.txt"),
        ("test_labels.txt", "2\n\n1\n", r"climate/test_labels\.txt:2: nothing stands on this line"),
        ("test_text.txt", "A goose\nAnother goo", r"climate/test_text\.txt:2: the last line has no end; is the file cut off\?"),
        ("test_text.txt", "A goose\n\nAnother goose\n", r"climate/test_text\.txt:2: nothing stands on this line"),
    ],
)
def test_texts_and_labels_that_do_not_go_together(corpus, file, content, message):
    source = corpus("tweeteval")
    (source / "climate" / file).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read(source)


def test_a_missing_part_of_tweeteval_is_named(corpus):
    source = corpus("tweeteval")
    (source / "hillary" / "val_labels.txt").unlink()
    with pytest.raises(InputError, match=r"hillary/val_labels\.txt: cannot be read: No such file"):
        read(source)


def test_the_real_corpus_has_the_published_rows(benchmarks):
    reading = read(benchmarks / "semeval2016")
    assert {split: len(of_split(reading, split)) for split in CARD.splits} == {
        "train": 2814,
        "test": 1249,
        "trial": 100,
        "val": 0,
    }


def test_tweetevals_test_labels_are_the_official_ones(benchmarks):
    official = read(benchmarks / "semeval2016")
    repacked = read(benchmarks / "semeval2016" / "tweeteval")
    assert {split: len(of_split(repacked, split)) for split in ("train", "val", "test")} == {
        "train": 2620,
        "val": 294,
        "test": 1249,
    }
    pairs = [[(row["target"], row["label"]) for row in of_split(reading, "test")] for reading in (official, repacked)]
    assert pairs[0] == pairs[1]
