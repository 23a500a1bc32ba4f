"""How does an encoder of any architecture come to be trained: its files, its longest reading, what its model accepts?"""

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from stancelab.encoders import BUNDLED, resolve
from stancelab.errors import InputError

POOLINGS = ("mean", "native")


def load_pretrained(
    name: str, *, labels: Sequence[str] | None = None, trust_remote_code: bool = False, dtype: str = "float32"
) -> tuple[Any, Any]:
    """The tokenizer and the fresh model of an encoder in evaluation mode: a hub id, a folder, or `bundled:NAME`.

    labels: with these, the architecture's own classification head over them, which is new where the files have none; without,
    the encoder alone. trust_remote_code: whether code may run that the files bring. dtype: of the
    weights, "auto" as they are stored; a bundled one states its own. InputError for what cannot be loaded.
    """
    import torch
    from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    place, bundled = resolve(name), BUNDLED.get(name)
    options: dict[str, Any] = {"trust_remote_code": trust_remote_code}
    if bundled and bundled.weights.endswith(".gguf"):
        options["gguf_file"] = bundled.weights
    try:
        tokenizer = AutoTokenizer.from_pretrained(place, **options)
        options["dtype"] = getattr(torch, bundled.precision) if bundled else dtype
        if labels is None:
            model = AutoModel.from_pretrained(place, **options)
        else:
            named = {"id2label": dict(enumerate(labels)), "label2id": {label: code for code, label in enumerate(labels)}}
            model = AutoModelForSequenceClassification.from_pretrained(place, **named, ignore_mismatched_sizes=True, **options)
    except (ImportError, OSError, ValueError, KeyError) as error:
        raise _refusal(name, str(error)) from None
    finally:
        logging.set_verbosity(verbosity)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    tokenizer.padding_side = "right"
    if model.config.pad_token_id is None:
        model.config.pad_token_id = tokenizer.pad_token_id
    return tokenizer, model.eval()


def _refusal(name: str, reason: str) -> InputError:
    if "trust_remote_code" in reason:
        return InputError(
            f"encoder {name!r} brings code of its own, which is not run unless the recipe says trust_remote_code = true; "
            "read that code first"
        )
    return InputError(
        f"encoder {name!r} cannot be loaded: {reason.strip().split(chr(10))[0]} "
        f"Without a network, use {' or '.join(BUNDLED)} or a local folder"
    )


def longest_reading(tokenizer: Any, model: Any) -> int:
    """How many tokens a model can read, special ones among them: the lower of what tokenizer and positions allow."""
    from torch.nn import Embedding

    limits = [int(tokenizer.model_max_length)]
    positions = getattr(model.config, "max_position_embeddings", None) or 0
    if positions > 0:
        tables = [part for name, part in model.named_modules() if name.endswith("position_embeddings")]
        padding = [part.padding_idx for part in tables if isinstance(part, Embedding) and part.padding_idx is not None]
        limits.append(positions - (padding[0] + 1 if padding else 0))
    return min(limits)


def batch_of(tokenizer: Any, model: Any) -> Callable[[Sequence[dict[str, list[int]]]], dict[str, Any]]:
    """What makes tensors of rows of token ids, padded to the longest, with the names that the model accepts."""
    accepted = set(inspect.signature(model.forward).parameters)
    if getattr(model.config, "type_vocab_size", 2) < 2:
        accepted.discard("token_type_ids")

    def padded(tokens: Sequence[dict[str, list[int]]]) -> dict[str, Any]:
        found = tokenizer.pad(list(tokens), return_tensors="pt")
        return {name: values for name, values in found.items() if name in accepted}

    return padded


def load_saved(folder: Path, *, labels: Sequence[str] | None, trust_remote_code: bool) -> tuple[Any, Any]:
    """What was saved into a folder, as `load_pretrained` would load it. InputError for a folder that is incomplete."""
    import torch

    if not (folder / "config.json").is_file():
        raise InputError(f"{folder / 'config.json'}: no such file; the model is incomplete, train it again")
    with torch.random.fork_rng(devices=[]):
        return load_pretrained(str(folder), labels=labels, trust_remote_code=trust_remote_code, dtype="auto")
