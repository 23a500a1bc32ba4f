"""Does a cluster of two machines give what one machine gives, whatever dies in between?"""

import os
import pickle
import random
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.cells import Cell, fingerprint
from stancelab.cli import app
from stancelab.compiled.choosing import choose
from stancelab.errors import InputError
from stancelab.predictors import predictor
from stancelab.runs import run_experiment
from stancelab.scale.answering import AsTrained, Order, loaded, order_of
from stancelab.scale.cells_on_ray import cells_on_ray, predicted_there
from stancelab.scale.cluster import ADDRESS, Driver, in_worker
from stancelab.scale.predicting import predict_file
from stancelab.scale.rows import WANTED, parts, source_of
from stancelab.scale.shards import Shards, shards_of
from stancelab.scale.workers import AHEAD, handed_out
from stancelab.splits import split
from stancelab.training import train

ROWS_A_PART = 50
NODES = """
import sys
from ray.cluster_utils import Cluster
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": 10**8, "include_dashboard": False})
cluster.add_node(num_cpus=1, num_gpus=1, object_store_memory=10**8)
print(cluster.address, flush=True)
sys.stdin.read()
cluster.shutdown()
"""
COMMAND = f"""
import stancelab.scale.predicting
stancelab.scale.predicting.ROWS_A_PART = {ROWS_A_PART}
from stancelab.cli import main
main()
"""
MORTAL = '''
import os
import time
from pathlib import Path
import numpy as np
from stancelab.errors import InputError
from stancelab.models.stance_classifier import StanceClassifier


class Mortal(StanceClassifier):
    """Goes by the length of a text. Notes which GPU it has beside each part's first word; dies at the word in `dies_at`."""

    def without_training(self):
        self.classes_ = np.array(["against", "favor"], dtype=object)
        return self

    def _learn(self, X, labels):
        self._note(X)

    def _probabilities(self, X):
        self._note(X)
        weights = np.array([[1 + len(text) * place % 7 for place, _ in enumerate(self.classes_, 1)] for text in X["text"]])
        return weights / weights.sum(axis=1, keepdims=True)

    def _note(self, X):
        word = X["text"].iloc[0].split()[0]
        note = Path("notes", word)
        dies = word in Path("dies_at").read_text().split() and not (note.exists() and Path("once").exists())
        with note.open("a") as file:
            file.write(os.environ.get("CUDA_VISIBLE_DEVICES", "none") + "\\n")
        if word in Path("refused").read_text().split():
            raise InputError(f"{word} is refused")
        if dies:
            time.sleep(1)  # in the middle of a part, when the one before has been told
            os.kill(os.getpid(), 9)
'''
RECIPE = """title = "Mortal"
family = "{family}"
kind = "mortal:Mortal"
description = "It dies."
source = "tests"
"""


