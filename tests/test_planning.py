import json

import numpy as np
import pandas as pd
import pytest
from jinja2 import Environment, PackageLoader, StrictUndefined

from stancelab.errors import InputError
from stancelab.intervals import Interval
from stancelab.leaderboard import leaderboards
from stancelab.learning_curve import Ahead, Backtest, Curve, Point
from stancelab.planning import powers
from stancelab.power import Aim, Power
from stancelab.report import learning_curve_section as made
from stancelab.report.planning_sheets import ahead_sheet, backtest_sheet, curve_sheet, power_sheet
from stancelab.runs import run_experiment

EXPERIMENT = """title = "Forty statements"
description = "Enough statements to plan with."
dataset = "{rows}"
primary_metric = "{metric}"
seeds = [0]
schemes = ["favor-against-none"]
recipes = ["majority", "naive-bayes", "cue-lexicon", "actor-only"]

[[protocols]]
kind = "stratified-group-k-fold"
folds = 2

[learning_curve]
shares = [0.2, 0.3, 0.4, 0.6, 0.8]
recipes = ["naive-bayes"]
"""


def rows_about(count=40):
    generator = np.random.default_rng(0)
    labels = ["favor", "against", "none"]
    words = {"favor": "supports wants welcomes", "against": "rejects opposes refuses", "none": "visits mentions describes"}
    gold = [labels[number % 3] for number in range(count)]
    told = [label if generator.random() < 0.7 else labels[generator.integers(3)] for label in gold]
    texts = [f"She {generator.choice(words[label].split())} the bridge number {at}." for at, label in enumerate(told)]
    return pd.DataFrame(
        {"id": range(count), "text": texts, "actor": [f"a{n % 5}" for n in range(count)], "target": "the bridge", "label": gold}
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planning")
    rows_about().to_csv(folder / "rows.csv", index=False)
    (folder / "experiment.toml").write_text(EXPERIMENT.format(rows=folder / "rows.csv", metric="macro_f1"), encoding="utf-8")
    return run_experiment(folder, out=folder / "run", jobs=1)


@pytest.fixture(scope="module")
def boards(run):
    return leaderboards(run)


def test_each_recipe_is_planned_for_against_the_best_baseline_as_the_leaderboard_has_it(run, boards):
    board = boards[0]
    found = powers(run, Aim())
    expected = {entry.recipe.name: entry.versus for entry in board.ranked if entry.versus}
    assert [(power.a, power.b) for power in found] == [(name, versus.b) for name, versus in expected.items()]
    for power in found:
        assert power.gap == pytest.approx(expected[power.a].difference.value)
        assert power.statements == expected[power.a].clusters
        assert power.refusal or 0 <= power.simulated <= 1


def test_a_named_pair_may_be_of_any_recipes(run):
    (found,) = powers(run, Aim(), pair=("actor-only", "majority"))
    assert (found.a, found.b) == ("actor-only", "majority")


@pytest.mark.parametrize(
    ("pair", "fault"),
    [
        (("naive-bays", "majority"), "unknown recipe of the primary setting 'naive-bays'; did you mean 'naive-bayes'"),
        (("majority", "majority"), "'majority' cannot gain on itself"),
    ],
)
def test_a_pair_that_cannot_be(run, pair, fault):
    with pytest.raises(InputError, match=fault):
        powers(run, Aim(), pair=pair)


def test_the_command_prints_tables(run, call):
    code, out, _ = call("power", run.folder, "--gain", "0.2")
    assert code == 0
    for words in ("A gain of 0.2 macro_f1", "naive-bayes", "Learning curves", "Where they lead", "Assumed: new statements"):
        assert words in out


def test_the_command_gives_plain_values(run, call):
    code, out, _ = call(
        "power", run.folder, "--json", "--a", "naive-bayes", "--b", "majority", "--gain", "0.1", "--alpha", "0.01"
    )
    found = json.loads(out)
    assert code == 0
    assert (found["gain"], found["alpha"], found["power"], found["metric"]) == (0.1, 0.01, 0.8, "macro_f1")
    assert [(pair["a"], pair["b"]) for pair in found["pairs"]] == [("naive-bayes", "majority")]
    assert len(found["curves"][0]["points"]) == 6


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--a", "majority"], "--a and --b go together"),
        (["--gain", "0"], "gain 0.0: expected a number above 0"),
        (["--power", "0.01"], "expected 0 < alpha < power < 1"),
    ],
)
def test_the_command_refuses(run, call, words, fault):
    code, out, err = call("power", run.folder, *words)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert fault in err


