"""A language model behind any server that speaks OpenAI's chat completions, asked for one label a row."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import pandas as pd

from stancelab.chat import Request, Server, ask
from stancelab.errors import InputError, unknown
from stancelab.models.answers import label_of, probabilities_of
from stancelab.models.prompts import Prompt, choose_examples, prompt_of
from stancelab.models.stance_classifier import StanceClassifier
from stancelab.records import read_text

ADDRESS = "OPENAI_BASE_URL"
WAYS = ("auto", "json-schema", "text")
ALTERNATIVES = 20
"""The most that servers give for one token."""


class ChatServerClassifier(StanceClassifier):
    """Asks a server (vLLM, llama.cpp, Ollama, a hosted one) about each row, several rows at a time, and none twice.

    base_url: its address; the environment's OPENAI_BASE_URL if None. instruction, question, meanings: see
    `stancelab.models.prompts`. labels: what can be answered, the training rows' labels if None. shots: training rows of each
    label that are shown as examples, drawn by random_state; 0 needs no training. answer: "json-schema" binds the server to the
    labels, "text" reads them strictly from what it says, "auto" binds it where it lets itself be bound. logprobs: ask for the
    probabilities of tokens, where the server has them. max_tokens: of one answer; an answer that is cut counts as none.
    reasoning: for hosted models that think before they answer: the limit is sent as max_completion_tokens, and no temperature.
    With a temperature above 0 random_state is sent as seed, and each seed is another answer.

    timeout: seconds; retries: after errors of the server or the connection, with growing pauses, or those that it asks for (up to
    two minutes). The key comes from the environment variable key_env, or from the file key_file; a server without keys needs
    neither. price_in, price_out: of a million tokens, in any currency.

    A refusal, an answer that is no label, one that was cut or filtered, and a failure in spite of all retries are no answer:
    None. Where the server gives no probabilities, `answers` has none either, and `predict_proba` gives 1 to the label that was
    answered: a vote, not a probability.
    """

    remote = True

    def __init__(
        self,
        *,
        model: str,
        base_url: str | None = None,
        instruction: str | None = None,
        question: str | None = None,
        meanings: Mapping[str, str] | None = None,
        labels: tuple[str, ...] | None = None,
        codebook: str = "",
        shots: int = 0,
        answer: Literal["auto", "json-schema", "text"] = "auto",
        logprobs: bool = True,
        temperature: float = 0.0,
        max_tokens: int = 32,
        reasoning: bool = False,
        concurrency: int = 8,
        requests_per_minute: float | None = None,
        timeout: float = 120.0,
        retries: int = 5,
        key_env: str = "OPENAI_API_KEY",
        key_file: str | None = None,
        price_in: float | None = None,
        price_out: float | None = None,
        random_state: int = 0,
    ) -> None:
        self.model = model
        self.base_url = base_url
        self.instruction = instruction
        self.question = question
        self.meanings = meanings
        self.labels = labels
        self.codebook = codebook
        self.shots = shots
        self.answer = answer
        self.logprobs = logprobs
        self.temperature = temperature
        self.max_tokens = max_tokens
        self.reasoning = reasoning
        self.concurrency = concurrency
        self.requests_per_minute = requests_per_minute
        self.timeout = timeout
        self.retries = retries
        self.key_env = key_env
        self.key_file = key_file
        self.price_in = price_in
        self.price_out = price_out
        self.random_state = random_state

    @classmethod
    def surroundings(cls, params: Mapping[str, Any]) -> list[str]:
        """What decides the predictions and stands in no parameter: the server that the environment names."""
        return [] if params.get("base_url") else [os.environ.get(ADDRESS, "")]

    def without_training(self) -> Self:
        """Ready to ask about the scheme's labels. InputError where examples are to be shown, which training rows give."""
        if self.shots:
            raise InputError(f"shots = {self.shots} takes its examples from training rows; shots = 0 needs none")
        if not self.labels:
            raise InputError("labels: which labels are to be asked for? A dataset's scheme, --scheme or the recipe names them")
        self.classes_ = self._labels(np.array([], dtype=object))
        self.examples_: list[list[str]] = []
        return self

    def answers(self, X: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """As in `StanceClassifier`; the probabilities are the server's, NaN where it gives none."""
        labels, probabilities = np.full(len(X), None, dtype=object), np.full((len(X), len(self.classes_)), np.nan)
        if len(self.classes_) == 1 or len(X) == 0:
            return super().answers(X)
        names = list(self.classes_)
        for row, answer in enumerate(ask(self._server(), self._requests(X))):
            labels[row] = None if answer is None else label_of(answer, names)
            if answer is not None and labels[row] is not None:
                found = probabilities_of(answer, labels[row], names)
                probabilities[row] = np.nan if found is None else found
        return labels, probabilities

    def prompt(self) -> Prompt:
        """What every row is asked with."""
        labels = self.labels or tuple(self.classes_)
        return prompt_of(
            labels, codebook=self.codebook, instruction=self.instruction, question=self.question, meanings=self.meanings
        )

    def _labels(self, labels: np.ndarray) -> np.ndarray:
        return np.unique(np.asarray(self.labels or labels, dtype=object))

    def _learn(self, X: pd.DataFrame, labels: np.ndarray) -> None:
        chosen = choose_examples(labels.tolist(), shots=self.shots, seed=self.random_state)
        questions = self.prompt().questions(X.iloc[chosen]) if chosen else []
        self.examples_ = [[question, str(labels[row])] for question, row in zip(questions, chosen, strict=True)]

    def _probabilities(self, X: pd.DataFrame) -> np.ndarray:
        labels, probabilities = self.answers(X)
        votes = (labels[:, None] == self.classes_[None, :]).astype(float)
        unknown_ = np.isnan(probabilities).any(axis=1) & (votes.sum(axis=1) > 0)
        probabilities[unknown_] = votes[unknown_]
        return probabilities

    def _requests(self, X: pd.DataFrame) -> list[list[Request]]:
        """For each row, the forms that its request can take, the most telling first."""
        if self.answer not in WAYS:
            raise unknown("way to answer", self.answer, WAYS)
        prompt = self.prompt()
        extras = self._extras(prompt.labels)
        examples = [(question, label) for question, label in self.examples_]
        found = []
        for question in prompt.questions(X):
            messages = [{"role": turn.role, "content": turn.content} for turn in prompt.messages(question, examples)]
            found.append([{"model": self.model, "messages": messages, **self._settings(), **extra} for extra in extras])
        return found

    def _settings(self) -> Request:
        if self.reasoning:
            return {"max_completion_tokens": self.max_tokens}
        seed = {"seed": self.random_state} if self.temperature > 0 else {}
        return {"max_tokens": self.max_tokens, "temperature": self.temperature, **seed}

    def _extras(self, labels: tuple[str, ...]) -> list[Request]:
        """What not every server takes: to be bound to the labels, and to give the probabilities of tokens."""
        entry = {"type": "string", "enum": list(labels)}
        schema = {"type": "object", "properties": {"label": entry}, "required": ["label"], "additionalProperties": False}
        bound = {"response_format": {"type": "json_schema", "json_schema": {"name": "stance", "strict": True, "schema": schema}}}
        told = {"logprobs": True, "top_logprobs": ALTERNATIVES}
        ways: dict[str, list[Request]] = {"auto": [bound, {}], "json-schema": [bound], "text": [{}]}
        return [way | more for way in ways[self.answer] for more in ([told, {}] if self.logprobs else [{}])]

    def _server(self) -> Server:
        base_url = self.base_url or os.environ.get(ADDRESS)
        if not base_url:
            raise InputError(f"which server is to be asked? base_url in the recipe names it, or {ADDRESS} in the environment")
        key, key_from = self._key()
        prices = None if self.price_in is None and self.price_out is None else (self.price_in or 0.0, self.price_out or 0.0)
        return Server(
            base_url.rstrip("/"),
            key,
            key_from,
            self.concurrency,
            self.requests_per_minute,
            self.timeout,
            self.retries,
            prices,
        )

    def _key(self) -> tuple[str | None, str]:
        """The key, None where there is none, and where it is from."""
        if self.key_file is not None:
            return read_text(Path(self.key_file).expanduser()).strip(), f"file {self.key_file}"
        key = os.environ.get(self.key_env, "").strip()
        return key or None, f"environment variable {self.key_env}{'' if key else ', which is not set'}"
