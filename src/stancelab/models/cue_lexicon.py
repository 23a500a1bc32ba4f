"""A classifier that counts hand-written stance cues, minding negation; it learns nothing but the label names."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Self

import numpy as np
import pandas as pd
from scipy.special import softmax
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from stancelab.models.inputs import column
from stancelab.models.stance_classifier import StanceClassifier

NEGATION_WINDOW = 4
STEM = 5
TOKEN = re.compile(r"\w+(?:['’]\w+)?|[^\w\s]")


@dataclass(frozen=True)
class Cue:
    """A cue as token patterns. line: the same over tokens between spaces, to pass over a text at once that has none of it."""

    tokens: tuple[re.Pattern[str], ...]
    line: re.Pattern[str]
    sign: int


@dataclass(frozen=True)
class Lexicon:
    """Cues of both sides, longest first; words that negate; tokens that end a negator's scope."""

    cues: tuple[Cue, ...]
    negators: frozenset[str]
    breaks: frozenset[str]


def tokenize(text: str) -> list[str]:
    """Lower-cased words and marks, apostrophes made straight.

    >>> tokenize("It’s off, then.")
    ["it's", 'off', ',', 'then', '.']
    """
    return [token.replace("’", "'") for token in TOKEN.findall(text.lower())]


def _cue(words: str, sign: int) -> Cue:
    tokens = [re.escape(word).replace(r"\*", r"\w*") for word in words.split()]
    return Cue(tuple(re.compile(token + r"\Z") for token in tokens), re.compile(f" {' '.join(tokens)} "), sign)


@cache
def lexicon() -> Lexicon:
    """The cues that the package carries (cues.toml)."""
    words = tomllib.loads(files("stancelab.models").joinpath("cues.toml").read_text(encoding="utf-8"))
    cues = [_cue(cue, +1) for cue in words["favor"]] + [_cue(cue, -1) for cue in words["against"]]
    cues.sort(key=lambda cue: -len(cue.tokens))
    return Lexicon(tuple(cues), frozenset(words["negators"]), frozenset(words["breaks"]))


def cue_balance(text: str) -> tuple[int, int]:
    """How many cues for and against the text holds, after negation.

    >>> cue_balance("They support the plan.")
    (1, 0)
    >>> cue_balance("They do not support the plan.")
    (0, 1)
    """
    words = lexicon()
    tokens = tokenize(text)
    line = f" {' '.join(tokens)} "
    consumed = [False] * len(tokens)
    signs = []
    for cue in words.cues:
        for start in range(len(tokens) - len(cue.tokens) + 1) if cue.line.search(line) else ():
            window = range(start, start + len(cue.tokens))
            if any(consumed[place] for place in window):
                continue
            if all(pattern.match(tokens[place]) for pattern, place in zip(cue.tokens, window, strict=True)):
                for place in window:
                    consumed[place] = True
                signs.append((start, cue.sign))
    sides = [-sign if _negated(tokens, consumed, start, words) else sign for start, sign in signs]
    return sides.count(+1), sides.count(-1)


def _negated(tokens: Sequence[str], consumed: Sequence[bool], start: int, words: Lexicon) -> bool:
    negators = 0
    for place in range(start - 1, max(-1, start - 1 - NEGATION_WINDOW), -1):
        if tokens[place] in words.breaks:
            break
        negators += tokens[place] in words.negators and not consumed[place]
    return negators % 2 == 1


def shares_a_word(text: str, target: str) -> bool:
    """Whether text and target share the stem (first five letters) of a word that is not a function word."""
    return bool(_stems(tokenize(text)) & _stems(tokenize(target)))


def _stems(tokens: Iterable[str]) -> set[str]:
    return {token[:STEM] for token in tokens if len(token) > 3 and token not in ENGLISH_STOP_WORDS}


class CueLexiconClassifier(StanceClassifier):
    """favor or against by the balance of cues, where the text shares a word with the target; else neutral or unrelated.

    favor, against, neutral, unrelated: the label names of the scheme; where the labels hold no `neutral` or `unrelated`, `none`
    stands for it. sharpness: how much one cue changes the log-odds. labels: the scheme's, predicted where there is no training;
    the first four names if None.
    """

    def __init__(
        self,
        *,
        favor: str = "favor",
        against: str = "against",
        neutral: str = "neutral",
        unrelated: str = "unrelated",
        none: str = "none",
        sharpness: float = 2.0,
        labels: tuple[str, ...] | None = None,
    ) -> None:
        self.favor = favor
        self.against = against
        self.neutral = neutral
        self.unrelated = unrelated
        self.none = none
        self.sharpness = sharpness
        self.labels = labels

    def without_training(self) -> Self:
        """Ready for the scheme's labels: there is nothing else to learn."""
        labels = self.labels or (self.favor, self.against, self.neutral, self.unrelated)
        self.classes_ = self._labels(np.array(labels, dtype=object))
        return self

    def _learn(self, X: pd.DataFrame, labels: np.ndarray) -> None:
        """Nothing: the label names are all it needs."""

    def _probabilities(self, X: pd.DataFrame) -> np.ndarray:
        place = {label: number for number, label in enumerate(self.classes_)}
        scores = np.zeros((len(X), len(self.classes_)))
        for row, (text, target) in enumerate(zip(column(X, "text"), column(X, "target"), strict=True)):
            for label, cues in self._evidence(text, target):
                if label in place:
                    scores[row, place[label]] += cues
        return np.asarray(softmax(self.sharpness * scores, axis=1))

    def _evidence(self, text: str, target: str) -> list[tuple[str, float]]:
        if not shares_a_word(text, target):
            return [(self._side_free(self.unrelated), 1.0)]
        favoring, opposing = cue_balance(text)
        side = self.favor if favoring > opposing else self.against
        strength = abs(favoring - opposing)
        return [(side, float(strength))] if strength else [(self._side_free(self.neutral), 1.0)]

    def _side_free(self, label: str) -> str:
        return label if label in self.classes_ else self.none
