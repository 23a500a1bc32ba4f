"""Is everything that was found in the folder, exactly, and is the folder whole or not there?"""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.article.folder import write_analyses
from stancelab.article.found import Analysis, Attribution, FoundActor, Statement
from stancelab.article.pipeline import analyse, analyse_many
from stancelab.article.rows import columns, rows_of
from stancelab.article.source import Block, Source
from stancelab.article.sources import Unreadable
from stancelab.article.stances import question
from stancelab.errors import InputError
from stancelab.labels import scheme_named
from stancelab.records import read_json_lines
from stancelab.tables import read_table

NEWS = "Ada: I support the tram.\nCole, Dora: We reject the tram."
TARGET = "the city builds a tram line"
HEADER = (
    "id doc_id group text actor actor_id target label p_favor p_against p_neutral p_unrelated confidence role mode quote "
    "quote_start start end span paragraph cue mention_start mention_end attribution_confidence date source"
)
ORDER = HEADER.split()


def json_rows(path):
    return [row for _, row in read_json_lines(path)]


def left_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.fixture
def write(colon_core, tmp_path):
    def written(*texts, target=TARGET, out="out", **facts):
        asked = question(target) if target else None
        sources = [colon_core(f"a{number}", text, **facts) for number, text in enumerate(texts, 1)]
        return write_analyses(tmp_path / out, analyse_many(sources, asked=asked), asked=asked, facts={"made": "here"})

    return written


def test_the_columns_and_a_row_worked_by_hand(write, tmp_path):
    write("A tram\n\n" + NEWS, date="2031-04-05", outlet="Village News")
    rows = json_rows(tmp_path / "out" / "statements.jsonl")
    assert [list(row) for row in rows] == [ORDER] * 3
    expected = {
        "id": "a1-002-dora",
        "doc_id": "a1",
        "group": "a1-002",
        "text": "Cole, Dora: We reject the tram.",
        "actor": "Dora",
        "actor_id": "dora",
        "target": TARGET,
        "label": "against",
        "role": "speaker",
        "mode": "indirect",
        "quote": None,
        "quote_start": None,
        "start": 33,
        "end": 64,
        "span": "Cole, Dora: We reject the tram.",
        "paragraph": 1,
        "cue": "say",
        "mention_start": 39,
        "mention_end": 43,
        "attribution_confidence": 0.75,
        "date": "2031-04-05",
        "source": "Village News",
    }
    assert {name: rows[2][name] for name in expected} == expected
    assert rows[2]["confidence"] == rows[2]["p_against"] == max(rows[2][name] for name in ORDER if name.startswith("p_"))
    assert list(columns(scheme_named("favor-against-neutral-unrelated"))) == ORDER


def test_without_a_target_there_are_no_stances_and_no_probabilities(write, tmp_path):
    write(NEWS, target=None)
    rows = json_rows(tmp_path / "out" / "statements.jsonl")
    assert list(rows[0]) == [name for name in ORDER if not name.startswith("p_")] == list(columns(None))
    assert {(row["target"], row["label"], row["confidence"]) for row in rows} == {(None, None, None)}
    facts = json.loads((tmp_path / "out" / "analysis.json").read_text())
    assert [facts[name] for name in ("target", "model", "scheme", "labels")] == [None] * 4


TRICKY = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    '"',
    "a\r\nb",
    "\r",
    "\n",
    "\x00",
    ",",
    "\ufeff",
    "👩‍🚀",
    "\u2028",
    "'",
    "12",
    " x ",
    "None",
]


def with_texts(texts):
    """An analysis whose statements have these texts."""
    blocks = (Block(0, 1, 1, "body"),)
    actor = FoundActor(
        id="ada", name=f"A{texts[0]}", kind="person", affiliation=None, country=None, role=None, aliases=[], mentions=1
    )
    attribution = Attribution("ada", "reported", None, 0.5)
    statements = [
        Statement(f"a-{number:03d}", 0, 1, text, text, 1, "direct", text, 0, text, (attribution,))
        for number, text in enumerate(texts, 1)
    ]
    return Analysis(Source("a", "x", "x", [0], [1], blocks), (actor,), tuple(statements))


@given(st.lists(st.one_of(st.sampled_from(TRICKY), st.text(min_size=1)), min_size=1, max_size=3))
def test_a_table_reads_back_exactly(texts):
    analysis = with_texts(texts)
    rows = list(rows_of(analysis))
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("stancelab.article.folder.article_page", lambda analysis: "")
        write_analyses(Path(folder) / "out", [analysis], asked=None, facts={})
        table = read_table(Path(folder) / "out" / "statements.csv")
        assert json_rows(Path(folder) / "out" / "statements.jsonl") == rows
    assert table.columns == columns(None)
    as_text = [{name: None if value is None else str(value) for name, value in row.items()} for row in rows]
    assert list(table.rows) == as_text


