"""Which parts of an encoder are trained, and how fast?"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from stancelab.errors import InputError

if TYPE_CHECKING:
    import torch


def stack_of(encoder: Any) -> tuple[str, int]:
    """Where the layers of an encoder stand among its modules, and how many they are, in whatever architecture.

    InputError for an architecture that has no list of so many layers, such as one that uses a single layer again and again.
    """
    from torch.nn import ModuleList

    count = encoder.config.num_hidden_layers
    for name, part in encoder.named_modules():
        if isinstance(part, ModuleList) and len(part) == count:
            return name, count
    raise InputError(f"{type(encoder).__name__} has no list of {count} layers; leave frozen_layers at 0, layer_decay at 1")


def depths(network: Any) -> dict[str, int]:
    """How deep each parameter stands: 0 for what comes before the layers (embeddings), 1 for the lowest layer, then upwards.

    What comes after the layers, and the head, is one deeper than the highest layer.
    """
    name, count = stack_of(network.encoder)
    prefix, found, passed = f"encoder.{name}.", {}, False
    for parameter, _ in network.named_parameters():
        if parameter.startswith(prefix):
            found[parameter], passed = int(parameter[len(prefix) :].split(".")[0]) + 1, True
        else:
            found[parameter] = count + 1 if passed else 0
    return found


def freeze(network: Any, layers: int) -> None:
    """Leave the embeddings and so many of the lowest layers as they are, all where there are no more; 0: train everything."""
    if layers < 0:
        raise InputError(f"frozen_layers {layers}: expected 0 or more")
    if layers:
        depth = depths(network)
        frozen = min(layers, stack_of(network.encoder)[1])
        for name, weights in network.named_parameters():
            weights.requires_grad &= depth[name] > frozen


def parameter_groups(network: Any, rate: float, decay: float) -> list[dict[str, Any]]:
    """What is trained, for an optimizer: the learning rate, times `decay` for each layer further down.

    Source: Howard and Ruder 2018, Universal language model fine-tuning, section 3.2.
    """
    trained = {name: weights for name, weights in network.named_parameters() if weights.requires_grad}
    if decay == 1:
        return [{"params": list(trained.values()), "lr": rate}]
    depth = depths(network)
    top = max(depth.values())
    levels = sorted({depth[name] for name in trained})
    return [
        {"params": [part for name, part in trained.items() if depth[name] == level], "lr": rate * decay ** (top - level)}
        for level in levels
    ]


def add_lora(encoder: Any, rank: int, alpha: float, dropout: float) -> Any:
    """Add trainable matrices of low rank to all linear layers but a pooler, whose weights stay; for `merge_lora`.

    Source: Hu et al. 2021, LoRA. InputError without the package peft.
    """
    import torch

    try:
        from peft import LoraConfig, get_peft_model
    except ImportError:
        raise InputError("lora_rank needs the package peft: pip install 'stancelab[lora]'") from None
    base = encoder.base_model
    linear = [name for name, part in base.named_modules() if isinstance(part, torch.nn.Linear) and "pooler" not in name]
    pooler = [weights for name, weights in base.named_parameters() if ".pooler." in f".{name}" and weights.requires_grad]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        adapted = get_peft_model(base, LoraConfig(r=rank, lora_alpha=alpha, lora_dropout=dropout, target_modules=linear))
    for weights in pooler:
        weights.requires_grad = True
    return adapted


def merge_lora(adapted: Any) -> None:
    """Add the trained matrices to the weights that they go with, so that the encoder is a plain one again."""
    adapted.merge_and_unload()


@contextmanager
def checkpointed_activations(encoder: Any, wanted: bool) -> Iterator[None]:
    """Compute the states of a layer again when gradients need them, where that is wanted, instead of keeping them."""
    if not wanted:
        yield
        return
    kind = "activation" if hasattr(encoder, "activation_checkpointing_enable") else "gradient"
    getattr(encoder, f"{kind}_checkpointing_enable")(**{f"{kind}_checkpointing_kwargs": {"use_reentrant": False}})
    try:
        yield
    finally:
        getattr(encoder, f"{kind}_checkpointing_disable")()


def trained_weights(network: Any) -> dict[str, "torch.Tensor"]:
    """A copy of what is trained, by name."""
    return {name: part.detach().clone() for name, part in network.named_parameters() if part.requires_grad}


def restore_weights(network: Any, kept: dict[str, "torch.Tensor"]) -> None:
    """Set what `trained_weights` copied."""
    network.load_state_dict(kept, strict=False)
