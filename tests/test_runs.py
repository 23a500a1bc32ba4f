import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from stancelab.catalog import locate
from stancelab.encoders import load_parts
from stancelab.errors import InputError
from stancelab.leaderboard import leaderboards
from stancelab.pairing import compare_sources
from stancelab.report.page import write_report
from stancelab.runs import load_run, run_experiment
from stancelab.splits import manifest
from stancelab.tables import read_table, write_table


def predictions(folder: Path) -> dict[str, list]:
    return {path.relative_to(folder).as_posix(): list(read_table(path).rows) for path in sorted(folder.rglob("*-fold*.parquet"))}


def test_a_run_holds_every_row_once_a_repeat(bridge_experiment, tmp_path):
    run = run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    for setting in run.settings:
        for recipe in run.recipes_in(setting):
            found = run.predictions(setting, recipe)
            expected = run.experiment.repeats_of(recipe.name, setting.protocol)
            assert found.predicted.shape == (expected, len(run.dataset(setting).rows))
            assert found.coverage == 1
            np.testing.assert_allclose(found.probabilities.sum(axis=2), 1)


def test_a_second_run_computes_nothing_and_says_the_same(bridge_experiment, tmp_path):
    first = run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    before = predictions(tmp_path / "run")
    second = run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    assert first.facts["computed"] == first.facts["cells"] > 0
    assert second.facts["computed"] == 0
    assert predictions(tmp_path / "run") == before


def test_jobs_change_no_number(bridge_experiment, tmp_path):
    run_experiment(bridge_experiment, out=tmp_path / "one", jobs=1)
    run_experiment(bridge_experiment, out=tmp_path / "two", jobs=2)
    assert predictions(tmp_path / "one") == predictions(tmp_path / "two")


def test_a_lost_and_a_foreign_cell_are_computed_again(bridge_experiment, tmp_path):
    run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    before = predictions(tmp_path / "run")
    cells = sorted((tmp_path / "run").rglob("*-fold*.parquet"))
    cells[0].unlink()
    cells[2].write_bytes(cells[3].read_bytes())
    again = run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    assert again.facts["computed"] == 2
    assert predictions(tmp_path / "run") == before


def test_changed_gold_makes_every_cell_stale(bridge_experiment, bridge, tmp_path):
    run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    gold = bridge / "gold.jsonl"
    gold.write_text(gold.read_text(encoding="utf-8").replace("flour", "bread"), encoding="utf-8")
    again = run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    assert again.facts["computed"] == again.facts["cells"]


def test_fewer_repeats_leave_no_stale_cells_behind(bridge_experiment, tmp_path):
    run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    file = bridge_experiment / "experiment.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("folds = 2", "folds = 3"), encoding="utf-8")
    run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    file.write_text(file.read_text(encoding="utf-8").replace("folds = 3", "folds = 2"), encoding="utf-8")
    run = run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    assert run.predictions(run.settings[0], run.recipes[0]).coverage == 1


def test_a_limit_leaves_a_protocol_out(bridge_experiment, tmp_path):
    file = bridge_experiment / "experiment.toml"
    file.write_text(file.read_text(encoding="utf-8") + 'protocols = ["stratified-group-k-fold"]\n', encoding="utf-8")
    run = run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    taking_part = {setting.protocol.kind: [recipe.name for recipe in run.recipes_in(setting)] for setting in run.settings}
    assert taking_part == {
        "stratified-group-k-fold": ["majority", "naive-bayes", "actor-only"],
        "leave-one-actor-out": ["majority", "actor-only"],
    }


def test_a_finished_run_loads_without_its_experiment_and_dataset(bridge_experiment, tmp_path):
    import shutil

    run = run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    shutil.rmtree(tmp_path / "datasets")
    shutil.rmtree(tmp_path / "experiments")
    loaded = load_run(tmp_path / "run")
    assert loaded.settings == run.settings
    assert loaded.dataset(loaded.settings[0]).sha == run.dataset(run.settings[0]).sha


def test_the_article_adds_the_verbatim_text(bridge_experiment, bridge_article, tmp_path):
    run = run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1, article=bridge_article)
    assert [setting.text for setting in run.settings] == ["rendered"] * 4 + ["verbatim"] * 4
    texts = run.dataset(run.settings[-1]).rows["text"]
    assert not texts.str.startswith("It is told").any()


def test_a_folder_without_a_run(tmp_path):
    with pytest.raises(InputError, match=r"not a run, run\.json is missing"):
        load_run(tmp_path)


