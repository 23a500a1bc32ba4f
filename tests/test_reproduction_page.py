"""Does the page, and the terminal, show everything of a reproduction and nothing as markup?"""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from stancelab.expected import Expected
from stancelab.experiment import Experiment
from stancelab.report.reproduction_page import reproduction_page, write_reproduction
from stancelab.report.terminal import print_outcome, print_verdict
from stancelab.reproduction import Outcome, Plan, Reproduction

HOSTILE = "<script>alert(1)</script>\"' & [bold]x[/bold] {{ 7 * 7 }}"


def plan(name="tiny", wanted=(), **more):
    experiment = Experiment(
        title=more.pop("title", "A title"),
        description="What it is.",
        dataset="rows",
        primary_metric="macro_f1",
        seeds=[0],
        schemes=["favor-against-none"],
        recipes=["a"],
        protocols=[{"kind": "leave-one-actor-out"}],
    )
    return Plan(Path("experiments") / name / "experiment.toml", experiment, tuple(wanted), **more)


def outcome(name="tiny", *, off=(), recipes=("a", "b"), word="", published=None, title="A title"):
    wanted = [
        Expected(
            scheme=f"{scheme}{word}",
            protocol=f"leave{word}",
            recipe=f"{recipe}{word}",
            metric=f"macro_f1{word}",
            value=0.1111,
            tolerance=0.02,
            reason=f"why{word}",
            published=published,
            published_source=None if published is None else f"Doe{word}",
        )
        for scheme in ("two", "three")
        for recipe in recipes
    ]
    numbers = [Reproduction(name, entry, 0.9999 if place in off else 0.1123) for place, entry in enumerate(wanted)]
    return Outcome(plan(name, wanted, title=title), tuple(numbers))


def absent(name="gone", reason="the corpus 'vast' is not here"):
    return Outcome(plan(name, outcome().plan.wanted, absent=reason))


def words(page):
    class Reader(HTMLParser):
        text = ""

        def handle_data(self, data):
            self.text += f" {data}"

    reader = Reader()
    reader.feed(re.sub("<style>.*?</style>", "", page, flags=re.DOTALL))
    return re.sub(r"\s+", " ", reader.text)


def test_the_page_lists_everything():
    page = words(reproduction_page([outcome("first", off={1}), outcome("second", recipes=("c",), published=0.25), absent()]))
    for part in ("3 experiments", "6 numbers compared", "5 passed", "1 failed", "1 skipped"):
        assert part in page
    for name in ("first", "second", "gone", "A title", "What it is.", "Dataset: rows", "the corpus 'vast' is not here"):
        assert name in page
    assert page.count("macro_f1 0.1111 ± 0.02 0.1123 +0.0012 PASS") == 5
    assert page.count("macro_f1 0.1111 ± 0.02 0.9999 +0.8888 FAIL") == 2
    assert page.count("0.2500 -0.1377 Doe") == 2
    assert "± 0.02, why (a, b)." in page
    assert "FAIL: 5 of 6 numbers of 2 experiments reproduced, 1 experiment skipped." in page
    assert "python 3." in page
    assert "cores" in page


def test_without_failures_no_list_of_them():
    page = reproduction_page([outcome()])
    assert "Numbers that are off" not in page
    assert "published" not in words(page)
    assert "PASS: 4 of 4 numbers of 1 experiment reproduced" in page
    assert "Numbers that are off" in reproduction_page([outcome(off={0})])


def test_nothing_compared():
    page = words(reproduction_page([absent("one"), absent("two")]))
    assert "Nothing was compared, 2 experiments skipped." in page
    assert "PASS" not in page


def test_the_page_says_that_only_some_recipes_were_run():
    found = Outcome(plan(wanted=outcome().plan.wanted, recipes=["a", "b"]), outcome().numbers)
    assert "Only of the recipes a, b." in words(reproduction_page([found]))
    assert "Only of" not in reproduction_page([outcome()])


def test_hostile_text_is_shown_as_text():
    page = reproduction_page(
        [outcome(HOSTILE.replace("/", "_"), word=HOSTILE, off={0}, published=0.5, title=HOSTILE), absent(reason=HOSTILE)]
    )
    assert "<script" not in page
    assert "{{ 7 * 7 }}" in page
    shown = words(page)
    for part in (f"a{HOSTILE}", f"two{HOSTILE}", f"leave{HOSTILE}", f"macro_f1{HOSTILE}", f"why{HOSTILE}", f"Doe{HOSTILE}"):
        assert part in shown
    assert 'title="why<' not in page


def test_the_page_needs_nothing_from_elsewhere():
    page = reproduction_page([outcome(off={0}, published=0.5), absent()])
    assert not re.search(r"https?:|src=|@import|url\(|<script|<link", page)
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    for anchor in re.findall(r'href="#([^"]+)"', page):
        assert f'id="{anchor}"' in page


def test_the_page_is_written_whole(tmp_path):
    path = write_reproduction([outcome()], tmp_path / "new" / "reproduction.html")
    assert path.read_text(encoding="utf-8") == reproduction_page([outcome()])
    assert [entry.name for entry in path.parent.iterdir()] == ["reproduction.html"]


@pytest.fixture
def printed(capsys):
    def show(*outcomes):
        for found in outcomes:
            print_outcome(found)
        print_verdict(outcomes)
        return capsys.readouterr().out

    return show


def test_the_terminal_lists_every_number_and_each_failure_again(printed):
    out = printed(outcome("first", off={1}), outcome("second", published=0.25), absent())
    table = [re.sub(r"\s+", " ", line).strip() for line in out.splitlines()]
    assert table.count("a macro_f1 0.1111 ± 0.02 0.1123 +0.0012 PASS") == 2
    assert table.count("b macro_f1 0.1111 ± 0.02 0.9999 +0.8888 FAIL") == 1
    assert table.count("a macro_f1 0.1111 ± 0.02 0.1123 +0.0012 0.2500 -0.1377 PASS") == 2
    assert [line for line in out.splitlines() if line.startswith("first  two") and line.endswith("FAIL")] == [
        outcome("first", off={1}).failures[0].line
    ]
    assert "first: 3 of 4 numbers reproduced, worst difference +0.8888 (tolerance 0.02: b, macro_f1, two, leave)" in out
    assert "gone: skipped, none of its 4 numbers compared: the corpus 'vast' is not here" in out
    assert table[-1] == "FAIL: 7 of 8 numbers of 2 experiments reproduced, 1 experiment skipped"


def test_hundreds_of_numbers_end_in_a_short_summary(printed):
    out = printed(outcome(recipes=[f"r{place}" for place in range(150)], off={7})).splitlines()
    assert sum(line.rstrip().endswith(("PASS", "FAIL")) for line in out) == 301
    assert [line[:4] for line in out[-3:]] == ["tiny", "tiny", "FAIL"]


def test_the_terminal_takes_no_markup(printed):
    out = printed(outcome(word="[red]:smile:[/red]", off={0}), absent(reason="[x] :smile: [/x]"))
    assert "a[red]:smile:[/red]" in out
    assert "[x] :smile: [/x]" in out
