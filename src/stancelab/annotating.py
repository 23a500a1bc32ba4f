"""How does a classifier that needs no training become one more annotator of a dataset?"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from stancelab.dataset import DatasetHeader
from stancelab.errors import InputError, listing
from stancelab.labels import scheme_named
from stancelab.models.stance_classifier import StanceClassifier
from stancelab.recipes import Recipe
from stancelab.records import Annotation, Unit, read_records, read_text, write_text
from stancelab.toml_files import read_toml

ANNOTATIONS = "annotations.jsonl"


@dataclass(frozen=True)
class Annotated:
    """What a recipe has given a dataset: the file it stands in, how many units have a label, and the ids of those without."""

    file: Path
    annotator: str
    round: int
    given: int
    unanswered: tuple[str, ...]


def annotate(recipe: Recipe, folder: Path, *, annotator: str | None = None, number: int | None = None) -> Annotated:
    """Append a recipe's labels of all units to the folder's annotations, whole or not at all.

    The classifier reads what annotators read: the units and the codebook, no label. It gives labels alone: no position,
    confidence or rationale. Units without an answer are left out. What is appended stands beside the annotations that gold
    follows from, and changes neither gold nor their agreement. annotator: the recipe's name if None; number: of the round, the
    last one if None. InputError: no dataset with units, a recipe that has to be trained, an annotator who has given this round
    already or whose annotations count, no answer at all.
    """
    if not (folder / "units.jsonl").exists():
        raise InputError(f"{folder}: holds no units.jsonl; only a dataset with units and annotations can be annotated")
    header = read_toml(folder / "dataset.toml", DatasetHeader)
    units = read_records(folder / "units.jsonl", Unit)
    before = read_records(folder / ANNOTATIONS, Annotation)
    name = annotator or recipe.name
    round_ = number or max((entry.round for entry in before if entry.recipe is None), default=1)
    _refuse_twice(folder / ANNOTATIONS, before, name, round_)
    labels = _labels(recipe, units, scheme_named(header.scheme).labels, read_text(folder / "codebook.md"))
    given = [(unit, label) for unit, label in zip(units, labels, strict=True) if label is not None]
    if not given:
        raise InputError(f"recipe {recipe.name!r} has no answer to any of the {len(units)} units; nothing is written")
    signature = f"{recipe.name}@{recipe.fingerprint[:8]}"
    added = [
        Annotation(id=unit.id, annotator=name, round=round_, codebook=header.codebook, label=label, recipe=signature)
        for unit, label in given
    ]
    lines = [entry.model_dump_json(exclude_none=True) + "\n" for entry in added]
    write_text(folder / ANNOTATIONS, read_text(folder / ANNOTATIONS).rstrip("\n") + "\n" + "".join(lines))
    unanswered = tuple(unit.id for unit, label in zip(units, labels, strict=True) if label is None)
    return Annotated(folder / ANNOTATIONS, name, round_, len(given), unanswered)


def _refuse_twice(file: Path, before: Sequence[Annotation], name: str, number: int) -> None:
    own = [entry for entry in before if entry.annotator == name]
    if any(entry.recipe is None for entry in own):
        raise InputError(f"{file}: gold follows from the annotations of {name!r}; --annotator names the recipe otherwise")
    if any(entry.round == number for entry in own):
        others = listing(str(each) for each in sorted({entry.round for entry in own}))
        raise InputError(f"{file}: {name!r} has annotated round {number} already (rounds {others}); remove that first")


def _labels(recipe: Recipe, units: Sequence[Unit], labels: Sequence[str], codebook: str) -> np.ndarray:
    model = recipe.build(seed=0, labels=labels, codebook=codebook)
    if not isinstance(model, StanceClassifier):
        raise InputError(f"recipe {recipe.name!r} has to be trained; only one that needs no training annotates")
    rows = pd.DataFrame([{"text": unit.text, "actor": unit.actor, "target": unit.target} for unit in units])
    return model.without_training().answers(rows)[0]
