"""What is still to be asked in the audit of a run, and how do its recipes come to answer?"""

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from stancelab.audit import ASKED, FOLDER, RESULT, Audit, answers_file
from stancelab.cells import Cell, answers_to, facts_of, fingerprint, write_cell
from stancelab.dataset import INPUT_COLUMNS, Dataset
from stancelab.errors import unknown
from stancelab.metrics import metric_named
from stancelab.perturbations import ABLATIONS
from stancelab.processes import usable_cores, work_for
from stancelab.progress import bar
from stancelab.questions import CHANGED, ORIGINAL, contrast_of, folds_of, questions, training_rows
from stancelab.recipes import Recipe
from stancelab.records import write_json
from stancelab.robustness import ContrastRate, PerturbationRate, contrast_rates, corrected, perturbation_rates
from stancelab.runs import Run, load_run
from stancelab.spending import current
from stancelab.tables import write_table


@dataclass(frozen=True)
class Exam:
    """One model: a cell that says what it learns from and with which seed, the rows of that, and the questions for it."""

    cell: Cell
    training: Dataset
    asked: pd.DataFrame


def audit_run(folder: Path, *, recipes: Sequence[str] | None = None, jobs: int | None = None) -> Audit:
    """Ask the recipes of a finished run what is missing of their audit, and write it into RUN/audit/.

    recipes: only these, all that need no server if None; the result also holds those that are audited already. jobs: processes,
    all cores if None. InputError for an unknown recipe, a faulty contrast set, a dataset that has changed since the run.
    """
    run = load_run(folder)
    rows, (items, unmapped) = training_rows(run), contrast_of(run)
    asked = questions(run, items)
    chosen = _chosen(run, recipes)
    known = [recipe for recipe in run.recipes_in(run.settings[0]) if recipe in chosen or answers_file(run, recipe.name).exists()]
    exams = {recipe.name: _exams(run, recipe, rows, asked) for recipe in known}
    stamps = {name: _stamp(own) for name, own in exams.items()}
    todo = [recipe.name for recipe in chosen if not _is_done(answers_file(run, recipe.name), stamps[recipe.name])]
    _ask(run, {name: exams[name] for name in todo}, stamps, jobs or usable_cores())
    write_table(run.folder / FOLDER / ASKED, asked)
    audited = [recipe for recipe in known if facts_of(answers_file(run, recipe.name)).get("fingerprint") == stamps[recipe.name]]
    audit = _assess(run, audited, asked, unmapped)
    write_json(run.folder / FOLDER / RESULT, audit.model_dump(mode="json"))
    return audit


def _chosen(run: Run, names: Sequence[str] | None) -> list[Recipe]:
    """The recipes that are named, all of the primary setting that need no server if None."""
    there = {recipe.name: recipe for recipe in run.recipes_in(run.settings[0])}
    for name in names or []:
        if name not in there:
            raise unknown("recipe", name, there, where=run.folder)
    return [there[name] for name in dict.fromkeys(names)] if names else [one for one in there.values() if not one.remote]


def _exams(run: Run, recipe: Recipe, rows: Dataset, asked: pd.DataFrame) -> list[Exam]:
    """A model for each fold that is asked something, with the recipe's first seed."""
    seed, found = run.experiment.seeds_of(recipe.name)[0], []
    for number, fold in enumerate(folds_of(run)):
        own = asked[asked["fold"] == number]
        if len(own):
            training = replace(rows, rows=rows.rows.iloc[fold.train])
            found.append(Exam(Cell(run.settings[0], recipe, seed, 0, number, fold), training, own))
    return found


def _stamp(exams: Sequence[Exam]) -> str:
    """sha256 over all that decides the answers: of each model its training rows, recipe, seed and code, and what it is asked."""
    decisive = [[fingerprint(exam.cell, exam.training), exam.asked.to_csv(index=False)] for exam in exams]
    return hashlib.sha256(json.dumps(decisive).encode()).hexdigest()


