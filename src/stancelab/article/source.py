"""What is one article as its file gives it, and where does what a reader sees stand in it?"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

BlockKind = Literal["headline", "byline", "credit", "caption", "site", "body"]
"""What a block is: `body` is what the article says; `site` a website's own words (name, links); the others as in print."""


@dataclass(frozen=True)
class Block:
    """A paragraph, or a line that stands alone. start, end: code points into the visible text, end-exclusive; number: from 1."""

    start: int
    end: int
    number: int
    kind: BlockKind


@dataclass(frozen=True)
class Source:
    """One article: the file's content, the text that a reader sees, and where each visible character stands in the content.

    content: as decoded, nothing changed. text: what is shown (for a plain text the content itself, for HTML the main text with
    a blank line between paragraphs). starts, ends: for each character of `text`, where it begins and ends in `content`, in
    code points. language: ISO 639-1, None where it could not be told. encoding: how the bytes were read. notes: what a user
    should know.
    """

    doc_id: str
    content: str
    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    blocks: tuple[Block, ...]
    title: str | None = None
    date: str | None = None
    outlet: str | None = None
    language: str | None = None
    encoding: str = "utf-8"
    notes: tuple[str, ...] = field(default=())

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where a span of the visible text stands in the content; it must not be empty."""
        return self.starts[start], self.ends[end - 1]

    def visible(self, start: int, end: int) -> tuple[int, int]:
        """The part of the visible text that stands in a span of the content."""
        return bisect_left(self.ends, start + 1), bisect_right(self.starts, end - 1)

    def body(self) -> tuple[Block, ...]:
        """The blocks that the article's statements are looked for in."""
        return tuple(block for block in self.blocks if block.kind == "body")
