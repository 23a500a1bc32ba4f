"""How well does a recipe that was trained on one corpus do on another?"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from stancelab.cells import Setting
from stancelab.errors import InputError
from stancelab.intervals import Interval
from stancelab.metrics import all_metrics
from stancelab.protocols import Protocol
from stancelab.recipes import Recipe
from stancelab.runs import Run
from stancelab.scoring import score_predictions

KINDS = ("leave-one-corpus-out", "cross-corpus")
ALL_OTHERS = "all others"


@dataclass(frozen=True)
class TransferCell:
    """The primary metric of a recipe on the tested rows of one corpus. own: whether its training rows were trained on."""

    recipe: str
    trained_on: str
    tested_on: str
    score: Interval
    rows: int
    own: bool


@lru_cache(maxsize=1)
def transfer_matrix(run: Run) -> list[TransferCell]:
    """Every recipe, training corpus (or all others) and tested corpus of a run in its primary scheme; empty if it pools none.

    Without the recipes whose predictions do not allow the primary metric.

    The scores of one training corpus come from one model, those of "all others" from one model for each tested corpus.
    """
    primary = run.experiment.schemes[0]
    settings = [setting for setting in run.settings if setting.scheme == primary and setting.protocol.kind in KINDS]
    sources = _sources([setting.protocol for setting in settings])
    return [
        cell
        for setting, source in zip(settings, sources, strict=True)
        for recipe in run.recipes_in(setting)
        for cell in _row(run, setting, recipe, source)
    ]


def _sources(protocols: Sequence[Protocol]) -> list[str]:
    """What each protocol trains on; with the protocol's name where several train on the same."""
    names = [" + ".join(protocol.train_on or []) or ALL_OTHERS for protocol in protocols]
    return [
        name if names.count(name) == 1 else f"{name} ({protocol.name})" for name, protocol in zip(names, protocols, strict=True)
    ]


def _row(run: Run, setting: Setting, recipe: Recipe, source: str) -> list[TransferCell]:
    predictions, rows = run.predictions(setting, recipe), run.tested(setting).rows
    if run.experiment.primary_metric not in all_metrics(predictions):
        return []
    trained_on = setting.protocol.train_on or []
    found = []
    for corpus in dict.fromkeys(rows["corpus"]):
        mask = (rows["corpus"] == corpus).to_numpy()
        [score] = score_predictions(
            predictions.where(mask),
            [run.experiment.primary_metric],
            dataset=run.dataset(setting),
            protocol=f"{run.stated(setting, recipe)}:corpus={corpus}",
            seeds=run.experiment.seeds_of(recipe.name),
        )
        found.append(TransferCell(recipe.name, source, str(corpus), score.interval, int(mask.sum()), corpus in trained_on))
    return found


def as_rows(cells: Sequence[TransferCell], recipe: str) -> tuple[list[str], list[list[str]]]:
    """A recipe's matrix as text: the header, and a row for each training corpus; its own corpus in italics.

    InputError for a recipe that is not in the matrix.
    """
    own = [cell for cell in cells if cell.recipe == recipe]
    if not own:
        raise InputError(f"{recipe!r} is not in the matrix")
    sources, corpora = (list(dict.fromkeys(getattr(cell, name) for cell in own)) for name in ("trained_on", "tested_on"))
    found = {(cell.trained_on, cell.tested_on): cell for cell in own}
    texts = {key: (f"*{cell.score}*" if cell.own else str(cell.score)) for key, cell in found.items()}
    pairs = {(source, corpus): texts.get((source, corpus), "") for source, corpus in product(sources, corpora)}
    return ["trained on", *corpora], [[source, *(pairs[source, corpus] for corpus in corpora)] for source in sources]
