"""Which parts of a page's visible text are the paragraphs that an extractor has chosen?

An extractor gives words without places, and changes white space, marks and composed letters. So letters and digits are compared.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import normalize

from stancelab.article.markup import Span, Visible, chosen

LONG = 40
"""Letters from which a paragraph hardly stands twice in a page: such paragraphs are found first, the others between them."""

SHORT, NEAR = 12, 50
"""Letters below which too many blocks would do for one with something left out, and blocks ahead that are looked at."""

MOST_MISSED = 100
"""Long paragraphs that may be looked for in the whole page in vain, so that no page takes forever."""


@dataclass(frozen=True)
class _Letters:
    """The letters and digits of a page: where each stands in the visible text, where each block of them begins and ends."""

    text: str
    places: "array[int]"
    firsts: list[int]
    lasts: list[int]
    whole: dict[str, list[int]]


def main_text(visible: Visible, paragraphs: Sequence[str]) -> Visible | None:
    """The part of a page that these paragraphs make up, in the page's own characters; None where none is found in it.

    A block of the page is kept from the first to the last of its characters that were chosen.
    """
    letters = _letters_of(visible)
    wanted = ["".join(letter for letter, _ in _letters(paragraph)) for paragraph in paragraphs]
    spans = _kept(visible, letters, _found(letters, [paragraph for paragraph in wanted if paragraph]))
    return chosen(visible, spans) if spans else None


def _letters(text: str) -> list[tuple[str, int]]:
    """Letters and digits with their places; composed ones are taken apart, and only their letter is kept."""
    if text.isascii():
        return [(character, place) for place, character in enumerate(text) if character.isalnum()]
    return [
        (part, place)
        for place, character in enumerate(text)
        for part in (character if character.isascii() else normalize("NFD", character))
        if part.isalnum()
    ]


def _letters_of(visible: Visible) -> _Letters:
    parts: list[str] = []
    places, firsts, lasts, length = array("q"), [], [], 0
    whole: dict[str, list[int]] = defaultdict(list)
    for start, end in visible.blocks:
        found = _letters(visible.text[start:end])
        block = "".join(letter for letter, _ in found)
        parts.append(block)
        places.extend([start + place for _, place in found])
        whole[block].append(length)
        firsts.append(length)
        length += len(block)
        lasts.append(length)
    return _Letters("".join(parts), places, firsts, lasts, dict(whole))


def _found(letters: _Letters, wanted: Sequence[str]) -> list[Span]:
    """Where the paragraphs stand among the letters, in order, without overlap; those that are not there are left out."""
    spans: dict[int, Span] = {}
    after, missed = 0, 0
    for number, paragraph in enumerate(wanted):
        if len(paragraph) >= LONG and missed < MOST_MISSED:
            span = _anywhere(letters, paragraph, after)
            if span is None:
                missed += 1
            else:
                spans[number], after = span, span[1]
    _tighten(letters, spans)
    _between(letters, wanted, spans)
    return [spans[number] for number in sorted(spans)]


def _anywhere(letters: _Letters, paragraph: str, after: int) -> Span | None:
    """A long paragraph from a place on: a block of its own, part of one, several, or a block with something more in it."""
    end = len(letters.text)
    whole = _whole(letters, paragraph, after, end) or _within(letters, paragraph, after)
    return whole or _fuller(letters, paragraph, after, end, len(letters.firsts))


def _whole(letters: _Letters, paragraph: str, after: int, before: int, *, last: bool = False) -> Span | None:
    """A block of exactly these letters between two places: the first, or the last."""
    firsts = letters.whole.get(paragraph, [])
    low, high = bisect_left(firsts, after), bisect_right(firsts, before - len(paragraph))
    if low >= high:
        return None
    first = firsts[high - 1 if last else low]
    return first, first + len(paragraph)


def _within(letters: _Letters, paragraph: str, after: int) -> Span | None:
    """The same letters anywhere from a place on."""
    first = letters.text.find(paragraph, after)
    return None if first < 0 else (first, first + len(paragraph))


def _fuller(letters: _Letters, paragraph: str, after: int, before: int, blocks: int) -> Span | None:
    """A block that has all these letters in order and not as many others: extractors leave out dates and labels within a line.

    blocks: how many are looked at.
    """
    start = bisect_left(letters.firsts, after)
    for block in range(start, min(start + blocks, len(letters.firsts))):
        first, last = letters.firsts[block], letters.lasts[block]
        if len(paragraph) <= last - first < 2 * len(paragraph) and last <= before:
            following = iter(letters.text[first:last])
            if all(letter in following for letter in paragraph):
                return first, last
    return None


def _tighten(letters: _Letters, spans: dict[int, Span]) -> None:
    """Move each long paragraph as near to its successor as it also stands: a teaser above the article repeats its beginning."""
    before = None
    for number in sorted(spans, reverse=True):
        if before is not None:
            first, last = spans[number]
            spans[number] = _whole(letters, letters.text[first:last], first, before, last=True) or (first, last)
        before = spans[number][0]


def _between(letters: _Letters, wanted: Sequence[str], spans: dict[int, Span]) -> None:
    """Find the short paragraphs, and long ones that were missed, as whole blocks between their neighbours or right after one."""
    following: list[int] = [len(letters.text)]
    for number in range(len(wanted) - 1, 0, -1):
        following.append(spans[number][0] if number in spans else following[-1])
    following.reverse()
    after, leading = 0, True
    for number, paragraph in enumerate(wanted):
        if number not in spans:
            before = following[number]
            # above the first paragraph there is a menu: what stands nearest to the article is meant
            span = _whole(letters, paragraph, after, before, last=leading and bool(spans))
            if span is None and not leading and letters.text.startswith(paragraph, after, before):
                span = after, after + len(paragraph)
            if span is None and len(paragraph) >= SHORT:
                span = _fuller(letters, paragraph, after, before, NEAR)
            if span is None:
                continue
            spans[number] = span
        after, leading = spans[number][1], False


def _kept(visible: Visible, letters: _Letters, spans: Sequence[Span]) -> list[Span]:
    """The part of each block from the first to the last letter that stands in a span, with the marks around them."""
    ranges: dict[int, Span] = {}
    for first, last in spans:
        block = bisect_right(letters.lasts, first)
        while block < len(letters.firsts) and letters.firsts[block] < last:
            low, high = max(first, letters.firsts[block]), min(last, letters.lasts[block])
            if low < high:
                ranges[block] = (ranges.get(block, (low, high))[0], high)
            block += 1
    return [_with_marks(visible, letters, block, low, high) for block, (low, high) in ranges.items()]


def _with_marks(visible: Visible, letters: _Letters, block: int, low: int, high: int) -> Span:
    """A range of a block's letters as a span of the visible text: the whole block, or out to the nearest white space."""
    start, end = visible.blocks[block]
    if low > letters.firsts[block]:
        first = letters.places[low]
        start = next((place + 1 for place in range(first - 1, start, -1) if visible.text[place].isspace()), start)
    if high < letters.lasts[block]:
        last = letters.places[high - 1]
        end = next((place for place in range(last + 1, end) if visible.text[place].isspace()), end)
    return start, end
