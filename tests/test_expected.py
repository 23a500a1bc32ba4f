"""Are numbers recorded with the right tolerance and what was published, and is a faulty expected.toml refused?"""

import re
import tomllib
from pathlib import Path

import pytest

from stancelab.errors import InputError
from stancelab.expected import (
    TOLERANCES,
    ExpectedFile,
    expected_numbers,
    observed_numbers,
    record_numbers,
    reproducible_experiments,
)
from stancelab.experiment import Experiment
from stancelab.leaderboard import leaderboards
from stancelab.models import KINDS
from stancelab.recipes import Recipe, known_recipes, load_recipe
from stancelab.runs import load_run, run_experiment
from stancelab.toml_files import read_toml

ROOT = Path(__file__).parent.parent
FAMILIES = Recipe.model_fields["family"].annotation.__args__
PUBLISHED = """
[[published]]
recipe = "naive-bayes"
metric = "accuracy"
value = 0.5
source = 'Doe 2020, "table 1", \\ p. 3'
"""
ENTRY = """
[[expected]]
scheme = "favor-against-none"
protocol = "leave-one-actor-out"
recipe = "majority"
metric = "macro_f1"
value = 0.5
tolerance = 0.01
reason = "x"
"""


@pytest.fixture
def run(finished_bridge):
    return finished_bridge


def publish(experiment, text=PUBLISHED):
    path = experiment / "experiment.toml"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def recorded(run, folder):
    record_numbers(run, folder / "expected.toml")
    return expected_numbers(folder)


def test_the_observed_numbers_are_those_of_the_leaderboards(run):
    metrics = {"macro_f1", "accuracy", "log_loss", "ece", "f1:favor", "favor_against_f1"}
    found = observed_numbers(run, metrics)
    boards = {
        (board.setting.scheme, board.setting.protocol.name, entry.recipe.name, metric): score.interval.value
        for board in leaderboards(run)
        for entry in board.entries
        for metric, score in entry.scores.items()
        if metric in metrics
    }
    assert found == pytest.approx(boards)


def test_a_published_number_stands_at_its_recipe_and_metric_in_the_primary_setting_alone(run, finished_experiment):
    publish(finished_experiment)
    found = recorded(run, finished_experiment)
    published = [entry for entry in found if entry.published is not None]
    assert [entry.key for entry in published] == [
        ("favor-against-none", "stratified-group-k-fold-2x2", "naive-bayes", "accuracy")
    ]
    assert published[0].published == 0.5
    assert published[0].published_source == 'Doe 2020, "table 1", \\ p. 3'
    assert all(entry.published_source is None for entry in found if entry.published is None)


def test_a_metric_that_a_published_number_names_is_recorded_of_every_recipe(run, finished_experiment):
    assert {entry.metric for entry in recorded(run, finished_experiment)} == {"macro_f1", "favor_against_f1"}
    publish(finished_experiment)
    found = recorded(run, finished_experiment)
    assert len([entry for entry in found if entry.metric == "accuracy"]) == 2 * 2 * 3


def test_the_primary_metric_is_recorded(bridge_experiment, tmp_path):
    path = bridge_experiment / "experiment.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"macro_f1"', '"mcc"'), encoding="utf-8")
    found = recorded(run_experiment(bridge_experiment, out=tmp_path / "mcc", jobs=1), bridge_experiment)
    assert {entry.metric for entry in found} == {"macro_f1", "favor_against_f1", "mcc"}


def test_a_run_is_recorded_without_its_dataset(bridge, bridge_experiment, tmp_path):
    run = run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    bridge.rename(bridge.with_name("elsewhere"))
    assert len(recorded(load_run(run.folder), bridge_experiment)) == 24


def test_a_published_number_that_the_run_does_not_score(run, finished_experiment):
    publish(finished_experiment, PUBLISHED.replace('"accuracy"', '"f1:suport"'))
    with pytest.raises(InputError, match=r"published for .* / naive-bayes / f1:suport, which the run does not hold"):
        recorded(run, finished_experiment)
    assert not (finished_experiment / "expected.toml").exists()


