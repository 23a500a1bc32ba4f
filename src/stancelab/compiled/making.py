"""How are the compiled forms of a model made, and is what they answer what the model answers?"""

from math import erfc, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stancelab.compiled.classifier import DOUBT, EXACT, FACTS, TOKENIZER, CompiledClassifier, Form, graph_name, rows_at
from stancelab.compiled.graphs import write_graph, write_int8
from stancelab.compiled.store import write_form
from stancelab.models.inputs import Columns
from stancelab.models.probabilities import SMALLEST
from stancelab.progress import bar
from stancelab.records import write_json

if TYPE_CHECKING:
    from stancelab.compiled.dissection import Parts

TOLERANCE = 1e-4
"""By how much a probability may differ from the model's own. Rounding makes a hundredth of it."""

CHECKED = 16
LEFT_OVER = 0.001
"""The share of labels that int8 may be expected to change: a fifth of what is allowed, as rows that calibrate flatter."""


class DifferentAnswersError(Exception):
    """A graph gives other probabilities than the model that it was made of."""


def make_exact(classifier: Any, parts: "Parts", place: Path, sample: Columns) -> CompiledClassifier:
    """Write the float32 form of a fitted classifier into `place` and compare their answers to some rows.

    DifferentAnswersError, and whatever openvino or torch raise for a network that cannot be a graph; there is then no such form.
    """
    with bar("compiling the model", len(parts.networks) + 1) as advance:
        write_form(
            place / EXACT,
            lambda folder: _write_exact(classifier, parts, folder, advance),
            prove=lambda there: compare(classifier, CompiledClassifier(there, keeps=False), sample),
        )
        advance(1)
    return CompiledClassifier(place)


def _write_exact(classifier: Any, parts: "Parts", folder: Path, advance: Any) -> None:
    from stancelab.compiled.dissection import spelling_of

    example = parts.tokenizer(["a tree", "in the middle of a garden"], padding=True, return_tensors="pt")
    for number, network in enumerate(parts.networks):
        write_graph(network.eval(), {name: example[name] for name in parts.names}, folder / graph_name(number))
        advance(1)
    parts.tokenizer.backend_tokenizer.save(str(folder / TOKENIZER))
    form = Form(
        labels=list(map(str, classifier.classes_)),
        reading=parts.reading,
        spelling=spelling_of(parts.tokenizer, parts.names),
        graphs=len(parts.networks),
        head=parts.head,
        cached_as=parts.cached_as,
    )
    write_json(folder / FACTS, form.model_dump())


def compare(classifier: Any, compiled: CompiledClassifier, sample: Columns) -> None:
    """DifferentAnswersError if probabilities of some rows of the sample differ by more than TOLERANCE."""
    import pandas as pd

    places = np.unique(np.linspace(0, len(sample["text"]) - 1, CHECKED).astype(int))
    in_order = by_length(sample)
    rows = rows_at(sample, [in_order[place] for place in places])
    longest = {name: values[-1:] for name, values in rows.items()}
    odd = {name: values * 2 for name, values in longest.items()} | {"text": ["ß", " ".join(longest["text"] * 100)]}
    asked = {name: rows[name] + odd[name] for name in rows}
    own = classifier.predict_proba(pd.DataFrame(asked))
    difference = float(np.abs(compiled.answers(asked)[1] - own).max())
    if not difference <= TOLERANCE:
        raise DifferentAnswersError(f"its probabilities differ by {difference:.2g} from the model's")


def make_int8(exact: CompiledClassifier, sample: Columns) -> None:
    """Write the int8 form beside the float32 one, calibrated with what is read for the rows of a sample."""
    views = exact.form.reading.segments(sample, exact.tokenizer)
    turns = [view[place :: len(views)] for place, view in enumerate(views)]
    tokens = [row for view in turns for row in exact.form.reading.tokens(view, exact.tokenizer)]

    def write(folder: Path) -> None:
        for number, engine in enumerate(exact.engines):
            batches = [engine.padded([row]) for row in tokens]
            write_int8(exact.graphs[number], batches, folder / graph_name(number))
            advance(1)
        quick = [exact.engine(folder / graph_name(number)) for number in range(len(exact.graphs))]
        both = [exact.probabilities_by(engines, sample) for engines in (exact.engines, quick)]
        write_json(folder / DOUBT, {"margin": doubt_of(*both)})

    with bar("quantising the model", len(exact.graphs)) as advance:
        write_form(exact.place / "int8", write)


def doubt_of(exact: np.ndarray, quick: np.ndarray) -> float:
    """The margin below which a row is read again, from both forms' probabilities of some rows, shape (n, k).

    Errors of the margin between two labels are taken to be normal with their own root mean square. The margin is the smallest
    with which fewer than LEFT_OVER of all labels are expected to be others than by float32; 0 where that is so anyway.
    """
    first, second = np.argsort(quick, axis=1)[:, -1], np.argsort(quick, axis=1)[:, -2]
    rows = np.arange(len(quick))
    logarithms = [np.log(given + SMALLEST) for given in (exact, quick)]
    before, after = (given[rows, first] - given[rows, second] for given in logarithms)
    deviation = np.sqrt(np.mean((after - before) ** 2)) + SMALLEST
    margins = np.sort(after)[::-1]
    left = np.cumsum([erfc(margin / deviation / sqrt(2)) / 2 for margin in margins]) / len(margins)
    doubted = margins[left >= LEFT_OVER]
    return float(doubted[0]) if len(doubted) else 0.0


def by_length(rows: Columns) -> list[int]:
    """Row numbers from the shortest text to the longest."""
    return sorted(range(len(rows["text"])), key=lambda row: (len(rows["text"][row]), rows["text"][row], row))
