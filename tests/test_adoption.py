import csv
import json

import pytest

from stancelab.checksums import write_checksums
from stancelab.dataset import load_dataset
from stancelab.recipes import load_recipe
from stancelab.records import write_json, write_json_lines
from stancelab.validation import check, validate

TEXT = "Ada Brook wants the bridge and Bo Lund does not.\n\n“Never,” the Union said.\n"
TARGET = "the council builds a bridge"
ACTORS = {"ada-brook": ("Ada Brook", "person"), "bo-lund": ("Bo Lund", "person"), "union": ("Union", "organisation")}


def row(number, words, actor, label, **more):
    start = TEXT.index(words)
    group = f"news-{number:03d}"
    facts = {
        "id": f"{group}-{actor}",
        "doc_id": "news",
        "group": group,
        "text": " ".join(words.split()),
        "actor": ACTORS[actor][0],
    }
    facts |= {"actor_id": actor, "target": TARGET, "label": label, "p_favor": 0.7, "p_against": 0.2, "p_none": 0.1}
    facts |= {"confidence": 0.7, "role": "speaker", "mode": "narrated", "quote": None, "quote_start": None, "start": start}
    facts |= {"end": start + len(words), "span": words, "paragraph": 1, "cue": "want", "mention_start": None}
    return facts | {"mention_end": None, "attribution_confidence": 0.9, "date": "2026-01-01", "source": None} | more


def rows():
    return [
        row(1, "Ada Brook wants the bridge", "ada-brook", "favor"),
        row(1, "Ada Brook wants the bridge", "bo-lund", "none", role="reported"),
        row(2, "Bo Lund does not", "bo-lund", "against"),
        row(3, "“Never,” the Union said", "union", "favor", mode="direct", quote="Never,", quote_start=51, paragraph=2),
    ]


def write_table_of(path, lines):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows()[0]), quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(lines)


@pytest.fixture
def found(tmp_path):
    """A folder as `stancelab article` writes it."""
    folder = tmp_path / "found"
    write_json_lines(folder / "statements.jsonl", rows())
    write_table_of(folder / "statements.csv", rows())
    facts = {"affiliation": None, "country": None, "role": None, "mentions": 1, "articles": 1, "statements": 1}
    actors = [{"id": key, "name": name, "kind": kind, "aliases": [name[:3]], **facts} for key, (name, kind) in ACTORS.items()]
    write_json_lines(folder / "actors.jsonl", actors)
    articles = [{"doc_id": "news", "language": "en"}]
    write_json(folder / "analysis.json", {"scheme": "favor-against-none", "model": "cue-lexicon", "articles": articles})
    write_checksums(folder)
    return folder


def corrected(folder, change, name="statements.jsonl"):
    lines = rows()
    change(lines)
    (write_json_lines if name.endswith("jsonl") else write_table_of)(folder / name, lines)
    return folder


def adopted(call, folder, *options):
    out = folder.parent / "mine"
    code, said, err = call("data", "adopt", folder, "-o", out, *options)
    assert (code, err) == (0, "")
    return out, said


def refused(call, folder):
    code, said, err = call("data", "adopt", folder, "-o", folder.parent / "mine")
    assert (code, said) == (2, "")
    assert not (folder.parent / "mine").exists()
    return err


def test_what_nobody_corrected_becomes_a_dataset_that_says_so(call, found):
    out, said = adopted(call, found, "--title", "News", "--licence", "CC0-1.0")
    assert "4 rows, favor 2, none 1, against 1" in said
    assert "0 of 4 rows were corrected or added by hand (0 added; 0 removed); 4 are as the machine gave them." in said
    assert validate(out) == check(out) == []
    dataset = load_dataset(out)
    assert (dataset.name, dataset.scheme.name, dataset.y.tolist()) == (
        "mine",
        "favor-against-none",
        ["favor", "none", "against", "favor"],
    )
    assert dataset.rows["corrected"].tolist() == [False] * 4
    assert dataset.rows["actor_kind"].tolist() == ["person", "person", "person", "organisation"]
    assert dataset.groups.nunique() == 3
    assert not {"p_favor", "confidence"} & set(dataset.rows)
    header = (out / "dataset.toml").read_text(encoding="utf-8")
    assert all(part in header for part in ('title = "News"', 'licence = "CC0-1.0"', 'language = "en"', "cue-lexicon"))


