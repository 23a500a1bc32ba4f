"""What does a finished run look like as one self-contained page?"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stancelab.catalog import homes
from stancelab.errors import InputError
from stancelab.leaderboard import Entry, Forms, Leaderboard, verbatim_against_rendered
from stancelab.markdown import replace_block, table
from stancelab.metrics import METRICS
from stancelab.records import read_text, write_json, write_text
from stancelab.report.calibration_figures import reliability_charts, risk_coverage_charts
from stancelab.report.figures import as_svg, leaderboard_chart, transfer_chart
from stancelab.report.results import (
    CALIBRATION_NOTE,
    DASH,
    headline,
    results,
    score_text,
    threshold_texts,
    versus_cells,
    without_probabilities,
)
from stancelab.runs import Run
from stancelab.slices import Slice, slices
from stancelab.transfer import TransferCell, transfer_matrix

ERRORS_SHOWN = 20
ERRORS_OF_ONE = 4
SLICED = {"mode": "mode of the statement", "actor": "actor", "target": "target", "corpus": "corpus"}
MOST_SLICES = 60
NONE_GIVEN = "none given"


@dataclass(frozen=True)
class Verdict:
    """What one recipe said of one row: its most frequent label, how often, and whether that is gold."""

    label: str
    share: float
    correct: bool


@dataclass(frozen=True)
class ConfidentError:
    """A wrong prediction and the mean probability that its label got."""

    recipe: str
    row: dict[str, Any]
    label: str
    probability: float


def write_report(run: Run, boards: Sequence[Leaderboard], *, out: Path | None = None) -> Path:
    """Write report.html, results.md and scores.json of a finished run (into the run's folder if `out` is None)."""
    target = out or run.folder
    write_json(target / "scores.json", {"name": run.name, "boards": [board.to_dict() for board in boards]})
    forms, cells = verbatim_against_rendered(run), transfer_matrix(run)
    write_text(target / "results.md", results(run, boards, forms, cells))
    write_text(target / "report.html", page(run, boards, forms, cells))
    return target / "report.html"


def publish(run: Run, boards: Sequence[Leaderboard]) -> list[Path]:
    """Write a run's numbers into its experiment's results.md, and into README.md and models/README.md where they have a block."""
    home = next((home for home in homes() if (home / "experiments" / run.name / "experiment.toml").exists()), None)
    if home is None:
        raise InputError(f"{run.folder}: no folder experiments/{run.name} here to publish into")
    primary = boards[0]
    same_but_text = [board for board in boards if board.setting.folder.parts[1:] == primary.setting.folder.parts[1:]]
    listed = [
        [f"`{entry.recipe.name}`", entry.recipe.family, entry.recipe.description, score_text(entry, primary.metric)]
        for entry in primary.entries
    ]
    heading = f"{primary.metric_title} on {run.name}"
    blocks = {
        home / "README.md": (f"leaderboard {run.name}", "\n\n".join(headline(board) for board in same_but_text)),
        home / "models" / "README.md": (
            f"recipes {run.name}",
            table(["recipe", "family", "what it is", heading], listed),
        ),
    }
    own, cells = home / "experiments" / run.name, transfer_matrix(run)
    written = [own / "results.md"]
    write_text(written[0], results(run, boards, verbatim_against_rendered(run), cells))
    for recipe, svg in _heat_maps(run, cells, primary.metric_title).items():
        written.append(own / f"{recipe}.svg")
        write_text(written[-1], svg)
    for path, (block, content) in blocks.items():
        if path.exists() and f"<!-- {block}:begin -->" in read_text(path):
            replace_block(path, block, content)
            written.append(path)
    return written


def _heat_maps(run: Run, cells: Sequence[TransferCell], metric: str) -> dict[str, str]:
    """The transfer matrix of each recipe as SVG; none of the recipes that do not read."""
    reading = [recipe.name for recipe in run.recipes if recipe.kind != "dummy"]
    of_recipe = {name: [cell for cell in cells if cell.recipe == name] for name in reading}
    return {name: as_svg(transfer_chart(own, metric)) for name, own in of_recipe.items() if own}


def page(run: Run, boards: Sequence[Leaderboard], forms: Sequence[Forms], cells: Sequence[TransferCell]) -> str:
    """The page as HTML: no script, no font, no picture from elsewhere."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(loader=PackageLoader("stancelab", "report"), autoescape=True, undefined=StrictUndefined)
    primary = boards[0]
    rows = [{str(key): value for key, value in row.items()} for row in primary.dataset.rows.to_dict("records")]
    return environment.get_template("page.html").render(
        run=run,
        boards=boards,
        primary=primary,
        charts=[as_svg(leaderboard_chart(board)) for board in boards],
        metrics=METRICS,
        versus_cells=versus_cells,
        rows=rows,
        role={primary.dataset.scheme.favor: "favor", primary.dataset.scheme.against: "against", "neutral": "neutral"}.get,
        verdicts=[[_verdict(entry, number) for entry in primary.entries] for number in range(len(rows))],
        dash=DASH,
        none_given=NONE_GIVEN,
        reliability=map(as_svg, reliability_charts(primary.calibrations)),
        risk_coverage=map(as_svg, risk_coverage_charts(primary.calibrations)),
        calibration_note=f"{CALIBRATION_NOTE} {without_probabilities(primary)}",
        threshold_texts=threshold_texts,
        confusions=[_confusion(entry) for entry in primary.entries],
        slice_tables=_slice_tables(primary),
        errors=_confident_errors(primary, rows),
        forms=forms,
        heat_maps=_heat_maps(run, cells, primary.metric_title),
        counts=primary.dataset.y.value_counts().to_dict(),
        statements=primary.dataset.groups.nunique(),
        actors=primary.dataset.rows["actor"].nunique(),
    )


def _verdict(entry: Entry, row: int) -> Verdict:
    labels = (*entry.predictions.scheme.labels, NONE_GIVEN)
    counts = np.bincount(entry.predictions.predicted[:, row], minlength=len(labels))
    code = int(counts.argmax())
    return Verdict(labels[code], float(counts[code] / counts.sum()), code == entry.predictions.gold[row])


def _confusion(entry: Entry) -> list[list[float]]:
    """Mean counts over repeats, gold labels down, predicted labels across; then rows without an answer, where there are any."""
    width = len(entry.predictions.scheme.labels)
    counts = np.zeros((width, width + 1))
    for replicate in entry.predictions.predicted:
        np.add.at(counts, (entry.predictions.gold, replicate), 1)
    shown = counts if entry.predictions.coverage < 1 else counts[:, :width]
    means: list[list[float]] = (shown / entry.predictions.replicates).tolist()
    return means


def _slice_tables(board: Leaderboard) -> list[tuple[str, list[tuple[Slice, list[Slice]]]]]:
    """Per mode and per actor: for each value, the slices of every recipe in leaderboard order."""
    tables = []
    for column, title in SLICED.items():
        values = [str(value) for value in board.dataset.rows.get(column, [])]
        if not 2 <= len(set(values)) <= MOST_SLICES:
            continue
        columns = [slices(entry.predictions, values) for entry in board.entries]
        tables.append((title, [(row[0], list(row)) for row in zip(*columns, strict=True)]))
    return tables


def _confident_errors(board: Leaderboard, rows: Sequence[dict[str, Any]]) -> list[ConfidentError]:
    found = []
    for entry in board.entries:
        if entry.recipe.family == "audit" or entry.predictions.probabilities is None or entry.recipe.kind == "dummy":
            continue
        means = entry.predictions.probabilities.mean(axis=0)
        for number in np.flatnonzero(means.argmax(axis=1) != entry.predictions.gold):
            label = board.dataset.scheme.labels[int(means[number].argmax())]
            found.append(ConfidentError(entry.recipe.name, rows[int(number)], label, float(means[number].max())))
    ranked = sorted(found, key=lambda error: -error.probability)
    shown: Counter[str] = Counter()
    few = []
    for error in ranked:
        if shown[error.recipe] < ERRORS_OF_ONE:
            few.append(error)
            shown[error.recipe] += 1
    return few[:ERRORS_SHOWN]
