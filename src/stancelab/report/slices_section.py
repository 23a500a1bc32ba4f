"""The part of the report that shows on which rows a recipe is weak."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from stancelab.clustered_t import FEWEST
from stancelab.dataset import Dataset
from stancelab.intervals import Interval
from stancelab.leaderboard import Leaderboard
from stancelab.report.section import Section, Sheet
from stancelab.runs import Run
from stancelab.slices import Slice, slices_of
from stancelab.traits import traits

DASH = "–"
HEADER = (
    *("trait", "value", "rows", "statements", "gold labels", "recipe", "accuracy", "low", "high"),
    *("minus other rows", "low", "high", "p", "p (Holm)", "weak"),
)


@dataclass(frozen=True)
class SliceLine:
    """One value of a trait: its rows, its statements, the gold labels in it, and the slice of every recipe."""

    value: str
    rows: int
    clusters: int
    labels: str
    tested: bool
    cells: tuple[Slice, ...]


def slices_section(run: Run, boards: Sequence[Leaderboard]) -> Section | None:
    """Accuracy by trait in the primary setting, of the recipes that read statements; None where nothing can be told apart."""
    board = boards[0]
    recipes = {entry.recipe.name: entry.predictions for entry in board.entries if entry.recipe.reads_statements}
    known = traits(board.dataset)
    if not recipes or not known:
        return None
    found = slices_of(recipes, known)
    tables = {trait: _lines(found, trait, values, board.dataset) for trait, values in known.items()}
    context = {
        "setting": board.title[0].upper() + board.title[1:],
        "recipes": list(recipes),
        "tables": tables,
        "weak": [entry for entry in found if entry.weak],
        "tested": sum(line.tested for lines in tables.values() for line in lines),
        "fewest": FEWEST,
        "signed": signed,
    }
    return Section("slices", "Slices", "slices.html", context, sheets={"slices": _sheet(tables)})


def signed(difference: Interval) -> str:
    """A difference with its interval, every number with its sign.

    >>> signed(Interval(-0.1, -0.2, 0.05))
    '-0.100 [-0.200, +0.050]'
    """
    return f"{difference.value:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"


def _lines(found: Sequence[Slice], trait: str, values: Sequence[str], dataset: Dataset) -> list[SliceLine]:
    """The largest slice first, as `slices_of` gives them for each recipe in turn."""
    of_trait = [entry for entry in found if entry.trait == trait]
    columns = [list(own) for _, own in groupby(of_trait, key=lambda entry: entry.recipe)]
    labels = {value: Counter[str]() for value in values}
    for value, label in zip(values, dataset.y, strict=True):
        labels[value][label] += 1
    return [
        SliceLine(cells[0].value, cells[0].rows, cells[0].clusters, _mix(labels[cells[0].value]), cells[0].p is not None, cells)
        for cells in zip(*columns, strict=True)
    ]


def _mix(labels: Counter[str]) -> str:
    """How many rows have each label: what a difference in accuracy may be due to."""
    return ", ".join(f"{label} {count}" for label, count in labels.most_common())


def _sheet(tables: dict[str, list[SliceLine]]) -> Sheet:
    rows = [
        (trait, line.value, str(line.rows), str(line.clusters), line.labels, cell.recipe, *_numbers(cell))
        for trait, lines in tables.items()
        for line in lines
        for cell in line.cells
    ]
    return Sheet(HEADER, tuple(rows))


def _numbers(cell: Slice) -> tuple[str, ...]:
    """Accuracy, difference, p as text; of a slice that is not tested the accuracy alone, whose interval would say nothing."""
    if cell.difference is None or cell.p is None or cell.p_holm is None:
        return f"{cell.accuracy.value:.3f}", *[DASH] * 7, "not tested"
    return (
        *_places(cell.accuracy),
        *_places(cell.difference, "+"),
        f"{cell.p:.4f}",
        f"{cell.p_holm:.4f}",
        "yes" if cell.weak else "no",
    )


def _places(interval: Interval, sign: str = "") -> tuple[str, ...]:
    return tuple(f"{value:{sign}.3f}" for value in (interval.value, interval.low, interval.high))
