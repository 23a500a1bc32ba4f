"""Which lines of an interview are answers, and who gives them?"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

LABEL = re.compile(r"(?P<label>[^\W\d_][\w.'’ -]{0,40}?)\s?:\s+(?=[^\s\"“„«])")
DASH = re.compile(r"[-–—]\s*(?=\w)")
QUESTIONS = frozenset(("q", "question", "interviewer"))
ANSWERS = frozenset(("a", "answer"))
LEAST = 3
"""Lines of dialogue that an interview has at least."""


@dataclass(frozen=True)
class Turn:
    """A paragraph of an interview.

    start, end: its words, without the name or dash before them. label: the name, if one is given.
    """

    start: int
    end: int
    label: str | None
    question: bool


def find_turns(text: str, blocks: Sequence[tuple[int, int, int]]) -> dict[int, Turn]:
    """The turns of an interview by the number of their block (start, end, number); empty where the text is none.

    A turn begins with a name and a colon, or with a dash; paragraphs without either go on with the turn before them.
    """
    return _by_labels(text, blocks) or _by_dashes(text, blocks)


def _by_labels(text: str, blocks: Sequence[tuple[int, int, int]]) -> dict[int, Turn]:
    found = {number: match for start, end, number in blocks if (match := LABEL.match(text, start, end))}
    counts = Counter(match["label"] for match in found.values())
    labels = {label for label, count in counts.items() if count > 1}
    if sum(counts[label] for label in labels) < LEAST:
        return {}
    asked: defaultdict[str, list[bool]] = defaultdict(list)
    for start, end, number in blocks:
        if number in found and found[number]["label"] in labels:
            asked[found[number]["label"]].append(text[start:end].rstrip().endswith("?"))
    questioners = {label for label in labels if label.lower() in QUESTIONS}
    if not questioners:
        questioners = {label for label, ends in asked.items() if sum(ends) * 2 > len(ends)}
    turns: dict[int, Turn] = {}
    last: tuple[str, bool] | None = None
    for start, end, number in blocks:
        match = found.get(number)
        if match is not None and match["label"] in labels:
            last = match["label"], match["label"] in questioners
            turns[number] = _turn(match.end(), end, *last)
        elif last is not None:
            turns[number] = _turn(start, end, *last)
    return turns


def _turn(start: int, end: int, label: str, question: bool) -> Turn:
    return Turn(start, end, None if label.lower() in ANSWERS | QUESTIONS else label, question)


def _by_dashes(text: str, blocks: Sequence[tuple[int, int, int]]) -> dict[int, Turn]:
    dashed = {number for start, end, number in blocks if DASH.match(text, start, end)}
    asking = {number for start, end, number in blocks if text[start:end].rstrip().endswith("?")}
    if len(dashed) < LEAST or len(asking) < LEAST:
        return {}
    first = min(min(dashed), min(asking))
    dashes_ask = 2 * len(dashed & asking) > len(dashed)
    turns, question = {}, False
    for start, end, number in blocks:
        if number < first:
            continue
        if number in dashed:
            question = dashes_ask
        elif (number in asking) or dashes_ask:
            question = not dashes_ask and number in asking
        match = DASH.match(text, start, end)
        turns[number] = Turn(match.end() if match else start, end, None, question)
    return turns
