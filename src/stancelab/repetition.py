"""Does a score that was signed come out again?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from stancelab.dataset import Dataset, load_dataset
from stancelab.errors import InputError, listing
from stancelab.predictions import Missing, Predictions, Replicate, align, read_predictions
from stancelab.protocols import Protocol, protocol_named
from stancelab.runs import FINISHED, load_run
from stancelab.scoring import AS_GIVEN, Score, parts, score_predictions, seeds_of
from stancelab.signatures import Difference, Signature, differences, parse
from stancelab.splits import tested
from stancelab.tables import Table


@dataclass(frozen=True)
class Repetition:
    """A score computed again, and where its signature differs from the one that was given; empty where it is the same."""

    score: Score
    differences: list[Difference]


def repeat(predictions: Path, signature: Signature, *, gold: str | None = None, missing: Missing = "refuse") -> Repetition:
    """Score predictions as a signature says: its rows, scheme, metric, replicates and number of draws.

    gold: a dataset; if None the one that the signature names, or the rows of the run that the predictions lie in. missing: as in
    `scoring.score`. InputError where no gold has the signed checksum, or a replicate is not there.
    """
    rows, table = _gold(predictions, signature, gold), read_predictions(predictions)
    if signature.protocol == AS_GIVEN:
        scored = rows
        aligned = align(table, scored, missing=missing)
        seeds = seeds_of(table, aligned)
    else:
        protocol = protocol_named(signature.protocol)
        scored, seeds = rows.only(tested(protocol, rows.rows)), list(signature.seeds)
        aligned = _replicates(align(table, scored, missing=missing), table, protocol, signature)
    [score] = score_predictions(
        _part(aligned, scored, signature.part),
        [signature.metric],
        dataset=rows,
        protocol=signature.division,
        seeds=seeds,
        prompt=signature.prompt,
        draws=signature.draws,
    )
    return Repetition(score, differences(signature, parse(score.signature)))


def _gold(predictions: Path, signature: Signature, gold: str | None) -> Dataset:
    """The first of the rows that may be meant which have the signed checksum in the signed scheme, by their signed name."""
    looked_at = []
    for place, dataset in _candidates(predictions, signature, gold):
        if dataset.sha[:8] == signature.sha:
            return replace(dataset, name=signature.dataset)
        looked_at.append(f"{place} is {dataset.signature}, {len(dataset.rows)} rows")
    verbatim = "; on verbatim text gold is what `stancelab data hydrate` writes" if signature.text == "verbatim" else ""
    found = "; ".join(looked_at) or f"no dataset {signature.dataset!r} is here"
    wanted = f"{signature.dataset}@{signature.sha} in scheme {signature.scheme!r}"
    raise InputError(f"signature: its gold is {wanted}, but {found}; --gold names the rows it was scored on{verbatim}")


def _candidates(predictions: Path, signature: Signature, gold: str | None) -> Iterator[tuple[str, Dataset]]:
    """Where gold may be, and its rows in the signed scheme: what is named, else the dataset's folder, else the run around."""
    if gold is not None:
        yield gold, load_dataset(gold).with_scheme(signature.scheme)
        return
    try:
        dataset = load_dataset(signature.dataset).with_scheme(signature.scheme)
    except InputError:
        pass
    else:
        yield f"dataset {signature.dataset!r}", dataset
    around = next((folder for folder in predictions.resolve().parents if (folder / FINISHED).exists()), None)
    if around is not None:
        for (text, scheme), dataset in load_run(around).datasets.items():
            if scheme == signature.scheme:
                yield f"the run {around.name}, {text} text,", dataset


def _part(aligned: Predictions, rows: Dataset, part: str | None) -> Predictions:
    if part is None:
        return aligned
    column = part.partition("=")[0]
    masks = dict(parts(rows, column))
    if part not in masks:
        raise InputError(f"signature: no row of {rows.name} is of the part {part!r}; parts: {listing(map(str, masks))}")
    return aligned.where(masks[part])


def _replicates(aligned: Predictions, table: Table, protocol: Protocol, signature: Signature) -> Predictions:
    """The replicates of the signed seeds and repeats; a table that names none holds one."""
    wanted: list[Replicate] = [(seed, repeat) for seed in signature.seeds for repeat in range(protocol.repeats)]
    if not wanted:
        raise InputError(f"signature: seeds:none goes with {AS_GIVEN}; {protocol.name} is run with seeds")
    if len(wanted) == 1 and not {"seed", "repeat"} & set(table.columns):
        return aligned
    absent = [f"seed {seed}, repeat {repeat}" for seed, repeat in wanted if (seed, repeat) not in aligned.keys]
    if absent:
        raise InputError(f"{table.path}: {len(absent)} of {len(wanted)} signed replicates are not here: {listing(absent)}")
    return aligned.only(wanted)
