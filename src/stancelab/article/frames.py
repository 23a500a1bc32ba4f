"""How is a paragraph read so that quotations do not get in the parser's way?

A frame is a paragraph in which every quotation that is an utterance of its own has become one word, and quote marks around
fragments are gone. Each of its characters knows where it stands in the article's visible text.
"""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from stancelab.article.dialogue import Turn
from stancelab.article.quotations import Quotation
from stancelab.article.speech import names_a_speaker

UTTERANCE = "Yes"
STRAIGHT = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "´": "'",
        "`": "'",
        "\u00a0": " ",
        "\n": " ",
        "\r": " ",
        "\t": " ",
        "\u2028": " ",
        "\u2029": " ",
        "\x00": " ",
    }
)
_SENTENCE_ENDS = re.compile(r";(?=\s)|:(?=\s+[\w(])")
"""Marks between two sentences that a parser would take for one."""

_TOO_LONG = re.compile(r"(\S{100})\S")
"""A heap of signs without white space, which a tokenizer takes apart in time that grows with the square of its length."""

_SENTENCE_CLOSES = re.compile(r"[.!?][^\w\s.!?]*\s+")
_SHOWN = re.compile(r"\S")

NO_MARKS = str.maketrans(dict.fromkeys("“”„«»", " "))

LONGEST = 20_000
"""Characters that are parsed at once; a longer paragraph is cut at white space."""


@dataclass(frozen=True)
class Frame:
    """text: what is parsed. starts, ends: where each of its characters stands in the visible text.

    utterances: place of each quotation's word in `text` -> the quotation; fragments: those whose words are still in it.
    block: the number of its paragraph. turn: the answer of an interview that it is, if it is one. kind: `told` by the article,
    `said` inside the quotation that begins at `of`, or `asked` in an interview.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    utterances: dict[int, Quotation]
    fragments: tuple[Quotation, ...]
    block: int
    turn: Turn | None = None
    kind: Literal["told", "said", "asked"] = "told"
    of: int = -1

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where a part of the frame's text stands in the visible text."""
        return self.starts[start], self.ends[end - 1]


def is_utterance(text: str, quotation: Quotation, start: int, end: int) -> bool:
    """Whether a quotation is a sentence, or a part of one, that stands beside its attribution and not inside a clause.

    start, end: its paragraph. It is one after a colon, a comma, a sentence's end or nothing, with a capital letter or before an
    attribution; "a very important step" inside a clause is none.
    """
    words = text[slice(*quotation.words)].strip()
    before = _last_shown(text, start, quotation.start)
    if not words:
        return False
    capital = next((character for character in words if character.isalnum()), "a")
    if not before or before in '.!?:;—–("”)…':
        return True
    if before == ",":
        return capital.isupper() or capital.isdigit() or words[-1] in ",.!?…"
    return capital.isupper() and words[-1] in ".!?," and len(words.split()) > 3


def _last_shown(text: str, start: int, end: int) -> str:
    """The last character of a part of a text that is no white space; empty without any."""
    while end > start and text[end - 1].isspace():
        end -= 1
    return text[end - 1] if end > start else ""


def build_frames(
    text: str, blocks: Sequence[tuple[int, int, int]], quotations: Sequence[Quotation], turns: Mapping[int, Turn]
) -> list[Frame]:
    """The frames of a text's paragraphs (start, end, number), in order. A quotation over several belongs to the first.

    turns: those of an interview, by block; a question is left out, an answer is one utterance.
    """
    frames, taken, places = [], 0, [quotation.start for quotation in quotations]
    for start, end, number in blocks:
        if number in turns:
            frames += _turn(text, turns[number], number)
            continue
        inside = quotations[bisect_left(places, start) : bisect_left(places, end)]
        begin = max(start, taken)
        if inside:
            taken = max(taken, inside[-1].end)
        if begin < end:
            frames += _cut(_frame(text, begin, end, number, inside))
            for quotation in inside:
                if is_utterance(text, quotation, start, end):
                    frames += _cut(_plain(text, *quotation.words, number, kind="said", of=quotation.start))
    return frames


