import pytest

from stancelab.errors import InputError
from stancelab.importers.gwsd import CARD, read

FILE = "GWSD_without_held_out.tsv"


def test_the_label_is_the_one_with_the_highest_posterior(corpus):
    rows = read(corpus("gwsd")).rows
    assert [row["label"] for row in rows] == ["agree", "disagree", "neutral"]
    assert rows[0] == {
        "id": "1_0_t0",
        "doc_id": "1_0_t0",
        "group": "1_0_t0",
        "text": "The snail house is warming.",
        "actor": "the author",
        "target": "Climate change/global warming is a serious concern",
        "label": "agree",
        "split": "train",
        "posterior_agree": 0.9,
        "posterior_disagree": 0.05,
        "posterior_neutral": 0.05,
        **{f"worker_{number}": ("agrees", "neutral")[number % 2] for number in range(8)},
        "votes_agree": 4,
        "votes_disagree": 0,
        "votes_neutral": 4,
    }


def test_screeners_are_left_out(corpus):
    reading = read(corpus("gwsd"))
    assert [row for row in reading.rows if "slow animal" in row["text"]] == []
    assert reading.notes == [f"{FILE}: 1 screeners left out"]
    assert reading.places[0].endswith(f"{FILE}:3")


def test_one_sentence_in_two_batches_is_one_group(corpus, swap):
    source = corpus("gwsd")
    swap(source / FILE, "A conference on snails opened on Monday.", "The  snail house is warming.")
    assert [row["group"] for row in read(source).rows] == ["1_0_t0", "1_0_t1", "1_0_t0"]


def test_held_out_rows_are_the_test_split(corpus, swap):
    source = corpus("gwsd")
    swap(source / FILE, "1_0_t1\tFalse", "1_0_t1\tTrue")
    assert [row["split"] for row in read(source).rows] == ["train", "test", "train"]


def test_the_file_itself_is_a_source_too(corpus):
    source = corpus("gwsd")
    assert read(source / FILE) == read(source)
    (source / FILE).rename(source / "GWSD.tsv")
    assert len(read(source).rows) == 3


def test_a_worker_who_gave_nothing_has_no_vote(corpus, swap):
    source = corpus("gwsd")
    swap(source / FILE, "The snail house is warming.\tagrees\tneutral", "The snail house is warming.\t\tdisagrees")
    row = read(source).rows[0]
    assert [row[f"votes_{label}"] for label in ("agree", "disagree", "neutral")] == [3, 1, 3]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "The snail house is warming.\tagrees",
            "The snail house is warming.\tagree",
            r"tsv:3: unknown label 'agree'; did you mean",
        ),
        ("0.05\t0.9\t0.05", "0.05\t0.9\t", r"tsv:3: the posterior \['0\.9', '0\.05', None\] is no three numbers"),
        ("0.05\t0.9\t0.05", "0.05\t0.9\tmuch", r"tsv:3: the posterior .* is no three numbers"),
        ("0.05\t0.9\t0.05", "0.05\t0.9\t0.5", r"tsv:3: the posterior .* is no three probabilities that sum to 1"),
        ("0.05\t0.9\t0.05", "0.45\t0.45\t0.1", r"tsv:3: the posterior \[0\.45, 0\.45, 0\.1\] has no single highest value"),
        ("0.05\t0.9\t0.05", "nan\t0.9\t0.05", r"tsv:3: the posterior .* is no three probabilities"),
        ("0.05\t0.9\t0.05", "-0.5\t0.9\t0.6", r"tsv:3: the posterior .* is no three probabilities"),
        ("1_0_t0\tFalse", "1_0_t0\tFal", r"tsv:3: in_held_out_test is 'Fal', expected True or False"),
        ("1_0_t0\tFalse", "\tFalse", r"tsv:3: column 'guid' is empty"),
        ("1_0_t0\tFalse", "1_0_t1\tFalse", r"tsv:4: duplicate id '1_0_t1', first at .*tsv:3"),
        ("The snail house is warming.", " ", r"tsv:3: column 'sentence' is empty"),
        ("The snail house is warming.", "The snail\thouse is warming.", r"tsv:3: 19 cells, expected 18"),
        ("\tsent_id\t", "\tsentid\t", r"tsv:1: column 'sent_id' is missing; did you mean 'sentid'"),
    ],
)
def test_a_faulty_line_is_refused_with_its_place(corpus, swap, old, new, message):
    source = corpus("gwsd")
    swap(source / FILE, old, new)
    with pytest.raises(InputError, match=message):
        read(source)


def test_a_screener_needs_no_posterior_and_any_other_row_does(corpus, swap):
    source = corpus("gwsd")
    swap(source / FILE, "\ts0\tThe", "\tt9\tThe")
    with pytest.raises(InputError, match=r"tsv:2: the posterior \[None, None, None\] is no three numbers"):
        read(source)


def test_the_real_corpus_has_the_published_rows(benchmarks):
    reading = read(benchmarks / "gwsd")
    assert len(reading.rows) in CARD.splits["train"].rows
    assert reading.notes == [f"{FILE}: 250 screeners left out"]
    assert {sum(row[f"votes_{label}"] for label in ("agree", "disagree", "neutral")) for row in reading.rows} == {8}