@pytest.fixture(scope="module")
def two_nodes():
    """The address of a cluster of two nodes with a core each, the second with a GPU that is none."""
    pytest.importorskip("ray", reason="ray is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "disabled")
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        command = [sys.executable, "-c", NODES]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as nodes:
            address = next((line.strip() for line in nodes.stdout if ADDRESS.fullmatch(line.strip())), None)
            assert address, "the cluster has not started"
            yield address
            nodes.communicate(timeout=60)


def stancelab(*words, before=""):
    """The command line in a process of its own, with parts of few rows."""
    command = [sys.executable, "-c", before + COMMAND, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def told(done):
    """What stands on stderr beside signs of progress."""
    return [line for line in done.stderr.splitlines() if not re.match(r"predicting: |reading: ", line)]


def write_rows(folder: Path, count: int) -> list[list[str]]:
    """rows.csv and a folder of parquet shards with the same rows, whose first words number them; returns the rows."""
    draw = random.Random(0)  # noqa: S311
    words = ["the", "plan", "troops", "to", "for", "against", "we", "support", "oppose", "reject"]
    rows = [[f"id{row}", f"r{row} {' '.join(draw.choices(words, k=9))}", "Macron", "troops"] for row in range(count)]
    lines = ["id,text,actor,target", *(",".join(row) for row in rows)]
    (folder / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "shards").mkdir()
    table = pa.table([list(column) for column in zip(*rows, strict=True)], names=list(WANTED))
    for number, (start, stop) in enumerate([(0, 7), (7, 90), (90, 90), (90, count)]):
        pq.write_table(table.slice(start, stop - start), folder / "shards" / f"{number}.parquet", row_group_size=33)
    return rows


@pytest.fixture
def mortal(tmp_path, monkeypatch):
    """A working folder with the recipe mortal.toml, which nothing kills yet, 420 rows in 9 parts, and the answers to them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("stancelab.scale.predicting.ROWS_A_PART", ROWS_A_PART)
    (tmp_path / "mortal.py").write_text(MORTAL, encoding="utf-8")
    (tmp_path / "mortal.toml").write_text(RECIPE.format(family="baseline"), encoding="utf-8")
    (tmp_path / "dies_at").write_text("", encoding="utf-8")
    (tmp_path / "refused").write_text("", encoding="utf-8")
    (tmp_path / "once").touch()
    (tmp_path / "notes").mkdir()
    write_rows(tmp_path, 420)
    return tmp_path


def answers_here(folder):
    """The answers of one process of this machine to rows.csv; what it notes is forgotten."""
    predict_file("mortal.toml", "rows.csv", folder / "here.csv", jobs=1)
    for note in (folder / "notes").iterdir():
        note.unlink()
    return (folder / "here.csv").read_bytes()


def notes(folder):
    return {note.name: note.read_text().split() for note in (folder / "notes").iterdir()}


@given(st.lists(st.integers(0, 30), min_size=1, max_size=6), st.integers(1, 20))
def test_parts_hold_each_row_of_the_shards_once_and_in_order(counts, size):
    shards = Shards((), tuple(counts), (), size, numbered=False)
    slices = [list(shards.slices(number)) for number in range(-(-sum(counts) // size))]
    assert [sum(last - first for _, first, last in part) for part in slices[:-1]] == [size] * (len(slices) - 1)
    rows = [(place, row) for part in slices for place, first, last in part for row in range(first, last)]
    assert rows == [(place, row) for place, count in enumerate(counts) for row in range(count)]


class LostError(Exception):
    """A worker is dead."""


class FewWorkers:
    """In place of Ray: workers that die at random with all that they have before them, and results in any order."""

    lost = (LostError,)

    def __init__(self, draw, deadly=()):
        self.ray, self.draw, self.deadly, self.sent = self, draw, set(deadly), []

    def hire(self):
        worker = SimpleNamespace(dead=False)

        def remote(value=None):
            self.sent.append((worker, value))
            return len(self.sent) - 1

        worker.ready = worker.answer = SimpleNamespace(remote=remote)
        return worker

    def wait(self, waiting, num_returns):
        assert len(waiting) <= 6 * AHEAD
        return [self.draw.choice(waiting)], None

    def get(self, reference):
        worker, value = self.sent[reference]
        dies = value in self.deadly or self.draw.random() < 0.1
        done_before = worker.dead and self.draw.random() < 0.5
        worker.dead = worker.dead or dies
        if (worker.dead and not done_before) or value in self.deadly:
            raise LostError
        return value


@given(st.integers(0, 10**6), st.integers(1, 40))
def test_whoever_dies_each_piece_is_answered_once(seed, pieces):
    few = FewWorkers(random.Random(seed))  # noqa: S311
    work = iter([(number, f"piece {number}") for number in range(pieces)])
    try:
        found = list(handed_out(few, few.hire, work, pieces=pieces, workers=3))
    except InputError as error:
        assert "given up" in str(error)  # noqa: PT017
    else:
        assert sorted(found) == sorted((number, f"piece {number}") for number in range(pieces))


def test_what_no_worker_survives_is_given_up():
    few = FewWorkers(random.Random(1), deadly=["piece 3"])  # noqa: S311
    work = iter([(number, f"piece {number}") for number in range(20)])
    with pytest.raises(InputError, match="part 3: given up, 4 workers died of it"):
        list(handed_out(few, few.hire, work, pieces=20, workers=3))


@pytest.mark.parametrize("numbered", [False, True])
def test_a_part_read_from_shards_alone_is_the_part_of_the_whole(tmp_path, numbered):
    write_rows(tmp_path, 200)
    source = source_of(str(tmp_path / "shards"))
    shards = shards_of(source, ROWS_A_PART, numbered=numbered)
    whole = dict(parts(source, range(4), ROWS_A_PART, numbered=numbered))
    assert {number: shards.part(number) for number in (2, 0, 3, 1)} == whole


def test_a_shard_that_is_another_one_here_is_refused(tmp_path):
    write_rows(tmp_path, 200)
    shards = shards_of(source_of(str(tmp_path / "shards")), ROWS_A_PART, numbered=False)
    shutil.copy(tmp_path / "shards" / "0.parquet", tmp_path / "shards" / "3.parquet")
    with pytest.raises(InputError, match=r"3\.parquet: is another file on a machine of the cluster"):
        shards.part(3)
    (tmp_path / "shards" / "3.parquet").unlink()
    with pytest.raises(InputError, match=r"3\.parquet: is not there on a machine"):
        shards.part(3)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--ray", "nonsense"], r"--ray nonsense: expected local, auto, HOST:PORT or ray://HOST:PORT"),
        (["--ray", "127.0.0.1:1"], r"--ray 127\.0\.0\.1:1: nothing answers at 127\.0\.0\.1:1"),
        (["--ray", "local", "--jobs", "2"], "--jobs counts processes of this machine"),
        (["--gpus-per-worker", "1"], "--gpus-per-worker goes with --ray"),
    ],
)
def test_what_cannot_be_is_said(bridge_experiment, tmp_path, options, said):
    pytest.importorskip("ray", reason="ray is not installed")
    with pytest.raises(InputError, match=said):
        app(["run", str(bridge_experiment), "-o", str(tmp_path / "run"), *options], standalone_mode=False)


def test_without_ray_it_is_said_what_to_install(bridge_experiment, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"pip install 'stancelab\[cluster\]'"):
        run_experiment(bridge_experiment, out=tmp_path / "run", map_tasks=cells_on_ray("local"))


def test_a_worker_refuses_what_it_would_compute_from_something_else(finished_bridge, mortal):
    setting = finished_bridge.settings[0]
    dataset = finished_bridge.dataset(setting)
    fold = split(setting.protocol, dataset.rows, repeat=0)[0]
    cell = Cell(setting, finished_bridge.recipes[0], 0, 0, 0, fold)
    assert predicted_there(cell, dataset, fingerprint(cell, dataset))
    with pytest.raises(InputError, match="has other code or another encoder for recipe 'majority'"):
        predicted_there(cell, dataset, "another")
    order = Order(AsTrained("mortal.toml", None, None, None), "another", None)
    with pytest.raises(InputError, match=r"mortal\.toml has other code, another encoder or other libraries there"):
        loaded(order)


@pytest.mark.parametrize("compiled", [True, False])
def test_a_network_answers_in_the_form_that_the_driver_has_chosen(bridge, tiny_encoder, tmp_path, monkeypatch, compiled):
    pytest.importorskip("openvino", reason="openvino is not installed")
    monkeypatch.setattr("stancelab.scale.answering.keep_to", lambda cores: None)
    recipe = RECIPE.format(family="transformer").replace("mortal:Mortal", "frozen-encoder")
    (tmp_path / "frozen.toml").write_text(f'{recipe}[params]\nencoder = "{tiny_encoder}"\n', encoding="utf-8")
    train(tmp_path / "frozen.toml", str(bridge), tmp_path / "model", folds=0)
    rows = dict(zip(WANTED, map(list, zip(*write_rows(tmp_path, 40), strict=True)), strict=True))
    here = predictor(str(tmp_path / "model"), compiled=compiled)
    here = choose(here, rows, rows=40) if compiled else here
    assert here.is_compiled == compiled
    manifest = SimpleNamespace(abstain_below=None)
    order = order_of(SimpleNamespace(answering=here, source=SimpleNamespace(dataset=None), scheme=None, manifest=manifest))
    loaded.cache_clear()
    there = loaded(pickle.loads(pickle.dumps(order)))  # noqa: S301
    assert there.is_compiled == compiled
    expected, found = here.answers(rows), there.answers(rows)
    assert (expected[0] == found[0]).all()
    assert (expected[1] == found[1]).all()


def test_a_worker_works_where_its_driver_does_and_sees_no_gpu_that_it_is_not_given(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setattr("stancelab.scale.cluster.show_no_bars", lambda: None)
    (tmp_path / "there").mkdir()
    assert in_worker(Driver(str(tmp_path / "nowhere"), hides_gpus=False), os.getenv, "CUDA_VISIBLE_DEVICES") == "0"
    assert Path.cwd() == tmp_path
    assert in_worker(Driver(str(tmp_path / "there"), hides_gpus=True), os.getenv, "CUDA_VISIBLE_DEVICES") == ""
    assert Path.cwd() == tmp_path / "there"


def frames(folder):
    found = {path.relative_to(folder).as_posix(): pq.read_table(path) for path in folder.rglob("*-fold*.parquet")}
    return {name: (table.schema.metadata[b"fingerprint"], table.to_pydict()) for name, table in found.items()}


@pytest.mark.slow
def test_a_run_on_two_machines_is_the_run_of_one_though_workers_die(two_nodes, mortal, bridge_experiment):
    file = bridge_experiment / "experiment.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('"actor-only"]', '"mortal.toml"]'), encoding="utf-8")
    shutil.copy(mortal / "mortal.toml", bridge_experiment)
    run_experiment(bridge_experiment, out=mortal / "here", jobs=1)
    once = notes(mortal)
    (mortal / "dies_at").write_text(" ".join(once), encoding="utf-8")
    for note in (mortal / "notes").iterdir():
        note.unlink()
    done = stancelab("run", bridge_experiment, "-o", mortal / "there", "--ray", two_nodes, "--json")
    assert done.returncode == 0, done.stderr
    assert frames(mortal / "there") == frames(mortal / "here")
    assert set(notes(mortal)) == set(once)
    assert sum(map(len, notes(mortal).values())) > sum(map(len, once.values()))


@pytest.mark.slow
def test_predictions_of_two_machines_are_those_of_one(two_nodes, bridge, tmp_path, monkeypatch):
    monkeypatch.setattr("stancelab.scale.predicting.ROWS_A_PART", ROWS_A_PART)
    train("svm-ngrams", str(bridge), tmp_path / "model", folds=0)
    write_rows(tmp_path, 420)
    predict_file(str(tmp_path / "model"), str(tmp_path / "rows.csv"), tmp_path / "one.csv", jobs=1)
    for source in ("rows.csv", "shards"):
        done = stancelab("predict", tmp_path / "model", tmp_path / source, "-o", tmp_path / "two.csv", "--ray", two_nodes)
        assert (done.returncode, told(done)) == (0, [])
        assert (tmp_path / "two.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("source", ["rows.csv", "shards"])
def test_a_worker_that_dies_costs_what_it_had_in_hand(two_nodes, mortal, source):
    expected = answers_here(mortal)
    (mortal / "dies_at").write_text("r100 r250", encoding="utf-8")
    done = stancelab("predict", "mortal.toml", source, "-o", "there.csv", "--ray", two_nodes)
    assert done.returncode == 0, done.stderr
    assert (mortal / "there.csv").read_bytes() == expected
    begun = {word: len(lines) for word, lines in notes(mortal).items()}
    assert begun.pop("r100") == begun.pop("r250") == 2
    assert begun == dict.fromkeys(("r0", "r50", "r150", "r200", "r300", "r350", "r400"), 1)


@pytest.mark.slow
@pytest.mark.parametrize("source", ["rows.csv", "shards"])
def test_what_kills_every_worker_is_given_up_and_the_rest_is_kept(two_nodes, mortal, source):
    expected = answers_here(mortal)
    (mortal / "once").unlink()
    (mortal / "dies_at").write_text("r300", encoding="utf-8")
    done = stancelab("predict", "mortal.toml", source, "-o", "there.csv", "--ray", two_nodes)
    assert done.returncode == 2
    assert told(done)[-1].startswith("error: part 6: given up, 4 workers died of it")
    assert len(notes(mortal)["r300"]) == 4
    (mortal / "dies_at").write_text("", encoding="utf-8")
    assert list(mortal.glob("there.csv.parts/part-*"))
    predict_file("mortal.toml", source, mortal / "there.csv", jobs=1)
    assert (mortal / "there.csv").read_bytes() == expected


@pytest.mark.slow
def test_workers_of_a_torch_model_have_a_gpu_and_what_they_refuse_is_one_line(two_nodes, mortal):
    (mortal / "mortal.toml").write_text(RECIPE.format(family="transformer"), encoding="utf-8")
    (mortal / "refused").write_text("r400", encoding="utf-8")
    done = stancelab("predict", "mortal.toml", "shards", "-o", "there.csv", "--ray", two_nodes)
    assert (done.returncode, done.stdout, told(done)) == (2, "", ["error: r400 is refused"])
    assert {line for lines in notes(mortal).values() for line in lines} == {"0"}


@pytest.mark.slow
def test_a_machine_with_other_versions_is_named(mortal):
    pytest.importorskip("ray", reason="ray is not installed")
    before = "import stancelab.scale.cluster as c; c.library_versions = lambda: {'numpy': '0.1', 'pyarrow': c.pyarrow}\n"
    before = before.replace("c.pyarrow", repr(version("pyarrow")))
    done = stancelab("predict", "mortal.toml", "rows.csv", "-o", "there.csv", "--ray", "local", before=before)
    said = rf"error: \S+ has other versions than this machine: numpy {re.escape(version('numpy'))} \(here 0\.1\)\n"
    assert done.returncode == 2
    assert re.fullmatch(said, done.stderr)
