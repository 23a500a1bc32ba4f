"""Which words of the text that a reader sees belong to which statements?"""

import re
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from stancelab.article.found import Statement
from stancelab.article.source import BlockKind, Source


@dataclass(frozen=True)
class Piece:
    """Words that the same statements cover. inside: their places in the list of statements, the widest first.

    begins: those of them whose first words these are.
    """

    text: str
    inside: tuple[int, ...]
    begins: frozenset[int]

    @property
    def first_word(self) -> str:
        """The first word, or the start of a long one: what a number before it is kept together with."""
        return "".join(re.findall(r"^\s*\S{,20}", self.text))


@dataclass(frozen=True)
class Paragraph:
    """A block of the article, cut where a statement begins or ends."""

    kind: BlockKind
    pieces: tuple[Piece, ...]


def paragraphs(source: Source, statements: Sequence[Statement]) -> list[Paragraph]:
    """The blocks of an article as pieces that a statement covers wholly or not at all; together they are the blocks' text.

    Statements point into the content; what they cover of the text is found through `source.starts` and `source.ends`, which
    never go down. A statement may run over several blocks, and statements may overlap.
    """
    spans = [visible(source, statement) for statement in statements]
    ahead = deque(sorted(range(len(spans)), key=lambda place: (spans[place][0], -spans[place][1], place)))
    edges = sorted({edge for span in spans for edge in span})
    now: list[int] = []
    begun: set[int] = set()
    made = []
    for block in source.blocks:
        between = edges[bisect_right(edges, block.start) : bisect_left(edges, block.end)]
        pieces = []
        for first, last in pairwise((block.start, *between, block.end)):
            while ahead and spans[ahead[0]][0] <= first:
                now.append(ahead.popleft())
            now = [place for place in now if spans[place][1] > first]
            pieces.append(Piece(source.text[first:last], tuple(now), frozenset(now) - begun))
            begun.update(now)
        made.append(Paragraph(block.kind, tuple(pieces)))
    return made


def visible(source: Source, statement: Statement) -> tuple[int, int]:
    """Where a statement stands in the text that a reader sees, code points, end-exclusive."""
    return bisect_left(source.starts, statement.start), bisect_right(source.ends, statement.end)
