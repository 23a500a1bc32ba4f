import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from stancelab.errors import InputError
from stancelab.runs import load_run, run_experiment
from stancelab.tables import read_table


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


def test_an_interrupted_second_run_is_no_finished_run(bridge_experiment, bridge, tmp_path, monkeypatch):
    run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    gold = bridge / "gold.jsonl"
    gold.write_text(gold.read_text(encoding="utf-8").replace("flour", "bread"), encoding="utf-8")

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("stancelab.runs.compute_cell", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    with pytest.raises(InputError, match="not a run"):
        load_run(tmp_path / "run")


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


def test_a_retrained_encoder_makes_its_cells_stale(tmp_path, tiny_encoder):
    import shutil

    from stancelab.encoders import fingerprint_of

    folder = tmp_path / "encoder"
    shutil.copytree(tiny_encoder, folder)
    first = fingerprint_of(str(folder))
    (folder / "config.json").write_text("{}", encoding="utf-8")
    fingerprint_of.cache_clear()
    assert fingerprint_of(str(folder)) != first
    assert fingerprint_of("owner/model") == "owner/model"


def test_a_recipe_run_alone_joins_those_that_are_finished(bridge_experiment, bridge_article, tmp_path):
    run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1, recipes=["majority", "actor-only"], article=bridge_article)
    run = run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1, recipes=["stratified"])
    assert [recipe.name for recipe in run.recipes] == ["majority", "actor-only", "stratified"]
    assert {setting.text for setting in run.settings} == {"rendered", "verbatim"}
    assert load_run(tmp_path / "run").recipes == run.recipes


def test_a_run_shows_itself_shortly(bridge_experiment, tmp_path):
    run = run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1, recipes=["majority"])
    assert repr(run) == f"Run('{(tmp_path / 'run').as_posix()}', 1 recipes, 4 settings)"
