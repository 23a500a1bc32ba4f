"""Does fine-tuning start from the probe, train what it should, and keep the best epoch?"""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from stancelab.encoders import load_parts
from stancelab.errors import InputError
from stancelab.models import training
from stancelab.models.finetuned_encoder import FinetunedEncoderClassifier

TEXTS = [
    f"{verb} the {noun} {place}" for verb in ("we support", "they reject") for noun in ("plan", "troops") for place in range(6)
]
LABELS = ["favor"] * 12 + ["against"] * 12
THREE = ["favor"] * 8 + ["against"] * 8 + ["none"] * 8
X = pd.DataFrame({"text": TEXTS, "actor": ["macron", "we", "they"] * 8, "target": "troops to ukraine"})

pytestmark = pytest.mark.slow


@pytest.fixture
def classifier(tiny_encoder):
    def build(**parameters):
        return FinetunedEncoderClassifier(encoder=tiny_encoder, **{"epochs": 2, "learning_rate": 1e-3, **parameters})

    return build


def pooled(folder):
    tokenizer, model = load_parts(folder)
    vectors = []
    with torch.no_grad():
        for row in X.itertuples():
            encoded = tokenizer(row.text, f"stance of {row.actor} on {row.target}", return_tensors="pt")
            vectors.append(model(**encoded).last_hidden_state[0].mean(dim=0).numpy())
    return np.array(vectors)


@pytest.mark.parametrize("labels", [LABELS, THREE], ids=["two labels", "three labels"])
def test_before_training_it_is_the_logistic_probe(classifier, tiny_encoder, labels):
    model = classifier(epochs=0, inner_folds=24).fit(X, labels)
    vectors = pooled(tiny_encoder)
    probe = LogisticRegression(class_weight="balanced", max_iter=2000).fit(vectors, labels)
    np.testing.assert_allclose(model.predict_proba(X), probe.predict_proba(vectors), atol=1e-4)


def loss(model):
    codes = np.searchsorted(model.classes_, LABELS)
    return -np.log(model.predict_proba(X)[np.arange(len(X)), codes]).mean()


def test_training_lowers_the_loss(classifier):
    assert loss(classifier(epochs=5, inner_folds=24).fit(X, LABELS)) < loss(classifier(epochs=0, inner_folds=24).fit(X, LABELS))


def test_a_harmful_rate_keeps_the_start(classifier):
    wild = classifier(learning_rate=50.0).fit(X, LABELS).predict_proba(X)
    start = classifier(epochs=0).fit(X, LABELS).predict_proba(X)
    np.testing.assert_allclose(wild, start, atol=1e-5)


def changed_weights(model, folder):
    _, fresh = load_parts(folder)
    before = dict(fresh.named_parameters())
    return {name for name, part in model.networks_[0].encoder.named_parameters() if not torch.equal(part, before[name])}


def test_by_default_every_layer_and_the_embeddings_are_trained(classifier, tiny_encoder):
    changed = changed_weights(classifier(inner_folds=24).fit(X, LABELS), tiny_encoder)
    for part in ("embeddings.word", "layer.0.", "layer.1."):
        assert any(part in name for name in changed)


def test_frozen_layers_and_the_embeddings_stay(classifier, tiny_encoder):
    changed = changed_weights(classifier(inner_folds=24, frozen_layers=1).fit(X, LABELS), tiny_encoder)
    assert any("layer.1." in name for name in changed)
    assert not any("embeddings" in name or "layer.0." in name for name in changed)


def test_everything_frozen_trains_the_head_alone(classifier, tiny_encoder):
    model = classifier(inner_folds=24, frozen_layers=2).fit(X, LABELS)
    assert changed_weights(model, tiny_encoder) == set()


def test_another_seed_is_another_training(classifier):
    first, second = (classifier(random_state=seed, inner_folds=24).fit(X, LABELS).predict_proba(X) for seed in (0, 1))
    assert not np.array_equal(first, second)


def test_the_global_generator_does_not_reach_training(classifier):
    torch.manual_seed(1)
    first = classifier(inner_folds=24).fit(X, LABELS).predict_proba(X)
    torch.manual_seed(2)
    np.testing.assert_array_equal(classifier(inner_folds=24).fit(X, LABELS).predict_proba(X), first)


def test_two_fits_do_not_share_weights(classifier):
    first = classifier(inner_folds=24).fit(X, LABELS)
    before = first.predict_proba(X)
    classifier(inner_folds=24, random_state=1).fit(X, LABELS[::-1])
    np.testing.assert_array_equal(first.predict_proba(X), before)


def test_actor_and_target_are_read(classifier):
    model = classifier().fit(X, LABELS)
    other = model.predict_proba(X.assign(actor="soup", target="soup"))
    assert not np.allclose(other, model.predict_proba(X), atol=1e-6)


def test_prediction_leaves_dropout_off(classifier):
    model = classifier().fit(X, LABELS)
    assert not model.networks_[0].training
    np.testing.assert_array_equal(model.predict_proba(X), model.predict_proba(X))


def test_one_row_of_each_label_is_enough(classifier):
    model = classifier().fit(X.iloc[[0, 12]], ["favor", "against"])
    assert model.predict_proba(X).shape == (24, 2)


@pytest.fixture
def epochs_seen(monkeypatch):
    """The rows that each epoch trained on, in order."""
    seen, batches = [], training._batches

    def watched(*arguments):
        found = list(batches(*arguments))
        seen.append(sorted(row for batch in found for row in batch))
        return found

    monkeypatch.setattr(training, "_batches", watched)
    return seen


def test_without_inner_folds_all_rows_train_for_all_epochs_and_the_last_is_kept(classifier, epochs_seen):
    wild = classifier(inner_folds=0, epochs=3, patience=1, learning_rate=50.0).fit(X, LABELS)
    assert epochs_seen == [list(range(24))] * 3
    start = classifier(inner_folds=0, epochs=0).fit(X, LABELS)
    assert np.abs(wild.predict_proba(X) - start.predict_proba(X)).max() > 0.01


def test_with_inner_folds_rows_are_held_out_and_patience_ends_training(classifier, epochs_seen):
    classifier(inner_folds=4, epochs=3, patience=1, learning_rate=50.0).fit(X, LABELS)
    assert [len(rows) for rows in epochs_seen] == [18]


@pytest.mark.parametrize("epochs", [0, 2])
def test_bfloat16_gives_nearly_the_same_probabilities(classifier, epochs):
    exact, rounded = (
        classifier(inner_folds=0, epochs=epochs, precision=precision).fit(X, LABELS).predict_proba(X)
        for precision in ("float32", "bfloat16")
    )
    np.testing.assert_allclose(rounded.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(rounded, exact, atol=0.05)
    assert not np.array_equal(rounded, exact)


def test_weights_stay_in_float32(classifier):
    model = classifier(precision="bfloat16", epochs=1, inner_folds=0).fit(X, LABELS)
    assert {part.dtype for part in model.networks_[0].parameters()} == {torch.float32}


def test_an_unknown_precision_names_the_nearest(classifier):
    with pytest.raises(
        InputError, match=r"unknown precision 'bfloat'; did you mean 'bfloat16'\? Allowed: auto, float32, bfloat16, float16"
    ):
        classifier(precision="bfloat").fit(X, LABELS)


@pytest.mark.parametrize("folds", [1, -2])
def test_one_inner_fold_is_refused(folds):
    with pytest.raises(InputError, match=f"inner_folds {folds}: expected 0, or 2 or more"):
        FinetunedEncoderClassifier(inner_folds=folds).fit(X, LABELS)
