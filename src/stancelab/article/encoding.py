"""How are a file's bytes to be read as text, whatever they are?"""

import codecs
import re
from dataclasses import dataclass

from stancelab.article.language import language_of

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32", "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16-be"),
)
"""Byte-order mark, the name that users know, the codec for what follows it; those of UTF-32 begin like those of UTF-16."""

DECLARATION = re.compile(rb"""<(?:meta|\?xml)[^>]{0,300}?(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]{1,40})""", re.I)
DECLARED_WITHIN = 4096
"""Bytes from the beginning that a declaration is looked for in; a browser takes 1,024."""

CHARSET = re.compile(r"cp\d+|iso8859_\d+|koi8_.*|mac_.*|euc_.*|gb\w+|big5.*|shift_jis.*|tis_620|johab")
"""Codecs of characters that a page may declare; others turn bytes into something else, or take very long."""

FEW_LETTERS = 3
"""A text of more letters beyond ASCII than this has to be in a language that is written so, if its bytes are Windows-1252."""

UNDEFINED = re.compile(r"[\udc81\udc8d\udc8f\udc90\udc9d]")
LETTER = re.compile(r"[\udcc0-\udcff]")
ESCAPED = re.compile(r"[\udc80-\udcff]")


@dataclass(frozen=True)
class Decoded:
    """A text, how its bytes were read, and what a user should know of that."""

    content: str
    encoding: str
    notes: tuple[str, ...] = ()


def decode(raw: bytes, *, html: bool = False) -> Decoded:
    """The text of any bytes, line ends and NUL bytes as they are; never an exception.

    A byte-order mark is dropped: offsets count the code points after it. Tried in this order: the mark's encoding, strict UTF-8,
    the charset that an HTML page declares, UTF-8 (or ASCII) in which single bytes are Windows-1252, charset_normalizer's guess,
    and Latin-1, in which every byte is a character.

    >>> decode(b"caf\\xc3\\xa9").content, decode(b"the \\x93plan\\x94").content
    ('café', 'the “plan”')
    """
    return (
        _marked(raw) or _strict(raw, "utf-8") or (_declared(raw) if html else None) or _mixed(raw) or _guessed(raw) or _latin(raw)
    )


def _marked(raw: bytes) -> Decoded | None:
    """By the byte-order mark; None without one, or where UTF-8 does not follow it."""
    for mark, name, codec in MARKS:
        if raw.startswith(mark):
            rest = raw[len(mark) :]
            found = _strict(rest, codec, name)
            if found is None and codec == "utf-8":
                return _mixed(rest)
            return found or Decoded(rest.decode(codec, "replace"), name, (f"some bytes are not {name}; � stands for them",))
    return None


def _strict(raw: bytes, codec: str, name: str | None = None) -> Decoded | None:
    try:
        return Decoded(raw.decode(codec), name or codec)
    except (UnicodeError, LookupError):
        return None


def _declared(raw: bytes) -> Decoded | None:
    """By the charset that the page declares, where that is one of single-byte or East Asian characters."""
    found = DECLARATION.search(raw[:DECLARED_WITHIN])
    if found is None:
        return None
    try:
        codec = codecs.lookup(found.group(1).decode("ascii")).name.replace("-", "_")
    except LookupError:
        return None
    # as browsers do: who declares Latin-1 or ASCII writes Windows-1252
    codec = "cp1252" if codec in ("iso8859_1", "ascii") else codec
    return _strict(raw, codec) if CHARSET.fullmatch(codec) else None


def _mixed(raw: bytes) -> Decoded | None:
    """As UTF-8 with single bytes in Windows-1252; None where that makes no text."""
    escaped = raw.decode("utf-8", "surrogateescape")
    if UNDEFINED.search(escaped):
        return None
    content = ESCAPED.sub(lambda found: bytes([ord(found.group()) - 0xDC00]).decode("cp1252"), escaped)
    single = len(ESCAPED.findall(escaped))
    whole = sum(character > "\x7f" for character in escaped) - single
    if single > whole and len(LETTER.findall(escaped)) > FEW_LETTERS and language_of(content) is None:
        return None
    if not whole:
        return Decoded(content, "cp1252")
    return Decoded(content, "utf-8", (f"{single} byte{'s' * (single != 1)} not UTF-8, read as Windows-1252",))


def _guessed(raw: bytes) -> Decoded | None:
    from charset_normalizer import from_bytes

    best = from_bytes(raw).best()
    if best is None:
        return None
    found = _strict(raw, best.encoding)
    return found and Decoded(found.content, found.encoding, (f"the encoding is a guess: {best.encoding}",))


def _latin(raw: bytes) -> Decoded:
    return Decoded(raw.decode("latin-1"), "latin-1", ("the encoding could not be told; read as Latin-1",))