def planned(a="it", **facts):
    given = {"gap": -0.02, "standard_error": 0.05, "disagreements": 20, "replicates": 3, "reach": 0.4, "simulated": 0.125}
    return Power(a, "other", Aim(), spread=Interval(0.4, 0.3, 0.5), statements=70, **(given | facts))


def curve(recipe="it", *, ahead=True, backtest=True, refusal=""):
    about = Interval(0.6, 0.5, 0.7)
    points = tuple(Point(share, 40 * share, about) for share in (0.25, 0.5, 0.75, 1.0))
    steps = tuple(Ahead(times, 40 * times, about, Interval(0.1, -0.05, 0.125)) for times in (1.0, 2.0)) if ahead else ()
    test = Backtest(about, 0.75, Interval(-0.15, -0.2, -0.1), -0.05) if backtest else None
    return Curve(recipe, "macro_f1", 3, points, steps, refusal, test)


def test_the_power_of_a_pair_as_text():
    sheet = power_sheet([planned(), planned("same", disagreements=3)])
    assert sheet.header[4:6] == ("power 1x (70)", "tried out")
    assert sheet.rows[0][:3] == ("it", "other", "-0.020 (0.050)")
    assert sheet.rows[0][4:6] == ("18% [13, 28]", "12%")
    assert sheet.rows[0][-1] == "430 more [211, more than 630]"
    assert sheet.rows[1][3:-1] == ("–",) * 7
    assert {len(row) for row in sheet.rows} == {len(sheet.header)}


def test_curves_as_text():
    curves = [curve(), curve("other", ahead=False, refusal="no claim", backtest=False)]
    assert curve_sheet(curves).header == ("recipe", "25% (10)", "50% (20)", "75% (30)", "100% (40)", "repeats")
    ahead = ahead_sheet(curves)
    assert ahead.header[1:4] == ("score at 2x (80)", "gain at 2x", "score at 4x (160)")
    assert ahead.rows[0][1:] == (
        "0.600 [0.500, 0.700]",
        "+0.100 [-0.050, +0.125]",
        "–",
        "–",
        "its beginning did not tell its end",
    )
    assert ahead.rows[1][1:] == ("–", "–", "–", "–", "no claim")
    assert backtest_sheet(curves).rows == (("it", "0.600 [0.500, 0.700]", "0.750", "-0.150 [-0.200, -0.100]", "-0.050", "no"),)


def rendered(section):
    environment = Environment(loader=PackageLoader("stancelab", "report"), autoescape=True, undefined=StrictUndefined)
    return environment.get_template(f"sections/{section.template}").render(**section.context)


def test_the_section_of_a_run(run, boards, monkeypatch):
    monkeypatch.setattr(made, "learning_curves", lambda run: [curve(), curve("<b>", ahead=False, refusal="no claim")])
    section = made.learning_curve_section(run, boards)
    html = rendered(section)
    assert html.count("<svg") == 1
    assert "&lt;b&gt;" in html
    assert "0 of 2 held" in html
    assert set(section.sheets) == {"power", "learning-curve", "learning-curve-ahead", "learning-curve-backtest"}
    assert list(section.figures) == ["learning-curves"]
    assert all(len(row) == len(sheet.header) for sheet in section.sheets.values() for row in sheet.rows)


def test_the_section_without_curves_and_without_anything(run, boards, monkeypatch):
    monkeypatch.setattr(made, "learning_curves", lambda run: [])
    section = made.learning_curve_section(run, boards)
    assert list(section.sheets) == ["power"]
    assert "Learning curves" not in rendered(section)
    monkeypatch.setattr(made, "powers", lambda run, aim: [])
    assert made.learning_curve_section(run, boards) is None
