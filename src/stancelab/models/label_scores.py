"""How probable does a causal language model hold each label as the answer to a prompt?"""

import hashlib
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.metadata import version
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stancelab.embedding_cache import Vector, keep, key_of, recall, user_cache
from stancelab.encoders import fingerprint_of, fingerprint_of_parts
from stancelab.language_models import load_causal
from stancelab.progress import bar

if TYPE_CHECKING:
    import torch

Tokens = list[int]

ROWS_AT_ONCE = 64
"""Prompts whose answers are stored together: what a killed process loses."""


def common_start(one: Tokens, other: Tokens) -> Tokens:
    """What two lists of tokens begin with.

    >>> common_start([5, 1, 3], [5, 1, 4, 3])
    [5, 1]
    """
    return [left for left, _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))]


def until_alone(labels: Sequence[Tokens], end: int) -> list[Tokens]:
    """Each label's tokens up to the first that no other label shares, `end` after a label that others go on from.

    What follows is certain where only labels may be answered. There are at least two labels.

    >>> until_alone([[5, 1], [5, 2, 8], [7, 9]], end=0)
    [[5, 1], [5, 2], [7]]
    >>> until_alone([[5], [5, 2, 8]], end=0)
    [[5, 0], [5, 2]]
    """
    closed = [[*label, end] for label in labels]
    shared = [
        max(len(common_start(label, other)) for other in closed[:number] + closed[number + 1 :])
        for number, label in enumerate(closed)
    ]
    return [label[: length + 1] for label, length in zip(closed, shared, strict=True)]


def likelihood(steps: Sequence[Sequence[NDArray[np.float32]]], labels: Sequence[Tokens]) -> Vector:
    """The mean log-probability of each label's tokens, shape (k,). steps: by label and token, log-probabilities of all tokens.

    Source: Brown et al. 2020 (Language models are few-shot learners), section 2.4.
    """
    means = [
        np.mean([step[token] for step, token in zip(of_label, label, strict=True)])
        for of_label, label in zip(steps, labels, strict=True)
    ]
    return np.array(means, dtype=np.float32)


def constrained(steps: Sequence[Sequence[NDArray[np.float32]]], labels: Sequence[Tokens]) -> Vector:
    """The log-probability of each label, shape (k,), where at each token only those may follow that lead to a label.

    labels: as `until_alone` gives them; the probabilities sum to 1.
    """
    found = np.zeros(len(labels), dtype=np.float32)
    for number, (of_label, label) in enumerate(zip(steps, labels, strict=True)):
        for place, (step, token) in enumerate(zip(of_label, label, strict=True)):
            allowed = {other[place] for other in labels if other[:place] == label[:place]}
            found[number] += step[token] - np.logaddexp.reduce(step[sorted(allowed)])
    return found


RULES = {"likelihood": likelihood, "constrained": constrained}
"""What a label's score is made of its tokens by."""


@dataclass
class LabelScorer:
    """A causal language model that scores labels as answers, and remembers the scores it has given.

    A prompt is read alone, so that its scores depend on no other row, and what many prompts begin with is read once.
    """

    tokenizer: Any
    model: Any
    name: str
    known: dict[bytes, Vector] = field(default_factory=dict)

    @cached_property
    def fingerprint(self) -> str:
        """What tells this model from all others."""
        return fingerprint_of_parts(self.tokenizer, self.model.cpu())

    def scores(self, prompts: Sequence[Tokens], labels: Sequence[Tokens], *, rule: str, prefix: Tokens) -> NDArray[np.float32]:
        """Log scores, shape (n, k). labels: the tokens of each.

        prefix: what prompts begin with, read once; another prompt is read whole. rule: one of RULES.
        Scores are remembered here and in the user's cache.
        """
        if rule == "constrained":
            labels = until_alone(labels, self.tokenizer.eos_token_id or 0)
        keys = [key_of(self.fingerprint, _code(), rule, list(labels), prompt) for prompt in prompts]
        new = {key: prompt for key, prompt in zip(keys, prompts, strict=True) if key not in self.known}
        disk = user_cache()
        if disk.limit:
            self.known |= recall(disk, new, len(labels))
        missing = [(key, prompt) for key, prompt in new.items() if key not in self.known]
        begun = self._read(prefix) if missing and prefix else None
        with bar("asking", len(missing)) as advance:
            for start in range(0, len(missing), ROWS_AT_ONCE):
                computed = {}
                for key, prompt in missing[start : start + ROWS_AT_ONCE]:
                    computed[key] = RULES[rule](self._steps(prompt, labels, prefix, begun), labels)
                    advance(1)
                if disk.limit:
                    keep(disk, computed, f"answers of {self.name}")
                self.known |= computed
        return np.array([self.known[key] for key in keys], dtype=np.float32).reshape(len(prompts), len(labels))

    def _read(self, tokens: Tokens, begun: Any = None) -> Any:
        """What the model gives after tokens (and those before them, that have been read): its last logits, and its state."""
        import torch

        with torch.inference_mode():
            ids = torch.tensor([tokens], device=self._device())
            return self.model(input_ids=ids, past_key_values=begun, use_cache=True, logits_to_keep=1)

    def _steps(self, prompt: Tokens, labels: Sequence[Tokens], prefix: Tokens, begun: Any) -> list[list[NDArray[np.float32]]]:
        """Log-probabilities of all tokens before each token of each label."""
        shared = len(prefix) if begun is not None and prompt[: len(prefix)] == prefix and len(prompt) > len(prefix) else 0
        read = self._read(prompt[shared:], deepcopy(begun.past_key_values) if shared else None)
        first = _log_probabilities(read.logits[0, -1])
        longer = [label for label in labels if len(label) > 1]
        later = iter(self._after(read.past_key_values, longer))
        return [[first, *(next(later) if len(label) > 1 else ())] for label in labels]

    def _after(self, state: Any, labels: Sequence[Tokens]) -> list[list[NDArray[np.float32]]]:
        """Log-probabilities before the second and every later token of labels, which are read side by side."""
        import torch

        if not labels:
            return []
        width = max(map(len, labels)) - 1
        ids = torch.tensor([(label[:-1] + [label[0]] * width)[:width] for label in labels], device=self._device())
        with torch.inference_mode():
            state.batch_repeat_interleave(len(labels))
            logits = self.model(input_ids=ids, past_key_values=state, use_cache=True).logits
            return [
                [_log_probabilities(step) for step in rows[: len(label) - 1]] for rows, label in zip(logits, labels, strict=True)
            ]

    def _device(self) -> "torch.device":
        import torch

        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        if self.model.device != device:
            self.model.to(device)
        return device


def _log_probabilities(logits: "torch.Tensor") -> NDArray[np.float32]:
    return np.asarray(logits.float().log_softmax(dim=-1).cpu().numpy())


@cache
def _code() -> str:
    """What else decides a score: this file, and the versions of the libraries that it calls."""
    libraries = [f"{name} {version(name)}" for name in ("torch", "transformers", "tokenizers")]
    return hashlib.sha256(Path(__file__).read_bytes() + " ".join(libraries).encode()).hexdigest()


def load_scorer(name: str) -> LabelScorer:
    """The scorer of the model of that name, made once a process and again where its files changed."""
    return _scorer(name, fingerprint_of(name))


@cache
def _scorer(name: str, _fingerprint: str) -> LabelScorer:
    return LabelScorer(*load_causal(name), name)
