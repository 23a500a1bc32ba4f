"""A sentence encoder taught by pairs of a few rows, under a logistic head whose confidence was seen on held-out rows."""

import math
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from stancelab.encoders import BATCH, load_parts, resolve
from stancelab.errors import InputError, unknown
from stancelab.memory import forget
from stancelab.models.calibrated import best_temperature
from stancelab.models.inputs import column, compose
from stancelab.models.saving import dump_learnt, load_learnt
from stancelab.models.stance_classifier import StanceClassifier
from stancelab.progress import bar

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

BODY = "body"
"""Where the encoder lies in a saved model's folder."""

SPREAD = 0.5
"""How far from 1 a temperature is expected to lie, as the standard deviation of its logarithm."""


class ContrastiveEncoderClassifier(StanceClassifier):
    """Rows of one label are drawn together and rows of two labels apart, then logistic regression reads the sentence vectors.

    Each step encodes a batch of rows once and moves the cosines of all its pairs, toward 1 within a label and toward 0 between
    labels, both kinds weighing alike; a row is also paired with itself. `epochs` is how often each row is read. An encoder
    separates the rows that have taught it far better than others, so the head's temperature is one that suits rows held out of
    both, in `inner_folds` folds that keep rows of one text together (0: it stays 1); see `best_temperature`. template: how a row
    is read; actor and target come first, so that a long text loses its end and not them. precision: of the encoder's sums, as
    in the fine-tuned encoder.

    Source: Tunstall et al. 2022 (SetFit); the temperature: Guo et al. 2017, On calibration of modern neural networks.
    """

    def __init__(
        self,
        *,
        encoder: str = "bundled:minilm",
        template: str = "{actor} on {target}: {text}",
        epochs: int = 20,
        learning_rate: float = 5e-5,
        batch_size: int = 32,
        warmup: float = 0.1,
        C: float = 1.0,
        inner_folds: int = 2,
        max_length: int = 256,
        precision: Literal["float32", "bfloat16"] = "float32",
        random_state: int = 0,
    ) -> None:
        self.encoder = encoder
        self.template = template
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.warmup = warmup
        self.C = C
        self.inner_folds = inner_folds
        self.max_length = max_length
        self.precision = precision
        self.random_state = random_state

    def _learn(self, X: pd.DataFrame, labels: np.ndarray) -> None:
        if self.precision not in ("float32", "bfloat16"):
            raise unknown("precision", self.precision, ["float32", "bfloat16"])
        if self.inner_folds < 2 and self.inner_folds != 0:
            raise InputError(f"inner_folds {self.inner_folds!r}: expected 0, or 2 or more")
        texts, codes = compose(X, self.template), np.unique(labels, return_inverse=True)[1]
        temperature = self._held_out_temperature(texts, codes, column(X, "text"))
        forget()
        self.body_ = self.taught(texts, codes)
        self.head_ = self._head(self.vectors(self.body_, texts), codes)
        self.head_.coef_ /= temperature
        self.head_.intercept_ /= temperature

    def _probabilities(self, X: pd.DataFrame) -> np.ndarray:
        return np.asarray(self.head_.predict_proba(self.vectors(self.body_, compose(X, self.template))))

    def save(self, folder: Path) -> None:
        """Write the encoder as a sentence-transformers folder (weights: safetensors), the rest beside it."""
        dump_learnt(self, folder, without=("body_",))
        if len(self.classes_) > 1:
            self.body_.save(str(folder / BODY), create_model_card=False)

    def load(self, folder: Path) -> Self:
        """Take up what `save` wrote."""
        import torch

        load_learnt(self, folder)
        if len(self.classes_) > 1:
            with torch.random.fork_rng():
                self.body_ = self._body(str(folder / BODY))
        return self

    def vectors(self, body: "SentenceTransformer", texts: Sequence[str]) -> np.ndarray:
        """The encoder's vectors, shape (n, d)."""
        with _sums_in(self.precision):
            found = body.encode(list(texts), batch_size=BATCH, show_progress_bar=False, convert_to_tensor=True)
        return np.asarray(found.double().numpy())

    def _body(self, name: str) -> "SentenceTransformer":
        """The encoder in evaluation mode, with the pooling that its makers declare, else the mean of its token states."""
        from transformers.utils import logging

        try:
            from sentence_transformers import SentenceTransformer
        except ImportError:
            raise InputError(
                "recipe kind 'contrastive-encoder' needs the package sentence-transformers: pip install 'stancelab[few-shot]'"
            ) from None
        logging.disable_progress_bar()
        place = resolve(name)
        try:
            body = SentenceTransformer(
                place, device="cpu", local_files_only=Path(place).is_dir(), model_kwargs={"dtype": "float32"}
            )
        except (OSError, ValueError) as error:
            load_parts(name)
            raise InputError(f"encoder {name!r} cannot be loaded as a sentence encoder: {str(error).strip()}") from None
        body.max_seq_length = min(self.max_length, body.max_seq_length or self.max_length)
        return body.eval()

    def taught(self, texts: Sequence[str], codes: np.ndarray) -> "SentenceTransformer":
        """A fresh encoder, taught by the pairs of these rows; codes: their labels as numbers."""
        import torch
        from transformers import get_linear_schedule_with_warmup

        generator, targets = np.random.default_rng(self.random_state), torch.as_tensor(codes)
        steps = self.epochs * math.ceil(len(texts) / self.batch_size)
        with torch.random.fork_rng():
            torch.manual_seed(self.random_state)
            body = self._body(self.encoder).train()
            optimizer = torch.optim.AdamW(body.parameters(), lr=self.learning_rate)
            schedule = get_linear_schedule_with_warmup(optimizer, round(self.warmup * steps), steps)
            batches = (each for _ in range(self.epochs) for each in _batches(len(texts), self.batch_size, generator))
            with bar("training", steps) as advance:
                for batch in batches:
                    optimizer.zero_grad()
                    with _sums_in(self.precision):
                        read = body(body.preprocess([texts[row] for row in batch]))["sentence_embedding"]
                    torch.autograd.backward(contrast(read.float(), targets[batch]))
                    torch.nn.utils.clip_grad_norm_(body.parameters(), 1.0)
                    optimizer.step()
                    schedule.step()
                    advance(1)
        return body.eval()

    def _head(self, vectors: np.ndarray, codes: np.ndarray) -> LogisticRegression:
        return LogisticRegression(C=self.C, class_weight="balanced", max_iter=2000).fit(vectors, codes)

    def _held_out_temperature(self, texts: Sequence[str], codes: np.ndarray, groups: Sequence[str]) -> float:
        """The temperature that suits rows which neither encoder nor head has learnt from; 1 where too few can be held out."""
        found, gold = [], []
        for train, test in held_out_folds(codes, groups, self.inner_folds, self.random_state):
            known = np.unique(codes[train])
            test = test[np.isin(codes[test], known)]
            if len(known) < 2 or not len(test):
                continue
            body = self.taught([texts[row] for row in train], codes[train])
            head = self._head(self.vectors(body, [texts[row] for row in train]), codes[train])
            odds = np.full((len(test), len(self.classes_)), -np.inf)
            odds[:, known] = head.predict_log_proba(self.vectors(body, [texts[row] for row in test]))
            found.append(odds)
            gold.append(codes[test])
        if not found:
            return 1.0
        truth = np.concatenate(gold)[:, None] == np.arange(len(self.classes_))
        return best_temperature(np.vstack(found), truth, spread=SPREAD)


def contrast(vectors: "torch.Tensor", codes: "torch.Tensor") -> "torch.Tensor":
    """The mean squared distance of a pair's cosine from 1 within a label, from 0 between labels; both kinds weigh alike."""
    import torch

    one, other = torch.triu_indices(len(codes), len(codes))
    cosines = torch.cosine_similarity(vectors[one], vectors[other])
    same = codes[one] == codes[other]
    distances = (cosines - same.float()).square()
    return torch.stack([distances[kind].mean() for kind in (same, ~same) if kind.any()]).mean()


def held_out_folds(codes: np.ndarray, groups: Sequence[str], folds: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows to learn from and rows held out, fold by fold, no group on both sides; none where the rows are too few."""
    if folds == 0 or len(set(groups)) < folds or np.bincount(codes).max() < folds:
        return
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        yield from splitter.split(np.zeros(len(codes)), codes, groups)


def _batches(rows: int, size: int, generator: np.random.Generator) -> Iterator[np.ndarray]:
    order = generator.permutation(rows)
    yield from np.array_split(order, math.ceil(rows / size))


def _sums_in(precision: str) -> "torch.autocast":
    import torch

    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bfloat16")