@pytest.mark.parametrize("name", ["statements.jsonl", "statements.csv"])
def test_the_table_that_was_corrected_wins_and_the_rows_say_what_was_changed(call, found, name):
    def change(lines):
        lines[3]["label"] = "against"
        lines[2]["actor"], lines[2]["actor_id"] = "Cy Orr", ""
        del lines[1]
        lines.append(row(4, "the bridge and Bo Lund", "ada-brook", "none"))

    out, said = adopted(call, corrected(found, change, name))
    assert "3 of 4 rows were corrected or added by hand (1 added; 1 removed); 1 are as the machine gave them." in said
    lines = load_dataset(out).rows.set_index("id")
    assert lines["corrected"].to_dict() == {
        "news-001-ada-brook": False, "news-002-bo-lund": True, "news-003-union": True, "news-004-ada-brook": True
    }  # fmt: skip
    assert lines.loc["news-003-union", "label"] == "against"
    assert lines.loc["news-002-bo-lund", "actor_id"] == "cy-orr"
    assert lines["start"].tolist() == [0, 31, 50, 16]
    assert [json.loads(line)["id"] for line in (out / "actors.jsonl").read_text(encoding="utf-8").splitlines()] == [
        "ada-brook",
        "union",
    ]
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "| against | 2 | 2 |" in card
    assert "| label | 1 |\n| actor | 1 |" in card or "| actor | 1 |\n| label | 1 |" in card
    assert "a hand has named them: Cy Orr." in card
    assert f"from {name}." in card
    assert validate(out) == []


def test_a_csv_that_was_only_saved_anew_is_not_a_correction(call, found):
    path = found / "statements.csv"
    text = path.read_text(encoding="utf-8").replace('"', "").replace("“Never,”", '"“Never,”').replace("said,", 'said",')
    path.write_text("\ufeff" + text.replace("Never,,", '"Never,",').replace("\n", "\r\n"), encoding="utf-8", newline="")
    out, _ = adopted(call, found)
    assert not load_dataset(out).rows["corrected"].any()


def test_an_actor_that_is_named_by_another_of_its_names_is_that_actor(call, found):
    out, _ = adopted(call, corrected(found, lambda lines: lines[2].update(actor="Ada")))
    assert load_dataset(out).rows["actor_id"].tolist()[2] == "ada-brook"
    assert load_dataset(out).rows["corrected"].tolist() == [False, False, True, False]


def test_tables_that_were_corrected_in_two_ways_are_refused(call, found):
    corrected(found, lambda lines: lines[0].update(label="none"))
    corrected(found, lambda lines: lines[0].update(label="against"), "statements.csv")
    assert "statements.jsonl and statements.csv differ, and SHA256SUMS does not tell that just one" in refused(call, found)
    write_checksums(found)
    assert "remove the one that is not meant" in refused(call, found)


def test_tables_that_were_corrected_in_one_way_are_taken_but_nobody_knows_what_was_changed(call, found):
    for name in ("statements.jsonl", "statements.csv"):
        corrected(found, lambda lines: lines[0].update(label="none"), name)
    out, said = adopted(call, found)
    assert "Which of the 4 rows were corrected by hand is not known" in said
    assert load_dataset(out).rows["corrected"].isna().all()
    assert "| none | 2 | unknown |" in (out / "README.md").read_text(encoding="utf-8")


