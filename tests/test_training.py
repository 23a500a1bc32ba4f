"""Is a recipe trained on what it should be, scored on what it has not seen, and kept as a folder that gives the same answers?"""

import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from stancelab.dataset import load_dataset
from stancelab.errors import InputError
from stancelab.model_folder import load_model
from stancelab.recipes import load_recipe
from stancelab.runs import run_experiment
from stancelab.scoring import score
from stancelab.training import train

WORDS = {"favor": "we support the plan", "against": "they reject the plan", "none": "the plan has pages"}


@pytest.fixture
def rows_file(tmp_path):
    """30 rows whose last 12 are the official test."""
    rows = [
        {"id": f"r{n}", "text": f"{WORDS[label]} {n}", "actor": "Ada", "target": "the plan", "label": label, "split": part}
        for n, (label, part) in enumerate(
            (label, part) for part, count in (("train", 6), ("test", 4)) for _ in range(count) for label in WORDS
        )
    ]
    path = tmp_path / "rows.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def test_with_an_official_division_the_scores_are_those_of_the_very_model(rows_file, tmp_path):
    model = train("naive-bayes", rows_file, tmp_path / "model")
    dataset = load_dataset(rows_file)
    tested = dataset.only((dataset.rows["split"] == "test").to_numpy())
    [expected] = score(load_model(tmp_path / "model").predict(tested.rows), tested, metrics=["log_loss"])
    [found] = [entry for entry in model.facts.scores if entry["metric"] == "log_loss"]
    assert found["value"] == pytest.approx(expected.interval.value)
    assert model.facts.rows == 18
    assert "official-test" in found["signature"]


def test_without_one_the_scores_are_those_of_the_same_folds_in_an_experiment(bridge, tmp_path):
    model = train("naive-bayes", bridge, tmp_path / "model", folds=2, jobs=1)
    folder = tmp_path / "same"
    folder.mkdir()
    (folder / "experiment.toml").write_text(
        f'title = "t"\ndescription = "d"\ndataset = "{bridge}"\nprimary_metric = "macro_f1"\nseeds = [0]\n'
        'schemes = ["favor-against-neutral-unrelated"]\nrecipes = ["naive-bayes"]\n'
        '[[protocols]]\nkind = "stratified-group-k-fold"\nfolds = 2\n'
    )
    run = run_experiment(folder, out=tmp_path / "run", jobs=1)
    setting = run.settings[0]
    [expected] = score(
        pd.concat(pd.read_parquet(part) for part in (run.folder / setting.folder / "naive-bayes").glob("*.parquet")),
        run.dataset(setting),
        metrics=["brier"],
    )
    [found] = [entry for entry in model.facts.scores if entry["metric"] == "brier"]
    assert found["value"] == pytest.approx(expected.interval.value)
    assert model.facts.rows == len(load_dataset(bridge).rows)


def test_a_model_without_held_out_rows_has_no_scores(bridge, tmp_path):
    model = train("majority", bridge, tmp_path / "model", folds=0)
    assert model.facts.scores == []
    assert "Not evaluated" in (tmp_path / "model" / "README.md").read_text()


def test_the_folder_gives_the_probabilities_of_the_fitted_recipe(bridge, tmp_path):
    train("logistic-tfidf", bridge, tmp_path / "model", folds=0)
    dataset = load_dataset(bridge)
    fitted = load_recipe("logistic-tfidf").fit(dataset.X, dataset.y, seed=0)
    found = load_model(tmp_path / "model").predict(dataset.rows)
    columns = [f"p_{label}" for label in fitted.classes_]
    np.testing.assert_array_equal(found[columns].to_numpy(), fitted.predict_proba(dataset.X))
    assert list(found["label"]) == list(fitted.predict(dataset.X))


def test_a_label_that_was_not_trained_gets_probability_zero(rows_file, tmp_path):
    frame = pd.read_csv(rows_file)
    frame[frame["label"] != "none"].to_csv(rows_file, index=False)
    train("majority", rows_file, tmp_path / "model", scheme="favor-against-none")
    assert (load_model(tmp_path / "model").predict(frame)["p_none"] == 0).all()


