"""Does a predictor answer as its classifier does, and does its fingerprint tell what decides its answers?"""

import shutil

import numpy as np
import pytest

from stancelab.dataset import load_dataset
from stancelab.predictors import predictor
from stancelab.training import train


@pytest.fixture
def folder(bridge, tmp_path):
    train("naive-bayes", bridge, tmp_path / "model", folds=0)
    return tmp_path / "model"


def test_answers_are_those_of_predict_in_the_order_of_the_scheme(bridge, folder):
    asked, rows = predictor(str(folder)), load_dataset(bridge).rows
    labels, probabilities = asked.answers({name: list(rows[name]) for name in ("id", "text", "actor", "target")})
    found = asked.predict(rows)
    assert list(labels) == list(found["label"])
    np.testing.assert_array_equal(probabilities, found[[f"p_{label}" for label in asked.scheme.labels]])


def test_a_fingerprint_follows_what_was_learnt_and_not_where_it_lies(folder, tmp_path):
    first = predictor(str(folder)).fingerprint
    shutil.copytree(folder, tmp_path / "copy")
    (tmp_path / "copy" / "README.md").write_text("another card")
    assert predictor(str(tmp_path / "copy")).fingerprint == first
    facts = tmp_path / "copy" / "model.json"
    facts.write_text(facts.read_text().replace('"seed": 0', '"seed": 1'))
    assert predictor(str(tmp_path / "copy")).fingerprint != first


def test_a_fingerprint_follows_scheme_codebook_and_versions(bridge, monkeypatch):
    dataset = load_dataset(bridge)
    found = [predictor("cue-lexicon").fingerprint, predictor("cue-lexicon", told=dataset).fingerprint]
    found.append(predictor("cue-lexicon", scheme="favor-against-none").fingerprint)
    monkeypatch.setattr("stancelab.predictors.library_versions", lambda: {"numpy": "9"})
    found.append(predictor("cue-lexicon").fingerprint)
    assert len(set(found)) == 4


@pytest.mark.parametrize(("recipe", "own"), [("cue-lexicon", False), ("nli-zeroshot", True), ("chat-server", True)])
def test_what_uses_all_cores_or_waits_needs_one_process(recipe, own):
    assert predictor(recipe, scheme="favor-against-none").own_threads is own
