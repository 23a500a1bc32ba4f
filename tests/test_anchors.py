import json

import pytest

from stancelab.build import build
from stancelab.dataset import load_dataset
from stancelab.errors import InputError
from stancelab.hydration import sha256_of
from stancelab.records import write_json_lines
from stancelab.validation import check, validate


def records(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def shipped(bridge, bridge_article):
    """The bridge dataset with its article in the folder, a second article of one statement, roles and splits."""
    (bridge / "articles").mkdir()
    texts = {"bridge-1": bridge_article.read_text(encoding="utf-8"), "bridge-2": "A ferry\n\nAda Brook bought\na ferry.\n"}
    article, units = records(bridge / "articles.jsonl")[0], records(bridge / "units.jsonl")
    articles = []
    for name, text in texts.items():
        (bridge / "articles" / f"{name}.txt").write_text(text, encoding="utf-8")
        facts = {"doc_id": name, "characters": len(text), "sha256": sha256_of(text), "file": f"articles/{name}.txt"}
        articles.append(
            article | facts | {"split": "development" if name == "bridge-1" else "kept", "date": f"2026-01-0{name[-1]}"}
        )
    start, end = 9, len(texts["bridge-2"]) - 2
    span = texts["bridge-2"][start:end]
    ferry = units[0] | {"id": "f01-ada", "doc_id": "bridge-2", "group": "f01", "text": " ".join(span.split()), "mode": "narrated"}
    ferry |= {"start": start, "end": end, "paragraph": 2, "quote": None, "quote_start": None, "span_sha256": sha256_of(span)}
    ferry |= {"loose_length": len("".join(span.split())), "loose_sha256": sha256_of("".join(span.split()))}
    given = [line | {"id": "f01-ada"} for line in records(bridge / "annotations.jsonl")[:3]]
    write_json_lines(bridge / "articles.jsonl", articles)
    write_json_lines(bridge / "units.jsonl", ({**unit, "role": "speaker"} for unit in [*units, ferry]))
    write_json_lines(bridge / "annotations.jsonl", [*records(bridge / "annotations.jsonl"), *given])
    build(bridge)
    return bridge


def test_a_folder_that_ships_its_articles_has_no_faults(shipped):
    assert validate(shipped) == []
    assert check(shipped) == []


def test_rows_have_the_split_the_date_and_the_role(shipped):
    rows = load_dataset(shipped).rows.set_index("id")
    assert rows.loc["f01-ada", ["split", "date", "role"]].tolist() == ["kept", "2026-01-02", "speaker"]
    assert rows.loc["b01-ada", ["split", "date", "role"]].tolist() == ["development", "2026-01-01", "speaker"]


def test_without_them_rows_have_neither_split_nor_role(bridge):
    assert not {"split", "role"} & set(load_dataset(bridge).rows)
    assert not {"split", "role"} & set(records(bridge / "gold.jsonl")[0])


def test_the_checksum_knows_neither_split_nor_role(shipped):
    before = load_dataset(shipped)
    for file, key in (("articles.jsonl", "split"), ("gold.jsonl", "role")):
        lines = records(shipped / file)
        write_json_lines(shipped / file, ({name: value for name, value in line.items() if name != key} for line in lines))
    after = load_dataset(shipped)
    assert {"split", "role"} & set(before.rows)
    assert not {"split", "role"} & set(after.rows)
    assert after.sha == before.sha


def test_a_changed_article_in_the_folder_is_noticed_without_being_named(shipped):
    path = shipped / "articles" / "bridge-2.txt"
    path.write_text("Another\n\nand " + path.read_text(encoding="utf-8"), encoding="utf-8")
    faults = "\n".join(check(shipped))
    assert "articles.jsonl:2: sha256 or characters are not those of articles/bridge-2.txt" in faults
    assert "gold.jsonl:17: the article's words at 9-33 have another checksum" in faults
    assert "gold.jsonl:1:" not in faults


def test_a_lost_article_is_a_fault_of_its_line(shipped):
    (shipped / "articles" / "bridge-2.txt").unlink()
    assert any("articles.jsonl:2:" in fault and "no such file" in fault for fault in check(shipped))


def test_a_copy_goes_with_an_article_that_is_not_there(shipped, bridge_article):
    with pytest.raises(InputError, match="all articles lie there and are checked as they stand"):
        check(shipped, article=bridge_article)
    articles = records(shipped / "articles.jsonl")
    del articles[0]["file"]
    write_json_lines(shipped / "articles.jsonl", articles)
    assert check(shipped, article=bridge_article) == []
    bridge_article.write_text("x" + bridge_article.read_text(encoding="utf-8"), encoding="utf-8")
    assert "sha256 is not the one in articles.jsonl" in check(shipped, article=bridge_article)[0]


@pytest.mark.parametrize(("file", "key"), [("articles.jsonl", "split"), ("gold.jsonl", "role")])
def test_all_have_a_role_and_a_split_or_none(shipped, file, key):
    lines = records(shipped / file)
    del lines[1][key]
    write_json_lines(shipped / file, lines)
    assert any(f"{file}:2: key {key!r} is missing; other lines have it" in fault for fault in validate(shipped))


@pytest.mark.parametrize("file", ["../secret.txt", "/etc/passwd", "articles/../x.txt", "articles/x.html"])
def test_an_article_lies_in_the_folder_of_articles(shipped, file):
    articles = records(shipped / "articles.jsonl")
    write_json_lines(shipped / "articles.jsonl", [articles[0], {**articles[1], "file": file}])
    assert any("articles.jsonl:2: key 'file'" in fault for fault in validate(shipped))