def test_the_folder_holds_recipe_card_and_facts_and_no_pickle(bridge, tmp_path):
    train("naive-bayes", bridge, tmp_path / "model", folds=2, jobs=1)
    names = {path.name for path in (tmp_path / "model").iterdir()}
    assert names == {"README.md", "model.json", "learnt.skops", "naive-bayes.toml"}
    card = (tmp_path / "model" / "README.md").read_text()
    for part in ("bridge@", "| macro-F1 | ", "stratified-group-k-fold-2x1", "## Limits", "the council builds a bridge"):
        assert part in card
    assert not (tmp_path / "model.unfinished").exists()


def test_a_folder_that_is_there_is_not_written_over(bridge, tmp_path):
    (tmp_path / "model").mkdir()
    with pytest.raises(InputError, match="model: is there already"):
        train("majority", bridge, tmp_path / "model")


def test_a_recipe_without_steps_keeps_no_checkpoints(bridge, tmp_path):
    with pytest.raises(InputError, match="recipe 'naive-bayes', of kind 'ngrams', keeps no checkpoints"):
        train("naive-bayes", bridge, tmp_path / "model", checkpoint_every=5)
    assert not (tmp_path / "model.unfinished").exists()


def test_a_training_that_is_refused_leaves_nothing(rows_file, tmp_path):
    recipe = tmp_path / "strict.toml"
    recipe.write_text(
        'title = "t"\nfamily = "baseline"\nkind = "ngrams"\ndescription = "d"\nsource = "s"\n[params]\nmin_df = 1000\n'
    )
    with pytest.raises(InputError, match="min_df 1000"):
        train(recipe, rows_file, tmp_path / "model")
    assert not (tmp_path / "model.unfinished").exists()


def test_a_killed_training_uses_the_folds_that_are_finished(bridge, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("stancelab.training.save", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            train("naive-bayes", bridge, tmp_path / "model", folds=2, jobs=1)
    monkeypatch.setattr("stancelab.computing.compute_cell", lambda *_: pytest.fail("a finished fold was computed again"))
    train("naive-bayes", bridge, tmp_path / "model", folds=2, jobs=1)
    assert (tmp_path / "model" / "model.json").exists()


def test_several_processes_do_not_score_by_folds(bridge, tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(InputError, match="pass --folds 0 here"):
        train("majority", bridge, tmp_path / "model")


def test_only_the_first_process_writes(bridge, tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    train("majority", bridge, tmp_path / "model", folds=0)
    assert not (tmp_path / "model").exists()


def test_the_facts_name_the_encoder_that_the_folder_does_not_hold(bridge, tmp_path, tiny_encoder):
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(
        'title = "t"\nfamily = "transformer"\nkind = "frozen-encoder"\ndescription = "d"\nsource = "s"\n'
        f'[params]\nencoder = "{tiny_encoder}"\n'
    )
    train(recipe, bridge, tmp_path / "model", folds=0)
    facts = json.loads((tmp_path / "model" / "model.json").read_text())
    assert list(facts["weights"]) == [tiny_encoder]
    facts["weights"][tiny_encoder] = "other"
    (tmp_path / "model" / "model.json").write_text(json.dumps(facts))
    with pytest.raises(InputError, match=r"other weights of .* than are here now"):
        load_model(tmp_path / "model")


@pytest.mark.slow
def test_two_processes_train_one_model_by_the_command(rows_file, tmp_path, tiny_encoder):
    (tmp_path / "tiny.toml").write_text(
        'title = "t"\nfamily = "transformer"\nkind = "finetuned-encoder"\ndescription = "d"\nsource = "s"\n'
        f'[params]\nencoder = "{tiny_encoder}"\nepochs = 1\nfrozen_layers = 1\ninner_folds = 0\n'
    )
    options = ["--multi_gpu", "--num_processes=2", "--num_machines=1", "--mixed_precision=no", "--dynamo_backend=no"]
    launch = [sys.executable, "-m", "accelerate.commands.launch", *options, "--main_process_port=0", "-m"]
    done = subprocess.run(
        [*launch, "stancelab", "train", "tiny.toml", rows_file, "-o", "model"],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert done.stdout.count("model: tiny, trained on 18 rows") == 1
    assert len(load_model(tmp_path / "model").predict(load_dataset(rows_file).rows)) == 30
