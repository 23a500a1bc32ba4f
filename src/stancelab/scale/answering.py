"""How does a worker on another machine get the model, and answer a part with it as this machine would?"""

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from stancelab.cells import one_thread
from stancelab.compiled.libraries import runtime_version
from stancelab.dataset import Dataset
from stancelab.embedding_cache import user_folder
from stancelab.errors import InputError
from stancelab.labels import LabelScheme
from stancelab.models.inputs import Columns
from stancelab.predictors import Predictor, predictor
from stancelab.processes import keep_to
from stancelab.records import new_folder
from stancelab.scale.cluster import machine_name
from stancelab.scale.predicting import Work, answers_to

if TYPE_CHECKING:
    import pyarrow as pa


class Sent(Protocol):
    """A model on its way to a worker."""

    def unpacked(self) -> Predictor:
        """The predictor, as it is on this machine."""

    def fingerprint(self, found: Predictor) -> str:
        """What tells its answers here from those of all others."""


@dataclass(frozen=True, eq=False)
class AsTrained:
    """A trained model's folder as a zip file, or the name of a recipe (content None); name, scheme, told: see `predictor`."""

    name: str
    scheme: str | None
    told: Dataset | None
    content: bytes | None

    def unpacked(self) -> Predictor:
        """The predictor, made with the libraries and encoders of this machine."""
        if self.content is None:
            return predictor(self.name, scheme=self.scheme, told=self.told)
        with tempfile.TemporaryDirectory(prefix="stancelab-") as folder:
            _unzip(self.content, Path(folder))
            found = predictor(folder, compiled=False)
            self.fingerprint(found)  # which it keeps when the folder is gone
            return found

    def fingerprint(self, found: Predictor) -> str:
        """What tells its answers here from those of all others."""
        return found.fingerprint


@dataclass(frozen=True, eq=False)
class Compiled:
    """The form of a model that was chosen on the machine that asks.

    content: the folder of forms as a zip file, place: its name. make, more: the classifier is `make(folder, *more)`.
    """

    name: str
    scheme: LabelScheme
    place: str
    content: bytes
    make: Callable[..., Any]
    more: tuple[Any, ...]

    def unpacked(self) -> Predictor:
        """The predictor, for one core; its files go where this machine keeps forms of its own, apart from these."""
        keep_to(1)
        home = user_folder() / "compiled" / hashlib.sha256(self.content).hexdigest()
        try:
            with new_folder(home) as fresh:
                _unzip(self.content, fresh / self.place)
        except InputError:
            if not home.exists():  # it does where another worker was faster
                raise
        return Predictor(self.name, self.make(home / self.place, *self.more), self.scheme)

    def fingerprint(self, found: Predictor) -> str:
        """What tells its answers here from those of all others."""
        return f"{found.classifier.fingerprint} {runtime_version()}"


@dataclass(frozen=True)
class Order:
    """What workers are to answer with. fingerprint: see `Sent.fingerprint`, on the machine that asks."""

    sent: Sent
    fingerprint: str
    abstain_below: float | None

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Order) and self.fingerprint == other.fingerprint


def order_of(work: Work) -> Order:
    """What workers need for that work."""
    answering = work.answering
    sent = _compiled(answering) if answering.is_compiled else _as_trained(work)
    return Order(sent, sent.fingerprint(answering), work.manifest.abstain_below)


def answered_part(order: Order, rows: Columns) -> "pa.Table":
    """The answers to the rows of a part, on one core. InputError where this machine would give others."""
    answering = loaded(order)
    with nullcontext() if answering.is_compiled else one_thread(answering.recipe):
        return answers_to(answering, rows, abstain_below=order.abstain_below)


@lru_cache(maxsize=1)
def loaded(order: Order) -> Predictor:
    """The predictor, once a process. InputError where it is another one here than on the machine that asks."""
    found = order.sent.unpacked()
    if order.sent.fingerprint(found) != order.fingerprint:
        raise InputError(
            f"{machine_name()} would not answer as the machine that asks does: {found.name} has other code, another encoder "
            "or other libraries there; they must be the same on all"
        )
    return found


def _as_trained(work: Work) -> AsTrained:
    told, folder = work.source.dataset, work.answering.folder
    content = _zipped(folder) if folder else None
    return AsTrained(work.answering.name, work.scheme, replace(told, rows=told.rows.iloc[:0]) if told else None, content)


def _compiled(answering: Predictor) -> Compiled:
    make, (place, *more) = answering.classifier.__reduce__()
    return Compiled(answering.name, answering.scheme, place.name, _zipped(place), make, tuple(more))


def _zipped(folder: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as whole:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                whole.write(path, path.relative_to(folder))
    return content.getvalue()


def _unzip(content: bytes, folder: Path) -> None:
    zipfile.ZipFile(io.BytesIO(content)).extractall(folder)
