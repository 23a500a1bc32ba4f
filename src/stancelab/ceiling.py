"""How do the annotators score where the models are scored: same metric, same rows, same reference?

Two references. "others": the majority of a row's other annotators, so that nobody is judged by an own vote; a row whose others
are tied has no such majority and is left out. "gold": the settled label, which the annotator's own vote has helped to settle.
A row counts as often as it was annotated, for annotators and models alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stancelab.agreement import Agreement, agreement
from stancelab.comparison import Comparison, compare, holm
from stancelab.dataset import Dataset
from stancelab.intervals import Interval, bootstrap
from stancelab.leaderboard import Entry, Leaderboard
from stancelab.metrics import VOTE_ENTROPY, all_metrics, metric_named
from stancelab.predictions import Predictions
from stancelab.scoring import Score, score_predictions

Reference = Literal["others", "gold"]
Kind = Literal["annotators", "annotator", "model", "audit"]
Codes = NDArray[np.int64]

NOBODY = -1
TOGETHER = "all annotators"
MOST_ALONE = 20
"""Where there are more annotators than this, they are scored together only: each has given few labels."""


@dataclass(frozen=True)
class Standing:
    """What one system scores by one reference: a recipe (its primary score), an annotator, or all annotators together.

    versus: the best model minus this, by the same reference on the same rows; None of models, and of all by gold.
    """

    name: str
    kind: Kind
    scores: dict[str, Score]
    versus: Comparison | None = None


@dataclass(frozen=True)
class Ceiling:
    """Annotators beside models in one setting.

    who: the annotators, in the dataset's words. metric, title: what models and annotators are compared by. best: the recipe with
    the best primary score that is no audit. judged: how many annotations have a majority of others; tied: how many have
    none because the others are tied; alone: how many because nobody else labelled the row.
    """

    who: str
    metric: str
    title: str
    alpha: Agreement
    best: str | None
    judged: int
    tied: int
    alone: int
    standings: dict[Reference, tuple[Standing, ...]]

    @property
    def together(self) -> Standing:
        """All annotators together, by the majority of the others."""
        return self.standings["others"][0]

    @property
    def verdict(self) -> str:
        """How far the best model is from all annotators together, in a sentence."""
        score, gap = self.together.scores[self.metric].interval, self.together.versus
        head = f"By the majority of the others, the annotators together score {score} {self.title}"
        if gap is None:
            return f"{head}; there is no model to set beside them."
        model = next(entry for entry in self.standings["others"] if (entry.name, entry.kind) == (self.best, "model"))
        p = gap.p_text if gap.p_text.startswith("<") else f"= {gap.p_text}"
        told = "significant at the 5 % level" if gap.significant else "not significant at this n"
        return (
            f"{head}, the best model, {self.best}, {model.scores[self.metric].interval} by the same majority on the same rows: "
            f"difference {gap.difference}, p {p} after Holm's correction, {told} ({gap.clusters} statements)."
        )

    @property
    def left_out(self) -> str:
        """One sentence on the annotations that no majority of others judges; empty where there are none."""
        if not self.tied + self.alone:
            return ""
        reasons = [f"of {self.tied} the others are tied"] * bool(self.tied)
        reasons += [f"of {self.alone} nobody else labelled the row"] * bool(self.alone)
        absent, total = self.tied + self.alone, self.judged + self.tied + self.alone
        return f"No majority of others judges {absent} of {total} annotations: {', '.join(reasons)}."


@dataclass(frozen=True)
class SoftScores:
    """Recipes by how near their probabilities come to the annotators' votes, the nearest first.

    floor: the entropy of the votes, in nats, which is the least that a cross-entropy with them can be. rows: those with votes.
    split: those of them whose votes are not all for one label.
    """

    floor: Interval
    rows: int
    split: int
    scores: dict[str, tuple[Score, Score]]


@dataclass(frozen=True)
class _Sample:
    """Judged annotations: the row and the annotator of each, and the reference's label; shape (m,) each."""

    rows: Codes
    who: Codes
    gold: Codes

    def of(self, annotator: int) -> "_Sample":
        own = self.who == annotator
        return _Sample(self.rows[own], self.who[own], self.gold[own])


