"""Which form of a model answers these texts fastest, among those that may be used for them?"""

import json
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from stancelab.compiled.agreement import agreement, divided, speed_up
from stancelab.compiled.classifier import EXACT, CompiledClassifier, Precision
from stancelab.compiled.libraries import can_quantise, core, installed
from stancelab.compiled.making import make_exact, make_int8
from stancelab.compiled.ngrams import FOLDER, CompiledNgrams, make_ngrams
from stancelab.compiled.store import is_whole, place_of, write_form
from stancelab.embedding_cache import user_cache
from stancelab.models.inputs import Columns
from stancelab.records import write_json, write_text
from stancelab.sqlite_file import warn
from stancelab.training_facts import TrainingFacts, read_facts

P = TypeVar("P")

FORMS = (CompiledClassifier, CompiledNgrams)

LEAST_ROWS = 5_000
"""Below this a faster form costs more time to compare than it saves."""

FASTER: tuple[Precision, ...] = ("bfloat16", "int8")
LEAST_SPEED_UP = {"bfloat16": 1.7, "int8": 1.2}
"""Processors without matrix units for bfloat16 gain less by it than by int8, or lose; int8 has to be made first."""

REFUSED, SPEED = "refused", "speed.json"


def kept_form(folder: Path, facts: TrainingFacts) -> CompiledClassifier | CompiledNgrams | None:
    """The form of the model in a folder that answers as it does, if it was made before and can be run here."""
    place = place_of(folder, facts)
    if place and is_whole(place / FOLDER):
        return CompiledNgrams(place)
    return CompiledClassifier(place) if place and installed() and is_whole(place / EXACT) else None


def choose(predictor: P, sample: Columns, *, rows: int, allowed: Collection[Precision] = FASTER) -> P:
    """The predictor with the fastest form of its model for an input of so many rows, and `form`, which says which and why.

    sample: up to some 1,500 of the rows, with text, actor and target. A form that is faster than float32, and allowed, is used
    where 99.5 % of the labels are equal on rows of the sample that it was not calibrated with. Where a model has no compiled
    form, or its libraries are not installed, the predictor stays as it is.
    """
    given: Any = predictor
    exact = given.classifier if isinstance(given.classifier, FORMS) else _made(given, sample)
    if exact is None:
        return predictor
    if isinstance(exact, CompiledNgrams):
        same: P = replace(given, classifier=exact)
        return same
    fastest, why = _fastest(exact, sample, rows, allowed)
    fastest.keeps = rows * len(fastest.form.reading.views) * 4 * fastest.width <= user_cache().limit
    chosen: P = replace(given, classifier=fastest, form=f"{fastest.precision}: {why}")
    return chosen


def _made(given: Any, sample: Columns) -> CompiledClassifier | CompiledNgrams | None:
    """The form that answers as a classifier does, made now; None for those that have none, with a warning if it should exist."""
    place = place_of(given.folder, read_facts(given.folder)) if given.folder and sample["text"] else None
    if place is None or is_whole(place / REFUSED):
        return None
    try:
        return make_ngrams(given.classifier, place, sample) or _made_graphs(given.classifier, place, sample)
    except Exception as error:
        reason = f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else 'no reason given'}"
        warn(f"{given.name}: is not compiled, so it predicts more slowly ({reason})")
        if not isinstance(error, OSError):
            write_form(place / REFUSED, lambda folder: write_text(folder / "reason.txt", reason))
        return None


def _made_graphs(classifier: Any, place: Path, sample: Columns) -> CompiledClassifier | None:
    if not installed():
        return None
    from stancelab.compiled.dissection import parts_of

    parts = parts_of(classifier)
    return make_exact(classifier, parts, place, sample) if parts else None


def _fastest(
    exact: CompiledClassifier, sample: Columns, rows: int, allowed: Collection[Precision]
) -> tuple[CompiledClassifier, str]:
    if rows < LEAST_ROWS:
        return exact, f"less than {LEAST_ROWS:,} rows"
    parts = divided(sample)
    if parts is None:
        return exact, "too few distinct rows to try a faster form on"
    calibrating, held_out = parts
    refusals = []
    for faster, fresh in _candidates(exact, calibrating, allowed):
        found = agreement(exact, faster, held_out)
        if not found.holds and faster.precision == "int8" and not fresh:
            make_int8(exact, calibrating)
            faster = CompiledClassifier(exact.place, "int8")
            found = agreement(exact, faster, held_out)
        if found.holds:
            return faster, str(found)
        refusals.append(f"{faster.precision} gave only {found}")
    return exact, "; ".join(refusals) or "no other form is faster here"


def _candidates(
    exact: CompiledClassifier, calibrating: Columns, allowed: Collection[Precision]
) -> Iterator[tuple[CompiledClassifier, bool]]:
    """Faster forms, the one with the smaller errors first, each with whether it was made just now."""
    if "bfloat16" in allowed and "BF16" in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        faster = CompiledClassifier(exact.place, "bfloat16")
        if _is_faster(exact, faster, calibrating):
            yield faster, False
    fresh = not is_whole(exact.place / "int8")
    if "int8" not in allowed or (fresh and not can_quantise()):
        return
    if fresh:
        make_int8(exact, calibrating)
    faster = CompiledClassifier(exact.place, "int8")
    if _is_faster(exact, faster, calibrating):
        yield faster, fresh


def _is_faster(exact: CompiledClassifier, faster: CompiledClassifier, rows: Columns) -> bool:
    """Whether a form is worth it on this machine: measured once, so that it is answered alike ever after."""
    folder = exact.place / f"speed-{faster.precision}"
    if not is_whole(folder):
        factor = speed_up(exact, faster, rows)
        write_form(folder, lambda fresh: write_json(fresh / SPEED, {"times_float32": round(factor, 2)}))
    measured: float = json.loads((folder / SPEED).read_bytes())["times_float32"]
    return measured >= LEAST_SPEED_UP[faster.precision]
