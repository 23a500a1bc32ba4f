"""What did every recipe say of every row, and how does that travel to a reader in few bytes?"""

import base64
import gzip
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stancelab.leaderboard import Entry, Leaderboard
from stancelab.report.confusion_section import NONE_GIVEN
from stancelab.report.label_marks import classes, letters
from stancelab.report.section import Section, Sheet
from stancelab.runs import Run

SHOWN = ("id", "text", "actor", "target")


def rows_section(run: Run, boards: Sequence[Leaderboard]) -> Section:
    """The rows of the primary setting, packed, for the page's script to show a hundred at a time; all of them as csv."""
    board = boards[0]
    labels = board.dataset.scheme.labels
    context = {
        "board": board,
        "labels": labels,
        "none_given": NONE_GIVEN,
        "class_of": classes(board.dataset.scheme),
        "letter_of": letters(board.dataset.scheme),
        "packed": packed(board),
    }
    return Section("rows", "Every row", "rows.html", context, records={"rows": rows_sheet(board)})


def packed(board: Leaderboard) -> str:
    """The rows and what was said of them, as JSON in columns, gzipped, in base64.

    A recipe's `counts` are the different outcomes of a row (how many repeats gave each label, then how many none), its `of`
    the number of each row's outcome. `gold` holds the numbers of labels.
    """
    scheme, first = board.dataset.scheme, board.entries[0].predictions
    whole = {
        "labels": [*scheme.labels, NONE_GIVEN],
        "classes": [*classes(scheme).values(), "rest"],
        "letters": [*letters(scheme).values(), "\u2013"],
        "gold": first.gold.tolist(),
        "columns": {name: [str(value) for value in board.dataset.rows[name]] for name in SHOWN},
        "recipes": [{"name": entry.recipe.name, "family": entry.recipe.family, **_outcomes(entry)} for entry in board.entries],
    }
    text = json.dumps(whole, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode("utf-8"), mtime=0)).decode("ascii")


def _outcomes(entry: Entry) -> dict[str, Any]:
    counts, of = np.unique(said(entry), axis=0, return_inverse=True)
    return {"counts": counts.tolist(), "of": of.ravel().tolist()}


def said(entry: Entry) -> NDArray[np.int64]:
    """How many repeats gave a row each label, and in the last place none, shape (n, k + 1)."""
    width = len(entry.predictions.scheme.labels) + 1
    return np.stack([(entry.predictions.predicted == code).sum(axis=0) for code in range(width)], axis=1)


def rows_sheet(board: Leaderboard) -> Sheet:
    """Every row with its gold label, and for each recipe the label it gave most often and in what share of the repeats."""
    labels = np.array([*board.dataset.scheme.labels, NONE_GIVEN])
    columns = [[str(value) for value in board.dataset.rows[name]] for name in SHOWN]
    columns.append(labels[board.entries[0].predictions.gold].tolist())
    header = [*SHOWN, "gold"]
    for entry in board.entries:
        counts = said(entry)
        columns.append(labels[counts.argmax(axis=1)].tolist())
        columns.append([f"{share:.3g}" for share in (counts.max(axis=1) / entry.predictions.replicates).tolist()])
        header += [entry.recipe.name, f"{entry.recipe.name}: share of repeats"]
    return Sheet(tuple(header), tuple(zip(*columns, strict=True)))
