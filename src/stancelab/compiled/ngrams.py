"""What does a linear model over n-grams answer, without the libraries that it was trained with?"""

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from stancelab.compiled.heads import Bent, Given, Head, Tempered
from stancelab.compiled.store import write_form
from stancelab.embedding_cache import key_of
from stancelab.models.inputs import Columns, column, compose, count_rows
from stancelab.models.linear_ngrams import LinearNgrams
from stancelab.models.probabilities import most_probable
from stancelab.records import Record, write_json

FOLDER, FACTS, NUMBERS = "ngrams", "form.json", "linear.npz"
TOLERANCE = 1e-9


class Form(Record):
    """form.json: the labels, the template of what is read (see `models.inputs.compose`), what becomes of the probabilities."""

    labels: list[str]
    template: str
    head: Head


class CompiledNgrams:
    """A trained model over n-grams; `place` is the folder of its forms. Its answers to a row depend on nothing but the row."""

    own_threads = False

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> Any:
        return CompiledNgrams, (self.place,)

    def answers(self, rows: Columns) -> tuple[np.ndarray, np.ndarray]:
        """Labels, shape (n,), and their probabilities, shape (n, k), in the order of classes_."""
        if count_rows(rows) == 0:
            return np.empty(0, dtype=object), np.empty((0, len(self.classes_)))
        given = self._linear.probabilities(compose(rows, self.form.template))
        probabilities = self.form.head.probabilities(given, column(rows, "target"))
        return most_probable(probabilities, self.classes_), probabilities

    @cached_property
    def form(self) -> Form:
        """What it is besides its numbers."""
        return Form.model_validate_json((self.place / FOLDER / FACTS).read_bytes())

    @cached_property
    def classes_(self) -> np.ndarray:
        """The labels that it can give."""
        return np.array(self.form.labels, dtype=object)

    @cached_property
    def fingerprint(self) -> str:
        """What tells its answers from those of all others: the model's files decide them, and their folder is named by these."""
        return key_of(FOLDER, self.place.name).hex()

    @cached_property
    def _linear(self) -> LinearNgrams:
        with np.load(self.place / FOLDER / NUMBERS, allow_pickle=False) as arrays:
            return LinearNgrams.from_arrays(dict(arrays))


def make_ngrams(classifier: Any, place: Path, sample: Columns) -> CompiledNgrams | None:
    """Write the form of a fitted classifier over n-grams into `place`; None for a kind that has none.

    It is written only if it gives the classifier's probabilities for the first rows of the sample.
    """
    parts = _parts_of(classifier)
    if parts is None:
        return None
    template, linear, head = parts

    def write(folder: Path) -> None:
        form = Form(labels=list(map(str, classifier.classes_)), template=template, head=head)
        write_json(folder / FACTS, form.model_dump())
        np.savez(folder / NUMBERS, allow_pickle=False, **linear.to_arrays())

    def prove(there: Path) -> None:
        import pandas as pd

        rows = {name: values[:100] for name, values in sample.items()}
        difference = np.abs(CompiledNgrams(there).answers(rows)[1] - classifier.predict_proba(pd.DataFrame(rows))).max(initial=0)
        if not difference <= TOLERANCE:
            raise ValueError(f"its probabilities differ by {difference:.2g} from the model's")

    write_form(place / FOLDER, write, prove)
    return CompiledNgrams(place)


def _parts_of(classifier: Any) -> tuple[str, LinearNgrams, Head] | None:
    from stancelab.models.calibrated import CalibratedClassifier
    from stancelab.models.ngrams import NgramClassifier

    if type(classifier) is NgramClassifier:
        linear = classifier.linear()
        return (classifier.template, linear, Given()) if linear else None
    inner = (
        _parts_of(classifier.estimator_) if type(classifier) is CalibratedClassifier and len(classifier.classes_) > 1 else None
    )
    if inner is None:
        return None
    template, linear, head = inner
    if classifier.curves_:
        return (
            template,
            linear,
            Bent(head=head, curves=[(list(map(float, x)), list(map(float, y))) for x, y in classifier.curves_]),
        )
    return template, linear, head if classifier.temperature_ is None else Tempered(head=head, temperature=classifier.temperature_)