def test_without_checksums_tables_that_differ_are_refused_and_one_alone_is_taken(call, found):
    corrected(found, lambda lines: lines[0].update(label="none"))
    (found / "SHA256SUMS").unlink()
    assert "remove the one that is not meant" in refused(call, found)
    (found / "statements.csv").unlink()
    assert "is not known" in adopted(call, found)[1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": "favour"}, "statements.jsonl:1: unknown label 'favour' in scheme 'favor-against-none'; did you mean 'favor'?"),
        ({"actor": " "}, "statements.jsonl:1: column 'actor' is blank"),
        ({"actor": None}, "statements.jsonl:1: column 'actor' is empty"),
        ({"target": None}, "statements.jsonl:1: column 'target' is empty"),
        ({"end": 27}, "statements.jsonl:1: start and end are 27 characters apart, the span has 26"),
        ({"start": None}, "statements.jsonl:1: column 'start' is empty"),
        ({"start": 1, "end": 27}, "statements.jsonl:1: the article has other words at 1-27 than the span"),
        ({"start": "one"}, "statements.jsonl:1: column 'start' holds 'one', expected a whole number"),
        ({"start": 0.5}, "statements.jsonl:1: column 'start' holds 0.5, expected a whole number"),
        (
            {"end": 9, "span": "Ada Brook"},
            "statements.jsonl:1: the span was corrected, but the text is still that of the span before",
        ),
        ({"end": 9, "span": "Ada Brook", "text": "Ada Brook"}, "statements.jsonl:2: text differs from that of the other rows of"),
        ({"id": "news-002-bo-lund"}, "statements.jsonl:3: duplicate id 'news-002-bo-lund', first at"),
        ({"role": "speeker"}, "statements.jsonl:1: unknown role 'speeker'; did you mean 'speaker'?"),
        ({"mode": None}, "statements.jsonl:1: unknown mode None"),
        ({"label": None}, "statements.jsonl: 1 of 4 rows have no label; fill column 'label' with favor, against, none"),
    ],
)
def test_a_fault_of_the_correction_names_its_line(call, found, change, message):
    assert message in refused(call, corrected(found, lambda lines: lines[0].update(change)))


def test_all_faults_are_told_at_once_in_either_table(call, found):
    def change(lines):
        lines[0]["label"] = "favour"
        lines[1]["actor"] = ""
        lines[2]["label"] = ""

    told = refused(call, corrected(found, change, "statements.csv"))
    for part in ("statements.csv: 1 of 4 rows have no label", "csv:3: column 'actor' is empty", "csv:2: unknown label 'favour'"):
        assert part in told


def test_what_was_never_labelled_says_what_to_do(call, found):
    for name in ("statements.jsonl", "statements.csv"):
        corrected(found, lambda lines: [line.update(label=None, target=None) for line in lines], name)
    told = refused(call, found)
    assert "4 of 4 rows have no label" in told
    assert "`stancelab article --target`" in told


def test_a_column_that_is_gone_and_a_folder_of_something_else(call, found, tmp_path):
    lines = [{key: value for key, value in line.items() if key != "span"} for line in rows()]
    write_json_lines(found / "statements.jsonl", lines)
    assert "statements.jsonl: column 'span' is missing" in refused(call, found)
    (tmp_path / "other").mkdir()
    assert "expected a folder that `stancelab article` wrote" in refused(call, tmp_path / "other")


def test_a_folder_that_is_there_is_not_written_over(call, found):
    out, _ = adopted(call, found)
    before = (out / "rows.jsonl").read_bytes()
    code, _, err = call("data", "adopt", found, "-o", out)
    assert (code, "is there already" in err) == (2, True)
    assert (out / "rows.jsonl").read_bytes() == before


def test_as_json(call, found):
    said = json.loads(adopted(call, found, "--json")[1])
    assert (said["rows"], said["corrected"], said["labels"]) == (4, 0, {"favor": 2, "none": 1, "against": 1})


def test_what_is_adopted_is_learnt_from(call, found):
    dataset = load_dataset(adopted(call, found)[0])
    model = load_recipe("naive-bayes").build(seed=0, labels=dataset.scheme.labels).fit(dataset.X, dataset.y)
    assert model.predict(dataset.X).tolist() == dataset.y.tolist()


def test_what_the_command_writes_is_corrected_and_adopted(call, tmp_path):
    news = tmp_path / "news.txt"
    news.write_text(
        "Bridge talks\n\nMayor Ada Brook backed the bridge. “Never,” said Bo Lund of the Ferry Union.\n", encoding="utf-8"
    )
    assert call("article", news, "--target", TARGET, "-o", tmp_path / "found")[0] == 0
    table = tmp_path / "found" / "statements.csv"
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert [row["actor"] for row in rows] == ["Ada Brook", "Bo Lund"]
    rows[1]["label"] = "against"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    code, _, err = call("data", "adopt", tmp_path / "found", "-o", tmp_path / "mine")
    assert (code, err) == (0, "")
    adopted = load_dataset(tmp_path / "mine").rows
    assert adopted["label"].tolist() == [rows[0]["label"], "against"]
    assert adopted["corrected"].tolist() == [False, True]
    assert validate(tmp_path / "mine") == []