def test_a_run_of_some_recipes_is_not_recorded(bridge_experiment, tmp_path):
    run = run_experiment(bridge_experiment, recipes=["majority"], out=tmp_path / "one", jobs=1)
    with pytest.raises(InputError, match=r"the run lacks naive-bayes, actor-only; `stancelab run bridge-run` completes it"):
        recorded(run, bridge_experiment)
    assert not (bridge_experiment / "expected.toml").exists()


def test_a_run_of_an_experiment_that_changed_is_not_recorded(run, finished_experiment):
    path = finished_experiment / "experiment.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("repeats = 2", "repeats = 3"), encoding="utf-8")
    with pytest.raises(InputError, match=r"the run is not of .*experiment.toml as it stands now"):
        recorded(run, finished_experiment)


def test_two_published_numbers_for_one_metric_of_a_recipe(run, finished_experiment):
    publish(finished_experiment, PUBLISHED + PUBLISHED.replace("0.5", "0.6"))
    with pytest.raises(InputError, match="two numbers are published for naive-bayes / accuracy"):
        recorded(run, finished_experiment)


def test_tolerances_go_by_kind_then_by_family():
    assert set(TOLERANCES) <= {*KINDS, *FAMILIES}
    assert set(FAMILIES) <= set(TOLERANCES)
    assert TOLERANCES["finetuned-encoder"][0] > TOLERANCES["transformer"][0] > TOLERANCES["baseline"][0]


def test_a_kind_that_trains_an_encoder_gets_the_wider_tolerance(run, finished_experiment, monkeypatch):
    monkeypatch.setitem(TOLERANCES, "dummy", (0.5, 'a reason with "quotes" and a \\'))
    found = recorded(run, finished_experiment)
    assert {(entry.recipe, entry.tolerance) for entry in found} == {
        ("majority", 0.5),
        ("naive-bayes", 0.002),
        ("actor-only", 0.002),
    }
    assert 'a reason with "quotes" and a \\' in {entry.reason for entry in found}


@pytest.mark.parametrize("name", known_recipes())
def test_every_recipe_has_a_tolerance(name):
    recipe = load_recipe(name)
    assert recipe.kind in TOLERANCES or recipe.family in TOLERANCES


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("tolerance = 0.01", "tolerance = -0.01"), "greater than or equal to 0"),
        (("value = 0.5", "value = nan"), "finite number"),
        (("tolerance = 0.01", "tolerance = inf"), "finite number"),
        (('reason = "x"', 'reason = "x"\npublished = 0.4'), "published and published_source stand together"),
        (('reason = "x"', 'reason = "x"\npublished_source = "Doe"'), "published and published_source stand together"),
        (('reason = "x"', 'reason = "x"\n' + ENTRY), r"majority / macro_f1 stands 2 times"),
        (("tolerance", "tolerence"), "did you mean 'tolerance'"),
    ],
)
def test_a_faulty_expectation_is_refused(bridge_experiment, change, message):
    path = bridge_experiment / "expected.toml"
    path.write_text(ENTRY.replace(*change), encoding="utf-8")
    with pytest.raises(InputError, match=rf"^{re.escape(str(path))}:\d+: (.|\n)*{message}"):
        expected_numbers(bridge_experiment)


def test_reproducible_experiments_need_no_corpus(bridge_experiment, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert "bridge-run" not in reproducible_experiments()
    (bridge_experiment / "expected.toml").write_text(ENTRY, encoding="utf-8")
    path = bridge_experiment / "experiment.toml"
    path.write_text(re.sub('dataset = ".*"', 'dataset = "semeval2016"', path.read_text(encoding="utf-8")), encoding="utf-8")
    assert "bridge-run" in reproducible_experiments()


@pytest.mark.parametrize("path", sorted(ROOT.glob("experiments/*/expected.toml")), ids=lambda path: path.parent.name)
def test_what_the_project_recorded_as_published_is_what_its_experiment_says(path):
    experiment = read_toml(path.with_name("experiment.toml"), Experiment)
    said = {(entry.recipe, entry.metric, entry.value, entry.source) for entry in experiment.published}
    entries = ExpectedFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).expected
    stands = {(e.recipe, e.metric, e.published, e.published_source) for e in entries if e.published is not None}
    assert stands == said
