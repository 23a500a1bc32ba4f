"""What does an audit ask of a run's classifiers: their own test rows, as they are and perturbed, and the contrast set?"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stancelab.catalog import beside, entries
from stancelab.contrast import CONTRAST, as_dataset, read_contrast
from stancelab.dataset import INPUT_COLUMNS, Dataset, load_dataset, pool
from stancelab.errors import InputError
from stancelab.perturbations import PERTURBATIONS
from stancelab.runs import Run
from stancelab.splits import Fold, split

if TYPE_CHECKING:
    import pandas as pd

ORIGINAL = "as-they-are"
CHANGED = "contrast"
"""The variants that are no perturbation: a run's tested rows as they are, and the items of the contrast set."""
SEED = 0
KEPT = ["id", "group", *INPUT_COLUMNS, "label"]


def sources_of(run: Run) -> list[Path]:
    """Where the run's datasets are: by name or path, or beside the experiment's file if that is on the shelf here."""
    file = entries("experiments").get(run.name, Path()) / "experiment.toml"
    return [beside(file, "datasets", name) for name in run.experiment.datasets]


def training_rows(run: Run) -> Dataset:
    """The rows of the primary setting, with the codebook, which a run does not keep. InputError if they are others by now."""
    setting = run.settings[0]
    mapped = [load_dataset(source).with_scheme(setting.scheme) for source in sources_of(run)]
    now = mapped[0] if len(mapped) == 1 else pool(mapped, name=run.name)
    if now.sha != run.dataset(setting).sha:
        raise InputError(f"{run.folder}: {run.dataset(setting).name} has other rows by now; run the experiment again")
    return replace(run.dataset(setting), codebook=now.codebook)


def contrast_of(run: Run) -> tuple[Dataset | None, int]:
    """The contrast set of the run's dataset in the primary scheme, and how many items have no value there and are left out.

    None where there is none, or where several datasets are pooled. InputError for a faulty file, or a text that is a gold row's.
    """
    folder, *others = sources_of(run)
    if others or not (folder / CONTRAST).exists():
        return None, 0
    gold, setting = load_dataset(folder), run.settings[0]
    items = read_contrast(folder / CONTRAST, gold.scheme, [*gold.rows["text"], *run.dataset(setting).rows["text"]])
    mapped = as_dataset(items, gold.scheme).with_scheme(setting.scheme)
    return mapped, len(items) - len(mapped.rows)


def folds_of(run: Run) -> list[Fold]:
    """What each model learns from: the folds of the primary protocol's first repeat; last, for the contrast set, all rows."""
    setting = run.settings[0]
    rows = run.dataset(setting).rows
    everything = Fold(np.arange(len(rows)), np.array([], dtype=np.int64), "all rows")
    return [*split(setting.protocol, rows, repeat=0), everything]


def questions(run: Run, contrast: Dataset | None) -> "pd.DataFrame":
    """Every row that is asked: id, variant, fold (the number of the model, see `folds_of`), group, category, input and label.

    Of a perturbation stand here only the rows that it changes: a row that stays as it is has been asked already. category: of
    contrast items.
    """
    import pandas as pd

    rows, folds = run.dataset(run.settings[0]).rows, folds_of(run)
    fold = np.full(len(rows), -1)
    for number, one in enumerate(folds):
        fold[one.test] = number
    asked = rows[KEPT].assign(variant=ORIGINAL, fold=fold, category=None)
    plain = rows[list(INPUT_COLUMNS)]
    parts = [asked]
    for name, perturb in PERTURBATIONS.items():
        perturbed = perturb(plain, SEED)
        differs = (perturbed != plain).any(axis=1)
        parts.append(asked.assign(variant=name, **perturbed)[differs])
    if contrast is not None:
        parts.append(contrast.rows[[*KEPT, "category"]].assign(variant=CHANGED, fold=len(folds) - 1))
    everything = pd.concat(parts, ignore_index=True)
    return everything[everything["fold"] >= 0].reset_index(drop=True)
