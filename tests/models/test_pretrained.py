"""Can an encoder of any architecture be fine-tuned, kept, and read again by plain transformers?"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer

from stancelab.errors import InputError
from stancelab.models.finetuned_encoder import FinetunedEncoderClassifier
from stancelab.models.layers import depths, parameter_groups, stack_of
from stancelab.models.network import Network
from stancelab.models.pretrained import batch_of, load_pretrained, longest_reading

X = pd.DataFrame(
    {
        "text": ["we support the plan", "they oppose it", "soldiers for ukraine", "not the soup"] * 3,
        "actor": ["we", "they", "we"] * 4,
        "target": "troops to ukraine",
    }
)
LABELS = ["favor", "against", "favor", "none"] * 3
QUESTION = "stance of we on troops to ukraine"


@pytest.fixture
def classifier(tiny_architecture):
    def build(**parameters):
        return FinetunedEncoderClassifier(encoder=tiny_architecture, **{"epochs": 1, "learning_rate": 1e-2, **parameters})

    return build


def loss(model):
    codes = np.searchsorted(model.classes_, LABELS)
    return -np.log(model.predict_proba(X)[np.arange(len(X)), codes]).mean()


def test_any_architecture_learns_and_comes_back(classifier, tmp_path):
    start, model = (
        classifier(inner_folds=0, learning_rate=3e-3, epochs=epochs, batch_size=4, C=0.01).fit(X, LABELS) for epochs in (0, 15)
    )
    assert loss(model) < 0.9 * loss(start)
    model.save(tmp_path)
    np.testing.assert_array_equal(classifier().load(tmp_path).predict_proba(X), model.predict_proba(X))


def test_the_longest_text_that_tokenizer_and_model_allow(classifier, tiny_architecture):
    tokenizer, model = load_pretrained(tiny_architecture)
    limit = longest_reading(tokenizer, model)
    assert 90 <= limit <= 97
    endless = X.assign(text="soup " * 1_000)
    found = classifier(max_length=1_000).fit(X, LABELS)
    assert np.isfinite(found.predict_proba(endless)).all()
    assert {len(row["input_ids"]) for row in found._tokens(endless, found.networks_[0])} == {limit}


def changed(network, folder):
    _, fresh = load_pretrained(folder)
    return {name for name, part in fresh.named_parameters() if not torch.equal(part, network.encoder.get_parameter(name).cpu())}


@pytest.mark.parametrize("lora", [0, 2])
def test_frozen_layers_stay(classifier, tiny_architecture, lora):
    model = classifier(frozen_layers=1, lora_rank=lora).fit(X, LABELS)
    moved = changed(model.networks_[0], tiny_architecture)
    depth = depths(model.networks_[0])
    assert moved
    assert all(depth[f"encoder.{name}"] > 1 for name in moved)


def test_lora_leaves_a_plain_encoder_of_which_matrices_have_moved(classifier, tiny_architecture):
    network = classifier(lora_rank=2).fit(X, LABELS).networks_[0]
    moved = changed(network, tiny_architecture)
    assert set(network.encoder.state_dict()) == set(load_pretrained(tiny_architecture)[1].state_dict())
    assert moved
    assert {network.encoder.get_parameter(name).dim() for name in moved} == {2}
    assert not any("embeddings." in name for name in moved)


@pytest.mark.parametrize("lora", [0, 2])
def test_plain_transformers_reads_a_native_head(classifier, tmp_path, lora):
    model = classifier(pooling="native", lora_rank=lora).fit(X, LABELS)
    model.save(tmp_path)
    tokenizer, plain = AutoTokenizer.from_pretrained(tmp_path), AutoModelForSequenceClassification.from_pretrained(tmp_path)
    assert plain.config.id2label == {0: "against", 1: "favor", 2: "none"}
    assert plain.config.label2id == {"against": 0, "favor": 1, "none": 2}
    with torch.no_grad():
        logits = plain(**tokenizer(X["text"][0], QUESTION, return_tensors="pt")).logits
        own = model.networks_[0](**tokenizer(X["text"][0], QUESTION, return_tensors="pt"))
    torch.testing.assert_close(logits, own, rtol=0, atol=0)
    np.testing.assert_allclose(logits.softmax(1)[0], model.predict_proba(X[:1])[0], atol=1e-6)
    np.testing.assert_array_equal(classifier(pooling="native").load(tmp_path).predict_proba(X), model.predict_proba(X))


def test_plain_transformers_reads_encoder_and_linear_head(classifier, tmp_path):
    model = classifier().fit(X, LABELS)
    model.save(tmp_path)
    tokenizer, encoder = AutoTokenizer.from_pretrained(tmp_path), AutoModel.from_pretrained(tmp_path)
    head = load_file(tmp_path / "head.safetensors")
    with torch.no_grad():
        states = encoder(**tokenizer(X["text"][0], QUESTION, return_tensors="pt")).last_hidden_state[0]
        logits = states.mean(dim=0) @ head["weight"].T + head["bias"]
    np.testing.assert_allclose(logits.softmax(0), model.predict_proba(X[:1])[0], atol=1e-6)


def test_lower_layers_learn_slower(tiny_architecture):
    network = Network(load_pretrained(tiny_architecture)[1], 3, "float32")
    groups = parameter_groups(network, 1.0, 0.5)
    assert [group["lr"] for group in groups] == [0.125, 0.25, 0.5, 1.0]
    places = {id(part): name for name, part in network.named_parameters()}
    lowest, highest = ({places[id(part)] for part in groups[place]["params"]} for place in (0, -1))
    assert all("embeddings" in name for name in lowest)
    assert {"head.weight", "head.bias"} <= highest
    assert sum(len(group["params"]) for group in groups) == sum(part.requires_grad for part in network.parameters())


def test_checkpointed_activations_change_no_weights(classifier):
    first, second = (classifier(gradient_checkpointing=wanted).fit(X, LABELS).predict_proba(X) for wanted in (False, True))
    np.testing.assert_allclose(first, second, atol=1e-5)


def test_marked_spans_in_one_segment(classifier):
    model = classifier(statement="{target}: {spans}", question="", epochs=4, inner_folds=0).fit(X, LABELS)
    assert not np.allclose(model.predict_proba(X), model.predict_proba(X.assign(actor="plan")), atol=1e-4)


def test_token_types_that_a_model_does_not_know_are_left_out(tiny_architecture):
    tokenizer, model = load_pretrained(tiny_architecture)
    rows = [{"input_ids": [5, 6, 7], "token_type_ids": [0, 1, 1], "attention_mask": [1, 1, 1]}]
    with torch.no_grad():
        assert model(**batch_of(tokenizer, model)(rows)).last_hidden_state.shape == (1, 3, 32)


def test_more_frozen_layers_than_there_are_are_all(classifier, tiny_architecture):
    network = classifier(frozen_layers=9).fit(X, LABELS).networks_[0]
    depth = depths(network)
    assert all(depth[f"encoder.{name}"] > 2 for name in changed(network, tiny_architecture))
    with pytest.raises(InputError, match="frozen_layers -1: expected 0 or more"):
        classifier(frozen_layers=-1).fit(X, LABELS)


def test_an_encoder_of_one_layer_used_again_and_again():
    from transformers import AlbertConfig
    from transformers import AlbertModel as Albert

    small = AlbertConfig(
        vocab_size=20, embedding_size=8, hidden_size=8, num_attention_heads=1, intermediate_size=8, num_hidden_layers=3
    )
    with torch.random.fork_rng(), pytest.raises(InputError, match="AlbertModel has no list of 3 layers"):
        stack_of(Albert(small))


@pytest.fixture
def strange(tmp_path, tiny_encoder):
    """A folder whose model is code of its own."""
    for file in Path(tiny_encoder).iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = json.loads((tmp_path / "config.json").read_text())
    config |= {"model_type": "strange", "auto_map": {"AutoConfig": "strange.StrangeConfig", "AutoModel": "strange.StrangeModel"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "strange.py").write_text(
        "from transformers import BertConfig, BertModel\n\n\n"
        "class StrangeConfig(BertConfig):\n    model_type = 'strange'\n\n\n"
        "class StrangeModel(BertModel):\n    config_class = StrangeConfig\n"
    )
    return str(tmp_path)


def test_code_that_an_encoder_brings_runs_only_if_the_recipe_says_so(strange, monkeypatch, tmp_path_factory):
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path_factory.mktemp("modules")))
    with pytest.raises(
        InputError, match=r"encoder .* brings code of its own, which is not run unless .* trust_remote_code = true"
    ):
        FinetunedEncoderClassifier(encoder=strange, epochs=0).fit(X, LABELS)
    model = FinetunedEncoderClassifier(encoder=strange, epochs=0, trust_remote_code=True).fit(X, LABELS)
    assert type(model.networks_[0].encoder).__name__ == "StrangeModel"


def test_what_cannot_be_loaded(tmp_path):
    with pytest.raises(InputError, match=r"encoder 'nobody/nothing' cannot be loaded: .*use bundled:minilm"):
        load_pretrained("nobody/nothing")
    with pytest.raises(InputError, match=r"learnt.skops: no such file"):
        FinetunedEncoderClassifier().load(tmp_path)
