"""How does an encoder of any architecture come to be trained: its files, its longest reading, what its model accepts?"""

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from stancelab.encoders import load_parts
from stancelab.errors import InputError

POOLINGS = ("mean", "native")


def load_pretrained(
    name: str, *, labels: Sequence[str] | None = None, trust_remote_code: bool = False, dtype: str = "float32"
) -> tuple[Any, Any]:
    """The tokenizer and the fresh model of an encoder that is to be trained; the rest as `stancelab.encoders.load_parts`.

    labels: with these, the architecture's own classification head over them, which is new where the files have none; without,
    the encoder alone.
    """
    from transformers.utils import logging

    head: dict[str, Any] = {}
    if labels is not None:
        named = {"id2label": dict(enumerate(labels)), "label2id": {label: code for code, label in enumerate(labels)}}
        head = {"loader": "AutoModelForSequenceClassification", "ignore_mismatched_sizes": True, **named}
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        tokenizer, model = load_parts(name, dtype=dtype, trust_remote_code=trust_remote_code, **head)
    finally:
        logging.set_verbosity(verbosity)
    if model.config.pad_token_id is None:
        model.config.pad_token_id = tokenizer.pad_token_id
    return tokenizer, model


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
