"""Which networks, reading and head is a fitted classifier made of, if it can be compiled?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from stancelab.compiled.heads import Averaged, Bent, ByTarget, Certain, Head, Linear, Placed, Tempered
from stancelab.compiled.reading import Reading
from stancelab.compiled.tokens import FIELDS, Spelling
from stancelab.encoders import load_encoder, mean_pool
from stancelab.models.calibrated import CalibratedClassifier
from stancelab.models.finetuned_encoder import FinetunedEncoderClassifier
from stancelab.models.frozen_encoder import FrozenEncoderClassifier
from stancelab.models.per_target import PerTargetClassifier
from stancelab.models.pretrained import batch_of, longest_reading


@dataclass(frozen=True)
class Parts:
    """networks: token ids to vectors, by the names of their inputs. cached_as: see `classifier.Form`."""

    networks: list[torch.nn.Module]
    tokenizer: Any
    names: list[str]
    reading: Reading
    head: Head
    cached_as: str | None


def parts_of(classifier: Any) -> Parts | None:
    """The parts of a fitted classifier; None for a kind, or a tokenizer or precision, that has no compiled form."""
    leaves = list(_leaves(classifier))
    kinds = {type(leaf) for leaf in leaves}
    if kinds == {FrozenEncoderClassifier} and len({_read_by(leaf) for leaf in leaves}) == 1:
        parts = _frozen(leaves[0], _head(classifier))
    elif kinds == {FinetunedEncoderClassifier} and len(leaves) == 1:
        parts = _finetuned(leaves[0], _head(classifier))
    else:
        return None
    weights = next(parts.networks[0].parameters())
    fits = parts.tokenizer.is_fast and weights.dtype == torch.float32 and set(parts.names) <= set(FIELDS)
    return parts if fits and _sums_are_float32(leaves) else None


def spelling_of(tokenizer: Any, names: list[str]) -> Spelling:
    """What a tokenizer of transformers does besides what its own file says. names: what of its output is wanted."""
    return Spelling(
        length=int(tokenizer.model_max_length),
        truncation_side=tokenizer.truncation_side,
        names=names,
        pad_id=tokenizer.pad_token_id,
        pad_type_id=tokenizer.pad_token_type_id,
    )


def _leaves(classifier: Any) -> Iterator[Any]:
    """The classifiers that read texts."""
    if len(classifier.classes_) == 1:
        return
    if type(classifier) is CalibratedClassifier:
        yield from _leaves(classifier.estimator_)
    elif type(classifier) is PerTargetClassifier:
        for each in [*classifier.of_target_.values(), *classifier.of_others_]:
            yield from _leaves(each)
    else:
        yield classifier


def _head(classifier: Any) -> Head:
    if len(classifier.classes_) == 1:
        return Certain()
    if isinstance(classifier, CalibratedClassifier):
        inner = _head(classifier.estimator_)
        if classifier.curves_:
            return Bent(head=inner, curves=[(list(map(float, x)), list(map(float, y))) for x, y in classifier.curves_])
        return inner if classifier.temperature_ is None else Tempered(head=inner, temperature=classifier.temperature_)
    if isinstance(classifier, PerTargetClassifier):
        classes = list(classifier.classes_)

        def placed(each: Any) -> Placed:
            return Placed(head=_head(each), places=[classes.index(label) for label in each.classes_])

        of_target = {str(name): placed(each) for name, each in classifier.of_target_.items()}
        return ByTarget(k=len(classes), of_target=of_target, of_others=[placed(each) for each in classifier.of_others_])
    if isinstance(classifier, FrozenEncoderClassifier):
        return _linear(classifier.head_.coef_, classifier.head_.intercept_, 0)
    return _averaged(classifier)


def _linear(weights: np.ndarray, bias: np.ndarray, start: int) -> Linear:
    if len(weights) == 1:  # of two labels scikit-learn keeps the second one's weights: the sigmoid is a softmax beside 0
        weights, bias = np.vstack([np.zeros_like(weights), weights]), np.hstack([np.zeros_like(bias), bias])
    return Linear(weights=weights.astype(float).tolist(), bias=bias.astype(float).tolist(), start=start)


def _averaged(classifier: FinetunedEncoderClassifier) -> Averaged:
    """The heads of all networks; a head that the architecture brings is part of its network, whose logits stay as they are."""
    k, heads, start = len(classifier.classes_), [], 0
    for network in classifier.networks_:
        native = network.head is None
        weights = np.eye(k) if native else network.head.weight.detach().cpu().numpy()
        heads.append(_linear(weights, np.zeros(k) if native else network.head.bias.detach().cpu().numpy(), start))
        start += weights.shape[1]
    return Averaged(heads=heads)


def _read_by(leaf: FrozenEncoderClassifier) -> tuple[Any, ...]:
    return leaf.encoder, str(leaf.views), leaf.max_length


def _sums_are_float32(leaves: list[Any]) -> bool:
    return all(network.precision == "float32" for leaf in leaves for network in getattr(leaf, "networks_", []))


def _frozen(leaf: FrozenEncoderClassifier, head: Head) -> Parts:
    encoder = load_encoder(leaf.encoder)
    views = [[view] if isinstance(view, str) else list(view) for view in leaf.views]
    names = list(encoder.tokenizer("a"))
    return Parts([_Vector(encoder)], encoder.tokenizer, names, Reading(views=views, limit=leaf.max_length), head, leaf.encoder)


def _finetuned(leaf: FinetunedEncoderClassifier, head: Head) -> Parts:
    first = leaf.networks_[0]
    limit = min(leaf.max_length, longest_reading(leaf.tokenizer_, first.encoder))
    view = [leaf.statement, leaf.question] if leaf.question else [leaf.statement]
    reading = Reading(views=[view], limit=limit, fitted=not leaf.question or "{spans}" in leaf.statement)
    names = list(batch_of(leaf.tokenizer_, first.encoder)([leaf.tokenizer_("a")]))
    return Parts([_Pooled(network) for network in leaf.networks_], leaf.tokenizer_, names, reading, head, None)


class _Vector(torch.nn.Module):
    """What `Encoder.encode` computes."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.model = encoder.model
        self.states = encoder._states

    def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any = None) -> torch.Tensor:
        batch = {"input_ids": input_ids, "attention_mask": attention_mask, "token_type_ids": token_type_ids}
        states = self.states({name: values for name, values in batch.items() if values is not None})
        return torch.nn.functional.normalize(mean_pool(states.float(), attention_mask), dim=1)


class _Pooled(torch.nn.Module):
    """What `Network` computes up to its linear head; its logits where the encoder brings a head."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any = None) -> torch.Tensor:
        given = {"input_ids": input_ids, "attention_mask": attention_mask, "token_type_ids": token_type_ids}
        batch = {name: values for name, values in given.items() if values is not None}
        result: torch.Tensor = self.network(**batch) if self.network.head is None else self.network.pooled(batch)
        return result
