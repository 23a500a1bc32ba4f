"""Which recipe is best in each setting of a run, and is the difference more than chance?"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache, partial
from typing import Any

from stancelab.calibration import Calibration, calibration
from stancelab.cells import Setting
from stancelab.comparison import Comparison, compare, compare_all, holm
from stancelab.dataset import Dataset
from stancelab.errors import InputError
from stancelab.intervals import support_warning
from stancelab.metrics import METRICS, all_metrics, metric_named
from stancelab.predictions import Predictions
from stancelab.recipes import Recipe
from stancelab.runs import Run
from stancelab.scoring import Score, intervals_of, stated


@dataclass(frozen=True)
class Entry:
    """One recipe in one setting. versus: against the best baseline, None for that baseline itself and for audits.

    scores: by metric, those that the predictions allow: some need a probability for every label of every row.
    """

    recipe: Recipe
    predictions: Predictions
    scores: dict[str, Score]
    versus: Comparison | None
    seconds: float

    @cached_property
    def calibration(self) -> Calibration | None:
        """What the probabilities are worth; None where a row lacks them."""
        return None if self.predictions.probabilities is None else calibration(self.predictions)


@dataclass(frozen=True)
class Leaderboard:
    """The recipes of one setting, best first by the primary metric, then those whose predictions do not allow it.

    planned: the comparisons that the experiment names, those whose recipes are both here, corrected for all that it names.
    """

    setting: Setting
    dataset: Dataset
    metric: str
    entries: tuple[Entry, ...]
    planned: tuple[Comparison, ...] = ()

    @property
    def title(self) -> str:
        """The setting in words."""
        labels = len(self.dataset.scheme.labels)
        return f"{labels} labels ({self.setting.scheme}), {self.setting.protocol.title}, {self.setting.text} text"

    @property
    def metric_title(self) -> str:
        """The primary metric as people write it."""
        return metric_named(self.metric, self.dataset.scheme).title

    @property
    def ranked(self) -> list[Entry]:
        """The recipes that have a primary score."""
        return [entry for entry in self.entries if self.metric in entry.scores]

    @property
    def metrics(self) -> list[str]:
        """The metrics, but for those of one label, that a recipe here has a score in."""
        return [name for name in METRICS if any(name in entry.scores for entry in self.entries)]

    @property
    def calibrations(self) -> dict[str, Calibration]:
        """What the probabilities of each recipe are worth that has them for every row."""
        return {entry.recipe.name: entry.calibration for entry in self.entries if entry.calibration}

    @property
    def coverage_note(self) -> str:
        """One sentence on the recipes that left rows without an answer; empty where none did."""
        shares = [
            f"{entry.recipe.name} answered {entry.predictions.coverage:.1%}"
            for entry in self.entries
            if entry.predictions.coverage < 1
        ]
        return f"A row without an answer counts as wrong: {', '.join(shares)} of the rows." if shares else ""

    @cached_property
    def best_baseline(self) -> Entry | None:
        """The baseline with the best primary score, if there is one."""
        return next((entry for entry in self.ranked if entry.recipe.family == "baseline"), None)

    @cached_property
    def best_transformer(self) -> Entry | None:
        """The transformer with the best primary score, if there is one."""
        return next((entry for entry in self.ranked if entry.recipe.family == "transformer"), None)

    @property
    def warning(self) -> str | None:
        """A line about too few statements, of all or of a label, where that is so."""
        return support_warning(self.dataset.scheme.labels, list(self.dataset.y), list(self.dataset.groups))

    @property
    def verdict(self) -> str:
        """One sentence: does the best transformer beat the best baseline?"""
        baseline, transformer = self.best_baseline, self.best_transformer
        if baseline is None or transformer is None or transformer.versus is None:
            return "No comparison of a transformer with a baseline in this setting."
        gap = transformer.versus
        n = f"{len(self.dataset.rows)} rows in {gap.clusters} statements"
        p = gap.p_text if gap.p_text.startswith("<") else f"= {gap.p_text}"
        side = "above" if gap.difference.value > 0 else "below"
        fewer = gap.replicates < transformer.predictions.replicates or gap.replicates < baseline.predictions.replicates
        on = f", on {gap.replicates} of the repeats" if fewer else ""
        head = (
            f"{transformer.recipe.name} is {abs(gap.difference.value):.3f} {self.metric_title} {side} the best baseline, "
            f"{baseline.recipe.name} (difference {gap.difference}, p {p} after Holm's correction{on})"
        )
        if gap.significant:
            return f"{head}: significant at the 5 % level ({n})."
        return f"{head}: the difference is not significant at this n ({n})."

    @property
    def audit_note(self) -> str:
        """One sentence on what the best audit scores without reading a statement; empty where there is none."""
        place = next((number for number, entry in enumerate(self.ranked) if entry.recipe.family == "audit"), None)
        if place is None:
            return ""
        audit = self.ranked[place]
        rank = "; nothing in this table scores higher" if place == 0 else ""
        score = audit.scores[self.metric].interval
        return f"Without reading a statement, the audit {audit.recipe.name} scores {score}{rank}."

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for scores.json."""
        entries = [
            {
                "recipe": entry.recipe.name,
                "family": entry.recipe.family,
                "scores": [score.to_dict() for score in entry.scores.values()],
                "versus_best_baseline": None if entry.versus is None else asdict(entry.versus),
                "calibration": None if entry.calibration is None else asdict(entry.calibration),
                "seconds_per_cell": entry.seconds,
            }
            for entry in self.entries
        ]
        setting = {"text": self.setting.text, "scheme": self.setting.scheme, "protocol": self.setting.protocol.name}
        notes = {name: getattr(self, name) for name in ("verdict", "audit_note", "coverage_note", "warning")}
        return {**setting, **notes, "entries": entries, "planned": [asdict(entry) for entry in self.planned]}


