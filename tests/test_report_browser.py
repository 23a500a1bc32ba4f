"""Does the report work in a real browser: filters, links, keyboard, dark, paper, hostile text, and a big run?"""

import csv
from itertools import pairwise

import numpy as np
import pytest

from stancelab.leaderboard import Entry, Leaderboard, leaderboards
from stancelab.predictions import Predictions
from stancelab.recipes import Recipe
from stancelab.report.page import page, write_report
from stancelab.report.rows_section import rows_section, said
from stancelab.runs import run_experiment

pytestmark = pytest.mark.slow

HOSTILE = "</script><script>document.title='owned'</script><img src='http://x.invalid/' onerror=\"document.title='owned'\">"
MOST_BYTES = 15_000_000


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A run with 150 rows, one of them hostile, and two repeats; its leaderboard."""
    folder = tmp_path_factory.mktemp("report")
    says = {"favor": "they back it", "against": "they reject it", "none": "they met"}
    labels = np.random.default_rng(0).integers(0, 3, size=150)
    with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["id", "text", "actor", "target", "label"])
        for number, code in enumerate(labels):
            label, told = list(says)[code], list(says)[code if number % 3 else number % 9 // 3]
            text = f"{says[told]} {number} {HOSTILE if number == 3 else ''}"
            lines.writerow([f"r{number}", text.strip(), f"Actor {number % 4}", "the tax", label])
    (folder / "experiment.toml").write_text(
        'title = "The tax"\ndescription = "Invented."\ndataset = "rows.csv"\nprimary_metric = "macro_f1"\nseeds = [0]\n'
        'schemes = ["favor-against-none"]\nrecipes = ["majority", "naive-bayes"]\n'
        '[[protocols]]\nkind = "stratified-group-k-fold"\nfolds = 2\nrepeats = 2\n',
        encoding="utf-8",
    )
    run = run_experiment(folder, out=folder / "run", jobs=1)
    return run, leaderboards(run)[0]


@pytest.fixture(scope="session")
def report(finished):
    """Its report."""
    run, board = finished
    return write_report(run, [board])


def count(tab):
    """How many rows the page says it found."""
    return int(tab.locator("#count").inner_text().split()[0].replace(",", ""))


def statements(tab):
    return [text.split("\n")[0] for text in tab.locator("#table tbody th.statement").all_inner_texts()]


def entry_of(board, name):
    return next(entry for entry in board.entries if entry.recipe.name == name)


def test_filters_find_what_numpy_finds(open_page, report, finished):
    board, tab = finished[1], open_page(report)
    gold, labels = board.entries[0].predictions.gold, board.dataset.scheme.labels
    counts = said(entry_of(board, "naive-bayes"))
    assert count(tab) == 150
    assert len(statements(tab)) == 100
    tab.select_option("select[name=gold]", "against")
    assert count(tab) == (gold == 1).sum()
    tab.select_option("select[name=recipe]", "naive-bayes")
    tab.select_option("select[name=predicted]", "favor")
    assert count(tab) == ((gold == 1) & (counts[:, 0] > 0)).sum() > 0
    tab.check("input[name=errors]")
    tab.select_option("select[name=gold]", "")
    assert count(tab) == ((gold != 0) & (counts[:, 0] > 0)).sum()
    tab.select_option("select[name=predicted]", "")
    wrong = counts[np.arange(150), gold] < counts.sum(axis=1)
    assert count(tab) == wrong.sum()
    tab.select_option("select[name=sort]", "worst")
    first = tab.locator("#table tbody tr").first.locator(".told").inner_text()
    assert f"{labels[0]} 1×" not in first
    tab.click("button[type=reset]")
    tab.locator("#count", has_text="150 rows").wait_for()


def test_a_search_finds_words_anywhere_in_a_row(open_page, report, finished):
    tab = open_page(report)
    tab.fill("input[name=q]", "ACTOR 2 they met")
    rows = finished[1].dataset.rows
    whole = (rows["text"] + " " + rows["actor"] + " " + rows["target"] + " " + rows["id"]).str.lower()
    expected = rows["text"][[all(word in text for word in ("actor", "2", "they", "met")) for text in whole]]
    assert 0 < len(expected) < 100
    tab.locator("#count", has_text=f"{len(expected)} of 150 rows").wait_for()
    assert statements(tab) == list(expected)
    assert tab.evaluate("location.hash") == "#rows?q=ACTOR+2+they+met"
    tab.fill("input[name=q]", "no such words")
    tab.locator("#count", has_text="0 of 150 rows").wait_for()
    assert not tab.locator("#pager").is_visible()


def test_a_confusion_cell_leads_to_its_rows(open_page, report, finished):
    board, tab = finished[1], open_page(report)
    for name in ("majority", "naive-bayes"):
        entry, labels = entry_of(board, name), board.dataset.scheme.labels
        links = tab.locator(f"#confusion a[href*='recipe={name}&']")
        for place in range(links.count()):
            links.nth(place).click()
            state = {key: tab.input_value(f"select[name={key}]") for key in ("recipe", "gold", "predicted")}
            assert state["recipe"] == name
            gold, predicted = labels.index(state["gold"]), labels.index(state["predicted"])
            rows = np.flatnonzero((entry.predictions.gold == gold) & (said(entry)[:, predicted] > 0))
            assert count(tab) == len(rows)
            assert statements(tab) == list(board.dataset.rows["text"].iloc[rows[:100]])
            assert tab.locator("#rows h2").is_visible()


def test_the_address_holds_what_is_shown(open_page, report, finished):
    board, tab = finished[1], open_page(report, "#rows?gold=none&errors=1&recipe=majority")
    gold = board.entries[0].predictions.gold
    counts = said(entry_of(board, "majority"))
    assert count(tab) == ((gold == 2) & (counts[:, 2] < 2)).sum()
    second = open_page(report, "#rows?from=101")
    assert second.locator("#place").inner_text() == "101–150"
    assert statements(second)[0] == board.dataset.rows["text"].iloc[100]
    open_page(report, "#rows?gold=%3Cimg%3E&sort=nothing&nonsense=1&from=-7")


def test_the_keyboard_is_enough(open_page, report, finished):
    tab = open_page(report)
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    tab.keyboard.press("Enter")
    assert tab.evaluate("location.hash") == "#main"
    tab.focus("select[name=gold]")
    tab.keyboard.press("f")
    assert count(tab) == (finished[1].entries[0].predictions.gold == 0).sum()
    tab.focus("button[type=reset]")
    tab.keyboard.press("Enter")
    tab.locator("#count", has_text="150 rows").wait_for()
    tab.keyboard.press("Tab")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "next"
    assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    tab.keyboard.press("Space")
    assert tab.locator("#place").inner_text() == "101–150"
    assert tab.get_attribute("#count", "aria-live") == "polite"
    unnamed = "[...document.querySelectorAll('#browser select, #browser input')].filter((field) => !field.labels.length).length"
    assert tab.evaluate(unnamed) == 0


def test_hostile_text_is_text(open_page, report):
    tab = open_page(report, "#rows?q=onerror")
    assert count(tab) == 1
    assert HOSTILE in statements(tab)[0]
    assert tab.title() == "The tax · stancelab"
    assert tab.locator("img").count() == 0


def luminance(tab, script):
    """How light a colour is, from 0 to 1."""
    drawn = f"""(() => {{
        const paint = document.createElement("canvas").getContext("2d");
        paint.fillStyle = {script};
        paint.fillRect(0, 0, 1, 1);
        return [...paint.getImageData(0, 0, 1, 1).data];
    }})()"""
    red, green, blue, _ = (value / 255 for value in tab.evaluate(drawn))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_charts_and_text_are_read_on_both_grounds(open_page, report, scheme):
    tab = open_page(report, color_scheme=scheme)
    ground = luminance(tab, "getComputedStyle(document.body).backgroundColor")
    assert (ground < 0.1) == (scheme == "dark")
    for chosen, name in (
        ("body", "color"),
        (".soft", "color"),
        ("#overview svg text", "fill"),
        ("#calibration svg text", "fill"),
    ):
        ink = luminance(tab, f"getComputedStyle(document.querySelector('{chosen}')).{name}")
        assert abs(ink - ground) > 0.4
    covers = "[...document.querySelectorAll('svg > rect')].filter((rect) => getComputedStyle(rect).fill !== 'none').length"
    assert tab.evaluate(covers) == 0


def test_a_small_screen_is_not_exceeded(open_page, report):
    tab = open_page(report, viewport={"width": 380, "height": 700})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 380


def test_paper_shows_the_rows_as_filtered_and_what_was_folded(open_page, report):
    tab = open_page(report, "#rows?gold=favor")
    found = count(tab)
    seen = "addEventListener('beforeprint', () => { window.seen = [document.querySelectorAll('details:not([open]):not(.files)')"
    tab.evaluate(f"{seen}.length, document.querySelectorAll('#table tbody tr').length]; }})")
    assert tab.pdf(prefer_css_page_size=True).startswith(b"%PDF-")
    assert tab.evaluate("window.seen") == [0, found]
    assert tab.locator("details[open]").count() == 0
    tab.emulate_media(media="print")
    assert not tab.locator("nav").is_visible()
    assert not tab.locator("#filters").is_visible()
    assert tab.locator("#count").is_visible()


def test_without_script_everything_but_the_rows_is_there(open_page, report):
    tab = open_page(report, java_script_enabled=False)
    assert tab.locator("noscript").inner_text().endswith("tables/rows.csv beside this page holds them all.")
    assert not tab.locator("#browser").is_visible()
    assert tab.locator("#comparisons table.matrix").is_visible()


def big_board(board, rows, recipes):
    """A leaderboard as the given one, of many rows and recipes that guess."""
    import pandas as pd

    generator = np.random.default_rng(0)
    ends = np.cumsum(generator.integers(60, 360, size=rows))
    letters = generator.integers(ord("a"), ord("z") + 1, size=ends[-1], dtype=np.uint8).tobytes().decode()
    texts = [letters[start:end] for start, end in pairwise([0, *ends.tolist()])]
    frame = pd.DataFrame({"id": [f"row-{n}" for n in range(rows)], "text": texts, "target": "the tax", "label": "none"})
    frame = frame.assign(actor=[f"Actor {n % 700}" for n in range(rows)], group=frame["id"])
    gold = generator.integers(0, 3, size=rows)
    entries = tuple(
        Entry(
            Recipe(name=f"guess-{n}", title="x", family="baseline", kind="dummy", description="x", source="x"),
            Predictions(
                board.dataset.scheme,
                tuple(frame["id"]),
                tuple(frame["id"]),
                gold,
                generator.integers(0, 4, size=(1, rows)),
                None,
                ((0, 0),),
            ),
            {},
            None,
            0.0,
        )
        for n in range(recipes)
    )
    dataset = type(board.dataset)("big", "1", board.dataset.scheme, frame)
    return Leaderboard(board.setting, dataset, board.metric, entries)


def test_a_big_run_is_browsed(open_page, finished, tmp_path):
    board = big_board(finished[1], 20_000, 10)
    run = finished[0]
    path = tmp_path / "report.html"
    path.write_text(page(run, [rows_section(run, [board])]), encoding="utf-8")
    assert path.stat().st_size < MOST_BYTES
    tab = open_page(path, "#rows?recipe=guess-3&gold=favor&predicted=none+given&from=201")
    predictions = board.entries[3].predictions
    assert count(tab) == ((predictions.gold == 0) & (predictions.predicted[0] == 3)).sum()
    assert tab.locator("#table tbody tr").count() == 100
    assert tab.locator("#place").inner_text() == "201–300"