def others_votes(codes: Codes, labels: int) -> NDArray[np.int64]:
    """How many of the other annotators gave each label: shape (annotators, n) to (annotators, n, labels). codes: -1 for none."""
    own = codes[:, :, None] == np.arange(labels)
    return np.asarray(own.sum(axis=0) - own)


def majority(votes: NDArray[np.int64]) -> Codes:
    """The label with most votes, -1 where there is none or a tie: shape (..., labels) to (...).

    >>> majority(np.array([[2, 1, 0], [1, 1, 0], [0, 0, 0]])).tolist()
    [0, -1, -1]
    """
    most = votes.max(axis=-1)
    clear = (most > 0) & ((votes == most[..., None]).sum(axis=-1) == 1)
    return np.where(clear, votes.argmax(axis=-1), NOBODY)


def ceiling(board: Leaderboard) -> Ceiling | None:
    """The annotators of a leaderboard's rows beside its recipes; None where no annotator's labels can be judged by others."""
    given, scheme = board.dataset.given, board.dataset.scheme
    codes = np.array([[_code(label, scheme.labels) for label in given[name]] for name in given], dtype=np.int64)
    if len(codes) < 2:
        return None
    votes, labelled = others_votes(codes, len(scheme.labels)), codes >= 0
    by_others = majority(votes)
    samples: dict[Reference, _Sample] = {
        "others": _sample(codes, by_others),
        "gold": _sample(codes, np.broadcast_to(scheme.codes(board.dataset.y), codes.shape)),
    }
    if not len(samples["others"].rows):
        return None
    panel = _Panel(board, tuple(map(str, given)), codes, samples["others"])
    some = votes.sum(axis=-1) > 0
    return Ceiling(
        board.dataset.annotators,
        panel.metric,
        metric_named(panel.metric, scheme).title,
        agreement("label", codes, list(board.dataset.groups), values=len(scheme.labels), level="nominal", seed=0),
        panel.best.recipe.name if panel.best else None,
        len(samples["others"].rows),
        int((labelled & some & (by_others == NOBODY)).sum()),
        int((labelled & ~some).sum()),
        {reference: _standings(panel, reference, sample) for reference, sample in samples.items()},
    )


def _code(label: object, labels: Sequence[str]) -> int:
    return labels.index(label) if isinstance(label, str) else NOBODY


def _sample(codes: Codes, references: Codes) -> _Sample:
    """The annotations that have a reference, row by row, so that the order of the annotators does not decide that of clusters."""
    rows, who = np.nonzero(((codes >= 0) & (references >= 0)).T)
    return _Sample(rows, who, references[who, rows])


@dataclass(frozen=True)
class _Panel:
    """The annotators of a leaderboard, and how what they and the recipes said becomes predictions of judged annotations.

    judged: the annotations that have a majority of others.
    """

    board: Leaderboard
    names: tuple[str, ...]
    codes: Codes
    judged: _Sample

    @property
    def metric(self) -> str:
        """The primary metric, macro-F1 where that needs probabilities, which annotators do not give."""
        allowed = all_metrics(self.given(self.judged))
        return self.board.metric if self.board.metric in allowed else "macro_f1"

    @property
    def best(self) -> Entry | None:
        """The first recipe that is no audit."""
        return next((entry for entry in self.board.ranked if entry.recipe.family != "audit"), None)

    def alone(self, sample: _Sample) -> dict[str, _Sample]:
        """Each annotator's own part, where there are few annotators and it allows the metric."""
        if len(self.names) > MOST_ALONE:
            return {}
        parts = {name: sample.of(number) for number, name in enumerate(self.names)}
        return {name: own for name, own in parts.items() if len(own.rows) and self.metric in all_metrics(self.given(own))}

    def given(self, sample: _Sample) -> Predictions:
        """What the annotators said."""
        return _judged(self.board.dataset, sample, self.codes[sample.who, sample.rows][None], ((0, 0),))

    def predicted(self, sample: _Sample, entry: Entry) -> Predictions:
        """What a recipe said of the same rows."""
        return _judged(self.board.dataset, sample, entry.predictions.predicted[:, sample.rows], entry.predictions.keys)


