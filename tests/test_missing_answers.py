"""Does a run whose recipe leaves rows without an answer become leaderboards, tables and a page like any other?"""

import base64
import gzip
import json
import re

import pytest

from stancelab.errors import InputError
from stancelab.leaderboard import leaderboards, verbatim_against_rendered
from stancelab.report.page import write_report
from stancelab.report.results import DASH, headline, results
from stancelab.report.terminal import print_leaderboards
from stancelab.runs import run_experiment
from stancelab.transfer import transfer_matrix

CLASSIFIER = """
import numpy as np
from stancelab.models.stance_classifier import StanceClassifier


class Hesitant(StanceClassifier):
    '''Says what most training rows are, and nothing of rows whose text has one of the words.'''

    def __init__(self, *, silent=("bridge",)):
        self.silent = silent

    def _learn(self, X, labels):
        self.shares_ = np.array([(labels == label).mean() for label in self.classes_])

    def _probabilities(self, X):
        found = np.tile(self.shares_, (len(X), 1))
        found[[any(word in text for word in self.silent) for text in X["text"]]] = np.nan
        return found
"""
RECIPE = 'title = "x"\nfamily = "{family}"\nkind = "hesitant_model:Hesitant"\ndescription = "x"\nsource = "x"\n'


@pytest.fixture
def experiment(bridge_experiment, tmp_path, monkeypatch):
    """The bridge experiment with a baseline that answers rows about no bridge, and a transformer that answers none."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hesitant_model.py").write_text(CLASSIFIER, encoding="utf-8")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "hesitant.toml").write_text(RECIPE.format(family="baseline"), encoding="utf-8")
    mute = RECIPE.format(family="transformer") + '[params]\nsilent = [""]\n'
    (tmp_path / "models" / "mute.toml").write_text(mute, encoding="utf-8")
    file = bridge_experiment / "experiment.toml"
    text = file.read_text(encoding="utf-8").replace('"naive-bayes", "actor-only"]', '"hesitant", "mute", "naive-bayes"]')
    text = text.replace(', "favor-against-neutral-unrelated"]', "]").replace('[[protocols]]\nkind = "leave-one-actor-out"\n', "")
    pairs = 'comparisons = [["hesitant", "majority"], ["majority", "naive-bayes"]]\n'
    file.write_text(text.replace("\n[[protocols]]", f"{pairs}\n[[protocols]]", 1), encoding="utf-8")
    return bridge_experiment


@pytest.fixture
def run(experiment, tmp_path):
    return run_experiment(experiment, out=tmp_path / "run", jobs=1)


@pytest.fixture
def by_log_loss(experiment, tmp_path, bridge_article):
    """A run that is ranked by a metric which rows without an answer do not allow, on both forms of the text."""
    file = experiment / "experiment.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('"macro_f1"', '"log_loss"'), encoding="utf-8")
    return run_experiment(experiment, out=tmp_path / "run", jobs=1, article=bridge_article)


def cells_of(markdown, recipe, columns):
    """A recipe's cells in the first Markdown table with so many columns."""
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in markdown.splitlines() if line.startswith("|")]
    return next(line for line in lines if line[0] == f"`{recipe}`" and len(line) == columns)


def unpacked(page):
    """The rows that travel in a page."""
    packed = re.search(r'id="packed">([^<]+)<', page)[1]
    return json.loads(gzip.decompress(base64.b64decode(packed)))


def test_what_is_not_answered_counts_as_wrong(run):
    board = leaderboards(run)[0]
    entries = {entry.recipe.name: entry for entry in board.entries}
    texts = board.dataset.rows["text"]
    share = 1 - texts.str.contains("bridge").mean()
    assert entries["hesitant"].predictions.coverage == pytest.approx(share)
    assert entries["mute"].scores["accuracy"].interval.value == 0
    assert entries["hesitant"].scores["accuracy"].interval.value <= share
    assert board.coverage_note == (
        f"A row without an answer counts as wrong: hesitant answered {share:.1%}, mute answered 0.0% of the rows."
    )


def test_a_metric_of_probabilities_is_a_dash(run):
    boards = leaderboards(run)
    written = results(run, boards, [], [])
    metrics = boards[0].metrics
    assert {"log_loss", "brier", "ece"} <= set(metrics)
    for name, coverage in (("hesitant", "37.5%"), ("mute", "0.0%"), ("majority", "100.0%")):
        cells = cells_of(written, name, len(metrics) + 3)
        dashes = [metric for metric, cell in zip(metrics, cells[1:], strict=False) if cell == DASH]
        assert dashes == ([] if name == "majority" else ["log_loss", "brier", "soft_cross_entropy", "jensen_shannon", "ece"])
        assert cells[-2] == coverage
    assert "A row without an answer counts as wrong" in headline(boards[0])
    assert "Not every row has probabilities: hesitant, mute." in written


def test_the_first_recipe_need_not_have_every_metric(run):
    board = leaderboards(run)[0]
    order = sorted(board.entries, key=lambda entry: entry.recipe.name != "hesitant")
    assert "log_loss" in type(board)(board.setting, board.dataset, board.metric, tuple(order)).metrics


