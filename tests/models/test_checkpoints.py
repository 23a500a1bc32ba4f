"""Does a training that was killed end with the weights that it would have had?"""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from stancelab.errors import InputError
from stancelab.models.finetuned_encoder import FinetunedEncoderClassifier

PROGRAM = Path(__file__).with_name("fit_and_save.py")


@pytest.fixture(scope="module")
def fit(tiny_encoder, tmp_path_factory):
    """Fits and saves in a process of its own, which dies after so many steps; gives its exit code, and all stderr so far."""
    log = tmp_path_factory.mktemp("fits") / "stderr"
    command = [sys.executable, PROGRAM, json.dumps({"encoder": tiny_encoder, "epochs": 1, "lora_rank": 2})]
    pipe = subprocess.PIPE
    with log.open("w") as stderr, subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=stderr) as program:

        def run(parameters, out, killed_after=None):
            program.stdin.write(json.dumps([parameters, str(out), killed_after]).encode() + b"\n")
            program.stdin.flush()
            return int(program.stdout.readline()), log.read_text(encoding="utf-8")

        yield run
        program.stdin.close()


def weights(folder):
    return {str(file.relative_to(folder)): load_file(file) for file in sorted(folder.rglob("*.safetensors"))}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "killed_after"),
    [
        ({}, 7),
        ({"seeds": 2, "epochs": 2, "schedule": "cosine", "lora_rank": 2, "lora_dropout": 0.1}, 11),
    ],
    ids=["one network", "the second of two, of low rank"],
)
def test_a_killed_fit_goes_on_to_the_same_bits(fit, tiny_encoder, tmp_path, more, killed_after):
    plain = {
        "encoder": tiny_encoder,
        "epochs": 3,
        "learning_rate": 1e-3,
        "inner_folds": 4,
        "patience": 9,
        "batch_size": 4,
        **more,
    }
    parameters = {**plain, "checkpoints": str(tmp_path / "kept"), "checkpoint_every": 2}
    assert fit(parameters, tmp_path / "none", killed_after)[0] == -signal.SIGKILL
    assert list((tmp_path / "kept").glob("*/network*/*"))
    assert not (tmp_path / "none").exists()
    code, stderr = fit(parameters, tmp_path / "resumed", 100)
    assert code == 0, stderr
    assert "checkpoints" not in stderr
    assert not list((tmp_path / "kept").iterdir())
    assert fit(plain, tmp_path / "whole")[0] == 0
    found, expected = weights(tmp_path / "resumed"), weights(tmp_path / "whole")
    assert found.keys() == expected.keys()
    for file, parts in expected.items():
        for name, part in parts.items():
            assert torch.equal(found[file][name], part), (file, name)


class Killed(Exception):  # noqa: N818
    """What stands for a death in mid-training."""


@pytest.fixture
def interrupted(tiny_encoder, tmp_path, monkeypatch):
    """A fit that ended after its third batch, with a checkpoint of the second; what fits again, with other parameters."""
    from stancelab.models import training

    def fit_again(X=None, **parameters):
        rows = program_rows() if X is None else X
        given = {"encoder": tiny_encoder, "epochs": 2, "batch_size": 4, "checkpoints": str(tmp_path), "checkpoint_every": 2}
        return FinetunedEncoderClassifier(**{**given, **parameters}).fit(rows, ["favor", "against"] * (len(rows) // 2))

    steps, step = [], training._step

    def dying(*arguments):
        steps.append(1)
        if len(steps) == 4:
            raise Killed
        step(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(training, "_step", dying)
        with pytest.raises(Killed):
            fit_again()
    return fit_again


def program_rows():
    import pandas as pd

    return pd.DataFrame(
        {"text": [f"we support the plan {'soup ' * place}" for place in range(24)], "actor": "we", "target": "troops"}
    )


def steps_of(monkeypatch, fit_again, **parameters):
    from stancelab.models import training

    steps, step = [], training._step
    with monkeypatch.context() as patch:
        patch.setattr(training, "_step", lambda *arguments: (steps.append(1), step(*arguments)))
        fit_again(**parameters)
    return len(steps)


def test_only_what_is_left_is_trained_and_nothing_stays(interrupted, monkeypatch, tmp_path, capsys):
    whole = steps_of(monkeypatch, interrupted, checkpoints=None)
    [kept] = tmp_path.glob("*/network0/*")
    assert kept.name == "step-000000002"
    assert steps_of(monkeypatch, interrupted) == whole - 2
    assert not list(tmp_path.iterdir())
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "other", [{"learning_rate": 1e-4}, {"random_state": 1}, {"X": program_rows()[:20]}], ids=["rate", "seed", "rows"]
)
def test_a_checkpoint_of_another_training_is_left_alone_with_a_line(interrupted, monkeypatch, tmp_path, capsys, other):
    [kept] = tmp_path.iterdir()
    whole = steps_of(monkeypatch, interrupted, checkpoints=None, **other)
    assert steps_of(monkeypatch, interrupted, **other) == whole
    [line] = capsys.readouterr().err.splitlines()
    assert "its checkpoints are of other rows, parameters, versions" in line
    assert kept.name in line
    assert list(tmp_path.iterdir()) == [kept]


def test_a_checkpoint_that_was_not_written_whole_does_not_count(interrupted, monkeypatch, tmp_path):
    [kept] = tmp_path.glob("*/network0/*")
    kept.rename(kept.with_name(".fresh"))
    assert steps_of(monkeypatch, interrupted) == steps_of(monkeypatch, interrupted, checkpoints=None)


@pytest.mark.parametrize("file", ["place.json", "trained.safetensors", "state.bin"])
def test_a_damaged_checkpoint_is_refused(interrupted, tmp_path, file):
    [kept] = tmp_path.glob("*/network0/*")
    (kept / file).write_bytes(b"{")
    with pytest.raises(InputError, match=r"not a readable checkpoint .*; remove it to train from the start"):
        interrupted()


def test_reading_a_checkpoint_runs_no_code(interrupted, tmp_path):
    [kept] = tmp_path.glob("*/network0/*")
    torch.save({"optimizer": print}, kept / "state.bin")
    with pytest.raises(InputError, match="not a readable checkpoint"):
        interrupted()