def _judged(dataset: Dataset, sample: _Sample, predicted: Codes, keys: tuple[tuple[int, int], ...]) -> Predictions:
    rows = dataset.rows.iloc[sample.rows]
    ids = tuple(f"{name}, annotation {who}" for name, who in zip(rows["id"], sample.who, strict=True))
    groups, targets = tuple(rows["group"]), tuple(rows["target"])
    return Predictions(dataset.scheme, ids, groups, sample.gold, predicted, None, keys, targets)


def _standings(panel: _Panel, reference: Reference, sample: _Sample) -> tuple[Standing, ...]:
    """All annotators together, each alone, then every ranked recipe."""
    samples = {TOGETHER: sample, **panel.alone(sample)}
    versus = _compared(panel, samples) if reference == "others" else {}
    found = [
        Standing(
            name,
            "annotators" if name == TOGETHER else "annotator",
            _scores(panel, panel.given(own), f"annotators-by-{reference}"),
            versus.get(name),
        )
        for name, own in samples.items()
    ]
    for entry in panel.board.ranked:
        stated = f"{panel.board.setting.protocol.name}-by-{reference}"
        scores = _scores(panel, panel.predicted(sample, entry), stated, only=panel.metric)
        found.append(Standing(entry.recipe.name, "audit" if entry.recipe.family == "audit" else "model", scores))
    return tuple(found)


def _scores(panel: _Panel, predictions: Predictions, protocol: str, *, only: str | None = None) -> dict[str, Score]:
    names = [only] if only else all_metrics(predictions)
    stated = f"{panel.board.setting.text}:{protocol}@{panel.board.dataset.given_sha[:8]}"
    seeds = sorted({seed for seed, _ in predictions.keys}) if only else []
    found = score_predictions(predictions, names, dataset=panel.board.dataset, protocol=stated, seeds=seeds)
    return {score.metric: score for score in found}


def _compared(panel: _Panel, samples: dict[str, _Sample]) -> dict[str, Comparison]:
    """The best model minus all annotators together, and minus each, corrected for each other."""
    if panel.best is None:
        return {}
    metric, found = metric_named(panel.metric, panel.board.dataset.scheme), []
    for name, sample in samples.items():
        model = panel.predicted(sample, panel.best)
        given = panel.given(sample)
        repeated = replace(given, predicted=np.repeat(given.predicted, model.replicates, axis=0), keys=model.keys)
        found.append(compare(model, repeated, metric, names=(panel.best.recipe.name, name), seed=0))
    return {entry.b: entry for entry in holm(found)}


def soft_scores(board: Leaderboard) -> SoftScores | None:
    """How near the recipes' probabilities come to the votes; None where the rows have no votes or no recipe all probabilities."""
    names = ("soft_cross_entropy", "jensen_shannon")
    scored = {entry.recipe.name: entry for entry in board.entries if names[0] in entry.scores}
    if not scored:
        return None
    ranked = sorted(scored.values(), key=lambda entry: entry.scores[names[0]].interval.value)
    some = ranked[0].predictions
    votes = np.asarray(some.votes)
    floor = bootstrap(VOTE_ENTROPY.sums(some)).interval(VOTE_ENTROPY.of_totals(some.scheme))
    counts = int(votes.any(axis=1).sum()), int(((votes > 0).sum(axis=1) > 1).sum())
    scores = {entry.recipe.name: (entry.scores[names[0]], entry.scores[names[1]]) for entry in ranked}
    return SoftScores(floor, *counts, scores)
