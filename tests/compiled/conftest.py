"""What do the tests of compiled models share: two trained models, one of which a process of its own has compiled?"""

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("openvino")

WORDS = {"favor": "we support the plan", "against": "they reject the soup", "none": "soldiers on stance"}
FILLING = ["troops", "to", "ukraine", "for", "into", "of", "not", "send", "oppose", "ükraine", "🦊", "ACTOR"]


def make_rows(count, *, seed):
    """Columns with labels: texts of all lengths, some beyond what the tiny encoders can read."""
    draw = random.Random(seed)  # noqa: S311
    found = {name: [] for name in ("id", "text", "actor", "target", "label")}
    for number in range(count):
        label = draw.choice(list(WORDS))
        words = draw.choices(WORDS[label].split(), k=3) + draw.choices(FILLING, k=int(2 ** draw.uniform(0, 7)))
        draw.shuffle(words)
        row = (
            f"{seed}-{number}",
            f"{number} {' '.join(words)}",
            draw.choice(["Ann Low", "we"]),
            draw.choice(["war", "soup"]),
            label,
        )
        for name, value in zip(found, row, strict=True):
            found[name].append(value)
    return found


def without_labels(rows):
    return {name: values for name, values in rows.items() if name != "label"}


@pytest.fixture(scope="session")
def sample():
    return without_labels(make_rows(900, seed=1))


@pytest.fixture(scope="session")
def some():
    return without_labels(make_rows(60, seed=2))


def trained(folder, kind, params, **more):
    from stancelab.training import train

    rows = make_rows(90, seed=0)
    lines = [json.dumps(dict(zip(rows, row, strict=True))) for row in zip(*rows.values(), strict=True)]
    (folder / "rows.jsonl").write_text("\n".join(lines))
    head = {"title": "t", "family": "transformer", "kind": kind, "description": "d", "source": "s", **more}
    told = [f"{key} = {json.dumps(value)}" for key, value in head.items()]
    told += ["[params]", *(f"{key} = {json.dumps(value)}" for key, value in params.items())]
    (folder / "tiny.toml").write_text("\n".join(told))
    train(str(folder / "tiny.toml"), str(folder / "rows.jsonl"), folder / "model", folds=0)
    return folder / "model"


@pytest.fixture(scope="session")
def frozen_model(tiny_encoder, tmp_path_factory):
    """A frozen encoder with two views, calibrated."""
    params = {"encoder": tiny_encoder, "views": ["{marked}", ["{text}", "{actor} on {target}"]], "C": 100.0}
    return trained(tmp_path_factory.mktemp("frozen"), "frozen-encoder", params, calibration="temperature")


@pytest.fixture(scope="session")
def finetuned_model(tiny_encoder, tmp_path_factory):
    """Two fine-tuned networks with the head that the architecture brings, which read a window around the actor."""
    params = {"encoder": tiny_encoder, "statement": "{spans}", "question": "", "pooling": "native", "seeds": 2, "epochs": 2}
    return trained(tmp_path_factory.mktemp("finetuned"), "finetuned-encoder", params | {"learning_rate": 0.01, "inner_folds": 0})


@pytest.fixture(scope="session")
def in_process():
    """Run code in a process of its own, with this home and this cache, for two minutes at most."""
    return run


def run(code, *arguments, home, cache):
    environment = {**os.environ, "HOME": str(home), "STANCELAB_CACHE": str(cache), "HF_HUB_OFFLINE": "1"}
    words = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, env=environment, check=False, timeout=120)


@pytest.fixture(scope="session")
def forms(frozen_model, sample, tmp_path_factory) -> Path:
    """The cache in which the forms of the frozen model lie."""
    from stancelab.compiled.choosing import choose
    from stancelab.predictors import predictor

    cache = tmp_path_factory.mktemp("forms")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STANCELAB_CACHE", str(cache))
        choose(predictor(str(frozen_model)), sample, rows=10**6, allowed=["int8"])
    return cache


@pytest.fixture
def compiled(forms, tmp_path, monkeypatch) -> Path:
    """The folder of the frozen model's forms, in a cache of its own."""
    shutil.copytree(forms / "compiled", tmp_path / "cache" / "compiled")
    monkeypatch.setenv("STANCELAB_CACHE", str(tmp_path / "cache"))
    [place] = (tmp_path / "cache" / "compiled").iterdir()
    return place
