"""Does a long prediction come out whole and the same, however often and wherever it was ended, in one process or several?"""

import os
import signal
import time
from collections import Counter

import pandas as pd
import pytest

from stancelab.calibration import abstain
from stancelab.dataset import load_dataset
from stancelab.errors import InputError
from stancelab.model_folder import predict
from stancelab.predictors import predictor
from stancelab.scale import predicting
from stancelab.scale.parts import folder_of
from stancelab.scale.predicting import predict_file
from stancelab.tables import SUFFIXES, read_table, write_table

every_suffix = pytest.mark.parametrize("suffix", SUFFIXES)


@pytest.fixture
def rows(tmp_path):
    """An input of 95 rows; ten parts of ten."""
    hard = ['a "b", c', "two\nlines", "tab\tbed", "é🤷🏽‍♀️"]
    table = pd.DataFrame({"id": [f"row {n}" for n in range(95)], "text": [f"{hard[n % 4]} {n}" for n in range(95)]})
    write_table(tmp_path / "in.csv", table.assign(actor="Ada", target="the tram", date="2020"))
    return tmp_path / "in.csv"


def until(happens, seconds=60):
    """Wait for something; fail if it does not come."""
    deadline = time.monotonic() + seconds
    while not happens():
        if time.monotonic() > deadline:
            pytest.fail(f"it did not happen within {seconds} s")
        time.sleep(0.002)


