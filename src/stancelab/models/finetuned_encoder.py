"""An encoder fine-tuned as a classifier of the pair (statement, whose stance on what)."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from stancelab.encoders import fingerprint_of, tokenize
from stancelab.errors import InputError, unknown
from stancelab.models.checkpoints import Checkpoints, checkpoints_of
from stancelab.models.inputs import column, compose
from stancelab.models.layers import add_lora, checkpointed_activations, freeze, merge_lora
from stancelab.models.losses import LOSSES, Loss, class_weights, soft_targets
from stancelab.models.pretrained import POOLINGS, batch_of, load_pretrained, load_saved, longest_reading
from stancelab.models.saving import dump_learnt, load_learnt
from stancelab.models.stance_classifier import StanceClassifier
from stancelab.models.training import (
    PRECISIONS,
    Examples,
    Plan,
    Tokens,
    accelerator_of,
    computed,
    precision_on,
    process_state,
    seeded,
    train,
)
from stancelab.models.window import compose_to_fit

LIBRARIES = ("stancelab", "torch", "transformers", "accelerate")
"""A checkpoint is gone on from with the versions of these that wrote it."""


class FinetunedEncoderClassifier(StanceClassifier):
    """Mean-pooled encoder with a linear head that starts from logistic regression, then trained whole.

    The head's start follows Kumar et al. 2022 (Fine-tuning can distort pretrained features: probe first, then fine-tune). Batches
    hold rows of like length, and the epoch with the lowest loss on an inner split is kept; the inner split keeps rows of one text
    together (inner_folds 0: there is none, all rows train for all epochs). One seed gives the same predictions again on one
    machine with one number of threads.

    Reading. encoder: a hub id, a folder, or `bundled:NAME`; trust_remote_code: whether code that it brings may run. statement,
    question: templates of two segments, see `stancelab.models.inputs.compose`; with an empty question there is one. A text that
    is too long loses its end; in a single segment, and with {spans}, all that is far from the actor's mention.

    Network. pooling "native": the architecture's own classification head, new, in place of mean and probe (C is the probe's).
    The `frozen_layers` lowest layers, and the token embeddings with them, stay as they are. lora_rank: matrices of that rank are
    trained in place of the layers (0: the layers are), scaled by lora_alpha over rank, and merged at the end.

    Loss. class_weight "balanced" or None; loss "cross-entropy" or "focal" with focal_gamma; label_smoothing: the part of a
    target spread over all labels; soft_labels: targets are the shares of the annotators' votes (columns votes_LABEL), where
    there are any.

    Training. batch_size: rows a step, over all processes and all `accumulation` pieces that are computed one after the other.
    schedule: of the learning rate, as transformers names them; layer_decay: its factor for each layer further down.
    precision: of the encoder's sums; "auto" is float32 but on a GPU. seeds: networks, whose probabilities are averaged.
    checkpoints: a folder (one that all machines see) to which every `checkpoint_every` steps are written, so that a fit that was
    killed goes on when it is started again; removed at the end.
    """

    holds_weights = True

    def __init__(
        self,
        *,
        encoder: str = "bundled:minilm",
        statement: str = "{text}",
        question: str = "stance of {actor} on {target}",
        epochs: int = 8,
        patience: int = 2,
        learning_rate: float = 5e-5,
        batch_size: int = 8,
        weight_decay: float = 0.01,
        warmup: float = 0.1,
        frozen_layers: int = 0,
        inner_folds: int = 5,
        C: float = 1.0,
        max_length: int = 256,
        precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto",
        pooling: Literal["mean", "native"] = "mean",
        class_weight: str | None = "balanced",
        loss: Literal["cross-entropy", "focal"] = "cross-entropy",
        focal_gamma: float = 2.0,
        label_smoothing: float = 0.0,
        soft_labels: bool = False,
        schedule: str = "linear",
        layer_decay: float = 1.0,
        accumulation: int = 1,
        gradient_checkpointing: bool = False,
        lora_rank: int = 0,
        lora_alpha: float = 16.0,
        lora_dropout: float = 0.0,
        compiled: bool = False,
        seeds: int = 1,
        checkpoints: str | None = None,
        checkpoint_every: int = 100,
        trust_remote_code: bool = False,
        random_state: int = 0,
    ) -> None:
        self.encoder = encoder
        self.statement = statement
        self.question = question
        self.epochs = epochs
        self.patience = patience
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.weight_decay = weight_decay
        self.warmup = warmup
        self.frozen_layers = frozen_layers
        self.inner_folds = inner_folds
        self.C = C
        self.max_length = max_length
        self.precision = precision
        self.pooling = pooling
        self.class_weight = class_weight
        self.loss = loss
        self.focal_gamma = focal_gamma
        self.label_smoothing = label_smoothing
        self.soft_labels = soft_labels
        self.schedule = schedule
        self.layer_decay = layer_decay
        self.accumulation = accumulation
        self.gradient_checkpointing = gradient_checkpointing
        self.lora_rank = lora_rank
        self.lora_alpha = lora_alpha
        self.lora_dropout = lora_dropout
        self.compiled = compiled
        self.seeds = seeds
        self.checkpoints = checkpoints
        self.checkpoint_every = checkpoint_every
        self.trust_remote_code = trust_remote_code
        self.random_state = random_state

    def save(self, folder: Path) -> None:
        """Write encoder, tokenizer and head as transformers reads them; several networks into a folder each."""
        if not process_state().is_main_process:
            return
        dump_learnt(self, folder, without=("networks_", "tokenizer_"))
        if len(self.classes_) > 1:
            for place, network in zip(self._places(folder), self.networks_, strict=True):
                network.save(place, self.tokenizer_)

    def load(self, folder: Path) -> Self:
        """Take up what `save` wrote."""
        load_learnt(self, folder)
        if len(self.classes_) > 1:
            self.networks_ = [self._loaded(place) for place in self._places(folder)]
        return self

    def _places(self, folder: Path) -> list[Path]:
        return [folder] if self.seeds == 1 else [folder / f"network{number}" for number in range(self.seeds)]

    def _learn(self, X: pd.DataFrame, labels: np.ndarray) -> None:
        self._check_parameters()
        codes = np.unique(labels, return_inverse=True)[1]
        targets = soft_targets(X, codes, list(self.classes_)) if self.soft_labels else codes
        self.networks_ = []
        for number in range(self.seeds):
            accelerator = accelerator_of(self.precision)
            seed = self.random_state if number == 0 else _another_seed(self.random_state, number)
            with seeded(accelerator, seed):
                network = self._fresh_network(accelerator)
                if number == 0:
                    tokens = self._tokens(X, network)
                    folder = self._checkpoint_folder(tokens, targets, accelerator)
                examples = self._examples(network, tokens, codes, targets, column(X, "text"), seed)
                if network.head is not None:
                    self._start_head(network, examples, codes)
                place = Checkpoints(folder / f"network{number}", self.checkpoint_every, self.seeds > 1) if folder else None
                self._train(network, examples, seed, accelerator, place)
            self.networks_.append(network)
        if folder and accelerator.is_main_process:
            shutil.rmtree(folder, ignore_errors=True)

    def _probabilities(self, X: pd.DataFrame) -> np.ndarray:
        tokens = self._tokens(X, self.networks_[0])
        found = []
        for network in self.networks_:
            logits = computed(network, tokens, batch_of(self.tokenizer_, network.encoder), network)
            found.append(logits.softmax(dim=1).double().cpu().numpy())
        return np.asarray(np.mean(found, axis=0))

    def _check_parameters(self) -> None:
        for name, allowed in (("pooling", POOLINGS), ("loss", LOSSES), ("precision", PRECISIONS)):
            if getattr(self, name) not in allowed:
                raise unknown(name, getattr(self, name), allowed)
        if self.inner_folds < 2 and self.inner_folds != 0:
            raise InputError(f"inner_folds {self.inner_folds!r}: expected 0, or 2 or more")
        for name in ("seeds", "accumulation", "checkpoint_every", "batch_size"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} {getattr(self, name)!r}: expected 1 or more")

    def _fresh_network(self, accelerator: Any) -> Any:
        """The pretrained encoder under a new head, on its device, with what is not trained frozen."""
        from stancelab.models.network import Network

        labels = [str(label) for label in self.classes_]
        native = self.pooling == "native"
        self.tokenizer_, encoder = load_pretrained(
            self.encoder, labels=labels if native else None, trust_remote_code=self.trust_remote_code
        )
        network = Network(encoder, None if native else len(labels), precision_on(accelerator.device, self.precision))
        freeze(network, self.frozen_layers)
        return network.to(accelerator.device)

    def _loaded(self, place: Path) -> Any:
        from stancelab.models.network import Network

        labels = [str(label) for label in self.classes_]
        native = self.pooling == "native"
        self.tokenizer_, encoder = load_saved(place, labels=labels if native else None, trust_remote_code=self.trust_remote_code)
        device = process_state().device
        network = Network(encoder, None if native else len(labels), precision_on(device, self.precision))
        return network.load_head(place).to(device)

    def _tokens(self, X: pd.DataFrame, network: Any) -> Tokens:
        limit = min(self.max_length, longest_reading(self.tokenizer_, network.encoder))
        if self.question and "{spans}" not in self.statement:
            pairs = list(zip(compose(X, self.statement), compose(X, self.question), strict=True))
            return tokenize(self.tokenizer_, pairs, limit)
        return tokenize(self.tokenizer_, compose_to_fit(X, self.statement, self.question, self.tokenizer_, limit), limit)

    def _examples(
        self, network: Any, tokens: Tokens, codes: np.ndarray, targets: np.ndarray, groups: Sequence[str], seed: int
    ) -> Examples:
        import torch

        train_rows, held_out = self._inner_split(codes, groups, seed)
        weights = class_weights(codes[train_rows], len(self.classes_), self.class_weight)
        loss = Loss(
            torch.as_tensor(weights, dtype=torch.float32, device=network.device),
            gamma=self.focal_gamma if self.loss == "focal" else 0.0,
            smoothing=self.label_smoothing,
        )
        given = torch.as_tensor(targets, dtype=torch.float32 if targets.ndim == 2 else torch.int64, device=network.device)
        return Examples(tokens, given, train_rows, held_out, loss, batch_of(self.tokenizer_, network.encoder))

    def _inner_split(self, codes: np.ndarray, groups: Sequence[str], seed: int) -> tuple[list[int], list[int]]:
        everything: tuple[list[int], list[int]] = (list(range(len(codes))), [])
        if self.inner_folds == 0 or len(set(groups)) < 2 * self.inner_folds or np.bincount(codes).min() < self.inner_folds:
            return everything
        folds = StratifiedGroupKFold(self.inner_folds, shuffle=True, random_state=seed)
        train_rows, held_out = next(folds.split(np.zeros(len(codes)), codes, groups))
        return (train_rows.tolist(), held_out.tolist()) if len(set(codes[train_rows])) == len(self.classes_) else everything

    def _start_head(self, network: Any, examples: Examples, codes: np.ndarray) -> None:
        """Set the head to logistic regression over the encoder's vectors."""
        import torch

        tokens = [examples.tokens[row] for row in examples.train]
        vectors = computed(network, tokens, examples.padded, lambda **batch: network.pooled(batch)).cpu().numpy()
        probe = LogisticRegression(C=self.C, class_weight=self.class_weight, max_iter=2000).fit(vectors, codes[examples.train])
        coefficients, intercepts = probe.coef_, probe.intercept_
        if len(probe.classes_) == 2:
            coefficients = np.vstack([-coefficients, coefficients]) / 2
            intercepts = np.hstack([-intercepts, intercepts]) / 2
        with torch.no_grad():
            network.head.weight[probe.classes_] = torch.as_tensor(coefficients, dtype=torch.float32, device=network.device)
            network.head.bias[probe.classes_] = torch.as_tensor(intercepts, dtype=torch.float32, device=network.device)

    def _train(self, network: Any, examples: Examples, seed: int, accelerator: Any, place: Checkpoints | None) -> None:
        plan = Plan(
            epochs=self.epochs,
            patience=self.patience,
            batch_size=self.batch_size,
            parts=self.accumulation,
            learning_rate=self.learning_rate,
            layer_decay=self.layer_decay,
            weight_decay=self.weight_decay,
            schedule=self.schedule,
            warmup=self.warmup,
            seed=seed,
        )
        lora = None
        if self.lora_rank:
            lora = add_lora(network.encoder, self.lora_rank, self.lora_alpha, self.lora_dropout)
            freeze(network, self.frozen_layers)
        if self.compiled:
            network.compile(dynamic=True)
        with checkpointed_activations(network.encoder, self.gradient_checkpointing):
            train(network, examples, plan, accelerator=accelerator, checkpoints=place)
        if lora is not None:
            merge_lora(lora)

    def _checkpoint_folder(self, tokens: Tokens, targets: np.ndarray, accelerator: Any) -> Path | None:
        """The folder of this fit's checkpoints, named by all that decides its weights."""
        if self.checkpoints is None:
            return None
        parameters = {key: value for key, value in self.get_params().items() if not key.startswith("checkpoint")}
        machine = [accelerator.device.type, accelerator.num_processes]
        decisive = [parameters, fingerprint_of(self.encoder), machine, [version(name) for name in LIBRARIES], list(self.classes_)]
        digest = hashlib.sha256(json.dumps(decisive, sort_keys=True, default=str).encode())
        digest.update(json.dumps(tokens).encode() + np.ascontiguousarray(targets).tobytes())
        return checkpoints_of(self.checkpoints, digest.hexdigest())


def _another_seed(random_state: int, number: int) -> int:
    return int(np.random.SeedSequence([random_state, number]).generate_state(1)[0] % 2**31)
