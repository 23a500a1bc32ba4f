"""What text does a classifier read for one row of (text, actor, target)?"""

import re
from collections.abc import Sequence
from functools import lru_cache
from string import Formatter
from typing import TYPE_CHECKING

from stancelab.errors import InputError, suggestion

if TYPE_CHECKING:
    import pandas as pd

Columns = dict[str, list[str]]
"""Rows as lists of equal length by the name of their column: what is read where no DataFrame is needed."""

FIELDS = ("text", "actor", "target", "marked", "spans", "spelled", "hashtags")
OPEN, CLOSE = "[ACTOR]", "[/ACTOR]"
"""What stands around a mention of the actor in {spans}: plain text, which every tokenizer can read."""
HASHTAG = re.compile(r"(?<!&)#+(\w+)")
UPPER, LOWER = "A-ZÀ-ÖØ-Þ", "a-zß-öø-ÿ'"
WORD_IN_HASHTAG = re.compile(rf"[{UPPER}]?[{LOWER}]+|[{UPPER}]+(?![{LOWER}])|\d+|[^\W\d_{UPPER}{LOWER}]+")


def mentions(text: str, actor: str) -> list[tuple[int, int]]:
    """Where the actor is mentioned, by full name or by a last word that is a name: (start, end) in code points.

    >>> mentions("Macron met Scholz.", "Emmanuel Macron")
    [(0, 6)]
    """
    names, pattern = _names_of(actor)
    return [match.span() for match in pattern.finditer(text)] if any(name in text for name in names) else []


@lru_cache(maxsize=4096)
def _names_of(actor: str) -> tuple[list[str], re.Pattern[str]]:
    """What the actor is called, and what finds it in a text."""
    words = actor.split()
    names = [actor] if words else []
    if words and words[-1][:1].isupper():
        names.append(words[-1])
    pattern = "|".join(re.escape(name) for name in sorted(set(names), key=len, reverse=True))
    return names, re.compile(rf"(?<!\w)(?:{pattern})(?!\w)")


def mark_actor(text: str, actor: str) -> str:
    """The text with the actor's mentions (full name, or a last word that is a name) replaced by ACTOR.

    >>> mark_actor("Macron met Scholz.", "Emmanuel Macron")
    'ACTOR met Scholz.'
    """
    for start, end in reversed(mentions(text, actor)):
        text = f"{text[:start]}ACTOR{text[end:]}"
    return text


def mark_spans(text: str, actor: str) -> str:
    """The text with marks around the actor's mentions; an actor whom it does not mention stands marked before it.

    >>> mark_spans("Macron met Scholz.", "Emmanuel Macron")
    '[ACTOR] Macron [/ACTOR] met Scholz.'
    >>> mark_spans("He left.", "Macron")
    '[ACTOR] Macron [/ACTOR] He left.'
    """
    found = mentions(text, actor)
    for start, end in reversed(found):
        text = f"{text[:start]}{OPEN} {text[start:end]} {CLOSE}{text[end:]}"
    return text if found else f"{OPEN} {actor} {CLOSE} {text}"


def words_of_hashtag(name: str) -> str:
    """The words that a hashtag is written of, as far as capitals, digits and underscores tell.

    >>> words_of_hashtag("StopHillary2016")
    'Stop Hillary 2016'
    """
    return " ".join(WORD_IN_HASHTAG.findall(name)) or name


def spell_hashtags(text: str) -> str:
    """The text with each hashtag replaced by its words.

    >>> spell_hashtags("no way #NeverAgain")
    'no way Never Again'
    """

    def spelled(match: re.Match[str]) -> str:
        glued = match.start() > 0 and re.match(r"\w", text[match.start() - 1])
        return (" " if glued else "") + words_of_hashtag(match[1])

    return HASHTAG.sub(spelled, text)


def count_rows(X: "pd.DataFrame | Columns") -> int:
    """The number of rows.

    >>> count_rows({"text": ["one", "two"], "actor": ["A", "B"]})
    2
    """
    return len(next(iter(X.values()), [])) if isinstance(X, dict) else len(X)


def compose(X: "pd.DataFrame | Columns", template: str) -> list[str]:
    """One string a row from a template over {text}, {actor}, {target}, {marked} (the text with ACTOR for its actor), {spans} (the
    text with marks around its actor), {spelled} (the text with its hashtags spelled out) and {hashtags} (their words alone).

    InputError: a field that does not exist, a column that X lacks.
    """
    used = fields_of(template, FIELDS)
    columns: dict[str, Sequence[str]] = {}
    for field in used:
        if field in ("marked", "spans"):
            mark = mark_actor if field == "marked" else mark_spans
            pairs = zip(column(X, "text"), column(X, "actor"), strict=True)
            columns[field] = [mark(text, actor) for text, actor in pairs]
        elif field == "spelled":
            columns[field] = [spell_hashtags(text) for text in column(X, "text")]
        elif field == "hashtags":
            columns[field] = [" ".join(map(words_of_hashtag, HASHTAG.findall(text))) for text in column(X, "text")]
        else:
            columns[field] = column(X, field)
    return [template.format(**{field: values[row] for field, values in columns.items()}) for row in range(count_rows(X))]


def fields_of(template: str, allowed: Sequence[str]) -> set[str]:
    """The names in braces in a template. InputError for anything but the allowed ones, bare.

    >>> sorted(fields_of("stance of {actor} on {target}", FIELDS))
    ['actor', 'target']
    """
    if not isinstance(template, str):
        raise InputError(f"template {template!r}: expected text")
    try:
        parts = [part for part in Formatter().parse(template) if part[1] is not None]
    except ValueError as error:
        raise InputError(f"template {template!r}: {error}") from None
    if any(form or conversion for _, _, form, conversion in parts):
        raise InputError(f"template {template!r}: a field is a name in braces and nothing more, like {{{allowed[0]}}}")
    used = {str(field) for _, field, _, _ in parts}
    for field in sorted(used - set(allowed)):
        raise InputError(f"template {template!r}: unknown field {field!r}{suggestion(field, allowed)}")
    return used


def column(X: "pd.DataFrame | Columns", name: str) -> list[str]:
    """One column as a list; InputError if X lacks it, or if a row has nothing there."""
    if name not in X:
        raise InputError(f"column {name!r} is missing{suggestion(name, map(str, X)).replace('Allowed', 'Columns')}")
    values = list(X[name])
    for number, value in enumerate(values):
        if value is None or value != value:
            raise InputError(f"row {number + 1}: column {name!r} is empty")
    return [str(value) for value in values]
