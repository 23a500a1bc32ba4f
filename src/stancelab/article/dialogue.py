"""Which lines of an interview are answers, and who gives them?"""

import re
from collections import Counter
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
    lines = {number: match for start, end, number in blocks if (match := LABEL.match(text, start, end))}
    counts = Counter(_key(match) for match in lines.values())
    lines = {number: match for number, match in lines.items() if counts[_key(match)] > 1}
    if len(lines) < LEAST:
        return {}
    asking: Counter[str] = Counter()
    for start, end, number in blocks:
        if number in lines:
            asking[_key(lines[number])] += text[start:end].rstrip().endswith("?")
    questioners = {key for key in counts if key in QUESTIONS} or {key for key in asking if 2 * asking[key] > counts[key]}
    if {_key(match) for match in lines.values()} <= questioners:
        return {}
    return _turns(text, blocks, lines, questioners)


def _key(match: re.Match[str]) -> str:
    """A label by its last word, so that the full name before a first answer goes with the surname before the next ones."""
    return match["label"].split()[-1].lower()


def _turns(
    text: str, blocks: Sequence[tuple[int, int, int]], lines: dict[int, re.Match[str]], questioners: set[str]
) -> dict[int, Turn]:
    """The turns. Where questions have no label, a paragraph right before an answer is one, and no other is of the interview."""
    turns: dict[int, Turn] = {}
    last: tuple[str, bool] | None = None
    for place, (start, end, number) in enumerate(blocks):
        match = lines.get(number)
        if match is not None:
            last = match["label"], _key(match) in questioners
            turns[number] = _turn(match.end(), end, *last)
        elif not questioners:
            before_an_answer = place + 1 < len(blocks) and blocks[place + 1][2] in lines
            if before_an_answer and (last is not None or text[start:end].rstrip().endswith("?")):
                turns[number] = Turn(start, end, None, question=True)
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
