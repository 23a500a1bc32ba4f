"""experiments/article/measure.py with stages that are known to be right, and known to be wrong."""

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from stancelab.article.found import Analysis, Attribution, FoundActor, Statement
from stancelab.article.marked import Comparison, Marked, Party
from stancelab.article.source import Source
from stancelab.dataset import load_dataset
from stancelab.errors import InputError
from stancelab.hydration import articles_of, hydrate
from stancelab.labels import scheme_named

sys.path.insert(0, str(Path(__file__).parent.parent / "experiments" / "article"))

import measure
import quoted


def read(path):
    text = path.read_text(encoding="utf-8")
    return Source(path.stem, text, text, range(len(text)), range(1, len(text) + 1), ())


class Perfect:
    """Finds what gold has."""

    def __init__(self, rows):
        self.rows = rows
        facts = {"affiliation": None, "country": None, "role": None, "aliases": [], "mentions": 1}
        names = rows.drop_duplicates("actor_id")[["actor_id", "actor", "actor_kind"]].itertuples(index=False)
        self.actors = tuple(FoundActor(id=key, name=name, kind=kind, **facts) for key, name, kind in names)

    def analyse(self, source, target):
        assert target == "the council builds a bridge"
        return Analysis(source, self.actors, tuple(self.statement(source, lines) for _, lines in self.rows.groupby("group")))

    def statement(self, source, lines):
        one = lines.iloc[0]
        given = tuple(Attribution(row.actor_id, "speaker", None, 1.0, row.label) for row in lines.itertuples())
        span = source.content[one["start"] : one["end"]]
        return Statement(one["group"], one["start"], one["end"], span, span, 1, one["mode"], None, None, "say", given)

    def attribute(self, source, spans):
        by_span = {(one.start, one.end): one.attributions for one in self.analyse(source, self.rows["target"].iloc[0]).statements}
        return self.actors, [by_span[span] for span in spans]

    def predict(self, rows):
        return self.rows.set_index("id").loc[rows["id"]].reset_index()[["id", "label"]]


@pytest.fixture
def part(bridge, bridge_article):
    dataset = hydrate(load_dataset(bridge), bridge_article, articles=articles_of(bridge))
    return measure.Part("all", dataset, {"bridge-1": bridge_article})


@pytest.fixture
def stages(part):
    perfect = Perfect(part.gold.rows)
    others = {"nothing": lambda source: quoted.Quotes((), ("ValueError", "ValueError"))}
    return measure.Stages(read, perfect.analyse, perfect.attribute, perfect.predict, part.gold.scheme, "oracle", others)


def cells(page, name):
    (line,) = (line for line in page.split("\n") if line.startswith(f"| {name} |"))
    return [cell.strip() for cell in line.split("|")[2:-1]]


RIGHT = "1.000 [1.000, 1.000]"
ZERO = "0.000 [0.000, 0.000]"


def test_what_is_right_throughout_is_all_ones(part, bridge, stages):
    page = measure.results([(part, bridge)], ["Something is left out."], stages)
    for name in ("spans, exact", "(statement, actor)", "(statement, actor, label)", "stancelab: and their speaker"):
        assert cells(page, name)[2:5] == [RIGHT] * 3
    assert cells(page, "all actors")[2] == RIGHT
    assert cells(page, "accuracy")[0] == RIGHT
    assert cells(page, "nothing: quoted words")[2:] == [ZERO, "–", ZERO, "2 ValueError"]
    assert "Something is left out." in page
    assert f"Warning: only {part.gold.groups.nunique()} clusters (fewer than 25)" in page
    assert f"`bridge@{part.gold.sha[:8]}|favor-against-neutral-unrelated|part:all|model:oracle|statements|" in page


def test_a_label_that_is_wrong_is_a_row_that_is_wrong(part, bridge, stages):
    rows = part.gold.rows
    wrong = Perfect(rows.assign(label=["neutral", *rows["label"][1:]]))
    page = measure.section(part, bridge, replace(stages, analyse=wrong.analyse, predict=wrong.predict))
    assert cells(page, "(statement, actor)")[2] == RIGHT
    assert cells(page, "(statement, actor, label)")[2].startswith(f"{1 - 1 / len(rows):.3f}")
    assert cells(page, "accuracy")[0].startswith(f"{1 - 1 / len(rows):.3f}")


def test_another_article_than_the_annotated_one_is_refused(part, bridge, stages):
    path = part.files["bridge-1"]
    path.write_text("x" + path.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(InputError, match="not the article that was annotated"):
        measure.section(part, bridge, stages)


def test_a_scheme_without_a_label_for_some_rows_is_refused(part, bridge, stages):
    with pytest.raises(InputError, match="has no label for some rows"):
        measure.section(part, bridge, replace(stages, scheme=scheme_named("favor-against")))


CONTENT = "“It is,” she said, “late.” He called it “a day”. “Never closed, he said."


def test_runs_of_quoted_words_are_those_that_are_closed():
    one = Marked(0, len(CONTENT), "mixed", (Party("Ada Brook", True, "speaker"), Party("Bo", True, "reported")))
    runs = quoted.quoted(CONTENT, [one, replace(one, mode="indirect")])
    assert [CONTENT[run.start : run.end] for run in runs] == ["It is,", "late.", "a day"]
    straight = '"One," he said, "two."'
    assert [straight[run.start : run.end] for run in quoted.quoted(straight, [replace(one, end=len(straight))])] == [
        "One,",
        "two.",
    ]
    assert {run.parties for run in runs} == {(Party("Ada Brook", True, "speaker"),)}


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Brook", "Ada Brook"),
        ("minister Ada Brook", "Ada Brook"),
        ("she", "she"),
        ("Lund", "Lund"),
        ("Union", "Union of Fishers"),
        ("Ada", "Ada"),
    ],
)
def test_a_program_that_resolves_no_names_is_helped_where_one_can_be_meant(name, meant):
    known = [Party("Ada Brook", True, "speaker"), Party("Bo Lund", True, "speaker"), Party("Cy Lund", True, "speaker")]
    gold = Marked(0, 5, "direct", (*known, Party("Union of Fishers", False, "speaker")))
    found = Marked(0, 5, "direct", (Party(name, False, "speaker"),))
    (helped,) = quoted.kindly(Comparison("a", CONTENT, (gold,), (found,))).found
    assert helped.parties[0].name == meant


def test_crashes_are_counted_and_places_are_those_of_the_article(monkeypatch):
    def find(text):
        if "“" not in text:
            raise (ValueError if "One" in text else KeyError)(text)
        content = SimpleNamespace(start_char=text.index("“"), end_char=len(text))
        yield SimpleNamespace(speaker=[SimpleNamespace(text="Bo"), SimpleNamespace(text="Lund")], content=content)

    monkeypatch.setitem(sys.modules, "textacy", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "textacy.extract", SimpleNamespace(direct_quotations=find))
    quotes = quoted.by_textacy("One.\n\nBo: “Two”\n\nThree.\nOne.", lambda text: text, paragraphs=True)
    assert quotes.crashes == ("ValueError", "KeyError", "ValueError")
    assert quotes.found == (Marked(10, 15, "direct", (Party("Bo Lund", False, "speaker"),)),)
    assert quoted.crash_line(quotes.crashes) == "2 ValueError, 1 KeyError"
