"""Stance without training, by a cross-encoder that tells whether a statement entails 'the actor supports the target'."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from scipy.special import logit, softmax

from stancelab.encoders import BATCH, by_length, fingerprint_of, load_parts, tokenize
from stancelab.errors import InputError, listing, suggestion
from stancelab.metrics import macro_f1
from stancelab.models.inputs import compose
from stancelab.models.stance_classifier import StanceClassifier
from stancelab.progress import bar

if TYPE_CHECKING:
    import torch

Pair = tuple[str, str]
"""(premise, hypothesis)."""

SMALLEST = 1e-6
"""How near to 0 and 1 a probability of entailment may come, so that its log-odds are finite."""

CANDIDATES = 200
"""Thresholds that are tried at most."""


@dataclass
class CrossEncoder:
    """A model of natural language inference that remembers the pairs it has judged, so that a fold pays for no pair twice.

    A cross-encoder reads premise and hypothesis together, so nothing of a premise can be kept for its next hypothesis.
    entailment: the place of that outcome among the model's.
    """

    tokenizer: Any
    model: Any
    entailment: int
    known: dict[tuple[Pair, int], float] = field(default_factory=dict)

    def probabilities(self, pairs: Sequence[Pair], *, max_length: int) -> np.ndarray:
        """That the premise entails the hypothesis, shape (n,); a long premise is cut, a hypothesis never."""
        new = list(dict.fromkeys(pair for pair in pairs if (pair, max_length) not in self.known))
        if new:
            tokens = tokenize(self.tokenizer, new, max_length)
            judged = dict(zip(new, self._judged(tokens), strict=True))
            self.known |= {(pair, max_length): probability for pair, probability in judged.items()}
        return np.array([self.known[pair, max_length] for pair in pairs])

    def _judged(self, tokens: list[dict[str, list[int]]]) -> list[float]:
        import torch

        found = torch.empty(len(tokens), dtype=torch.float64)
        order = by_length(tokens)
        with torch.inference_mode(), bar("judging", len(order)) as advance:
            for start in range(0, len(order), BATCH):
                batch = order[start : start + BATCH]
                advance(len(batch))
                found[batch] = self._outcomes([tokens[pair] for pair in batch])[:, self.entailment].cpu()
        return list(map(float, found))

    def _outcomes(self, tokens: list[dict[str, list[int]]]) -> "torch.Tensor":
        padded = self.tokenizer.pad(tokens, return_tensors="pt").to(self.model.device)
        outcomes: torch.Tensor = self.model(**padded).logits.double().softmax(dim=1)
        return outcomes


def entailment_place(name: str, outcomes: dict[int, str]) -> int:
    """Which of a model's outcomes is entailment. InputError, with what was found, unless exactly one is called so.

    >>> entailment_place("owner/model", {0: "not_entailment", 1: "ENTAILMENT"})
    1
    """
    found = [place for place, outcome in outcomes.items() if outcome.lower() == "entailment"]
    if len(found) != 1:
        raise InputError(
            f"encoder {name!r}: expected a model of natural language inference, with an outcome 'entailment'; "
            f"its outcomes are {listing([outcomes[place] for place in sorted(outcomes)])}"
        )
    return found[0]


def load_cross_encoder(name: str) -> CrossEncoder:
    """The cross-encoder of that name, loaded once a process, and again where its files changed; on a GPU where there is one."""
    return _loaded(name, fingerprint_of(name))


@cache
def _loaded(name: str, _fingerprint: str) -> CrossEncoder:
    import torch

    tokenizer, model = load_parts(name, "AutoModelForSequenceClassification")
    place = entailment_place(name, model.config.id2label)
    return CrossEncoder(tokenizer, model.to("cuda" if torch.cuda.is_available() else "cpu"), place)


class EntailmentClassifier(StanceClassifier):
    """A label is as probable as its hypotheses follow from the statement; what follows from nothing is left to the fallback.

    The strength of a label is the mean, over its hypotheses, of the probability of entailment among all outcomes of the model,
    which may tell three (entailment, neutral, contradiction) or two. Means are taken of probabilities, not of logits: then one
    wording that is misread counts as one. The label of the greatest strength is predicted if that reaches the threshold, else
    the fallback; probabilities are the softmax of the log-odds of strengths and threshold, which says the same.

    encoder: a hub id or a folder. premise: the template of what is read as the statement. hypotheses: label -> templates (see
    `stancelab.models.inputs.compose`); labels that the training rows lack are left out. fallback: labels without hypotheses; the
    threshold is theirs, in full for the most frequent one in the training rows, and in the others' proportion to it. threshold:
    the one without training rows; else that with the best macro-F1 on them is taken, of equals the nearest to this. labels: the
    scheme's, predicted where there is no training. InputError: a label that is neither, parameters that contradict each other.

    Source: Yin et al. 2019, Benchmarking zero-shot text classification (hypotheses for labels; no label where none is entailed).
    """

    def __init__(
        self,
        *,
        hypotheses: dict[str, Sequence[str]],
        encoder: str = "MoritzLaurer/deberta-v3-base-zeroshot-v2.0",
        premise: str = "{text}",
        fallback: Sequence[str] = (),
        threshold: float = 0.5,
        max_length: int = 256,
        labels: tuple[str, ...] | None = None,
    ) -> None:
        self.hypotheses = hypotheses
        self.encoder = encoder
        self.premise = premise
        self.fallback = fallback
        self.threshold = threshold
        self.max_length = max_length
        self.labels = labels

    def without_training(self) -> Self:
        """Ready for the scheme's labels, or for those with hypotheses and the first fallback; the threshold is as given."""
        labels = self.labels or (*self.hypotheses, *self.fallback[:1])
        self.classes_ = self._labels(np.array(labels, dtype=object))
        self.threshold_, self.shares_ = self.threshold, np.ones(len(self._without_hypotheses()))
        return self

    def _labels(self, labels: np.ndarray) -> np.ndarray:
        self._check_parameters()
        known = [*self.hypotheses, *self.fallback]
        found = super()._labels(labels)
        for label in found:
            if label not in known:
                raise InputError(f"label {label!r} has no hypotheses and is no fallback{suggestion(label, known)}")
        return found

    def _check_parameters(self) -> None:
        if not isinstance(self.hypotheses, dict):
            raise InputError(f"hypotheses {self.hypotheses!r}: expected a table of labels, each with a list of templates")
        if isinstance(self.fallback, str):
            raise InputError(f"fallback {self.fallback!r}: expected a list of labels")
        for label, templates in self.hypotheses.items():
            if isinstance(templates, str) or not templates:
                raise InputError(f"hypotheses of {label!r}: expected a list of templates, got {templates!r}")
            if label in self.fallback:
                raise InputError(f"label {label!r} has hypotheses and is a fallback; expected one of both")
        if not 0 < self.threshold < 1:
            raise InputError(f"threshold {self.threshold!r}: expected a probability between 0 and 1")

    def _learn(self, X: pd.DataFrame, labels: np.ndarray) -> None:
        rest = self._without_hypotheses()
        counts = np.array([np.sum(labels == label) for label in rest])
        self.threshold_, self.shares_ = self.threshold, counts / counts.max(initial=1)
        if rest and self._with_hypotheses():
            self.threshold_ = self._best_threshold(self._strengths(X), labels, rest[counts.argmax()])

    def _best_threshold(self, strengths: np.ndarray, labels: np.ndarray, fallback: str) -> float:
        sides = np.array(self._with_hypotheses(), dtype=object)[strengths.argmax(axis=1)]
        greatest = strengths.max(axis=1)
        gold, names = list(labels), list(self.classes_)
        scores = {
            threshold: macro_f1(gold, list(np.where(greatest >= threshold, sides, fallback)), labels=names)
            for threshold in _between(greatest)
        }
        return max(scores, key=lambda threshold: (scores[threshold], -abs(threshold - self.threshold)))

    def _probabilities(self, X: pd.DataFrame) -> np.ndarray:
        rest = np.tile(logit(self.threshold_) + np.log(self.shares_), (len(X), 1))
        evidence = np.hstack([logit(self._strengths(X)), rest])
        order = np.argsort([*self._with_hypotheses(), *self._without_hypotheses()])
        return np.asarray(softmax(evidence[:, order], axis=1))

    def _with_hypotheses(self) -> list[str]:
        return [label for label in self.classes_ if label in self.hypotheses]

    def _without_hypotheses(self) -> list[str]:
        return [label for label in self.classes_ if label not in self.hypotheses]

    def _strengths(self, X: pd.DataFrame) -> np.ndarray:
        """Mean probability of entailment over a label's hypotheses, shape (n, labels that have some)."""
        if not self._with_hypotheses():
            return np.empty((len(X), 0))
        premises = compose(X, self.premise)
        wordings = [(label, template) for label in self._with_hypotheses() for template in self.hypotheses[label]]
        pairs = [pair for _, template in wordings for pair in zip(premises, compose(X, template), strict=True)]
        judged = load_cross_encoder(self.encoder).probabilities(pairs, max_length=self.max_length).reshape(len(wordings), len(X))
        label_of = np.array([label for label, _ in wordings], dtype=object)
        means = [judged[label_of == label].mean(axis=0) for label in self._with_hypotheses()]
        return np.asarray(np.clip(np.stack(means, axis=1), SMALLEST, 1 - SMALLEST))


def _between(strengths: np.ndarray) -> list[float]:
    """Thresholds below, between and above the strengths, CANDIDATES at most."""
    edges = np.concatenate([[0], np.unique(strengths), [1]])
    middles = (edges[:-1] + edges[1:]) / 2
    kept = np.unique(np.linspace(0, len(middles) - 1, CANDIDATES).round().astype(int))
    return [float(middle) for middle in middles[kept]]
