"""How does a page show which words brought the recipes to their predictions?"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from stancelab.coefficients import NgramWeights, Weight
from stancelab.explaining import ExplainedRow, Explanation, Explanations, load_explanations, outdated
from stancelab.leaderboard import Leaderboard
from stancelab.report.section import Section, Sheet
from stancelab.runs import Run

BLUE, ORANGE = "0,114,178", "230,159,0"
FULL_SHADE = 0.25
"""The value from which a word is shaded fully: the same for every recipe, so that sentences can be compared."""
DEEPEST = 0.55
THINNEST, THICKEST = 2, 5
SURE = 2.0
"""Standard errors that a value must be away from 0 to be shaded."""
DRIFT = 0.01
"""By how much a model trained anew may miss the run's own probability before the page says so."""
NAMED = 3
KINDS = {"word": "words", "char": "characters"}


def attributions_section(run: Run, boards: Sequence[Leaderboard]) -> Section | None:
    """The sentences of attributions.json with shaded words, and the n-grams of linear recipes; None if there is no such file.

    Recipes that were computed anew after they were explained are named and left out.
    """
    found = load_explanations(run)
    if found is None:
        return None
    stale = outdated(run, found)
    lines = {row.id: [_line(row, each) for each in row.explanations if each.recipe not in stale] for row in found.rows}
    weights = {name: tables for name, tables in found.weights.items() if name not in stale}
    context = {
        "stale": stale,
        "adrift": _adrift(found, stale),
        "orders": found.orders,
        "full_shade": FULL_SHADE,
        "rows": [_head(row, lines[row.id]) for row in found.rows if lines[row.id]],
        "weights": {name: _of_targets(tables) for name, tables in weights.items()},
    }
    sheets = {"ngram-weights": _sheet(weights)} if weights else {}
    return Section("attributions", "What the predictions rest on", "attributions.html", context, sheets=sheets)


def shade(value: float, error: float) -> str:
    """The style of a word: blue and a solid line toward the predicted label, orange and a dotted one against it.

    Deeper and thicker the more the word brings; nothing where the drawing of orders alone could have made the value.

    >>> shade(-0.25, 0.01)
    'background:rgba(230,159,0,0.55);text-decoration:underline dotted 5px rgb(230,159,0)'
    >>> shade(0.01, 0.02)
    ''
    """
    if abs(value) <= SURE * error or value == 0:
        return ""
    share = min(1.0, abs(value) / FULL_SHADE)
    colour, line = (BLUE, "solid") if value > 0 else (ORANGE, "dotted")
    thickness = max(THINNEST, round(THICKEST * share))
    return f"background:rgba({colour},{DEEPEST * share:.2f});text-decoration:underline {line} {thickness}px rgb({colour})"


class Mark(NamedTuple):
    """A player as it is shown: its text, its value and that value's standard error."""

    text: str
    value: float
    error: float

    @property
    def style(self) -> str:
        """See `shade`."""
        return shade(self.value, self.error)

    @property
    def title(self) -> str:
        """What pointing at it tells."""
        return f"{self.value:+.3f} ± {self.error:.3f}"


def _head(row: ExplainedRow, lines: list[dict[str, Any]]) -> dict[str, Any]:
    fields = {str(player.field): player.text for player in row.players if player.field != "text"}
    return {"id": row.id, "gold": row.gold, **fields, "lines": lines}


def _line(row: ExplainedRow, explanation: Explanation) -> dict[str, Any]:
    texts = [player.shown for player in row.players]
    marks = [Mark(*each) for each in zip(texts, explanation.values, explanation.errors, strict=True)]
    strongest = sorted((mark for mark in marks if mark.style), key=lambda mark: -abs(mark.value))[:NAMED]
    return {"explanation": explanation, "right": explanation.predicted == row.gold, "marks": marks, "strongest": strongest}


def _adrift(found: Explanations, stale: Sequence[str]) -> dict[str, float]:
    """By recipe, how far its probabilities are from the run's, where that is far."""
    gaps = [
        (each.recipe, abs(each.probability - each.recorded))
        for row in found.rows
        for each in row.explanations
        if each.recorded is not None and each.recipe not in stale
    ]
    widest = {name: max(gap for other, gap in gaps if other == name) for name, _ in gaps}
    return {name: gap for name, gap in widest.items() if gap > DRIFT}


def _of_targets(tables: Sequence[NgramWeights]) -> list[dict[str, Any]]:
    """A block for each target: its labels, and for each kind and side a cell for each label."""
    blocks = []
    for target in dict.fromkeys(table.target for table in tables):
        own = {(table.kind, table.label): table for table in tables if table.target == target}
        labels = list(dict.fromkeys(label for _, label in own))
        lines = [
            {
                "kind": KINDS[kind],
                "side": word,
                "cells": [[_told(kind, w) for w in getattr(own[kind, label], side)] for label in labels],
            }
            for kind in dict.fromkeys(kind for kind, _ in own)
            for side, word in (("toward", "for"), ("away", "against"))
        ]
        blocks.append({"target": target, "labels": labels, "lines": lines, "folds": max(table.folds for table in own.values())})
    return blocks


def _told(kind: str, weight: Weight) -> dict[str, Any]:
    return {"ngram": _visible(kind, weight.ngram), "weight": weight}


def _visible(kind: str, ngram: str) -> str:
    """Character n-grams with their white space made visible."""
    return "".join("·" if letter.isspace() else letter for letter in ngram) if kind == "char" else ngram


def _sheet(weights: dict[str, list[NgramWeights]]) -> Sheet:
    header = ("recipe", "target", "label", "side", "kind", "n-gram", "mean", "least", "most", "folds")
    rows = [row for name, tables in weights.items() for table in tables for row in _sheet_rows(name, table)]
    return Sheet(header, tuple(rows))


def _sheet_rows(recipe: str, table: NgramWeights) -> Iterator[tuple[str, ...]]:
    for side, weights in (("for", table.toward), ("against", table.away)):
        for weight in weights:
            numbers = [f"{value:.4f}" for value in (weight.mean, weight.low, weight.high)]
            ngram = _visible(table.kind, weight.ngram)
            yield recipe, table.target or "", table.label, side, KINDS[table.kind], ngram, *numbers, str(table.folds)
