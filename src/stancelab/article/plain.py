"""What is an article that is given as plain text?"""

from collections import Counter
from itertools import pairwise

from stancelab.article.boilerplate import kinds
from stancelab.article.language import code_of, language_note, language_of
from stancelab.article.source import Block, Source

NARROWEST, WIDEST = 40, 100
"""Characters that most lines do not exceed, in a text whose lines are broken at a width."""

SLACK = 12
"""Characters that a full line may fall short of that width: some programs even lines out."""

FEWEST_FULL, FULL_SHARE = 3, 0.75
"""A text is broken at a width where this many lines, and this share of those that others follow, are full."""

Span = tuple[int, int]


def plain_source(content: str, doc_id: str, *, title: str | None = None, language: str | None = None) -> Source:
    """The article whose text is the content itself.

    Blocks are the lines that are not blank, or, where the lines are broken at a width, the paragraphs that they make up.
    title, language: as stated elsewhere; where they are not, the title is the first headline, and the text tells the language.

    >>> source = plain_source("A bridge is built\\n\\nThe mayor is glad.\\n", "bridge-1")
    >>> [(block.number, block.kind, content) for block in source.blocks for content in [source.text[block.start : block.end]]]
    [(1, 'headline', 'A bridge is built'), (2, 'body', 'The mayor is glad.')]
    """
    language = code_of(language) or language_of(content)
    spans = paragraphs(content)
    note = language_note(language) if spans else "there is nothing to read in it"
    blocks = blocks_of(content, spans, title)
    return Source(
        doc_id=doc_id,
        content=content,
        text=content,
        starts=range(len(content)),
        ends=range(1, len(content) + 1),
        blocks=blocks,
        title=title or _headline(content, blocks),
        language=language,
        notes=(note,) if note else (),
    )


def _headline(text: str, blocks: tuple[Block, ...]) -> str | None:
    """The text of the first headline, white space made single."""
    return next((" ".join(text[block.start : block.end].split()) for block in blocks if block.kind == "headline"), None)


def blocks_of(text: str, spans: list[Span], title: str | None) -> tuple[Block, ...]:
    """Blocks numbered from 1, each with its kind."""
    given = kinds([text[start:end] for start, end in spans], title)
    return tuple(Block(start, end, number, kind) for number, ((start, end), kind) in enumerate(zip(spans, given, strict=True), 1))


def paragraphs(text: str) -> list[Span]:
    """Where each paragraph stands, without white space around it: a line, or several where lines are broken at a width."""
    lines = _lines(text)
    follows = _follows(text, lines)
    spans: list[Span] = []
    for line, goes_on in zip(lines, follows, strict=True):
        spans[-1:] = [(spans[-1][0], line[1])] if goes_on else [*spans[-1:], line]
    return spans


def _lines(text: str) -> list[Span]:
    """Where each line that is not blank stands, without the white space around it."""
    spans, start = [], 0
    for line in text.split("\n"):
        if bare := line.strip():
            first = start + len(line) - len(line.lstrip())
            spans.append((first, first + len(bare)))
        start += len(line) + 1
    return spans


def _follows(text: str, lines: list[Span]) -> list[bool]:
    """For each line, whether it goes on with the paragraph of the line before it."""
    pairs = list(pairwise(lines))
    indents = [_indent(text, start) for start, _ in lines]
    usual_indent = Counter(indents).most_common(1)[0][0] if indents else 0
    near = [text.count("\n", end, start) == 1 and _indent(text, start) <= usual_indent for (_, end), (start, _) in pairs]
    widths = [end - text.rfind("\n", 0, start) - 1 for (start, end), _ in pairs]
    # a headline or an address may be longer, so that the longest line tells less than most of them
    usual = sorted(width for width, close in zip(widths, near, strict=True) if close)
    width = usual[len(usual) * 3 // 4] if usual else 0
    words = [len(text[slice(*after)].split(maxsplit=1)[0]) for _, after in pairs]
    full = [width - SLACK < wide + 1 + word and wide <= width + SLACK for wide, word in zip(widths, words, strict=True)]
    going = sum(map(bool.__and__, near, full))
    if not NARROWEST <= width <= WIDEST or going < max(FEWEST_FULL, FULL_SHARE * len(usual)):
        return [False] * len(lines)
    lower = [text[after[0]].islower() and text[before[1] - 1] not in ".!?" for before, after in pairs]
    return [False, *(close and (filled or small) for close, filled, small in zip(near, full, lower, strict=True))]


def _indent(text: str, start: int) -> int:
    """How far a line is set in that begins there, but for white space."""
    return start - text.rfind("\n", 0, start) - 1