Forms = tuple[Setting, list[Comparison]]
"""A setting on verbatim text, and each recipe there against itself on the renderings."""


def leaderboards(run: Run) -> list[Leaderboard]:
    """A leaderboard for every setting, the primary one first."""
    return [_leaderboard(run, setting) for setting in run.settings if run.recipes_in(setting)]


def _leaderboard(run: Run, setting: Setting) -> Leaderboard:
    dataset, name = run.tested(setting), run.experiment.primary_metric
    predicted = {recipe.name: run.predictions(setting, recipe) for recipe in run.recipes_in(setting)}
    recipes = {recipe.name: recipe for recipe in run.recipes_in(setting)}
    scores = _scores(run, setting, recipes, predicted)
    lower = metric_named(name, dataset.scheme).better == "lower"
    scored = [recipe for recipe in recipes if name in scores[recipe]]
    if not scored:
        raise InputError(
            f"{run.folder}: primary metric {name!r} needs probabilities; in {setting.folder} no recipe gave all of them"
        )
    ranked = sorted(scored, key=lambda recipe: scores[recipe][name].interval.value * (1 if lower else -1))
    versus = _against_best_baseline(ranked, recipes, predicted, name)
    entries = tuple(
        Entry(
            recipes[recipe],
            predicted[recipe],
            scores[recipe],
            versus.get(recipe),
            run.seconds(setting, recipes[recipe]),
        )
        for recipe in [*ranked, *(recipe for recipe in recipes if recipe not in scored)]
    )
    named = run.experiment.comparisons
    planned = _compared([pair for pair in named if set(pair) <= set(scored)], predicted, name, family=len(named))
    return Leaderboard(setting, dataset, name, entries, tuple(planned))


def _scores(
    run: Run, setting: Setting, recipes: dict[str, Recipe], predicted: dict[str, Predictions]
) -> dict[str, dict[str, Score]]:
    """Every score that the predictions of each recipe allow, by metric."""
    systems = list(predicted.values())
    intervals = intervals_of(systems, [all_metrics(system) for system in systems])
    found = {}
    for name, own in zip(predicted, intervals, strict=True):
        scores = stated(own, predicted[name], partial(run.signature, setting, recipes[name]))
        found[name] = {score.metric: score for score in scores}
    return found


def _against_best_baseline(
    ranked: list[str], recipes: dict[str, Recipe], predicted: dict[str, Predictions], name: str
) -> dict[str, Comparison]:
    best = next((recipe for recipe in ranked if recipes[recipe].family == "baseline"), None)
    if best is None:
        return {}
    others = [recipe for recipe in ranked if recipe != best and recipes[recipe].family != "audit"]
    return {entry.a: entry for entry in _compared([(recipe, best) for recipe in others], predicted, name)}


def _compared(
    pairs: Sequence[Sequence[str]], predicted: dict[str, Predictions], name: str, *, family: int = 0
) -> list[Comparison]:
    """The first recipe of each pair minus the second; `family` as in `holm`."""
    if not pairs:
        return []
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    places = [(names.index(one), names.index(other)) for one, other in pairs]
    systems = [predicted[recipe] for recipe in names]
    return holm(compare_all(systems, places, metric_named(name, systems[0].scheme), names=names, seed=0), family=family)


@lru_cache(maxsize=1)
def verbatim_against_rendered(run: Run) -> list[Forms]:
    """For each setting that was run on both forms of the text: every recipe on verbatim spans minus itself on renderings."""
    found = []
    for verbatim in (setting for setting in run.settings if setting.text == "verbatim"):
        rendered = Setting("rendered", verbatim.scheme, verbatim.protocol)
        metric = metric_named(run.experiment.primary_metric, run.dataset(rendered).scheme)
        pairs = [
            ([run.predictions(setting, recipe) for setting in (verbatim, rendered)], recipe.name)
            for recipe in run.recipes_in(verbatim)
        ]
        compared = [
            compare(one, other, metric, names=(recipe, recipe), seed=0)
            for (one, other), recipe in pairs
            if all(metric.name in all_metrics(predictions) for predictions in (one, other))
        ]
        found.append((verbatim, holm(compared)))
    return found
