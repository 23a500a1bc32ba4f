"""An encoder fine-tuned as a classifier of the pair (statement, whose stance on what)."""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.utils.class_weight import compute_class_weight

from stancelab.encoders import BATCH, by_length, load_parts, mean_pool, tokenize
from stancelab.errors import InputError, unknown
from stancelab.memory import give_back
from stancelab.models.inputs import column, compose
from stancelab.models.stance_classifier import StanceClassifier

if TYPE_CHECKING:
    import torch

Tokens = list[dict[str, list[int]]]

GIVE_BACK_EVERY = 50
"""Batches after which freed memory is returned."""

POOL = 8
"""Batches whose rows are sorted by length together."""


class FinetunedEncoderClassifier(StanceClassifier):
    """Mean-pooled encoder with a linear head that starts from logistic regression, then trained whole.

    The head's start follows Kumar et al. 2022 (Fine-tuning can distort pretrained features: probe first, then fine-tune). Class
    weights are balanced, batches hold rows of like length, and the epoch with the lowest loss on an inner split is kept; the
    inner split keeps rows of one text together (inner_folds 0: there is none, all rows train for all epochs). The
    `frozen_layers` lowest layers, and the token embeddings with them, stay as they are (0: all is trained). precision: of the
    encoder's sums; "bfloat16" is some times faster on processors with matrix units for it, slower on others. One seed gives the
    same predictions again on one machine with one number of threads.
    """

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
        precision: Literal["float32", "bfloat16"] = "float32",
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
        self.random_state = random_state

    def _learn(self, X: pd.DataFrame, labels: np.ndarray) -> None:
        import torch

        if self.precision not in ("float32", "bfloat16"):
            raise unknown("precision", self.precision, ["float32", "bfloat16"])
        if self.inner_folds < 2 and self.inner_folds != 0:
            raise InputError(f"inner_folds {self.inner_folds!r}: expected 0, or 2 or more")
        codes = np.unique(labels, return_inverse=True)[1]
        with torch.random.fork_rng():
            torch.manual_seed(self.random_state)
            self.tokenizer_, self.encoder_ = load_parts(self.encoder)
            self._freeze()
            tokens = self._tokens(X)
            train, held_out = self._inner_split(codes, column(X, "text"))
            self._start_head([tokens[row] for row in train], codes[train])
            self._train(tokens, codes, train, held_out)

    def _probabilities(self, X: pd.DataFrame) -> np.ndarray:
        return np.asarray(self._logits(self._tokens(X)).softmax(dim=1).double().numpy())

    def _tokens(self, X: pd.DataFrame) -> Tokens:
        pairs = list(zip(compose(X, self.statement), compose(X, self.question), strict=True))
        return tokenize(self.tokenizer_, pairs, self.max_length)

    def _freeze(self) -> None:
        if self.frozen_layers == 0:
            return
        prefixes = ("embeddings.", *(f"layer.{number}." for number in range(self.frozen_layers)))
        for name, weights in self.encoder_.named_parameters():
            weights.requires_grad = not any(f".{prefix}" in f".{name}" for prefix in prefixes)

    def _pooled(self, tokens: Sequence[dict[str, list[int]]]) -> "torch.Tensor":
        import torch

        padded = self.tokenizer_.pad(list(tokens), return_tensors="pt")
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.precision == "bfloat16"):
            states = self.encoder_(**padded).last_hidden_state
        return mean_pool(states.float(), padded["attention_mask"])

    def _start_head(self, tokens: Tokens, codes: np.ndarray) -> None:
        import torch

        self.head_ = torch.nn.Linear(self.encoder_.config.hidden_size, len(self.classes_))
        vectors = self._encode(tokens)
        probe = LogisticRegression(C=self.C, class_weight="balanced", max_iter=2000).fit(vectors.numpy(), codes)
        coefficients, intercepts = probe.coef_, probe.intercept_
        if len(probe.classes_) == 2:
            coefficients = np.vstack([-coefficients, coefficients]) / 2
            intercepts = np.hstack([-intercepts, intercepts]) / 2
        with torch.no_grad():
            self.head_.weight[probe.classes_] = torch.as_tensor(coefficients, dtype=torch.float32)
            self.head_.bias[probe.classes_] = torch.as_tensor(intercepts, dtype=torch.float32)

    def _train(self, tokens: Tokens, codes: np.ndarray, train: list[int], held_out: list[int]) -> None:
        import torch

        present, weights = np.unique(codes[train]), np.zeros(len(self.classes_))
        weights[present] = compute_class_weight("balanced", classes=present, y=codes[train])
        loss_of = torch.nn.CrossEntropyLoss(weight=torch.as_tensor(weights, dtype=torch.float32))
        trained = [part for part in (*self.encoder_.parameters(), *self.head_.parameters()) if part.requires_grad]
        optimizer = torch.optim.AdamW(trained, lr=self.learning_rate, weight_decay=self.weight_decay)
        steps = self.epochs * math.ceil(len(train) / self.batch_size)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, steps, self.warmup))
        generator = np.random.default_rng(self.random_state)
        targets = torch.as_tensor(codes)
        best, waited = self._held_out_loss(tokens, targets, held_out), 0
        kept = self._weights()
        for _ in range(self.epochs):
            self.encoder_.train()
            for number, batch in enumerate(_batches(tokens, train, self.batch_size, generator), 1):
                optimizer.zero_grad()
                loss = loss_of(self.head_(self._pooled([tokens[row] for row in batch])), targets[batch])
                loss.backward()
                torch.nn.utils.clip_grad_norm_(trained, 1.0)
                optimizer.step()
                schedule.step()
                if number % GIVE_BACK_EVERY == 0:
                    give_back()
            loss_now = self._held_out_loss(tokens, targets, held_out)
            if loss_now < best or not held_out:
                best, waited, kept = loss_now, 0, self._weights()
            else:
                waited += 1
            if waited >= self.patience:
                break
        self._restore(kept)

    def _inner_split(self, codes: np.ndarray, groups: Sequence[str]) -> tuple[list[int], list[int]]:
        everything: tuple[list[int], list[int]] = (list(range(len(codes))), [])
        if self.inner_folds == 0 or len(set(groups)) < 2 * self.inner_folds or np.bincount(codes).min() < self.inner_folds:
            return everything
        folds = StratifiedGroupKFold(self.inner_folds, shuffle=True, random_state=self.random_state)
        train, held_out = next(folds.split(np.zeros(len(codes)), codes, groups))
        return (train.tolist(), held_out.tolist()) if len(set(codes[train])) == len(self.classes_) else everything

    def _held_out_loss(self, tokens: Tokens, targets: "torch.Tensor", rows: list[int]) -> float:
        import torch

        if not rows:
            return math.inf
        logits = self._logits([tokens[row] for row in rows])
        return float(torch.nn.functional.cross_entropy(logits, targets[rows]))

    def _encode(self, tokens: Tokens) -> "torch.Tensor":
        import torch

        self.encoder_.eval()
        order = by_length(tokens)
        parts = []
        with torch.no_grad():
            parts += [self._pooled([tokens[row] for row in order[at : at + BATCH]]) for at in range(0, len(order), BATCH)]
        return torch.cat(parts)[torch.as_tensor(np.argsort(order))]

    def _logits(self, tokens: Tokens) -> "torch.Tensor":
        import torch

        with torch.no_grad():
            logits: torch.Tensor = self.head_(self._encode(tokens))
        return logits

    def _weights(self) -> dict[str, Any]:
        trained = {name: part.detach().clone() for name, part in self.encoder_.named_parameters() if part.requires_grad}
        return {
            "encoder": trained,
            "head": {name: part.detach().clone() for name, part in self.head_.named_parameters()},
        }

    def _restore(self, kept: dict[str, Any]) -> None:
        self.encoder_.load_state_dict(kept["encoder"], strict=False)
        self.head_.load_state_dict(kept["head"])
        self.encoder_.eval()


def _rate(step: int, steps: int, warmup: float) -> float:
    """Linear warm-up to 1, then linear decay to 0."""
    rising = max(1, round(steps * warmup))
    return (step + 1) / rising if step < rising else max(0.0, (steps - step) / max(1, steps - rising))


def _batches(tokens: Tokens, rows: Sequence[int], size: int, generator: np.random.Generator) -> Iterator[list[int]]:
    """Batches of rows of like length, in random order."""
    order = generator.permutation(np.asarray(rows))
    batches = []
    for start in range(0, len(order), size * POOL):
        pool = sorted(order[start : start + size * POOL], key=lambda row: len(tokens[row]["input_ids"]))
        batches += [[int(row) for row in pool[at : at + size]] for at in range(0, len(pool), size)]
    for number in generator.permutation(len(batches)):
        yield batches[number]