def _is_done(path: Path, stamp: str) -> bool:
    facts = facts_of(path)
    return facts.get("fingerprint") == stamp and facts.get("failed") == "0"


def _ask(run: Run, exams: Mapping[str, Sequence[Exam]], stamps: Mapping[str, str], jobs: int) -> None:
    """Train and ask; a recipe's answers are written when its last model has answered."""
    answers, failed = defaultdict[str, list[pd.DataFrame]](list), defaultdict[str, int](int)
    ordered = sorted((exam for own in exams.values() for exam in own), key=lambda exam: exam.cell.recipe.family == "transformer")
    with bar("audited models", len(ordered)) as advance:
        for name, frame, missing in _answered(ordered, jobs):
            advance(1)
            answers[name].append(frame)
            failed[name] += missing
            if len(answers[name]) == len(exams[name]):
                facts = {"fingerprint": stamps[name], "failed": str(failed[name])}
                write_cell(answers_file(run, name), pd.concat(answers.pop(name)).sort_index(), facts)


Answered = tuple[str, pd.DataFrame, int]
"""A recipe's name, what one model of it answered, and how many questions a server failed to answer."""


def _answered(exams: Sequence[Exam], jobs: int) -> Iterator[Answered]:
    """Models several at a time, then those that ask a server: these ask many questions at once, and one budget counts them."""
    from joblib import Parallel, delayed

    here = [exam for exam in exams if not exam.cell.recipe.remote]
    if here:
        work = (delayed(_answer)(os.getpid(), exam) for exam in here)
        yield from Parallel(n_jobs=min(jobs, len(here)), return_as="generator_unordered")(work)
    yield from (_answer(os.getpid(), exam) for exam in exams if exam.cell.recipe.remote)


def _answer(parent: int, exam: Exam) -> Answered:
    work_for(parent)
    before = current().failed
    told = answers_to(exam.cell, exam.training, exam.asked[list(INPUT_COLUMNS)])
    told.insert(0, "id", exam.asked["id"])
    told.insert(1, "variant", exam.asked["variant"])
    return exam.cell.recipe.name, told, current().failed - before


def _assess(run: Run, recipes: Sequence[Recipe], asked: pd.DataFrame, unmapped: int) -> Audit:
    setting = run.settings[0]
    gold, metric = run.tested(setting), metric_named(run.experiment.primary_metric, run.dataset(setting).scheme)
    items = asked[asked["variant"] == CHANGED]
    contrast, rates, same = list[ContrastRate](), list[PerturbationRate](), {}
    with bar("intervals", len(recipes)) as advance:
        for recipe in recipes:
            answers = pd.read_parquet(answers_file(run, recipe.name))
            contrast += contrast_rates(recipe.name, answers, items) if len(items) else []
            rates += perturbation_rates(recipe.name, answers, gold, metric)
            same[recipe.name] = _same_as_run(run, recipe, answers)
            advance(1)
    return Audit(
        rows=run.dataset(setting).sha,
        scheme=setting.scheme,
        metric=metric.name,
        recipes=list(recipes),
        same_as_run=same,
        unmapped=unmapped,
        contrast=corrected(contrast, "versus_base"),
        perturbations=corrected([rate for rate in rates if rate.perturbation not in ABLATIONS], "versus_original"),
        ablations=corrected([rate for rate in rates if rate.perturbation in ABLATIONS], "versus_original"),
    )


def _same_as_run(run: Run, recipe: Recipe, answers: pd.DataFrame) -> float:
    setting = run.settings[0]
    stored = run.predictions(setting, recipe).only([(run.experiment.seeds_of(recipe.name)[0], 0)])
    given = answers[answers["variant"] == ORIGINAL].set_index("id")["label"].reindex(list(stored.ids))
    codes = {label: code for code, label in enumerate(stored.scheme.labels)}
    return float((given.map(codes).fillna(len(codes)).to_numpy() == stored.predicted[0]).mean())
