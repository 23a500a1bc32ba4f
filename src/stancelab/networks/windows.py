"""Which stretches of time does a debate fall into?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from stancelab.errors import InputError

MOST = 500


@dataclass(frozen=True)
class Window:
    """From the first to the last day, both included."""

    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.first}--{self.last}"

    def holds(self, days: Sequence[date | None]) -> NDArray[np.bool_]:
        """Which of the rows fall into it; one without a date falls into none."""
        return np.array([day is not None and self.first <= day <= self.last for day in days], dtype=bool)


def windows(days: Sequence[date | None], *, length: int, step: int | None = None) -> list[Window]:
    """Windows of `length` days that begin every `step` days, from the first date until one reaches the last date.

    step: `length` if not given, so that windows follow each other; a smaller one makes them overlap. InputError where no row has
    a date, or where a step would pass over days.

    >>> [str(window) for window in windows([date(2024, 1, 1), None, date(2024, 1, 5)], length=3)]
    ['2024-01-01--2024-01-03', '2024-01-04--2024-01-06']
    """
    step = length if step is None else step
    known = [day for day in days if day is not None]
    if not known:
        raise InputError("no row has a date, so there are no windows; leave out --window, or give the tables a column 'date'")
    if not 1 <= step <= length:
        raise InputError(f"--step {step}: expected 1 to {length} days, the length of a window, so that no day is passed over")
    begins = min(known)
    found: list[Window] = []
    while not found or found[-1].last < max(known):
        found.append(Window(begins, begins + timedelta(days=length - 1)))
        begins += timedelta(days=step)
        if len(found) > MOST:
            raise InputError(f"more than {MOST} windows from {min(known)} to {max(known)}; make --window or --step longer")
    return found