def lives(group):
    """Whether any process of a group is there."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def expected(answering, rows, path, abstain_below=None):
    """The same prediction made and written at once."""
    table = read_table(rows).frame()
    labels, probabilities = answering.answers({name: list(table[name]) for name in table})
    if abstain_below is not None:
        labels = abstain(list(labels), probabilities, abstain_below)
    columns = {f"p_{label}": probabilities[:, place] for place, label in enumerate(answering.scheme.labels)}
    write_table(path, pd.DataFrame({"id": table["id"], "label": pd.Series(labels, dtype=object), **columns}))
    answering.asked.write_text("")
    return path.read_bytes()


def run(rows, out, **options):
    return predict_file("any", str(rows), out, **{"jobs": 1, **options})


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("abstain_below", [None, 0.5])
def test_the_output_is_that_of_one_prediction_of_all_rows(answering, rows, tmp_path, jobs, abstain_below):
    whole = expected(answering, rows, tmp_path / "whole.csv", abstain_below)
    found = run(rows, tmp_path / "out.csv", jobs=jobs, abstain_below=abstain_below)
    assert (tmp_path / "out.csv").read_bytes() == whole
    assert (found.rows, found.computed, found.form) == (95, 95, None)
    assert found.answered == pd.read_csv(tmp_path / "out.csv")["label"].notna().sum()
    assert not folder_of(tmp_path / "out.csv").exists()


@every_suffix
def test_every_kind_of_file_becomes_every_kind(answering, rows, tmp_path, suffix):
    answering.own_threads = True
    write_table(tmp_path / f"copy{suffix}", read_table(rows).frame())
    run(rows, tmp_path / "first.jsonl")
    for out in SUFFIXES:
        run(tmp_path / f"copy{suffix}", tmp_path / f"out{out}")
        assert len(read_table(tmp_path / f"out{out}").rows) == 95
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "first.jsonl").read_bytes()


def test_a_real_classifier_gives_what_it_gives_a_table(bridge, tmp_path):
    asked, rows = predictor("cue-lexicon"), load_dataset(bridge).rows[["id", "text", "actor", "target"]]
    frame = pd.concat([rows.assign(id=rows["id"] + f"-{copy}") for copy in range(70)], ignore_index=True)
    write_table(tmp_path / "in.parquet", frame)
    write_table(tmp_path / "whole.csv", predict(asked.classifier, frame, asked.scheme))
    predict_file("cue-lexicon", str(tmp_path / "in.parquet"), tmp_path / "out.csv", jobs=1)
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_killed_anywhere_it_goes_on_and_nothing_is_lost_or_doubled(answering, rows, tmp_path, apart):
    whole = expected(answering, rows, tmp_path / "whole.csv")
    answering.seconds = 0.01
    folder = folder_of(tmp_path / "out.csv")
    for done in (1, 5):
        other = apart(lambda: run(rows, tmp_path / "out.csv", jobs=2))
        until(lambda done=done: len(list(folder.glob("part-*.parquet"))) >= done)
        os.killpg(other.pid, signal.SIGKILL)
        other.wait()
        assert not (tmp_path / "out.csv").exists()
    before = len(list(folder.glob("part-*.parquet")))
    found = run(rows, tmp_path / "out.csv", jobs=2)
    assert (tmp_path / "out.csv").read_bytes() == whole
    assert found.computed <= 95 - 10 * (before - 1) - 5
    asked = Counter(answering.asked.read_text().splitlines())
    assert set(asked) == {f"row {number}" for number in range(95)}
    assert sum(asked.values()) - 95 <= 2 * 2 * 10
    assert sorted(path.name for path in tmp_path.iterdir()) == ["asked.txt", "in.csv", "out.csv", "whole.csv"]


def test_processes_end_with_the_one_that_they_compute_for(answering, rows, tmp_path, apart):
    answering.seconds = 0.1
    other = apart(lambda: run(rows, tmp_path / "out.csv", jobs=2))
    until(answering.asked.read_text)
    os.kill(other.pid, signal.SIGKILL)
    other.wait()
    until(lambda: not lives(other.pid), 10)


def test_killed_while_it_assembles_it_assembles_again(answering, rows, tmp_path, apart, monkeypatch):
    whole = expected(answering, rows, tmp_path / "whole.csv")
    with monkeypatch.context() as patch:
        patch.setattr("stancelab.scale.writing.os.fsync", lambda _: os.kill(os.getpid(), signal.SIGKILL))
        apart(lambda: run(rows, tmp_path / "out.csv")).wait()
    assert not (tmp_path / "out.csv").exists()
    answering.asked.write_text("")
    assert run(rows, tmp_path / "out.csv").computed == 0
    assert answering.asked.read_text() == ""
    assert (tmp_path / "out.csv").read_bytes() == whole


def test_damaged_parts_alone_are_computed_again(answering, rows, tmp_path, monkeypatch):
    whole = expected(answering, rows, tmp_path / "whole.csv")
    interrupt(monkeypatch, rows, tmp_path / "out.csv")
    folder = folder_of(tmp_path / "out.csv")
    (folder / "part-0000003.parquet").write_bytes(b"PAR1 no longer PAR1")
    answering.asked.write_text("")
    assert run(rows, tmp_path / "out.csv").computed == 10
    assert answering.asked.read_text().split("\n")[:-1] == [f"row {number}" for number in range(30, 40)]
    assert (tmp_path / "out.csv").read_bytes() == whole


def interrupt(monkeypatch, rows, out):
    """All parts are computed, and then somebody presses Ctrl-C."""

    def pressed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(predicting, "assemble", pressed)
        with pytest.raises(KeyboardInterrupt):
            run(rows, out)


def test_what_was_begun_otherwise_is_refused_and_kept(answering, rows, tmp_path, monkeypatch):
    out = tmp_path / "out.csv"
    interrupt(monkeypatch, rows, out)
    with pytest.raises(InputError, match=r"--abstain-below None \(now: 0.5\)"):
        run(rows, out, abstain_below=0.5)
    answering.fingerprint = "1" * 64
    with pytest.raises(InputError, match=r"out.csv.parts: was begun with another model .* would not fit. Remove it"):
        run(rows, out)
    answering.fingerprint = "0" * 64
    content = rows.read_text()
    rows.write_text(content.replace("the tram", "a tram", 1))
    with monkeypatch.context() as patch:
        patch.setattr("stancelab.scale.survey.survey", None)  # it is refused before all rows are read
        with pytest.raises(InputError, match="was begun with another input"):
            run(rows, out)
    rows.write_text(content)
    assert run(rows, out).computed == 0


def test_two_at_once_on_one_output(answering, rows, tmp_path, apart):
    answering.seconds = 0.02
    other = apart(lambda: run(rows, tmp_path / "out.csv"))
    until(answering.asked.read_text)
    with pytest.raises(InputError, match=r"out.csv: another process is writing it; wait for its end"):
        run(rows, tmp_path / "out.csv")
    other.wait()
    assert len(read_table(tmp_path / "out.csv").rows) == 95


def test_a_process_that_is_ended_from_outside_is_told(answering, rows, tmp_path, monkeypatch):
    parent = os.getpid()
    answers = answering.answers

    def dying(asked):
        if os.getpid() != parent and "row 55" in asked["id"]:
            os.kill(os.getpid(), signal.SIGKILL)
        return answers(asked)

    monkeypatch.setattr(answering, "answers", dying)
    with pytest.raises(InputError, match=r"was ended from outside, .* the same command goes on from there"):
        run(rows, tmp_path / "out.csv", jobs=2)
    assert run(rows, tmp_path / "out.csv").computed < 95


def test_faults_and_wrong_names_leave_nothing_behind(answering, rows, tmp_path):
    rows.write_text(rows.read_text() + "a,b\n")
    with pytest.raises(InputError, match=r"in.csv:\d+: 2 cells, expected 5"):
        run(rows, tmp_path / "out.csv")
    for name, told in (("out.xls", "unknown kind of table '.xls'"), ("folder.csv", "is a folder, expected the name of a file")):
        (tmp_path / "folder.csv").mkdir(exist_ok=True)
        with pytest.raises(InputError, match=told):
            run(rows, tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["asked.txt", "folder.csv", "in.csv"]


def test_ctrl_c_says_that_the_same_command_goes_on(answering, rows, tmp_path, call, monkeypatch):
    answers = answering.answers

    def pressed(asked):
        if "row 55" in asked["id"]:
            raise KeyboardInterrupt
        return answers(asked)

    monkeypatch.setattr(answering, "answers", pressed)
    words = ("predict", "any", rows, "-o", tmp_path / "out.csv", "--jobs", 1)
    code, out, err = call(*words)
    assert (code, out) == (130, "")
    assert "the same command goes on from there" in err
    monkeypatch.undo()
    assert len(list(folder_of(tmp_path / "out.csv").glob("part-*.parquet"))) == 5


def test_the_input_is_never_the_output(answering, rows, tmp_path):
    before = rows.read_bytes()
    with pytest.raises(InputError, match="is what is read"):
        run(rows, rows)
    assert rows.read_bytes() == before
    shards = tmp_path / "shards"
    shards.mkdir()
    pd.read_csv(rows, dtype=str).to_parquet(shards / "one.parquet", index=False)
    for name in ("one.parquet", "labels.parquet"):
        with pytest.raises(InputError, match="lies in the folder that is read"):
            run(shards, shards / name)
    assert [path.name for path in shards.iterdir()] == ["one.parquet"]
