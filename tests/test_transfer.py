"""Does the transfer matrix hold every pair of corpora once, with the score that the predictions have there?"""

import shutil
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import numpy as np
import pytest
from sklearn.metrics import f1_score

from stancelab.errors import InputError
from stancelab.intervals import Interval
from stancelab.leaderboard import leaderboards
from stancelab.markdown import table
from stancelab.report.figures import as_svg, transfer_chart
from stancelab.report.page import write_report
from stancelab.report.publishing import publish
from stancelab.runs import run_experiment
from stancelab.scoring import score_predictions
from stancelab.tables import read_table
from stancelab.transfer import TransferCell, as_rows, transfer_matrix

SAYS = {"positive": "back it", "negative": "reject it", "neutral": "met in May"}
EXPERIMENT = """title = "x"
description = "x"
dataset = ["north.csv", "south.csv", "east.csv"]
primary_metric = "macro_f1"
seeds = [0]
schemes = ["favor-against-none", "positive-negative-neutral"]
recipes = ["majority", "naive-bayes", "target-only"]

[[protocols]]
kind = "cross-corpus"
train_on = ["north"]
most = 6

[[protocols]]
kind = "cross-corpus"
train_on = ["east", "north"]

[[protocols]]
kind = "leave-one-corpus-out"

[limits.target-only]
protocols = ["leave-one-corpus-out"]
reason = "to have a hole"
"""
REPEATED = """
[[protocols]]
kind = "cross-corpus"
train_on = ["north"]
most = 3
"""
TRAINED_ON = ["north", "east + north", "all others"]
TESTED = {"north": 6, "south": 12, "east": 9}


def write_corpus(path, splits, shift):
    """A table of one row a split ("" for none); every fourth text says the opposite of its label, from `shift` on."""
    lines = ["id,text,actor,target,label,split"]
    for number, split in enumerate(splits):
        label = list(SAYS)[number % 3]
        said = list(SAYS)[(number + (number % 4 == shift)) % 3]
        lines.append(f"{number},{path.stem} {number} {SAYS[said]},they,{('tax', 'war')[number % 2]},{label},{split}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A pool of three corpora, of which one has no splits."""
    folder = tmp_path_factory.mktemp("pool") / "experiments" / "moving"
    folder.mkdir(parents=True)
    write_corpus(folder / "north.csv", ["train"] * 9 + ["test"] * 6, 0)
    write_corpus(folder / "south.csv", [""] * 12, 1)
    write_corpus(folder / "east.csv", ["train"] * 12 + ["test"] * 9, 2)
    (folder / "experiment.toml").write_text(EXPERIMENT, encoding="utf-8")
    return run_experiment(folder, out=folder.parent.parent / "run", jobs=1)


@pytest.fixture(scope="module")
def matrix(run):
    return transfer_matrix(run)


@pytest.fixture(scope="module")
def boards(run):
    return leaderboards(run)


def test_every_pair_of_corpora_stands_in_it_once(matrix):
    pairs = [(cell.recipe, cell.trained_on, cell.tested_on) for cell in matrix]
    assert len(set(pairs)) == len(pairs)
    everything = {
        (recipe, trained, tested) for recipe in ("majority", "naive-bayes") for trained in TRAINED_ON for tested in TESTED
    }
    assert set(pairs) == everything | {("target-only", "all others", tested) for tested in TESTED}


def test_protocols_that_train_on_the_same_corpus_are_told_apart(run, tmp_path):
    folder = tmp_path / "moving"
    folder.mkdir()
    for name in ("north", "south", "east"):
        shutil.copy(run.folder.parent / "experiments" / "moving" / f"{name}.csv", folder)
    (folder / "experiment.toml").write_text(EXPERIMENT.replace("\n[limits", f"{REPEATED}\n[limits"), encoding="utf-8")
    matrix = transfer_matrix(run_experiment(folder, recipes=["majority"], out=tmp_path / "run", jobs=1))
    names = ["north (trained-on-north-6-rows)", "east + north", "all others", "north (trained-on-north-3-rows)"]
    assert list(dict.fromkeys(cell.trained_on for cell in matrix)) == names
    assert len(as_rows(matrix, "majority")[1]) == 4


def test_own_are_the_corpora_whose_training_rows_were_trained_on(matrix):
    own = {(cell.trained_on, cell.tested_on) for cell in matrix if cell.own}
    assert own == {("north", "north"), ("east + north", "north"), ("east + north", "east")}


def test_rows_are_those_that_were_tested(matrix):
    assert {(cell.tested_on, cell.rows) for cell in matrix} == set(TESTED.items())


def test_values_are_the_scores_on_the_rows_of_one_corpus(run, matrix):
    settings = {setting.protocol.name: setting for setting in run.settings if setting.scheme == "favor-against-none"}
    names = {"north": "trained-on-north-6-rows", "east + north": "trained-on-east+north", "all others": "leave-one-corpus-out"}
    for cell in matrix:
        setting = settings[names[cell.trained_on]]
        predicted = read_table(run.folder / setting.folder / cell.recipe)
        said = dict(zip(predicted.column("id"), predicted.column("label"), strict=True))
        rows = run.dataset(setting).rows
        rows = rows[rows["id"].isin(said) & (rows["corpus"] == cell.tested_on)]
        assert len(rows) == cell.rows
        labels = ["favor", "against", "none"]
        expected = f1_score(rows["label"], rows["id"].map(said), labels=labels, average="macro", zero_division=0)
        assert cell.score.value == pytest.approx(expected)
    assert len({round(cell.score.value, 6) for cell in matrix}) > 5


def test_intervals_resample_the_statements_of_that_corpus_alone(run, matrix):
    setting, recipe = run.settings[0], run.recipes[1]
    found = run.predictions(setting, recipe)
    south = found.where(np.array([name.startswith("south:") for name in found.ids]))
    [expected] = score_predictions(south, ["macro_f1"], dataset=run.dataset(setting), protocol="x", seeds=[0])
    cell = next(cell for cell in matrix if (cell.recipe, cell.trained_on, cell.tested_on) == (recipe.name, "north", "south"))
    assert cell.score == expected.interval
    assert cell.score.low < cell.score.value < cell.score.high


def test_a_run_that_pools_no_corpora_has_none(bridge_experiment, tmp_path):
    run = run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1, recipes=["majority"])
    assert transfer_matrix(run) == []
    board = leaderboards(run)
    page = write_report(run, board).read_text(encoding="utf-8")
    assert 'id="transfer"' not in page
    assert "Trained on one corpus" not in (run.folder / "results.md").read_text(encoding="utf-8")


