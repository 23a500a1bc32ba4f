"""What does a compiled model answer?"""

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from stancelab.compiled.engine import Engine, Vectors
from stancelab.compiled.heads import Head
from stancelab.compiled.reading import Reading
from stancelab.compiled.store import identity_of
from stancelab.compiled.tokens import Spelling, Tokenizer
from stancelab.embedding_cache import keep, key_of, recall, user_cache
from stancelab.encoders import Segments
from stancelab.models.inputs import Columns, column, count_rows
from stancelab.models.probabilities import SMALLEST, most_probable
from stancelab.records import Record

Precision = Literal["float32", "bfloat16", "int8"]

EXACT: Precision = "float32"
FACTS, TOKENIZER, DOUBT = "form.json", "tokenizer.json", "doubt.json"


class Form(Record):
    """form.json: what a compiled model is besides its graphs. graphs: their number; a reading's vector is theirs side by side.

    cached_as: what its vectors are shown under in the user's cache on disk; None for those that are of use to no other model.
    """

    labels: list[str]
    reading: Reading
    spelling: Spelling
    graphs: int
    head: Head
    cached_as: str | None


class CompiledClassifier:
    """A trained model as a reading, graphs and a head; `place` is the folder of its forms, of which `precision` says one.

    Its answers to a row depend on nothing but the row. keeps: whether vectors go into the user's cache, as well as come from it.
    Where int8 is in doubt between two labels, the row is read again by float32.
    """

    own_threads = True

    def __init__(self, place: Path, precision: Precision = EXACT, *, keeps: bool = True) -> None:
        self.place = place
        self.precision: Precision = precision
        self.keeps = keeps

    def __reduce__(self) -> Any:
        return _again, (self.place, self.precision, self.keeps)

    def answers(self, rows: Columns) -> tuple[np.ndarray, np.ndarray]:
        """Labels, shape (n,), and their probabilities, shape (n, k), in the order of classes_."""
        if count_rows(rows) == 0:
            return np.empty(0, dtype=object), np.empty((0, len(self.classes_)))
        probabilities = self.form.head.probabilities(self._vectors(rows), column(rows, "target"))
        doubtful = np.flatnonzero(margins(probabilities) < self.doubt)
        if len(doubtful):
            probabilities[doubtful] = self.exact.answers(rows_at(rows, doubtful))[1]
        return most_probable(probabilities, self.classes_), probabilities

    def probabilities_by(self, engines: list[Engine], rows: Columns) -> np.ndarray:
        """What the head makes of these engines' vectors of some rows, shape (n, k); no cache is asked."""
        views = self.form.reading.segments(rows, self.tokenizer)
        vectors = np.hstack([self._computed(view, engines) for view in views])
        return self.form.head.probabilities(vectors, column(rows, "target"))

    def _vectors(self, rows: Columns) -> Vectors:
        """The vectors of all views side by side, shape (n, views x graphs x d); each distinct reading is computed once."""
        return np.hstack([self._of_readings(view) for view in self.form.reading.segments(rows, self.tokenizer)])

    @cached_property
    def form(self) -> Form:
        """What it is besides its graphs."""
        return Form.model_validate_json((self.place / EXACT / FACTS).read_bytes())

    @cached_property
    def classes_(self) -> np.ndarray:
        """The labels that it can give."""
        return np.array(self.form.labels, dtype=object)

    @cached_property
    def fingerprint(self) -> str:
        """What tells its answers from those of all others."""
        parts = {identity_of(self.place / EXACT), identity_of(self.graphs[0].parent)}
        return key_of(self.place.name, self.precision, sorted(parts)).hex()

    @cached_property
    def graphs(self) -> list[Path]:
        """The files of its networks."""
        folder = self.place / ("int8" if self.precision == "int8" else EXACT)
        return [folder / graph_name(number) for number in range(self.form.graphs)]

    @cached_property
    def doubt(self) -> float:
        """Below which margin a row is read again; see `making.doubt_of`."""
        if self.precision != "int8":
            return 0.0
        return float(json.loads((self.graphs[0].parent / DOUBT).read_bytes())["margin"])

    @cached_property
    def exact(self) -> "CompiledClassifier":
        """The float32 form of the same model."""
        return CompiledClassifier(self.place, keeps=self.keeps)

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """What makes token ids of its readings."""
        return Tokenizer(self.place / EXACT / TOKENIZER, self.form.spelling)

    @cached_property
    def engines(self) -> list[Engine]:
        """What computes its networks."""
        return [self.engine(graph) for graph in self.graphs]

    @property
    def width(self) -> int:
        """The length of a reading's vector."""
        return sum(engine.width for engine in self.engines)

    def engine(self, graph: Path, *, streams: int | None = None) -> Engine:
        """What computes one of its networks, by so many threads."""
        limit = min(self.form.reading.limit, self.form.spelling.length)
        sums: Literal["bf16", "f32"] = "bf16" if self.precision == "bfloat16" else "f32"
        return Engine(graph, sums, self.form.spelling, limit, streams=streams)

    def _of_readings(self, segments: Sequence[Segments]) -> Vectors:
        """The vector of each reading of a view, shape (n, graphs x d): those on disk, then the others, computed and stored."""
        distinct = list(dict.fromkeys(segments))
        keys = {one: key_of(self.fingerprint, one) for one in distinct} if self._on_disk else {}
        stored = recall(user_cache(), keys.values(), self.width) if keys else {}
        found = {one: stored[key] for one, key in keys.items() if key in stored}
        missing = [one for one in distinct if one not in found]
        if missing:
            computed = dict(zip(missing, self._computed(missing, self.engines), strict=True))
            if keys and self.keeps:
                keep(user_cache(), {keys[one]: vector for one, vector in computed.items()}, str(self.form.cached_as))
            found |= computed
        return np.stack([found[one] for one in segments])

    @cached_property
    def _on_disk(self) -> bool:
        return self.form.cached_as is not None and user_cache().limit > 0

    def _computed(self, segments: list[Segments], engines: list[Engine]) -> Vectors:
        tokens = self.form.reading.tokens(segments, self.tokenizer)
        return np.hstack([engine.vectors(tokens) for engine in engines])


def margins(probabilities: np.ndarray) -> np.ndarray:
    """How far each row's second label is behind its first, as the difference of their logarithms, shape (n,).

    >>> margins(np.array([[0.5, 0.5], [0.0, 1.0]])).round(1)
    array([ 0. , 27.6])
    """
    if probabilities.shape[1] < 2:
        return np.full(len(probabilities), np.inf)
    second, first = np.sort(np.log(probabilities + SMALLEST), axis=1)[:, -2:].T
    return np.asarray(first - second)


def rows_at(rows: Columns, places: Sequence[int] | np.ndarray) -> Columns:
    """The rows with these numbers."""
    return {name: [rows[name][place] for place in places] for name in rows}


def graph_name(number: int) -> str:
    """The file of a form's graph; its weights lie beside it."""
    return f"graph{number}.xml"


def _again(place: Path, precision: Precision, keeps: bool) -> CompiledClassifier:
    return CompiledClassifier(place, precision, keeps=keeps)
