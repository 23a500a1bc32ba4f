"""What did the user get wrong, where, and what is nearest to it?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
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


@dataclass
class Faults:
    """What is wrong with an input of any length: the first ten faults, and how many there are."""

    first: list[str] = field(default_factory=list)
    count: int = 0

    def append(self, fault: str) -> None:
        """Take note of a fault."""
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(fault)

    def refuse(self) -> None:
        """Raise one InputError that lists them, if there are any."""
        if self.count:
            raise InputError(_report(self.first, self.count))


def report_of(faults: Sequence[str]) -> str:
    """All faults as one text: the first ten, then a count."""
    return _report(faults[:SHOWN], len(faults))


def _report(first: Sequence[str], count: int) -> str:
    rest = [f"... and {count - len(first)} more"] if count > len(first) else []
    return "\n".join([*first, *rest])


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
