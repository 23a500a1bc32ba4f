import pytest

from stancelab.errors import InputError
from stancelab.importers.vast import CARD, read

COMMENT = "Ducks need ponds, and ponds need ducks."


def test_rows_of_the_first_publication(corpus):
    rows = [row for row in read(corpus("vast")).rows if row["split"] == "train"]
    assert rows[0] == {
        "id": "train-1",
        "doc_id": "train-0001",
        "group": "train-0001",
        "text": COMMENT,
        "actor": "the author",
        "target": "dig pond",
        "label": "pro",
        "split": "train",
        "seen": True,
    }
    assert [row["label"] for row in rows] == ["pro", "con", "neutral", "pro"]
    assert [row["group"] for row in rows] == ["train-0001", "train-0001", "train-0001", "train-0002"]


def test_rows_of_the_repacked_files(corpus):
    rows = [row for row in read(corpus("vast")).rows if row["split"] == "dev"]
    assert [(row["id"], row["target"], row["label"], row["seen"]) for row in rows] == [
        ("dev-00001", "second rising", "pro", False),
        ("dev-00002", "rye flour", "con", True),
        ("dev-00003", "stone bridges", "neutral", False),
    ]
    assert {row["group"] for row in rows} == {"dev-0003"}


def test_topics_of_the_first_publication_are_read_in_one_form(corpus):
    """Synthetic neutral rows name their topic in that form only; a form of their own would give their label away."""
    targets = [row["target"] for row in read(corpus("vast")).rows if row["split"] == "train"]
    assert targets == ["dig pond", "frozen lake", "turnip tax", "pay miller"]


def test_a_comment_of_two_splits_is_one_group(corpus, swap):
    source = corpus("vast")
    swap(source / "vast_dev.csv", "Bread should rise twice.,rye", f'"{COMMENT}",rye')
    assert {row["group"] for row in read(source).rows if row["text"] == COMMENT} == {"train-0001"}


def test_line_breaks_inside_a_cell_become_spaces_and_places_stay_true(corpus):
    source = corpus("vast")
    with (source / "vast_train.csv").open("a", encoding="utf-8") as file:
        file.write("cid,Bees first.,bees,p2,keeping bees,0,1,5,a3,bees,keep bees,0,1\n")
    reading = read(source)
    assert reading.rows[3]["text"] == 'Pay the miller "in full". He works at night.'
    assert [place.rpartition(":")[2] for place in reading.places[:5]] == ["2", "3", "4", "5", "7"]
    assert "vast_train.csv: line breaks inside the cells of 1 rows became spaces" in reading.notes


def test_a_zip_archive_is_read_as_the_csv_inside(corpus, zipped):
    source = corpus("vast")
    plain = read(source)
    archive = zipped(source / "vast_train.csv")
    reading = read(source)
    assert reading.rows == plain.rows
    assert reading.places[0] == f"{archive}:2"
    assert reading.files[0] == archive


def test_a_test_file_is_read_where_there_is_one(corpus):
    source = corpus("vast")
    (source / "vast_test.csv").write_bytes((source / "vast_train.csv").read_bytes())
    reading = read(source)
    assert [row["id"] for row in reading.rows if row["split"] == "test"] == ["test-1", "test-2", "test-3", "test-4"]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("vast_train.csv", ",frozen lakes,0,", ",frozen lakes,3,", r"vast_train\.csv:3: unknown label '3'"),
        ("vast_train.csv", ",frozen lakes,0,", ",frozen lakes,0.0,", r"vast_train\.csv:3: unknown label '0\.0'"),
        ("vast_train.csv", ",frozen lakes,0,", ",frozen lakes,,", r"vast_train\.csv:3: the label is missing"),
        ("vast_train.csv", ",turnip tax,", ",,", r"vast_train\.csv:4: column 'target' is empty"),
        ("vast_train.csv", "digging ponds,2,4,", "digging ponds,2,,", r"vast_train\.csv:4: column 'type_idx' holds None"),
        (
            "vast_train.csv",
            "frozen lake,1,0",
            "frozen lake,yes,0",
            r"vast_train\.csv:3: column 'seen\?' holds 'yes', expected one of 0",
        ),
        ("vast_train.csv", ",2,2,a1,", ",2,1,a1,", r"vast_train\.csv:3: duplicate id 'train-1', first at .*:2"),
        ("vast_train.csv", "bob,", "bob,,", r"vast_train\.csv:5: 14 cells, expected 13 as in the header"),
        ("vast_train.csv", "topic_str", "topics", r"vast_train\.csv:1: column 'topic_str' is missing; did you mean"),
        (
            "vast_train.csv",
            "digging ponds,2,4,",
            "digging ponds,1,4,",
            r"vast_train\.csv:4: label '1' for a synthetic neutral row",
        ),
        ("vast_dev.csv", "AGAINST,1", "0,1", r"vast_dev\.csv:3: unknown label '0'"),
        ("vast_dev.csv", "AGAINST,1", "AGAINST,", r"vast_dev\.csv:3: column 'seen\?' holds None"),
        ("vast_dev.csv", "AGAINST,1", "CON,1", r"vast_dev\.csv:3: unknown label 'CON'"),
        ("vast_dev.csv", "Stance 1", "Stance", r"vast_dev\.csv:1: column 'Stance 1' is missing; did you mean 'Stance'"),
    ],
)
def test_a_faulty_line_is_refused_with_its_place(corpus, swap, file, old, new, message):
    source = corpus("vast")
    swap(source / file, old, new)
    with pytest.raises(InputError, match=message):
        read(source)


def test_an_archive_without_the_csv(corpus, zipped):
    source = corpus("vast")
    (source / "vast_train.csv").rename(source / "other.csv")
    zipped(source / "other.csv").rename(source / "vast_train.zip")
    with pytest.raises(InputError, match=r"vast_train\.zip: holds no file 'vast_train\.csv'"):
        read(source)


def test_a_damaged_archive_is_refused_wherever_the_damage_is(corpus, zipped):
    source = corpus("vast")
    archive = zipped(source / "vast_train.csv")
    content = archive.read_bytes()
    for at in range(0, len(content), 5):
        archive.write_bytes(content[:at])
        with pytest.raises(InputError, match=r"vast_train\.zip: (not a readable zip archive|holds no file)"):
            read(source)
    refused = 0
    for at in range(0, len(content), 3):
        archive.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        try:
            read(source)
        except InputError as error:
            assert "vast_train.zip" in str(error)  # noqa: PT017
            refused += 1
    assert refused > len(content) // 6


def test_the_real_corpus_has_the_published_rows(benchmarks):
    reading = read(benchmarks / "vast")
    counts = {split: sum(row["split"] == split for row in reading.rows) for split in ("train", "dev")}
    assert counts == {"train": 13477, "dev": 2062}
    assert all(counts[split] in CARD.splits[split].rows for split in counts)
    targets = {split: {row["target"] for row in reading.rows if row["split"] == split} for split in counts}
    assert all((row["target"] in targets["train"]) == row["seen"] for row in reading.rows if row["split"] == "dev")
