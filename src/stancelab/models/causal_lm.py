"""A causal language model that is asked for the label, and whose answer is read off its probabilities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Self

import numpy as np
import pandas as pd

from stancelab.errors import InputError, listing, unknown
from stancelab.models.chat_tokens import label_tokens, prompt_tokens, tokens_read
from stancelab.models.inputs import column
from stancelab.models.label_scores import RULES, LabelScorer, common_start, load_scorer
from stancelab.models.prompts import Prompt, choose_examples, prompt_of
from stancelab.models.stance_classifier import StanceClassifier

CONTENT_FREE = "N/A"
"""What stands for statement, actor and target where a model is asked about nothing."""


class CausalLMClassifier(StanceClassifier):
    """Each row is a question after an instruction and examples; each label is scored as its answer, in process.

    model: a hub id, a folder, a .gguf file, or `bundled:smollm2`. labels, codebook, instruction, question, meanings: see
    `stancelab.models.prompts`; without labels, those of the training rows. shots: training rows of each label that are shown as
    examples, drawn by the seed; with 0 nothing is learnt. answer: "likelihood" compares the labels' mean log-probability a
    token (Brown et al. 2020, section 2.4), "constrained" lets the model write nothing but a label. contextual: probabilities are
    divided by those for a question about nothing (Zhao et al. 2021, Calibrate before use). A statement that is too long for the
    model is cut at its end.
    """

    def __init__(
        self,
        *,
        model: str = "bundled:smollm2",
        labels: tuple[str, ...] | None = None,
        codebook: str = "",
        instruction: str | None = None,
        question: str | None = None,
        meanings: Mapping[str, str] | None = None,
        shots: int = 0,
        answer: Literal["likelihood", "constrained"] = "likelihood",
        contextual: bool = False,
        random_state: int = 0,
    ) -> None:
        self.model = model
        self.labels = labels
        self.codebook = codebook
        self.instruction = instruction
        self.question = question
        self.meanings = meanings
        self.shots = shots
        self.answer = answer
        self.contextual = contextual
        self.random_state = random_state

    def prompt(self) -> Prompt:
        """What every row is asked with. InputError where the labels are known neither by parameter nor by training."""
        labels: Sequence[str] = list(self.labels or ()) or list(getattr(self, "classes_", ()))
        if not labels:
            raise InputError(f"{type(self).__name__} does not know its labels: name a label scheme, or train it first")
        return prompt_of(
            [str(label) for label in labels],
            codebook=self.codebook,
            instruction=self.instruction,
            question=self.question,
            meanings=self.meanings,
        )

    def without_training(self) -> Self:
        """Ready to predict the labels of the scheme. InputError for one that shows examples, or has no labels."""
        if self.shots:
            raise InputError(f"{type(self).__name__} with shots = {self.shots} has to be trained first: it shows training rows")
        self.classes_ = np.array(sorted(self.prompt().labels), dtype=object)
        self._learn(pd.DataFrame({"text": [], "actor": [], "target": []}), np.array([], dtype=object))
        return self

    def _labels(self, labels: np.ndarray) -> np.ndarray:
        if self.labels is None:
            return super()._labels(labels)
        strange = sorted(set(labels) - set(self.labels))
        if strange:
            allowed = ", ".join(self.labels)
            raise InputError(f"training rows have labels outside the scheme: {listing(strange)}. Allowed: {allowed}")
        return np.array(sorted(self.labels), dtype=object)

    def _learn(self, X: pd.DataFrame, labels: np.ndarray) -> None:
        if self.answer not in RULES:
            raise unknown("answer", self.answer, RULES)
        if self.shots < 0:
            raise InputError(f"shots {self.shots!r}: expected 0 or more")
        chosen = choose_examples(labels.tolist(), shots=self.shots, seed=self.random_state)
        questions = self.prompt().questions(X.iloc[chosen])
        self.examples_ = [(question, str(label)) for question, label in zip(questions, labels[chosen], strict=True)]
        self._reader().check_room()

    def _probabilities(self, X: pd.DataFrame) -> np.ndarray:
        reader = self._reader()
        scores = reader.scores(reader.prompts(X), self.answer)
        if self.contextual:
            scores = scores - reader.scores(reader.prompts(_nothing(CONTENT_FREE)), self.answer)
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def _reader(self) -> "_Reader":
        return _Reader(load_scorer(self.model), self.prompt(), self.examples_, [str(label) for label in self.classes_])


@dataclass
class _Reader:
    """A model with what it reads around a row."""

    scorer: LabelScorer
    prompt: Prompt
    examples: Sequence[tuple[str, str]]
    classes: Sequence[str]

    @cached_property
    def answers(self) -> list[list[int]]:
        """The tokens of each class."""
        [question] = self.prompt.questions(_nothing(""))
        messages = self.prompt.messages(question, self.examples)
        return [label_tokens(self.scorer.tokenizer, messages, label) for label in self.classes]

    @cached_property
    def room(self) -> int:
        """How many tokens a prompt may have, so that any label can follow."""
        return tokens_read(self.scorer.tokenizer, self.scorer.model) - max(map(len, self.answers))

    def prompts(self, X: pd.DataFrame) -> list[list[int]]:
        """The tokens of each row's whole conversation; a statement that is too long is cut at its end."""
        found = [self._tokens(question) for question in self.prompt.questions(X)]
        return [self._cut(X.iloc[[row]], row) if len(tokens) > self.room else tokens for row, tokens in enumerate(found)]

    def scores(self, prompts: Sequence[list[int]], rule: str) -> np.ndarray:
        """Log scores of the classes, shape (n, k). What all prompts begin with is found by two questions that share nothing."""
        one, other = self._tokens("a"), self._tokens("1")
        return self.scorer.scores(prompts, self.answers, rule=rule, prefix=common_start(one, other)).astype(float)

    def check_room(self) -> None:
        """InputError if not even an empty row has room."""
        [question] = self.prompt.questions(_nothing(""))
        length = len(self._tokens(question))
        if length > self.room:
            raise InputError(
                f"the instruction with {len(self.examples)} examples takes {length} tokens; the model {self.scorer.name!r} "
                f"has room for {self.room}"
            )

    def _tokens(self, question: str) -> list[int]:
        return prompt_tokens(self.scorer.tokenizer, self.prompt.messages(question, self.examples))

    def _cut(self, row: pd.DataFrame, number: int) -> list[int]:
        [text] = column(row, "text")

        def cut_to(length: int) -> list[int]:
            return self._tokens(self.prompt.questions(row.assign(text=text[:length]))[0])

        kept, fitting, beyond = cut_to(0), 0, len(text)
        if len(kept) > self.room:
            raise InputError(
                f"row {number + 1}: {len(kept)} tokens without the statement; the model {self.scorer.name!r} "
                f"has room for {self.room}"
            )
        while beyond - fitting > 1:
            middle = (fitting + beyond) // 2
            tried = cut_to(middle)
            if len(tried) <= self.room:
                kept, fitting = tried, middle
            else:
                beyond = middle
        return kept


def _nothing(word: str) -> pd.DataFrame:
    """A row of which every column is one word."""
    return pd.DataFrame({"text": [word], "actor": [word], "target": [word]})
