"""How often does a classifier keep its answer where it should, and change it where it should, and what is more than chance?"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stancelab.comparison import Comparison, compare, holm
from stancelab.contrast import BASE
from stancelab.dataset import Dataset
from stancelab.intervals import Interval, bootstrap
from stancelab.labels import LabelScheme
from stancelab.metrics import METRICS, Metric, all_metrics
from stancelab.perturbations import ABLATIONS, PERTURBATIONS
from stancelab.predictions import Predictions, align, as_table
from stancelab.questions import CHANGED, ORIGINAL
from stancelab.records import Record, Text

OUTCOME = LabelScheme("outcome", ("passed", "not passed"))
"""Items that are passed or not are predictions too: what should come of each is "passed", and their accuracy is the pass rate."""
EVERY = "all changes"
Mask = NDArray[np.bool_]


class ContrastRate(Record):
    """One recipe on the items of one category of the contrast set; intervals and the comparison are over base items.

    right: the share of items with the right label. passed: the share of items that are right and whose base item is right too
    (Gardner et al. 2020: consistency); None for base items. versus_base: right minus the same of their base items, paired.
    """

    recipe: Text
    category: Text
    items: int
    clusters: int
    right: Interval
    passed: Interval | None
    versus_base: Comparison | None


class PerturbationRate(Record):
    """One recipe on the tested rows under one perturbation, or as they are; intervals and the comparison are over statements.

    changed, unchanged: the rows that the perturbation changes, and the others. kept: of the changed rows, the share that gets the
    label which the row got as it is; None as it is, for ablations, and where no row changes. clusters: the statements of the
    changed rows, of all as they are. score: the primary metric over all rows, None where probabilities are missing;
    versus_original: minus the same of the rows as they are, paired.
    """

    recipe: Text
    perturbation: Text
    changed: int
    unchanged: int
    clusters: int
    kept: Interval | None
    score: Interval | None
    versus_original: Comparison | None


R = TypeVar("R", bound=Record)


def contrast_rates(recipe: str, answers: pd.DataFrame, items: pd.DataFrame) -> list[ContrastRate]:
    """A rate for base items, for each category in the order of the file, and for all changed items together.

    items: id, group (the base item), category and label of the contrast set. answers: id, variant and label of every question,
    see `questions`. No answer counts as not passed.
    """
    given = answers[answers["variant"] == CHANGED].set_index("id")["label"].reindex(items["id"])
    right = dict(zip(items["id"], given.to_numpy() == items["label"].to_numpy(), strict=True))
    masks = {name: items["category"] == name for name in sorted(items["category"].unique(), key=lambda name: name != BASE)}
    masks[EVERY] = items["category"] != BASE
    return [_contrast_rate(recipe, name, items[mask], right) for name, mask in masks.items() if mask.any()]


def _contrast_rate(recipe: str, category: str, rows: pd.DataFrame, right: Mapping[str, bool]) -> ContrastRate:
    own = _outcomes(rows, [right[name] for name in rows["id"]])
    found = ContrastRate(
        recipe=recipe,
        category=category,
        items=len(rows),
        clusters=rows["group"].nunique(),
        right=_rate(own),
        passed=None,
        versus_base=None,
    )
    paired = rows[rows["group"].isin(right)]
    if category == BASE or paired.empty:
        return found
    of_items = _outcomes(paired, [right[name] for name in paired["id"]])
    of_bases = _outcomes(paired, [right[name] for name in paired["group"]])
    both = _outcomes(paired, [right[name] and right[base] for name, base in zip(paired["id"], paired["group"], strict=True)])
    versus = compare(of_items, of_bases, METRICS["accuracy"], names=(category, BASE), seed=0)
    return found.model_copy(update={"passed": _rate(both), "versus_base": versus})


def perturbation_rates(recipe: str, answers: pd.DataFrame, gold: Dataset, metric: Metric) -> list[PerturbationRate]:
    """A rate for the rows as they are, then one for each perturbation.

    answers: as for `contrast_rates`. gold: the tested rows. metric: the primary one.
    """
    variants = {name: part.set_index("id") for name, part in answers.groupby("variant", sort=False)}
    as_they_are = variants[ORIGINAL].reindex(gold.rows["id"])
    original = _aligned(as_they_are, gold)
    found = [_perturbation_rate(recipe, ORIGINAL, original, original, np.zeros(len(as_they_are), dtype=bool), metric)]
    for name in PERTURBATIONS:
        changed = variants.get(name, as_they_are[:0])
        asked = as_they_are.index.isin(changed.index)
        perturbed = as_they_are.copy()
        perturbed.loc[changed.index] = changed
        found.append(_perturbation_rate(recipe, name, _aligned(perturbed, gold), original, asked, metric))
    return found


def _perturbation_rate(
    recipe: str, name: str, perturbed: Predictions, original: Predictions, changed: Mask, metric: Metric
) -> PerturbationRate:
    scored = all(metric.name in all_metrics(predictions) for predictions in (perturbed, original))
    compared = scored and name != ORIGINAL
    kept = None
    if changed.any() and name not in ABLATIONS:
        kept = _rate(_unmoved(perturbed, original).where(changed))
    return PerturbationRate(
        recipe=recipe,
        perturbation=name,
        changed=int(changed.sum()),
        unchanged=int((~changed).sum()),
        clusters=len(set(perturbed.where(changed | (name == ORIGINAL)).groups)),
        kept=kept,
        score=bootstrap(metric.sums(perturbed)).interval(metric.of_totals(perturbed.scheme), method=metric.interval)
        if scored
        else None,
        versus_original=compare(perturbed, original, metric, names=(name, ORIGINAL), seed=0) if compared else None,
    )


def corrected(found: Sequence[R], field: str) -> list[R]:
    """The rates with the p of their comparisons, which stand in `field`, corrected after Holm for all of them together."""
    made = [entry for entry in found if getattr(entry, field) is not None]
    tested = dict(zip(map(id, made), holm([getattr(entry, field) for entry in made]), strict=True))
    return [entry.model_copy(update={field: tested.get(id(entry))}) for entry in found]


def _aligned(answers: pd.DataFrame, gold: Dataset) -> Predictions:
    probabilities = [name for name in answers if str(name).startswith("p_")]
    return align(as_table(answers.reset_index()[["id", "label", *probabilities]]), gold, missing="wrong")


def _unmoved(perturbed: Predictions, original: Predictions) -> Predictions:
    """Each row passed where both gave an answer, and the same one."""
    answered = original.predicted[0] < len(original.scheme.labels)
    same = (perturbed.predicted[0] == original.predicted[0]) & answered
    return _passed(perturbed.ids, perturbed.groups, same)


def _outcomes(rows: pd.DataFrame, passed: Sequence[bool]) -> Predictions:
    return _passed(tuple(rows["id"]), tuple(rows["group"]), np.array(passed, dtype=bool))


def _passed(ids: tuple[str, ...], groups: tuple[str, ...], passed: Mask) -> Predictions:
    wanted = np.zeros(len(ids), dtype=np.int64)
    return Predictions(OUTCOME, ids, groups, wanted, np.where(passed, 0, 1)[None], None, ((0, 0),))


def _rate(outcomes: Predictions) -> Interval:
    accuracy = METRICS["accuracy"]
    return bootstrap(accuracy.sums(outcomes)).interval(accuracy.of_totals(OUTCOME))
