"""How does a worker on another machine get the model, and answer a part with it as this machine would?"""

import io
import tempfile
import zipfile
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from stancelab.cells import one_thread
from stancelab.compiled.choosing import choose
from stancelab.dataset import Dataset
from stancelab.errors import InputError
from stancelab.models.inputs import Columns
from stancelab.predictors import Predictor, predictor
from stancelab.scale.cluster import machine_name
from stancelab.scale.predicting import Work, answers_to
from stancelab.scale.survey import Survey

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, eq=False)
class Order:
    """What workers are to answer with.

    name, scheme, told: see `predictors.predictor`. content: a trained model's folder as a zip file, None of a recipe.
    fingerprint, form: the predictor's on the machine that asks.
    """

    name: str
    scheme: str | None
    told: Dataset | None
    content: bytes | None
    known: Survey
    fingerprint: str
    form: str | None
    abstain_below: float | None

    def __hash__(self) -> int:
        return hash((self.fingerprint, self.form))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Order) and (self.fingerprint, self.form) == (other.fingerprint, other.form)


def order_of(work: Work) -> Order:
    """What workers need for that work: a trained model travels whole, a recipe by its name."""
    told, manifest = work.source.dataset, work.manifest
    return Order(
        work.answering.name,
        work.scheme,
        replace(told, rows=told.rows.iloc[:0]) if told else None,
        _zipped(work.answering.folder) if work.answering.folder else None,
        work.known,
        manifest.fingerprint,
        manifest.form,
        manifest.abstain_below,
    )


def answered_part(order: Order, rows: Columns) -> "pa.Table":
    """The answers to the rows of a part, on one thread. InputError where this machine would give others."""
    answering = loaded(order)
    with one_thread(answering.recipe):
        return answers_to(answering, rows, abstain_below=order.abstain_below)


@lru_cache(maxsize=1)
def loaded(order: Order) -> Predictor:
    """The predictor, once a process. InputError where it is another one here than on the machine that asks."""
    with tempfile.TemporaryDirectory(prefix="stancelab-") as folder:
        name = order.name
        if order.content is not None:
            zipfile.ZipFile(io.BytesIO(order.content)).extractall(folder)
            name = folder
        found = choose(predictor(name, scheme=order.scheme, told=order.told), order.known.sample, rows=order.known.rows)
        if (found.fingerprint, found.form) != (order.fingerprint, order.form):
            forms = f"{found.form or 'as trained'}, not {order.form or 'as trained'}"
            raise InputError(
                f"{machine_name()} would not answer as the machine that asks does: {order.name} has other code, another encoder "
                f"or another form there ({forms}); it must be the same on all"
            )
        return found


def _zipped(folder: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as whole:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                whole.write(path, path.relative_to(folder))
    return content.getvalue()