def _turn(text: str, turn: Turn, number: int) -> list[Frame]:
    """A question; or an answer as one utterance, and its words."""
    if turn.start >= turn.end:
        return []
    if turn.question:
        return _cut(_plain(text, turn.start, turn.end, number, kind="asked"))
    end = turn.end - (text[turn.end - 1] == ".")
    word = f'"{UTTERANCE}."'
    utterance = Quotation(turn.start, end, (turn.start, end), closed=True)
    answer = Frame(word, [turn.start] * len(word), [end] * len(word), {1: utterance}, (), number, turn)
    return [answer, *_cut(_plain(text, turn.start, turn.end, number, kind="said", of=turn.start))]


def _plain(text: str, start: int, end: int, number: int, *, kind: Literal["said", "asked"], of: int = -1) -> Frame:
    words = _SENTENCE_ENDS.sub(".", text[start:end].translate(STRAIGHT)).translate(NO_MARKS)
    return Frame(words, range(start, end), range(start + 1, end + 1), {}, (), number, None, kind, of)


def _frame(text: str, start: int, end: int, number: int, inside: Sequence[Quotation]) -> Frame:
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    utterances: dict[int, Quotation] = {}
    fragments: list[Quotation] = []

    def keep(begin: int, stop: int) -> None:
        characters.extend(_SENTENCE_ENDS.sub(".", text[begin:stop].translate(STRAIGHT)))
        starts.extend(range(begin, stop))
        ends.extend(range(begin + 1, stop + 1))

    def put(word: str, begin: int, stop: int) -> None:
        characters.extend(word)
        starts.extend([begin] * len(word))
        ends.extend([stop] * len(word))

    place = start
    for quotation in inside:
        keep(place, quotation.start)
        if is_utterance(text, quotation, start, end):
            put('"', quotation.start, quotation.start + 1)
            utterances[len(characters)] = quotation
            put(UTTERANCE, quotation.start, quotation.end)
            put(f'{_mark_after(text, quotation, end)}"', quotation.end - 1, quotation.end)
        else:
            fragments.append(quotation)
            keep(*quotation.words)
        place = quotation.end
    keep(place, end)
    return Frame("".join(characters), starts, ends, utterances, tuple(fragments), number)


def _mark_after(text: str, quotation: Quotation, end: int) -> str:
    """The mark that ends an utterance's word: a comma where its attribution follows, else what ends its sentence."""
    last = _last_shown(text, *quotation.words)
    shown = _SHOWN.search(text, quotation.end, end)
    following = shown[0] if shown else ""
    led_to = _last_shown(text, 0, quotation.start) == ":"
    if shown and (following.islower() or "," in (following, last) or (not led_to and names_a_speaker(text, shown.start()))):
        return "" if following == "," else ","
    return last if last in ".!?" else ("" if following in set(".!?;:") else ".")


def _cut(frame: Frame) -> list[Frame]:
    """The frame in pieces that a parser takes, cut after sentences, or after white space, or anywhere; none if it is empty."""
    if not frame.text:
        return []
    frame = replace(frame, text=_TOO_LONG.sub(r"\1 ", frame.text))
    pieces, begin = [], 0
    while len(frame.text) - begin > LONGEST:
        window = frame.text[begin : begin + LONGEST]
        ends = [found.end() for found in _SENTENCE_CLOSES.finditer(window)] or [
            found.end() for found in re.finditer(r"\s", window)
        ]
        cut = begin + (ends[-1] if ends else LONGEST)
        pieces.append(_piece(frame, begin, cut))
        begin = cut
    return [*pieces, _piece(frame, begin, len(frame.text))] if pieces else [frame]


def _piece(frame: Frame, begin: int, stop: int) -> Frame:
    starts, ends = frame.starts[begin:stop], frame.ends[begin:stop]
    utterances = {place - begin: quotation for place, quotation in frame.utterances.items() if begin <= place < stop}
    fragments = tuple(each for each in frame.fragments if starts[0] < each.end and each.start < ends[-1])
    return replace(frame, text=frame.text[begin:stop], starts=starts, ends=ends, utterances=utterances, fragments=fragments)
