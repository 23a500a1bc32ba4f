"""Which label does a chat server's answer give, and with what probabilities?"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

AROUND = " \t\r\n\"'“”‘’`."
"""What may stand around a label: white space, quotes, a full stop."""

BEFORE_JSON_LABEL = re.compile(r'\s*\{\s*"label"\s*:\s*"\s*')
FIRST_PIECE = re.compile(rf"[{re.escape(AROUND)}]*([^{re.escape(AROUND)}}}]*)")
AMBIGUOUS = 0.01
"""The share of the labels' probability that may lie on tokens with which several labels begin."""


def label_in(text: str, labels: Sequence[str]) -> str | None:
    """The label that a text is, whatever its case and what stands around it, or a JSON object with it as `label`; else None.

    >>> label_in(' "Favor". ', ["favor", "against"]), label_in('{"label": "against"}', ["favor", "against"])
    ('favor', 'against')
    >>> label_in("favor or against", ["favor", "against"]) is None
    True
    """
    if text.lstrip().startswith("{"):
        try:
            given = json.loads(text)
        except (ValueError, RecursionError):
            return None
        text = given["label"] if list(given) == ["label"] and isinstance(given["label"], str) else ""
    said = text.strip(AROUND)
    if said in labels:
        return said
    alike = [label for label in labels if label.casefold() == said.casefold()]
    return alike[0] if len(alike) == 1 else None


def label_of(answer: Mapping[str, Any], labels: Sequence[str]) -> str | None:
    """The label of a chat completion; None for a refusal, an answer that was cut or filtered, and one that is no label."""
    choice = answer["choices"][0]
    text = choice["message"].get("content")
    if choice.get("finish_reason") in ("length", "content_filter") or choice["message"].get("refusal"):
        return None
    return label_in(text, labels) if isinstance(text, str) else None


def probabilities_of(answer: Mapping[str, Any], label: str, labels: Sequence[str]) -> np.ndarray | None:
    """Probabilities of the labels, shape (k,), from the alternatives to the token with which the answered label begins.

    Each alternative counts for the label that alone begins with it; a label without one has probability 0, and the sum over the
    labels is 1. None where the server gave no alternatives, where they do not tell the labels apart, and where another label
    than the one that was answered would be the most probable.
    """
    masses, ambiguous = np.zeros(len(labels)), 0.0
    for piece, mass in _alternatives(answer):
        beginning = [number for number, name in enumerate(labels) if piece and name.casefold().startswith(piece.casefold())]
        if len(beginning) == 1:
            masses[beginning[0]] += mass
        elif beginning:
            ambiguous += mass
    total = masses.sum()
    if total <= 0 or ambiguous > AMBIGUOUS * (total + ambiguous) or labels[int(masses.argmax())] != label:
        return None
    return np.asarray(masses / total)


def _alternatives(answer: Mapping[str, Any]) -> list[tuple[str, float]]:
    """(beginning of a label, probability) for each alternative at the place where the answered label begins."""
    try:
        tokens = answer["choices"][0]["logprobs"]["content"]
        start = _start_of_label("".join(token["token"] for token in tokens))
        end = 0
        for token in tokens:
            end += len(token["token"])
            if end > start:
                given = [(str(entry["token"]), float(entry["logprob"])) for entry in token["top_logprobs"]]
                return [(_first_piece(piece), math.exp(min(logprob, 0.0))) for piece, logprob in given]
    except (KeyError, TypeError, ValueError):
        pass
    return []


def _start_of_label(text: str) -> int:
    found = BEFORE_JSON_LABEL.match(text)
    return found.end() if found else len(text) - len(text.lstrip(AROUND))


def _first_piece(token: str) -> str:
    found = FIRST_PIECE.match(token)
    return found[1] if found else ""
