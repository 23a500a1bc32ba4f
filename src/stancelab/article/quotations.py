"""Which words stand between quote marks: straight or curly, over several paragraphs, with a mark too few?"""

from collections.abc import Sequence
from dataclasses import dataclass

from stancelab.article.speech import attribution_after

PAIRS = {"“": "”", "„": "“”", "«": "»", "»": "«", "‟": "”", "‘": "’", "‚": "‘’", "‹": "›", '"': '"', "'": "'"}
"""What closes each opening mark."""

SINGLE = "‘‚'‹"
"""Opening marks that are quotations of their own only where the text has no double ones outside."""


@dataclass(frozen=True)
class Quotation:
    """A run between quote marks. start, end: with its marks; words: without them. closed: whether a closing mark was found.

    Over several paragraphs `start` is in the first and `end` in the last one, and the marks that open each are part of it.
    """

    start: int
    end: int
    words: tuple[int, int]
    closed: bool


def find_quotations(text: str, blocks: Sequence[tuple[int, int]]) -> list[Quotation]:
    """The outermost quotations of a text, in order. blocks: start and end of each paragraph, code points.

    A quotation that no mark closes goes on where the next paragraph opens with the same mark; elsewhere it ends with the
    sentence that its attribution ends, or with its paragraph.

    >>> text = "“No,” she said."
    >>> [text[q.start : q.end] for q in find_quotations(text, [(0, len(text))])]
    ['“No,”']
    """
    double = any(mark in text for mark in '“„«"')
    found: list[Quotation] = []
    open_since: tuple[int, str] | None = None
    for number, (start, end) in enumerate(blocks):
        place = start
        if open_since is not None:
            place = start + 1
        while place < end:
            mark = text[place]
            if open_since is None:
                if _opens(text, place, start, end, single=not double):
                    open_since = place, mark
            elif mark in PAIRS[open_since[1]] and _closes(text, place, end, mark):
                found.append(Quotation(open_since[0], place + 1, (open_since[0] + 1, place), closed=True))
                open_since = None
            place += 1
        if open_since is not None and not _goes_on(text, blocks, number, open_since[1]):
            found.append(_unclosed(text, open_since[0], end))
            open_since = None
    return found


def _opens(text: str, place: int, start: int, end: int, *, single: bool) -> bool:
    mark = text[place]
    if mark not in PAIRS or mark == "»" or (mark in SINGLE and not single):
        return False
    before = text[place - 1] if place > start else " "
    after = text[place + 1] if place + 1 < end else " "
    return not before.isalnum() and not after.isspace() and (mark in "“„«" or before not in ".,!?")


def _closes(text: str, place: int, end: int, mark: str) -> bool:
    before = text[place - 1]
    after = text[place + 1] if place + 1 < end else " "
    if mark in "'’":
        return not after.isalnum() and not before.isspace()
    return not (mark == '"' and before.isspace() and after.isalnum())


def _goes_on(text: str, blocks: Sequence[tuple[int, int]], number: int, mark: str) -> bool:
    return number + 1 < len(blocks) and text[blocks[number + 1][0]] == mark


def _unclosed(text: str, start: int, end: int) -> Quotation:
    """A quotation whose closing mark is missing: up to the comma before an attribution, or to the paragraph's end."""
    stop = attribution_after(text, start, end)
    return Quotation(start, stop, (start + 1, stop), closed=False)