def test_the_page_shows_coverage_and_rows_without_an_answer(run):
    page = write_report(run, leaderboards(run)).read_text(encoding="utf-8")
    assert '<th scope="col">coverage</th>' in page
    assert "<td>37.5 %</td>" in page
    assert page.count('<th scope="col">none given</th>') == 2
    (mute,) = (recipe for recipe in unpacked(page)["recipes"] if recipe["name"] == "mute")
    assert (mute["counts"], set(mute["of"])) == ([[0, 0, 0, 2]], {0})
    confusion = re.search(r"<h3>mute</h3>.*?</table>", page, re.DOTALL)[0]
    assert [float(cell) for cell in re.findall(r">([\d.]+)(?:</a>)?</td>", confusion)] == [0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 7]
    panels = re.search(r'<section id="calibration".*?</section>', page, re.DOTALL)[0]
    panels = panels[: panels.index('<details class="files">')]
    assert panels.count("<svg") == 2 * 2
    assert "hesitant" not in re.sub(r"Not every row has probabilities: hesitant, mute\.", "", panels)


def test_scores_json_says_what_there_is(run):
    write_report(run, leaderboards(run))
    boards = json.loads((run.folder / "scores.json").read_text(encoding="utf-8"))["boards"]
    for entry in boards[0]["entries"]:
        silent = entry["recipe"] in ("hesitant", "mute")
        assert (entry["calibration"] is None) == silent
        assert ("log_loss" in {score["metric"] for score in entry["scores"]}) != silent
        assert {score["coverage"] < 1 for score in entry["scores"]} == {silent}
    assert "mute answered 0.0%" in boards[0]["coverage_note"]


def test_the_terminal_copes(run, capsys):
    print_leaderboards(leaderboards(run))
    out = capsys.readouterr().out
    assert "coverage" in out
    assert "A row without an answer counts as wrong" in out
    assert re.search(rf"hesitant .*{DASH} .*{DASH} .*{DASH} .*37\.5%", out)


def test_a_run_that_is_answered_in_full_says_nothing_of_coverage(experiment, tmp_path, capsys):
    run = run_experiment(experiment, out=tmp_path / "full", jobs=1, recipes=["majority", "naive-bayes"])
    boards = leaderboards(run)
    page = write_report(run, boards).read_text(encoding="utf-8")
    assert boards[0].coverage_note == ""
    assert '<th scope="col">none given</th>' not in page
    assert "without an answer" not in page + (run.folder / "results.md").read_text(encoding="utf-8")
    assert page.count('<th scope="col">coverage</th>') == 5
    print_leaderboards(boards)
    assert "coverage" not in capsys.readouterr().out


def test_a_run_without_any_probabilities_has_no_section_on_them(experiment, tmp_path):
    run = run_experiment(experiment, out=tmp_path / "mute", jobs=1, recipes=["mute"])
    page = write_report(run, leaderboards(run)).read_text(encoding="utf-8")
    assert 'id="calibration"' not in page
    assert "## Calibration" not in (run.folder / "results.md").read_text(encoding="utf-8")


def test_who_lacks_the_primary_metric_is_last_and_compared_with_nobody(by_log_loss, capsys):
    boards = leaderboards(by_log_loss)
    board = boards[0]
    assert [entry.recipe.name for entry in board.entries][2:] == ["hesitant", "mute"]
    assert [entry.recipe.name for entry in board.ranked] == [entry.recipe.name for entry in board.entries][:2]
    assert board.best_transformer is None
    assert [entry.versus for entry in board.entries if entry not in board.ranked] == [None, None]
    assert [(pair.a, pair.b) for pair in board.planned] == [("majority", "naive-bayes")]
    assert {pair.a for _, pairs in verbatim_against_rendered(by_log_loss) for pair in pairs} == {"majority", "naive-bayes"}
    page = write_report(by_log_loss, boards).read_text(encoding="utf-8")
    assert page.count('<tr class="signature">') == 2 * len(boards)
    print_leaderboards(boards)
    assert re.search(rf"hesitant +│ {DASH} +│ {DASH} +│", capsys.readouterr().out)
    assert cells_of((by_log_loss.folder / "results.md").read_text(encoding="utf-8"), "mute", 6)[2] == DASH


def test_a_primary_metric_that_no_recipe_allows_is_refused(experiment, tmp_path):
    file = experiment / "experiment.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('"macro_f1"', '"ece"'), encoding="utf-8")
    run = run_experiment(experiment, out=tmp_path / "run", jobs=1, recipes=["hesitant", "mute"])
    with pytest.raises(InputError, match=r"primary metric 'ece' needs probabilities; in rendered/\S+ no recipe gave all of them"):
        leaderboards(run)


def test_a_matrix_of_corpora_leaves_out_who_lacks_the_metric(experiment, tmp_path):
    says = {"favor": "back it", "against": "reject it", "none": "met at the bridge"}
    for corpus in ("north", "south"):
        rows = [f"{n},{corpus} {n} {text},they,tax,{label}" for n, (label, text) in enumerate(list(says.items()) * 4)]
        (tmp_path / f"{corpus}.csv").write_text("\n".join(["id,text,actor,target,label", *rows]) + "\n", encoding="utf-8")
    (tmp_path / "experiment.toml").write_text(
        'title = "x"\ndescription = "x"\ndataset = ["north.csv", "south.csv"]\nprimary_metric = "log_loss"\nseeds = [0]\n'
        'schemes = ["favor-against-none"]\nrecipes = ["majority", "hesitant"]\n[[protocols]]\nkind = "leave-one-corpus-out"\n',
        encoding="utf-8",
    )
    run = run_experiment(tmp_path, out=tmp_path / "pool", jobs=1)
    assert {cell.recipe for cell in transfer_matrix(run)} == {"majority"}
    assert write_report(run, leaderboards(run)).exists()
