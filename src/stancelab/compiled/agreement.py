"""On how many texts does a faster form give the label that the exact one gives, and how much faster is it?"""

import time
from dataclasses import dataclass

import numpy as np

from stancelab.compiled.classifier import CompiledClassifier, margins, rows_at
from stancelab.compiled.making import by_length
from stancelab.models.inputs import Columns, count_rows

LEAST_EQUAL = 0.995
CALIBRATION, LEAST_HELD_OUT, MOST_HELD_OUT = 300, 500, 1000


@dataclass(frozen=True)
class Agreement:
    """How many of some held-out rows have equal labels."""

    equal: int
    of: int

    @property
    def holds(self) -> bool:
        """Whether enough labels are equal for the faster form to be used."""
        return self.equal >= LEAST_EQUAL * self.of

    def __str__(self) -> str:
        return f"{self.equal:,} of {self.of:,} held-out labels as in float32"


def divided(sample: Columns) -> tuple[Columns, Columns] | None:
    """Rows of all lengths to calibrate with, and others to compare answers on; None where there are too few distinct rows."""
    names: list[str] = [name for name in ("text", "actor", "target") if name in sample]
    distinct = list(dict.fromkeys(zip(*(sample[name] for name in names), strict=True)))
    rows = {name: [row[place] for row in distinct] for place, name in enumerate(names)}
    if len(distinct) < CALIBRATION + LEAST_HELD_OUT:
        return None
    in_order = by_length(rows)
    calibrating = np.linspace(0, len(in_order) - 1, CALIBRATION).astype(int).tolist()
    others = sorted(set(range(len(in_order))) - set(calibrating))
    held_out = np.random.default_rng(0).permutation(others)[:MOST_HELD_OUT].tolist()
    return rows_at(rows, [in_order[place] for place in calibrating]), rows_at(rows, [in_order[place] for place in held_out])


def agreement(exact: CompiledClassifier, faster: CompiledClassifier, rows: Columns) -> Agreement:
    """How many rows get one label from both."""
    return Agreement(int((exact.answers(rows)[0] == faster.answers(rows)[0]).sum()), count_rows(rows))


def speed_up(exact: CompiledClassifier, faster: CompiledClassifier, rows: Columns, *, rounds: int = 5) -> float:
    """How many times faster a form reads rows than the exact one: the median of timings taken in turn, for one batch of them.

    The rows that are read again, because the form is in doubt, cost both.
    """
    engines = [each.engine(each.graphs[0], streams=1) for each in (exact, faster)]
    readings = exact.form.reading.segments(rows_at(rows, by_length(rows)[::10][:32]), exact.tokenizer)[0]
    tokens = exact.form.reading.tokens(readings, exact.tokenizer)
    taken: list[list[float]] = [[], []]
    for _ in range(rounds + 1):
        for engine, times in zip(engines, taken, strict=True):
            started = time.perf_counter()
            engine.vectors(tokens)
            times.append(time.perf_counter() - started)
    before, after = (float(np.median(times[1:])) for times in taken)
    doubtful = margins(faster.probabilities_by(faster.engines, rows)) < faster.doubt if faster.doubt else np.zeros(1)
    return before / (after + float(doubtful.mean()) * before)
