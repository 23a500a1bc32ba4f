import json

import pytest

from stancelab.comparison import compare, holm
from stancelab.leaderboard import leaderboards, verbatim_against_rendered
from stancelab.metrics import metric_named
from stancelab.recipes import load_recipe
from stancelab.report.page import write_report
from stancelab.runs import run_experiment


@pytest.fixture(scope="module")
def boards(finished_bridge):
    return leaderboards(finished_bridge)


def test_recipes_are_ranked_by_the_primary_metric(boards):
    for board in boards:
        values = [entry.scores["macro_f1"].interval.value for entry in board.entries]
        assert values == sorted(values, reverse=True)


def test_baselines_are_compared_with_the_best_of_them_and_audits_are_not(boards):
    for board in boards:
        best = board.best_baseline
        compared = {entry.recipe.name: entry.versus is not None for entry in board.entries}
        expected = {entry.recipe.name: entry.recipe.family != "audit" and entry is not best for entry in board.entries}
        assert compared == expected


def test_the_difference_is_that_of_the_shared_repeats(boards):
    board = boards[0]
    entry = next(entry for entry in board.entries if entry.versus)
    assert entry.versus.replicates == 1
    assert entry.versus.b == board.best_baseline.recipe.name


def test_planned_comparisons_are_made_where_both_were_run_and_corrected_for_each_other(bridge_experiment, tmp_path):
    file = bridge_experiment / "experiment.toml"
    pairs = 'comparisons = [["naive-bayes", "majority"], ["naive-bayes", "actor-only"]]'
    file.write_text(file.read_text(encoding="utf-8").replace("\n[[protocols]]", f"{pairs}\n\n[[protocols]]", 1), encoding="utf-8")
    run = run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    board = leaderboards(run)[0]
    values = {entry.recipe.name: run.predictions(board.setting, entry.recipe) for entry in board.entries}
    alone = [
        compare(values["naive-bayes"], values[other], metric_named("macro_f1", board.dataset.scheme), names=("a", "b"), seed=0)
        for other in ("majority", "actor-only")
    ]
    assert [(pair.a, pair.b) for pair in board.planned] == [("naive-bayes", "majority"), ("naive-bayes", "actor-only")]
    assert [pair.difference for pair in board.planned] == [pair.difference for pair in alone]
    assert [pair.p_holm for pair in board.planned] == [pair.p_holm for pair in holm(alone)]
    for path in (write_report(run, [board]), run.folder / "results.md"):
        assert "planned comparison" in path.read_text(encoding="utf-8").lower()
    assert leaderboards(run_experiment(bridge_experiment, recipes=["majority"], out=tmp_path / "one", jobs=1))[0].planned == ()


def test_few_statements_are_warned_of(boards):
    assert "only 14 clusters" in boards[0].warning


def test_signatures_tell_settings_apart(boards):
    signatures = {entry.scores["macro_f1"].signature for board in boards for entry in board.entries}
    assert len(signatures) == 6
    assert all(signature.count("|") == 6 for signature in signatures)


def test_a_run_signs_as_its_leaderboards_do(bridge_experiment, tmp_path):
    run = run_experiment(bridge_experiment, recipes=["majority"], out=tmp_path / "run", jobs=1)
    for board in leaderboards(run):
        for entry in board.entries:
            signed = run.signature(board.setting, entry.recipe, metric_named("macro_f1", board.dataset.scheme))
            assert str(signed) == entry.scores["macro_f1"].signature


def test_limited_repeats_show_in_the_signature(boards):
    limited = next(entry for entry in boards[0].entries if entry.recipe.name == "naive-bayes")
    assert "stratified-group-k-fold-2x1|" in limited.scores["macro_f1"].signature


ASKING = """title = "Asked"
family = "transformer"
kind = "causal-lm"
description = "For a test."
source = "here"
params = {{ model = {model!r}, instruction = "{{names}}" }}
"""


def test_the_prompt_stands_in_the_signature_of_a_recipe_that_asks_a_model(bridge_experiment, tiny_language_model, tmp_path):
    path = tmp_path / "asking.toml"
    path.write_text(ASKING.format(model=tiny_language_model), encoding="utf-8")
    run = run_experiment(bridge_experiment, recipes=["majority", str(path)], out=tmp_path / "run", jobs=1)
    for board in leaderboards(run):
        signatures = {entry.recipe.name: entry.scores["macro_f1"].signature for entry in board.entries}
        sha = load_recipe(path).prompt_sha(board.dataset.scheme.labels, board.dataset.codebook)
        assert f"|prompt:{sha}|macro_f1" in signatures["asking"]
        assert "prompt" not in signatures["majority"]


def test_a_verdict_without_transformers_says_so(boards):
    assert "No comparison" in boards[0].verdict


def test_boards_are_plain_json(boards):
    assert json.loads(json.dumps([board.to_dict() for board in boards], allow_nan=False))


def test_verbatim_is_compared_with_rendered(bridge_experiment, bridge_article, tmp_path):
    run = run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1, article=bridge_article)
    forms = verbatim_against_rendered(run)
    assert len(forms) == 4
    by_name = {pair.a: pair for pair in forms[0][1]}
    assert by_name["majority"].difference.value == 0
    assert by_name["actor-only"].difference.value == 0