def cell(trained_on, tested_on, value, *, recipe="mine", own=False):
    return TransferCell(recipe, trained_on, tested_on, Interval(value, value - 0.1, value + 0.1), 5, own)


CELLS = [
    cell("north", "north", 0.7, own=True),
    cell("north", "south", 0.4),
    cell("all others", "south", 0.5),
    cell("all others", "north", 0.25, recipe="other"),
]


def test_as_rows():
    header, rows = as_rows(CELLS, "mine")
    assert header == ["trained on", "north", "south"]
    assert rows == [
        ["north", "*0.700 [0.600, 0.800]*", "0.400 [0.300, 0.500]"],
        ["all others", "", "0.500 [0.400, 0.600]"],
    ]
    assert as_rows(CELLS, "other") == (["trained on", "north"], [["all others", "0.250 [0.150, 0.350]"]])


@pytest.mark.parametrize("cells", [CELLS, []])
def test_a_recipe_that_is_not_in_the_matrix(cells):
    with pytest.raises(InputError, match="'yours' is not in the matrix"):
        as_rows(cells, "yours")


def texts_of(svg):
    return [element.text for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314


def test_a_heat_map_shows_corpora_scores_and_intervals():
    svg = as_svg(transfer_chart(CELLS[:3], "macro-averaged F1"))
    found = texts_of(svg)
    for text in ("trained on", "tested on", "macro-averaged F1", "north", "south", "all others"):
        assert text in found
    for text in ("0.70 *", "0.60-0.80", "0.40", "0.30-0.50", "0.50", "0.40-0.60"):
        assert found.count(text) == 1
    assert "0.40 *" not in found


def test_a_heat_map_keeps_the_order_of_the_matrix(matrix):
    own = [cell for cell in matrix if cell.recipe == "naive-bayes"]
    found = texts_of(as_svg(transfer_chart(own, "x")))
    assert [text for text in found if text in TESTED][:3] == list(TESTED)
    places = [found.index(name) for name in TRAINED_ON[1:]]
    assert places == sorted(places)


class Headings(HTMLParser):
    """The text of h2 and h3, and how many pictures stand below each h2."""

    def __init__(self, page):
        super().__init__()
        self.inside, self.found, self.pictures = "", [], {}
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.inside = tag
        if tag == "svg":
            title = next(text for kind, text in reversed(self.found) if kind == "h2")
            self.pictures[title] = self.pictures.get(title, 0) + 1

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, text):
        if self.inside in ("h2", "h3"):
            self.found.append((self.inside, text))


def test_the_report_holds_a_table_of_every_recipe_and_a_heat_map_of_those_that_read(run, matrix, boards, tmp_path):
    page = Headings(write_report(run, boards, out=tmp_path).read_text(encoding="utf-8"))
    after = page.found[page.found.index(("h2", "Transfer")) + 1 :]
    assert [kind for kind, _ in after[:3]] == ["h3", "h3", "h2"]
    assert [text for _, text in after[:2]] == ["naive-bayes", "target-only"]
    assert page.pictures["Transfer"] == 2
    title = "Trained on one corpus, tested on another"
    results = (tmp_path / "results.md").read_text(encoding="utf-8")
    for recipe in ("majority", "naive-bayes", "target-only"):
        assert f"## {title}: {recipe}\n" in results
        assert table(*as_rows(matrix, recipe)) in results


def test_published_heat_maps_lie_beside_the_results(run, boards, monkeypatch):
    home = run.folder.parent
    monkeypatch.chdir(home)
    (home / "models").mkdir()
    for path in (home / "README.md", home / "models" / "README.md"):
        path.write_text("nothing to replace\n", encoding="utf-8")
    own = home / "experiments" / "moving"
    assert publish(run, boards) == [own / "results.md", own / "naive-bayes.svg", own / "target-only.svg"]
    assert "east + north" in texts_of((own / "naive-bayes.svg").read_text(encoding="utf-8"))
