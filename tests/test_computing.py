"""Do several processes compute what one computes, and say what went wrong in them?"""

import os
import signal
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from stancelab.cells import Cell, Setting, facts_of, fingerprint
from stancelab.computing import Task, can_fork, here
from stancelab.dataset import load_dataset
from stancelab.errors import InputError
from stancelab.protocols import protocol_of
from stancelab.recipes import load_recipe
from stancelab.splits import split

FOLDS = protocol_of(kind="stratified-group-k-fold", folds=5, repeats=2)

needs_fork = pytest.mark.skipif(not can_fork(), reason="this system's processes are not copied")


@pytest.fixture(scope="module")
def dataset():
    return load_dataset("ground-intervention").with_scheme("favor-against-none")


@pytest.fixture(scope="module")
def tasks(dataset):
    recipes = [load_recipe(name) for name in ("majority", "cue-lexicon", "naive-bayes")]
    setting = Setting("rendered", "favor-against-none", FOLDS)
    folds = [(repeat, split(FOLDS, dataset.rows, repeat=repeat)) for repeat in range(2)]
    cells = [
        Cell(setting, recipe, 0, repeat, number, fold)
        for recipe in recipes
        for repeat, several in folds
        for number, fold in enumerate(several)
    ]
    return [Task(cell, dataset, fingerprint(cell, dataset)) for cell in cells]


@needs_fork
def test_forked_processes_write_what_one_process_writes(tasks, tmp_path):
    alone = list(here(1)(tasks, tmp_path / "alone"))
    together = list(here(2)(tasks, tmp_path / "together"))
    assert sorted(alone) == sorted(together) == sorted(task.cell.recipe.name for task in tasks)
    for task in tasks:
        one, other = (tmp_path / name / task.cell.path for name in ("alone", "together"))
        assert pq.read_table(one).equals(pq.read_table(other))
        assert facts_of(one)["fingerprint"] == facts_of(other)["fingerprint"] == task.stamp


@needs_fork
def test_what_is_wrong_in_a_forked_process_is_said_here(tasks, tmp_path):
    refused = load_recipe("naive-bayes").model_copy(update={"params": {"learner": "naive-bayes", "alpha": -1.0}})
    wrong = replace(tasks[0], cell=replace(tasks[0].cell, recipe=refused))
    with pytest.raises(InputError, match="recipe 'naive-bayes': The 'alpha' parameter"):
        list(here(2)([wrong, *tasks], tmp_path))


@needs_fork
def test_a_forked_process_that_is_killed_ends_the_run_and_leaves_whole_cells(tasks, tmp_path, monkeypatch):
    from stancelab import computing

    plain = computing.compute_cell

    def killed(cell, *others):
        if cell.recipe.name == "naive-bayes":
            os.kill(os.getpid(), signal.SIGKILL)
        return plain(cell, *others)

    monkeypatch.setattr(computing, "compute_cell", killed)
    with pytest.raises(InputError, match="was ended from outside"):
        list(here(2)(tasks, tmp_path))
    written = list(tmp_path.rglob("seed*.parquet"))
    stamps = {tmp_path / task.cell.path: task.stamp for task in tasks}
    assert written
    assert all(facts_of(path)["fingerprint"] == stamps[path] for path in written)


def test_a_process_started_afresh_that_is_killed_is_told(tasks, tmp_path, monkeypatch):
    class Deadly:
        def __reduce__(self):
            return exec, ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)",)

    monkeypatch.setattr("stancelab.computing.can_fork", lambda: False)
    monkeypatch.setattr("stancelab.computing.rows_of", lambda cell, dataset: Deadly())
    with pytest.raises(InputError, match=r"was ended from outside, .* with --jobs 1"):
        list(here(2)(tasks, tmp_path))


def test_a_process_is_sent_no_columns_that_no_classifier_reads(tasks):
    from stancelab.cells import rows_of

    cell, dataset = tasks[0].cell, tasks[0].dataset
    taken = rows_of(cell, dataset).rows
    assert list(taken) == ["id", "text", "actor", "target", "label"]
    numbers = np.concatenate([cell.fold.train, cell.fold.test])
    assert taken.equals(dataset.rows.iloc[numbers][list(taken)])