def children(pid):
    """Processes that were started by this one, from /proc."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()]


def alive(pid):
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes in /proc")
def test_a_killed_run_goes_on_where_it_was(bridge_experiment, tmp_path):
    file = bridge_experiment / "experiment.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("repeats = 2", "repeats = 60"), encoding="utf-8")
    command = [sys.executable, "-m", "stancelab", "run", str(bridge_experiment), "--out", str(tmp_path / "run"), "--jobs", "2"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 60
    while len(list((tmp_path / "run").rglob("*-fold*.parquet"))) < 20 and time.monotonic() < deadline:
        time.sleep(0.02)
    workers = children(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 15
    while any(alive(pid) for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert workers
    assert not [pid for pid in workers if alive(pid)]
    done = predictions(tmp_path / "run")
    assert not (tmp_path / "run" / "run.json").exists()
    run = run_experiment(bridge_experiment, out=tmp_path / "run", jobs=2)
    assert 0 < run.facts["computed"] <= run.facts["cells"] - len(done)
    whole = predictions(tmp_path / "run")
    assert all(whole[name] == rows for name, rows in done.items())
    run_experiment(bridge_experiment, out=tmp_path / "at-once", jobs=2)
    assert predictions(tmp_path / "at-once") == whole


def test_run_json_is_plain(bridge_experiment, tmp_path):
    run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    facts = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert facts["machine"].keys() == {"system", "processor", "cores"}
    assert facts["versions"]["scikit-learn"]


def test_a_corrupt_cell_is_computed_again(bridge_experiment, tmp_path):
    run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    before = predictions(tmp_path / "run")
    cell = sorted((tmp_path / "run").rglob("*-fold*.parquet"))[1]
    cell.write_bytes(cell.read_bytes()[:100])
    assert run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1).facts["computed"] == 1
    assert predictions(tmp_path / "run") == before


def test_a_run_with_a_repeat_missing_is_no_finished_run(bridge_experiment, tmp_path):
    run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    for cell in (tmp_path / "run" / "rendered").rglob("majority/*repeat01*"):
        cell.unlink()
    run = load_run(tmp_path / "run")
    with pytest.raises(InputError, match="some cells are missing or too many; run the experiment again"):
        run.predictions(run.settings[0], run.recipes[0])


def interrupt(*_):
    raise KeyboardInterrupt


def test_a_mean_over_targets_needs_targets(bridge_experiment, tmp_path):
    file = bridge_experiment / "experiment.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('"macro_f1"', '"macro_f1_per_target"'), encoding="utf-8")
    with pytest.raises(InputError, match=r"experiment.toml:4: 'macro_f1_per_target' is a mean over 2 to 20 targets; .* have 1"):
        run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    assert not (tmp_path / "run").exists()


def test_a_metric_of_one_label_may_be_the_primary_one(bridge_experiment, tmp_path):
    file = bridge_experiment / "experiment.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('"macro_f1"', '"f1:favor"'), encoding="utf-8")
    run = run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    assert write_report(run, leaderboards(run)).exists()


def test_an_interrupted_second_run_is_no_finished_run(bridge_experiment, bridge, tmp_path, monkeypatch):
    run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    gold = bridge / "gold.jsonl"
    gold.write_text(gold.read_text(encoding="utf-8").replace("flour", "bread"), encoding="utf-8")
    monkeypatch.setattr("stancelab.computing.compute_cell", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    with pytest.raises(InputError, match="not a run"):
        load_run(tmp_path / "run")


def test_an_interrupted_run_remembers_what_was_finished_before(bridge_experiment, bridge_article, tmp_path, monkeypatch):
    here = {"out": tmp_path / "run", "jobs": 1}
    first = run_experiment(bridge_experiment, recipes=["majority", "stratified"], article=bridge_article, **here)
    with monkeypatch.context() as patched:
        patched.setattr("stancelab.computing.compute_cell", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run_experiment(bridge_experiment, recipes=["naive-bayes"], **here)
    again = run_experiment(bridge_experiment, recipes=["naive-bayes"], **here)
    assert again.settings == first.settings
    assert {recipe.name for recipe in again.recipes} == {"majority", "stratified", "naive-bayes"}
    assert not list((tmp_path / "run").glob("*.unfinished"))


def test_fewer_repeats_of_a_recipe_that_is_not_asked_for(bridge_experiment, tmp_path):
    run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    file = bridge_experiment / "experiment.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("naive-bayes]", "actor-only]"), encoding="utf-8")
    run = run_experiment(bridge_experiment, recipes=["majority"], out=tmp_path / "run", jobs=1)
    assert [recipe.name for recipe in run.recipes] == ["majority", "actor-only"]
    assert leaderboards(run)


@pytest.mark.parametrize("content", ["{", "{}", '{"experiment": {"titel": "x"}}', "[]"])
def test_a_damaged_run_says_so(bridge_experiment, tmp_path, content):
    run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1, recipes=["majority"])
    (tmp_path / "run" / "run.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="the run is damaged"):
        load_run(tmp_path / "run")


def test_the_experiment_in_the_working_folder_has_its_folders_name(bridge_experiment, monkeypatch):
    monkeypatch.chdir(bridge_experiment)
    assert run_experiment(".", jobs=1, recipes=["majority"]).folder == Path("runs/bridge-run")


def test_limits_that_leave_nothing_are_refused(bridge_experiment, tmp_path):
    file = bridge_experiment / "experiment.toml"
    text = file.read_text(encoding="utf-8").replace('[[protocols]]\nkind = "leave-one-actor-out"\n', "")
    file.write_text(text + 'protocols = ["leave-one-actor-out"]\n', encoding="utf-8")
    with pytest.raises(InputError, match="nothing to run"):
        run_experiment(bridge_experiment, out=tmp_path / "run", recipes=["naive-bayes"])


def test_a_table_beside_the_experiment_with_labels_of_its_own(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    lines = [
        f'{{"id": "{n}", "text": "text {n} {n % 2}", "actor": "a", "target": "t", "label": "{"yes" if n % 2 else "no"}"}}'
        for n in range(8)
    ]
    (folder / "rows.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (folder / "experiment.toml").write_text(
        'title = "x"\ndescription = "x"\ndataset = "rows.jsonl"\nprimary_metric = "macro_f1"\nseeds = [0]\n'
        'schemes = ["as-found"]\nrecipes = ["naive-bayes"]\n[[protocols]]\nkind = "stratified-group-k-fold"\nfolds = 2\n',
        encoding="utf-8",
    )
    run = run_experiment(folder, out=tmp_path / "run", jobs=1)
    assert load_run(tmp_path / "run").dataset(run.settings[0]).scheme.labels == ("no", "yes")


def test_a_classifier_from_a_file_in_the_working_folder(bridge_experiment, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_classifier.py").write_text("from sklearn.dummy import DummyClassifier as Mine\n", encoding="utf-8")
    (tmp_path / "models").mkdir()
    recipe = 'title = "x"\nfamily = "baseline"\nkind = "my_classifier:Mine"\ndescription = "x"\nsource = "x"\n'
    (tmp_path / "models" / "mine.toml").write_text(recipe, encoding="utf-8")
    run = run_experiment(bridge_experiment, recipes=["mine"], jobs=1)
    assert run.predictions(run.settings[0], run.recipes[0]).coverage == 1


VOTER = """
from stancelab.models.losses import soft_targets
from stancelab.models.stance_classifier import StanceClassifier


