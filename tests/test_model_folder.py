"""Is a model's folder read strictly, predicted with whole, and pushed as it is?"""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier

from stancelab.errors import InputError
from stancelab.labels import scheme_named
from stancelab.model_folder import load_model, predict, push_model
from stancelab.models.stance_classifier import StanceClassifier
from stancelab.training import train

SCHEME = scheme_named("favor-against-none")


class Silent(StanceClassifier):
    """Answers every second row."""

    def _learn(self, X, labels):
        pass

    def _probabilities(self, X):
        return np.array([[0.3, 0.7] if n % 2 else [np.nan, np.nan] for n in range(len(X))])


@pytest.fixture
def folder(bridge, tmp_path):
    train("majority", bridge, tmp_path / "model", folds=0)
    return tmp_path / "model"


def rows(count):
    return pd.DataFrame({"id": [str(n) for n in range(count)], "text": "t", "actor": "a", "target": "b"})


def test_a_row_without_an_answer_has_neither_label_nor_probabilities():
    found = predict(Silent().fit(rows(2), ["against", "favor"]), rows(4), SCHEME)
    assert list(found["label"]) == [None, "favor", None, "favor"]
    assert list(found.columns) == ["id", "label", "p_favor", "p_against", "p_none"]
    assert found.iloc[0, 2:].isna().all()
    assert list(found.iloc[1, 2:]) == [0.7, 0.3, 0.0]


@pytest.mark.parametrize("count", [0, 1, 1024, 1025])
def test_every_row_is_predicted_once_and_in_order(count):
    model = DummyClassifier(strategy="prior").fit(rows(3), ["favor", "against", "none"])
    found = predict(model, rows(count), SCHEME)
    assert list(found["id"]) == list(rows(count)["id"])


def test_what_is_no_model_is_refused(tmp_path, folder):
    with pytest.raises(InputError, match="no such folder; expected what `stancelab train` wrote"):
        load_model(tmp_path / "nothing")
    with pytest.raises(InputError, match=r"not a trained model, model.json is missing"):
        load_model(tmp_path)
    (folder / "learnt.skops").write_bytes(b"cut off")
    with pytest.raises(InputError, match=r"learnt.skops: not a readable model file"):
        load_model(folder)
    (folder / "learnt.skops").unlink()
    with pytest.raises(InputError, match=r"learnt.skops: no such file"):
        load_model(folder)


def test_facts_with_a_missing_key_are_refused(folder):
    facts = json.loads((folder / "model.json").read_text())
    del facts["scheme"]
    (folder / "model.json").write_text(json.dumps(facts))
    with pytest.raises(InputError, match=r"model.json: key 'scheme' is missing"):
        load_model(folder)


def test_a_file_that_names_a_foreign_class_is_refused(folder):
    from skops.io import dump

    dump({"classes_": json.JSONEncoder()}, folder / "learnt.skops")
    with pytest.raises(InputError, match=r"neither scikit-learn's nor this package's: json.encoder.JSONEncoder"):
        load_model(folder)


def test_a_model_of_the_hub_is_one_download(folder, monkeypatch):
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda name: {"ada/model": str(folder)}[name])
    assert load_model("ada/model").recipe.name == "majority"


def test_push_uploads_the_folder(folder, monkeypatch):
    calls = []

    class Hub:
        def create_repo(self, name, **options):
            calls.append((name, options))
            return type("Place", (str,), {"repo_id": name})(f"https://hub/{name}")

        def upload_folder(self, **options):
            calls.append(options)

    monkeypatch.setattr("huggingface_hub.HfApi", Hub)
    assert push_model(folder, "ada/model", private=True) == "https://hub/ada/model"
    assert calls[0] == ("ada/model", {"private": True, "exist_ok": True})
    assert (calls[1]["repo_id"], calls[1]["folder_path"]) == ("ada/model", folder)


def test_push_says_why_the_hub_refuses(folder):
    with pytest.raises(InputError, match="ada/model: the hub does not take it: "):
        push_model(folder, "ada/model", private=False)


def test_push_takes_models_only(tmp_path):
    with pytest.raises(InputError, match="not a trained model"):
        push_model(tmp_path, "ada/model", private=False)
