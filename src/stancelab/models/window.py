"""Which part of a text that is too long does an encoder read, so that actor and target stay?"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stancelab.errors import InputError
from stancelab.models.inputs import Columns, column, compose, mentions

if TYPE_CHECKING:
    import pandas as pd


def compose_to_fit(
    X: "pd.DataFrame | Columns", template: str, question: str, tokenizer: Any, limit: int
) -> list[tuple[str, ...]]:
    """The segments of each row, of at most `limit` tokens together: where they would take more, the text alone is shortened.

    What is kept of the text is a window around the actor's first mention, or its beginning where there is none. A row has one
    segment where `question` is empty, else two. InputError for a row that is too long without any text beside the mention.
    """

    def segments(rows: "pd.DataFrame | Columns") -> list[tuple[str, ...]]:
        statements = compose(rows, template)
        return list(zip(statements, compose(rows, question), strict=True)) if question else [(one,) for one in statements]

    def fits(row: tuple[str, ...]) -> bool:
        return len(tokenizer(*row, verbose=False)["input_ids"]) <= limit

    found = segments(X)
    for number, row in enumerate(found):
        if not fits(row):
            text = _longest_part(_row_of(X, number), lambda part: fits(segments(part)[0]))
            if text is None:
                raise InputError(
                    f"row {number + 1}: actor, target and what the template says beside the text take more than the encoder's "
                    f"{limit} tokens; shorten the template {template!r} or raise max_length"
                )
            found[number] = segments(_row_of(X, number) | {"text": [text]})[0]
    return found


def _row_of(X: "pd.DataFrame | Columns", number: int) -> Columns:
    return {name: [(X[name] if isinstance(X, dict) else X[name].iloc)[number]] for name in map(str, X)}


def _longest_part(row: Columns, fits: Callable[[Columns], bool]) -> str | None:
    """The widest window of a row's text around the actor's first mention with which the row fits; None if not even that does."""
    text = column(row, "text")[0]
    start, end = next(iter(mentions(text, column(row, "actor")[0])), (0, 0))
    if not fits(row | {"text": [text[start:end]]}):
        return None
    low, high = 0, len(text)
    while high - low > 1:
        room = (low + high) // 2
        low, high = (room, high) if fits(row | {"text": [around(text, start, end, room)]}) else (low, room)
    return around(text, start, end, low)


def around(text: str, start: int, end: int, room: int) -> str:
    """text[start:end] and up to `room` characters beside it, as many before as after where both are there, in whole words.

    >>> around("the plan that Macron made was late", 14, 20, 12)
    'that Macron made'
    """
    before = min(start, max(room // 2, room - (len(text) - end)))
    after = min(len(text) - end, room - before)
    left, right = text[start - before : start], text[end : end + after]
    if before < start and not text[start - before - 1].isspace():
        left = left[next((place for place, sign in enumerate(left) if sign.isspace()), 0) :]
    if end + after < len(text) and not text[end + after].isspace():
        right = right[: next((place for place in range(len(right), 0, -1) if right[place - 1].isspace()), len(right))]
    return (left + text[start:end] + right).strip()
