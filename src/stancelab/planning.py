"""How many more statements does a run need until its recipes can be told apart?"""

from collections.abc import Sequence
from dataclasses import replace

from stancelab.errors import InputError, unknown
from stancelab.metrics import all_metrics, metric_named
from stancelab.power import Aim, Power, paired, power_of
from stancelab.power_simulation import simulate
from stancelab.predictions import Predictions
from stancelab.progress import bar
from stancelab.runs import Run

ASSUMED = (
    "Assumed: new statements are like these (of the same article, annotated as here), and two recipes disagree on as large a "
    "share of them. The test is the leaderboard's, for one comparison named beforehand; Holm's correction for several asks for "
    "more."
)


def powers(run: Run, aim: Aim, *, pair: tuple[str, str] | None = None) -> list[Power]:
    """What a gain takes in the primary setting: of a pair's first over its second, else of each recipe over the best baseline.

    Audits and the best baseline itself are left out, and recipes whose predictions do not allow the primary metric; empty where
    no baseline is left. InputError for a name that is no such recipe.
    """
    predicted, metric = _predicted(run), run.experiment.primary_metric
    found = []
    pairs = [_known(pair, list(predicted))] if pair else _against_best_baseline(run, predicted)
    with bar("trying the test out", len(pairs)) as advance:
        for a, b in pairs:
            both = paired(predicted[a], predicted[b], metric_named(metric, predicted[a].scheme))
            power = power_of(both, aim, names=(a, b))
            if not power.refusal:
                power = replace(power, simulated=simulate(both, aim, statements=power.statements, seed=0))
            found.append(power)
            advance(1)
    return found


def _predicted(run: Run) -> dict[str, Predictions]:
    """The predictions of the primary setting that allow the primary metric, by recipe."""
    setting, metric = run.settings[0], run.experiment.primary_metric
    found = {recipe.name: run.predictions(setting, recipe) for recipe in run.recipes_in(setting)}
    return {name: predictions for name, predictions in found.items() if metric in all_metrics(predictions)}


def _known(pair: tuple[str, str], names: Sequence[str]) -> tuple[str, str]:
    for name in pair:
        if name not in names:
            raise unknown("recipe of the primary setting", name, names)
    if pair[0] == pair[1]:
        raise InputError(f"{pair[0]!r} cannot gain on itself; name two recipes")
    return pair


def _against_best_baseline(run: Run, predicted: dict[str, Predictions]) -> list[tuple[str, str]]:
    families = {recipe.name: recipe.family for recipe in run.recipes}
    scores = {}
    for name, predictions in predicted.items():
        metric = metric_named(run.experiment.primary_metric, predictions.scheme)
        scores[name] = metric(predictions) * (-1 if metric.better == "lower" else 1)
    baselines = [name for name in predicted if families[name] == "baseline"]
    if not baselines:
        return []
    best = max(baselines, key=lambda name: scores[name])
    ranked = sorted(scores, key=lambda name: -scores[name])
    return [(name, best) for name in ranked if name != best and families[name] != "audit"]
