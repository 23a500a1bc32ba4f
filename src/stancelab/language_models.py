"""Where do a causal language model's weights come from, and in which folder does any library find them?"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from stancelab.embedding_cache import user_cache
from stancelab.encoders import BUNDLED, fingerprint_of, resolve
from stancelab.errors import InputError
from stancelab.memory import give_back

FILES = ["*.json", "*.jinja", "*.model", "*.safetensors", "*.txt"]
"""What is fetched of a model on the hub: its weights once, in the format that runs no code."""


def folder_of(name: str) -> Path:
    """A plain transformers folder with the model of that name: a folder as it stands, a hub id's copy, a .gguf file converted.

    A .gguf file (a path, or what a bundled model carries) is unpacked once, to bfloat16, into the user's cache. InputError: no
    such model, a package that is missing, a cache that cannot be written.
    """
    packed = _gguf_of(name)
    if packed is not None:
        return _unpacked(packed, fingerprint_of(name))
    place = resolve(name)
    if Path(place).is_dir():
        return Path(place)
    from huggingface_hub import snapshot_download

    with _explained(name):
        return Path(snapshot_download(place, allow_patterns=FILES))


def load_causal(name: str) -> tuple[Any, Any]:
    """The tokenizer and the causal language model of that name, in evaluation mode, with the precision of its checkpoint.

    Loaded once a process, and again where its files changed. InputError as in `folder_of`, and for a model that is no causal one.
    """
    return _loaded(name, fingerprint_of(name))


@cache
def _loaded(name: str, _fingerprint: str) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = folder_of(name)
    with _explained(name):
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        model, found = AutoModelForCausalLM.from_pretrained(
            folder, dtype="auto", output_loading_info=True, trust_remote_code=False
        )
    if found["missing_keys"]:
        lacking = min(found["missing_keys"])
        raise InputError(f"model {name!r} is no causal language model: its weights lack {lacking}")
    return tokenizer, model.eval()


def _gguf_of(name: str) -> Path | None:
    """The .gguf file that a name stands for; None where it stands for no such file."""
    if name in BUNDLED and BUNDLED[name].weights.endswith(".gguf"):
        return Path(resolve(name)) / BUNDLED[name].weights
    if not name.endswith(".gguf"):
        return None
    if not Path(name).is_file():
        raise InputError(f"model {name!r}: no such file")
    return Path(name)


def _unpacked(packed: Path, sha: str) -> Path:
    """The cached folder made from a .gguf file, by this version of the library; made now where it is not there."""
    folder = user_cache().folder / "language-models" / f"{sha[:16]}-transformers-{version('transformers')}"
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        try:
            _unpack(packed, temporary)
            _rename(temporary, folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror}; STANCELAB_CACHE names another folder") from None
    return folder


def _rename(temporary: Path, folder: Path) -> None:
    try:
        temporary.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def _unpack(packed: Path, folder: Path) -> None:
    """Write the model in a .gguf file as a folder of config, tokenizer and safetensors."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    with _explained(str(packed)):
        tokenizer = AutoTokenizer.from_pretrained(packed.parent, gguf_file=packed.name)
        model = AutoModelForCausalLM.from_pretrained(
            packed.parent,
            gguf_file=packed.name,
            dtype=torch.bfloat16,
            quantization_config=GgufConfig(dequantize=True),
        )
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    del model
    give_back()


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """What the library says about a model that cannot be loaded, as an error of the user's; no bars on stderr meanwhile."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        yield
    except (ImportError, KeyError, OSError, ValueError) as error:
        reason = str(error).strip().split("\n")[0]
        raise InputError(
            f"model {name!r} cannot be loaded: {reason} Without a network, use a local folder, a .gguf file or bundled:smollm2"
        ) from None
