"""What does a reader see of an HTML page, and where does each visible character stand in the file?

The page is read once from beginning to end, in a time that grows with its length alone, as browsers do it (HTML standard, section
13.2.5), so that no page is too broken to be read.
"""

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape
from html.entities import html5

Span = tuple[int, int]

NAMED = (
    "address article aside blockquote body button caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 head header hgroup hr html iframe legend li main menu nav noscript ol optgroup option p pre "
    "section select summary table tbody td template textarea tfoot th thead title tr ul video"
)
BLOCKS = frozenset(NAMED.split())
"""Elements that begin and end a paragraph; all others stand within one."""

UNSEEN = frozenset(["iframe", "noembed", "noframes", "noscript", "script", "style", "template", "textarea", "title"])
"""Elements whose content is not part of the page as it is read; tags in them mean nothing."""

TAG = re.compile(r"""<(/?)([A-Za-z][^\s/>]*+)(?:=\s*+(?:"[^"]*"|'[^']*')|[^>])*+>""")
PIECE = re.compile(
    r"(?P<space>[ \t\n\r\f\v]+)|(?P<entity>&(?:#\d{1,9};?|#[xX][0-9A-Fa-f]{1,9};?|[A-Za-z][A-Za-z0-9]{1,31};?))|(?P<unseen>\0+)"
    r"|(?P<word>[^ \t\n\r\f\v&\0]+|&)"
)


@dataclass
class Visible:
    """Visible text with the place of each character in the content: it begins at starts[i] and ends before ends[i].

    blocks: the paragraphs in the text, in order; between two of them stands a blank line.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    blocks: tuple[Span, ...]


@dataclass
class _Page:
    """Visible text as it grows, and what stands between it and the next visible character: nothing, a space, or an end."""

    parts: list[str] = field(default_factory=list)
    starts: "array[int]" = field(default_factory=lambda: array("q"))
    ends: "array[int]" = field(default_factory=lambda: array("q"))
    opened: list[int] = field(default_factory=lambda: [0])
    space: Span | None = None
    breaks: int = 0

    def add(self, characters: str, starts: Sequence[int], ends: Sequence[int]) -> None:
        """Visible characters, none of them white space that is shown as one with its neighbours."""
        if self.breaks and len(self.starts) > self.opened[-1]:
            before = self.ends[-1]
            self._append("\n\n", (before, before + 1), (before + 1, starts[0]))
            self.opened.append(len(self.starts))
        elif self.space is not None and len(self.starts) > self.opened[-1]:
            self._append(" ", self.space[:1], self.space[1:])
        self.space, self.breaks = None, 0
        self._append(characters, starts, ends)

    def _append(self, characters: str, starts: Sequence[int], ends: Sequence[int]) -> None:
        self.parts.append(characters)
        self.starts.extend(starts)
        self.ends.extend(ends)

    def visible(self) -> Visible:
        """All that was added; a paragraph of nothing but white space of other kinds is left out of the blocks."""
        text = "".join(self.parts)
        ends = [start - 2 for start in self.opened[1:]] + [len(text)]
        spans = (_stripped(text, start, end) for start, end in zip(self.opened, ends, strict=True))
        return Visible(text, self.starts, self.ends, tuple(span for span in spans if span[0] < span[1]))


def visible_text(content: str) -> Visible:
    """What a reader sees of a page. White space is one space; a line break within a paragraph is one too, two end it.

    >>> page = visible_text("<p>Fish &amp; <b>chips</b>.</p>")
    >>> page.text, page.starts[5], page.ends[5]
    ('Fish & chips.', 8, 13)
    """
    page = _Page()
    for kind, start, end in _tokens(content):
        if kind == "text":
            _add_text(page, content, start, end)
        elif kind == "br" and not page.breaks:
            # a second line break in a row, with nothing but white space since the first
            page.breaks = int(page.space is not None and content[page.space[0]] == "<")
            page.space = (start, end)
        elif kind in BLOCKS:
            page.breaks = 1
    return page.visible()


def chosen(visible: Visible, spans: Sequence[Span]) -> Visible:
    """Only these spans of a visible text, in order, with a blank line between any two; they must not touch."""
    page = _Page()
    for start, end in spans:
        page.breaks = 1
        page.add(visible.text[start:end], visible.starts[start:end], visible.ends[start:end])
    return page.visible()


def _stripped(text: str, start: int, end: int) -> Span:
    inner = text[start:end]
    return end - len(inner.lstrip()), start + len(inner.rstrip())


def _tokens(content: str) -> Iterator[tuple[str, int, int]]:
    """("text" or the name of a tag, start, end) of all text between markup and all tags, in order."""
    place, unclosed = 0, set[str]()
    while place < len(content):
        start = content.find("<", place)
        if start < 0:
            start = len(content)
        if start > place:
            yield "text", place, start
        if start == len(content):
            return
        name, place = _markup(content, start)
        if name == "":
            yield "text", start, place
            continue
        yield name, start, place
        if name == "plaintext":
            yield "text", place, len(content)
            return
        if name in UNSEEN and content[start + 1] != "/" and name not in unclosed:
            close = re.compile(rf"</{name}(?=[\s/>])", re.I).search(content, place)
            if close is not None:
                place = close.start()
            elif name in ("script", "style"):
                return
            else:
                unclosed.add(name)


def _markup(content: str, start: int) -> tuple[str, int]:
    """Name and end of the markup that begins at a "<": a tag's name in small letters, "!" for what is none, "" for mere text."""
    tag = TAG.match(content, start)
    if tag is not None:
        return tag.group(2).lower(), tag.end()
    if content.startswith("<!--", start):
        # "<!-->" and "<!--->" are whole comments
        return "!", _after(content, "-->", start + 2)
    name = content[start + 1 : start + 3].removeprefix("/")
    if name[:1].isascii() and name[:1].isalpha():
        # a tag that never ends takes the rest with it, as in browsers; else each further one would look for its end anew
        return "!", len(content)
    if name and content[start + 1] in "!?/":
        return "!", _after(content, ">", start)
    return "", start + 1


def _after(content: str, mark: str, start: int) -> int:
    found = content.find(mark, start)
    return len(content) if found < 0 else found + len(mark)


def _add_text(page: _Page, content: str, start: int, end: int) -> None:
    """The characters of a run of text without tags."""
    for piece in PIECE.finditer(content, start, end):
        first, last = piece.span()
        if piece.lastgroup == "space":
            page.space = page.space or (first, last)
        elif piece.lastgroup == "entity":
            _add_entity(page, piece.group(), first)
        elif piece.lastgroup == "word":
            page.add(piece.group(), range(first, last), range(first + 1, last + 1))


def _add_entity(page: _Page, written: str, start: int) -> None:
    """A character that is written as an entity, and the letters after one without a semicolon."""
    character, length = _entity(written)
    rest = range(start + length, start + len(written))
    if character.isspace() and character in " \t\n\r\f\v":
        page.space = page.space or (start, start + length)
    elif character:
        page.add(character, (start,), (start + length,))
    if rest:
        page.add(written[length:], rest, range(rest.start + 1, rest.stop + 1))


def _entity(written: str) -> tuple[str, int]:
    """The character that the beginning of "&..." stands for, and the length of that beginning; "" where for none that is seen.

    The few that stand for two characters (mathematical signs) are left as they are written.
    """
    if written[1] == "#":
        return unescape(written), len(written)
    for length in range(len(written), 2, -1):
        character = html5.get(written[1:length])
        if character is not None:
            return (character, length) if len(character) == 1 else ("&", 1)
    return "&", 1