class Voter(StanceClassifier):
    def __init__(self, *, soft_labels=False):
        self.soft_labels = soft_labels

    def _learn(self, X, labels):
        assert self.soft_labels == any(str(name).startswith("votes_") for name in X)
        codes = [list(self.classes_).index(label) for label in labels]
        self.shares_ = soft_targets(X, codes, list(self.classes_)).mean(axis=0) if self.soft_labels else None

    def _probabilities(self, X):
        import numpy as np

        assert list(X) == ["text", "actor", "target"]
        return np.tile(self.shares_ if self.soft_labels else np.ones(len(self.classes_)) / len(self.classes_), (len(X), 1))
"""


def test_a_recipe_with_soft_labels_gets_the_annotators_votes(bridge_experiment, bridge, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "voter.py").write_text(VOTER, encoding="utf-8")
    monkeypatch.delitem(sys.modules, "voter", raising=False)
    (tmp_path / "models").mkdir()
    for name, params in (("voter", "[params]\nsoft_labels = true"), ("none", "")):
        words = "title = 't'\nfamily = 'baseline'\nkind = 'voter:Voter'\ndescription = 'd'\nsource = 's'\n"
        (tmp_path / "models" / f"{name}.toml").write_text(words + params, encoding="utf-8")
    file = bridge_experiment / "experiment.toml"
    kept = file.read_text(encoding="utf-8").replace('"majority", "naive-bayes", "actor-only"', '"voter", "none"')
    file.write_text(kept[: kept.index("[limits")], encoding="utf-8")
    out = tmp_path / "run"
    first = run_experiment(bridge_experiment, out=out, jobs=1)
    assert run_experiment(bridge_experiment, out=out, jobs=1).facts["computed"] == 0
    annotations = bridge / "annotations.jsonl"
    annotations.write_text(annotations.read_text(encoding="utf-8").replace('"neutral"', '"unrelated"', 1), encoding="utf-8")
    again = run_experiment(bridge_experiment, out=out, jobs=1)
    four = sum(path.parent.name == "voter" and "unrelated" in str(path) for path in out.rglob("*.parquet"))
    assert 0 < four == again.facts["computed"] < first.facts["computed"]


def test_a_retrained_encoder_makes_its_cells_stale(bridge_experiment, tiny_encoder, tmp_path):
    folder = shutil.copytree(tiny_encoder, tmp_path / "encoder")
    recipe = locate("models", "minilm-logistic").read_text(encoding="utf-8")
    (bridge_experiment / "mine.toml").write_text(recipe.replace("bundled:minilm", folder.as_posix()), encoding="utf-8")
    file = bridge_experiment / "experiment.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('"actor-only"]', '"mine.toml"]'), encoding="utf-8")

    def predicted():
        run = run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
        return run.facts["computed"], run.predictions(run.settings[0], run.recipes[-1]).probabilities

    (_, before), (again, _) = predicted(), predicted()
    model = load_parts(str(folder))[1]
    torch.nn.init.normal_(model.embeddings.word_embeddings.weight)
    model.save_pretrained(folder)
    retrained, after = predicted()
    assert (again, retrained) == (0, len(list((tmp_path / "run").rglob("mine/*-fold*.parquet"))))
    assert not np.allclose(before, after)


def test_a_recipe_run_alone_joins_those_that_are_finished(bridge_experiment, bridge_article, tmp_path):
    run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1, recipes=["majority", "actor-only"], article=bridge_article)
    run = run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1, recipes=["stratified"])
    assert [recipe.name for recipe in run.recipes] == ["majority", "actor-only", "stratified"]
    assert {setting.text for setting in run.settings} == {"rendered", "verbatim"}
    assert load_run(tmp_path / "run").recipes == run.recipes


def test_a_run_shows_itself_shortly(bridge_experiment, tmp_path):
    run = run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1, recipes=["majority"])
    assert repr(run) == f"Run('{(tmp_path / 'run').as_posix()}', 1 recipes, 4 settings)"


SAYS = {"favor": "back it", "against": "reject it", "none": "met in May"}
DIVIDED = """title = "x"
description = "x"
dataset = {dataset}
primary_metric = "macro_f1"
seeds = [0]
schemes = ["favor-against-none"]
recipes = ["majority", "naive-bayes", "majority-per-target", "target-only"]
"""


def write_corpus(path, splits):
    """A table of one row a split ("" for none): labels and targets in turn, texts that no other corpus has."""
    lines = ["id,text,actor,target,label,split"]
    for number, split in enumerate(splits):
        label = list(SAYS)[number % 3]
        lines.append(f"{number},{path.stem} {number} {SAYS[label]},they,{('tax', 'war')[number % 2]},{label},{split}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_experiment(folder, dataset, *protocols):
    blocks = "".join(f"[[protocols]]\n{protocol}\n" for protocol in protocols)
    (folder / "experiment.toml").write_text(DIVIDED.format(dataset=dataset) + blocks, encoding="utf-8")
    return folder


OFFICIAL = ["train"] * 9 + ["dev"] * 3 + ["test"] * 6


@pytest.fixture
def official(tmp_path):
    """A run of an official division, and its folder."""
    write_corpus(tmp_path / "north.csv", OFFICIAL)
    write_experiment(tmp_path, '"north.csv"', 'kind = "official"')
    return run_experiment(tmp_path, out=tmp_path / "run", jobs=1)


@pytest.fixture(scope="module")
def pooled(tmp_path_factory):
    """A run on a corpus with splits and one without: trained on the first, then each left out."""
    folder = tmp_path_factory.mktemp("pooled")
    write_corpus(folder / "north.csv", ["train"] * 9 + ["test"] * 6)
    write_corpus(folder / "south.csv", [""] * 12)
    across = 'kind = "cross-corpus"\ntrain_on = ["north"]\nmost = 6'
    write_experiment(folder, '["north.csv", "south.csv"]', across, 'kind = "leave-one-corpus-out"')
    return run_experiment(folder, out=folder / "run", jobs=1)


IN_THE_TEST = [str(number) for number in range(12, 18)]


def test_an_official_division_is_predicted_where_it_is_tested_and_nowhere_else(official):
    (setting,) = official.settings
    for recipe in official.recipes:
        found = official.predictions(setting, recipe)
        assert list(found.ids) == IN_THE_TEST
        assert found.coverage == 1
        assert read_table(official.folder / setting.folder / recipe.name).column("id") == IN_THE_TEST
    assert len(official.dataset(setting).rows) == 18
    assert load_run(official.folder).tested(setting).sha == official.tested(setting).sha


def test_the_division_lies_beside_the_predictions(official, pooled):
    for run in (official, pooled):
        for setting in run.settings:
            written = json.loads((run.folder / setting.folder / "splits.json").read_text(encoding="utf-8"))
            assert written == manifest(setting.protocol, run.dataset(setting).rows)
    across = json.loads((pooled.folder / pooled.settings[0].folder / "splits.json").read_text(encoding="utf-8"))
    (fold,) = across["folds"]
    assert len(fold["train"]["ids"]) == 6
    assert all(name.startswith("north:") for name in fold["train"]["ids"])
    assert fold["test"]["ids"] == [*(f"north:{n}" for n in range(9, 15)), *(f"south:{n}" for n in range(12))]


def test_every_recipe_learns_from_the_few_rows_that_the_manifest_lists(tmp_path):
    write_corpus(tmp_path / "north.csv", ["train"] * 30 + ["test"] * 6)
    write_experiment(tmp_path, '"north.csv"', 'kind = "official"\nshots = 2\nrepeats = 3')
    run = run_experiment(tmp_path, out=tmp_path / "run", jobs=1)
    (setting,) = run.settings
    rows = run.dataset(setting).rows.set_index("id", drop=False)
    folds = json.loads((run.folder / setting.folder / "splits.json").read_text(encoding="utf-8"))["folds"]
    assert len({fold["train"]["sha256"] for fold in folds}) == 3
    for recipe in run.recipes:
        for fold in folds:
            train, test = rows.loc[fold["train"]["ids"]], rows.loc[fold["test"]["ids"]]
            assert train["label"].value_counts().to_dict() == {"favor": 2, "against": 2, "none": 2}
            expected = recipe.fit(train, train["label"], seed=0).predict(test)
            cell = run.folder / setting.folder / recipe.name / f"seed0-repeat{fold['repeat']:02d}-fold00.parquet"
            assert read_table(cell).column("label") == list(expected)
    (board,) = leaderboards(run)
    assert all("|rendered:official-test-2-shots-x3|" in entry.scores["macro_f1"].signature for entry in board.entries)


def test_an_official_division_that_moves_a_row_makes_its_cells_stale(official, tmp_path):
    assert run_experiment(tmp_path, out=tmp_path / "run", jobs=1).facts["computed"] == 0
    write_corpus(tmp_path / "north.csv", [*OFFICIAL[:-1], "train"])
    again = run_experiment(tmp_path, out=tmp_path / "run", jobs=1)
    assert again.facts["computed"] == again.facts["cells"]
    assert list(again.predictions(again.settings[0], again.recipes[0]).ids) == IN_THE_TEST[:-1]


def test_a_leaderboard_of_an_official_division_holds_what_was_tested(official):
    (board,) = leaderboards(official)
    assert board.title == "3 labels (favor-against-none), official split test, trained on train, rendered text"
    assert len(board.dataset.rows) == 6
    assert {entry.recipe.name for entry in board.entries} == {recipe.name for recipe in official.recipes}
    assert all("|rendered:official-test|" in entry.scores["macro_f1"].signature for entry in board.entries)


def test_leaderboards_of_a_pool(pooled):
    across, left_out = leaderboards(pooled)
    assert across.title == (
        "3 labels (favor-against-none), cross-corpus, trained on north, at most 6 training rows of each, rendered text"
    )
    assert left_out.title == "3 labels (favor-against-none), leave one corpus out, rendered text"
    assert across.dataset.rows["corpus"].value_counts().to_dict() == {"south": 12, "north": 6}
    assert left_out.dataset.rows["id"].tolist() == across.dataset.rows["id"].tolist()


def test_report_pages_of_divided_runs(official, pooled, tmp_path):
    page = write_report(official, leaderboards(official), out=tmp_path / "official").read_text(encoding="utf-8")
    rows = pd.read_csv(tmp_path / "official" / "tables" / "rows.csv")
    assert rows["text"].str.contains("north 12 back it").any()
    assert not rows["text"].str.contains("north 0 back it").any()
    assert "<h3>By target</h3>" in page
    page = write_report(pooled, leaderboards(pooled), out=tmp_path / "pooled").read_text(encoding="utf-8")
    rows = pd.read_csv(tmp_path / "pooled" / "tables" / "rows.csv")
    assert "<h3>By corpus</h3>" in page
    assert "south:0" in set(rows["id"])
    assert "north:0" not in set(rows["id"])
    assert "ross-corpus, trained on north" in (tmp_path / "pooled" / "results.md").read_text(encoding="utf-8")


def test_divided_runs_are_compared_on_what_was_tested(official, pooled, tmp_path):
    for run in (official, pooled):
        pairs = compare_sources(run.folder, run.folder, gold=None, metric="macro_f1")
        assert [pair.difference.value for pair in pairs] == [0.0] * 4
        rows = run.tested(run.settings[0]).rows
        write_table(tmp_path / "right.csv", rows[["id", "label"]])
        pairs = compare_sources(run.folder, tmp_path / "right.csv", gold=None, metric="accuracy")
        assert {pair.a.rpartition(":")[2] for pair in pairs} == {recipe.name for recipe in run.recipes}
        assert all(pair.clusters == len(rows) for pair in pairs)


def test_an_article_does_not_go_with_a_pool(tmp_path, bridge_article):
    for name in ("north", "south"):
        write_corpus(tmp_path / f"{name}.csv", ["train", "test"])
    write_experiment(tmp_path, '["north.csv", "south.csv"]', 'kind = "official"')
    with pytest.raises(InputError, match="pools 2 datasets; --article goes with the dataset of one article"):
        run_experiment(tmp_path, out=tmp_path / "run", article=bridge_article)


def test_fewer_seeds_are_run_where_a_limit_says_so(bridge_experiment, tmp_path):
    file = bridge_experiment / "experiment.toml"
    text = file.read_text(encoding="utf-8").replace("seeds = [0]", "seeds = [3, 5]")
    file.write_text(text.replace("repeats = 1\n", "repeats = 1\nseeds = 1\n"), encoding="utf-8")
    run = run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1, recipes=["majority", "naive-bayes"])
    keys = {recipe.name: run.predictions(run.settings[0], recipe).keys for recipe in run.recipes}
    assert set(keys["naive-bayes"]) == {(3, 0)}
    assert set(keys["majority"]) == {(3, 0), (3, 1), (5, 0), (5, 1)}
    signatures = {entry.recipe.name: entry.scores["macro_f1"].signature for entry in leaderboards(run)[0].entries}
    assert "|seeds:3|" in signatures["naive-bayes"]
    assert "|seeds:3,5|" in signatures["majority"]


def test_labels_of_rows_to_test_change_no_prediction(tmp_path):
    recipe = 'title = "x"\nfamily = "baseline"\nkind = "ngrams"\ndescription = "x"\nsource = "x"\nper_target = true\n'
    (tmp_path / "mine.toml").write_text(recipe + "[params]\nC = [0.01, 1.0]\ninner_folds = 2\n", encoding="utf-8")
    write_corpus(tmp_path / "north.csv", ["train"] * 18 + ["test"] * 6)
    write_experiment(tmp_path, '"north.csv"', 'kind = "official"')
    found = []
    for out in ("one", "other"):
        run = run_experiment(tmp_path, out=tmp_path / out, jobs=1, recipes=["mine.toml"])
        found.append(run.predictions(run.settings[0], run.recipes[0]))
        table = tmp_path / "north.csv"
        table.write_text(table.read_text(encoding="utf-8").replace(",none,test", ",favor,test"), encoding="utf-8")
    assert found[0].gold.tolist() != found[1].gold.tolist()
    np.testing.assert_array_equal(found[0].probabilities, found[1].probabilities)


def test_a_relative_folder_is_of_this_process_not_of_its_workers(bridge_experiment, tmp_path, monkeypatch):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        run = run_experiment(bridge_experiment, out=Path("runs"), jobs=2)
        assert list((tmp_path / name / run.folder).rglob("seed0-*.parquet"))