def test_one_article_has_one_page_and_several_have_an_index(write, tmp_path):
    write(NEWS, out="one")
    tables = ["SHA256SUMS", "actors.jsonl", "analysis.json", "statements.csv", "statements.jsonl"]
    assert left_in(tmp_path / "one") == sorted([*tables, "article.html"])
    write(NEWS, "quiet", out="two")
    assert left_in(tmp_path / "two") == sorted([*tables, "articles", "articles/a1.html", "articles/a2.html", "index.html"])
    assert "a2" in (tmp_path / "two" / "articles" / "a2.html").read_text()
    assert all(f"articles/a{number}.html" in (tmp_path / "two" / "index.html").read_text() for number in (1, 2))
    assert oct((tmp_path / "two").stat().st_mode)[-3:] == "755"


def test_an_actor_of_several_articles_is_one_line(colon_core, tmp_path):
    first, second, third = (analyse(colon_core(name, text), None) for name, text in (("a", NEWS), ("b", NEWS), ("c", "Eve: No.")))
    ada = second.actors[0].model_copy(update={"name": "Ada Brook", "aliases": ["Ada", "Brook"], "role": "mayor", "mentions": 5})
    second = replace(second, actors=(ada, *second.actors[1:]))
    write_analyses(tmp_path / "out", [first, second, third], asked=None, facts={})
    rows = {row["id"]: row for row in json_rows(tmp_path / "out" / "actors.jsonl")}
    assert list(rows) == ["ada", "cole", "dora", "eve"]
    assert rows["ada"] == {
        "id": "ada",
        "name": "Ada",
        "kind": "person",
        "affiliation": None,
        "country": None,
        "role": "mayor",
        "aliases": ["Ada Brook", "Brook"],
        "mentions": 6,
        "articles": 2,
        "statements": 2,
    }
    assert (rows["eve"]["articles"], rows["eve"]["statements"]) == (1, 1)


def test_facts_add_up(write, colon_core, tmp_path):
    written = write(NEWS, "quiet")
    facts = json.loads((tmp_path / "out" / "analysis.json").read_text())
    assert (facts["made"], facts["target"], facts["model"]) == ("here", TARGET, "cue-lexicon")
    assert (facts["actors"], facts["statements"], facts["rows"]) == (3, 2, 3) == (3, written.statements, written.rows)
    first, second = facts["articles"]
    assert (first["doc_id"], first["statements"], first["rows"], first["actors"], first["notes"]) == ("a1", 2, 3, 3, [])
    assert first["sha256"] == hashlib.sha256(NEWS.encode()).hexdigest()
    assert ["no statement was found" in note for note in second["notes"]] == [True]


def test_what_is_unreadable_is_told_and_nothing_is_written_where_all_is(colon_core, tmp_path):
    fault = Unreadable("b.txt", "the file is empty")
    written = write_analyses(tmp_path / "out", [fault, analyse(colon_core("a", NEWS), None)], asked=None, facts={})
    assert written.unreadable == [fault]
    facts = json.loads((tmp_path / "out" / "analysis.json").read_text())
    assert facts["unreadable"] == [{"where": "b.txt", "why": "the file is empty"}]
    with pytest.raises(InputError, match=r"b\.txt: the file is empty"):
        write_analyses(tmp_path / "none", [fault], asked=None, facts={})
    with pytest.raises(InputError, match="no article was given"):
        write_analyses(tmp_path / "none", [], asked=None, facts={})
    assert left_in(tmp_path)[-1].startswith("out/")


@pytest.mark.parametrize("fault", [KeyboardInterrupt, RuntimeError, OSError(28, "No space left on device")])
def test_what_is_interrupted_leaves_nothing(colon_core, tmp_path, fault):
    def stopping():
        yield analyse(colon_core("a", NEWS), None)
        (unfinished,) = tmp_path.iterdir()
        assert unfinished.name.startswith(".out.")
        assert unfinished.name.endswith(".unfinished")
        assert (unfinished / "articles" / "a.html").exists()
        raise fault

    with pytest.raises(InputError if isinstance(fault, OSError) else fault):
        write_analyses(tmp_path / "out", stopping(), asked=None, facts={})
    assert left_in(tmp_path) == []


def test_a_folder_with_something_in_it_stays_as_it_is(write, tmp_path):
    (tmp_path / "empty").mkdir()
    write(NEWS, out="empty")
    before = (tmp_path / "empty" / "statements.csv").read_bytes()
    with pytest.raises(InputError, match="empty: is there already; remove it, or name another folder"):
        write("Eve: No.", out="empty")
    assert (tmp_path / "empty" / "statements.csv").read_bytes() == before
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="is there already"):
        write(NEWS, out="file")


def test_two_runs_write_the_same_bytes(write, tmp_path):
    write(NEWS, "quiet", out="one")
    write(NEWS, "quiet", out="two")
    names = [name for name in left_in(tmp_path / "one") if "." in name]
    assert len(names) == 7
    assert all((tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes() for name in names)
