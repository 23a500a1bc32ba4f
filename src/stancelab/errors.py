"""What did the user get wrong, where, and what is nearest to it?"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

SHOWN = 10


class InputError(ValueError):
    """Something a person can put right: a file, a name, an option. Everything else is a bug of ours."""


def suggestion(got: str, allowed: Iterable[str]) -> str:
    """The end of an error message: the nearest allowed word, and all of them.

    >>> suggestion("agianst", ["favor", "against"])
    "; did you mean 'against'? Allowed: favor, against"
    """
    names = [str(name) for name in allowed]
    near = get_close_matches(str(got), names, n=1, cutoff=0.6)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    return f"{hint} Allowed: {', '.join(names) or 'nothing'}"


def unknown(what: str, got: str, allowed: Iterable[str], *, where: Path | str | None = None) -> InputError:
    """The error for a name that is not among the allowed ones."""
    place = f"{where}: " if where is not None else ""
    return InputError(f"{place}unknown {what} {got!r}{suggestion(got, allowed)}")


def report_of(faults: Sequence[str]) -> str:
    """All faults as one text: the first ten, then a count."""
    rest = len(faults) - SHOWN
    lines = list(faults[:SHOWN])
    if rest > 0:
        lines.append(f"... and {rest} more")
    return "\n".join(lines)


def refuse(faults: Sequence[str]) -> None:
    """Raise one InputError that lists the faults, if there are any."""
    if faults:
        raise InputError(report_of(faults))


def listing(names: Iterable[str], *, most: int = 5) -> str:
    """A short listing of names for a message.

    >>> listing(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    listed = list(names)
    head = ", ".join(listed[:most])
    return head if len(listed) <= most else f"{head} and {len(listed) - most} more"
