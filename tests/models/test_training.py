"""Does training do the same on several processes, in pieces, with any precision and schedule?"""

import importlib.util
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from stancelab.encoders import tokenize
from stancelab.errors import InputError
from stancelab.models import training
from stancelab.models.checkpoints import Moving
from stancelab.models.finetuned_encoder import FinetunedEncoderClassifier
from stancelab.models.losses import Loss
from stancelab.models.network import Network
from stancelab.models.pretrained import batch_of, load_pretrained
from stancelab.models.training import SCHEDULES, Examples, Plan, accelerator_of, precision_on, schedule_of

PROGRAM = Path(__file__).with_name("fit_and_save.py")
_spec = importlib.util.spec_from_file_location("fit_and_save", PROGRAM)
program = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(program)
X, LABELS = program.X, program.LABELS


@pytest.fixture(scope="module")
def without_dropout(tiny_encoder, tmp_path_factory):
    """The tiny encoder, whose training draws nothing at random."""
    folder = tmp_path_factory.mktemp("without-dropout")
    for file in Path(tiny_encoder).iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    config = json.loads((folder / "config.json").read_text())
    config |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    (folder / "config.json").write_text(json.dumps(config))
    return str(folder)


@pytest.fixture
def classifier(without_dropout):
    def build(**parameters):
        return FinetunedEncoderClassifier(encoder=without_dropout, **{"epochs": 2, "learning_rate": 1e-3, **parameters})

    return build


def weights(model):
    return dict(model.networks_[0].named_parameters())


@pytest.mark.parametrize("parameters", [{}, {"loss": "focal"}, {"label_smoothing": 0.1}], ids=str)
@pytest.mark.parametrize("pieces", [3, 8])
def test_a_batch_in_pieces_gives_the_same_weights(classifier, parameters, pieces):
    whole, apart = (weights(classifier(accumulation=count, **parameters).fit(X, LABELS)) for count in (1, pieces))
    for name, part in whole.items():
        torch.testing.assert_close(apart[name], part, rtol=1e-3, atol=2e-5)


@pytest.mark.parametrize("pieces", [1, 3])
def test_the_gradient_is_that_of_the_whole_batch(without_dropout, pieces):
    tokenizer, encoder = load_pretrained(without_dropout)
    network, weights = Network(encoder, 2, "float32"), torch.tensor([0.5, 2.0])
    tokens = tokenize(tokenizer, list(zip(X["text"], X["actor"], strict=True)), 64)
    targets = torch.tensor([int(label == "favor") for label in LABELS])
    examples = Examples(tokens, targets, [], [], Loss(weights), batch_of(tokenizer, encoder))
    batch, accelerator, gradients = [0, 3, 9, 12, 20], accelerator_of("float32"), []
    accelerator.clip_grad_norm_ = lambda parts, _: gradients.extend(part.grad.clone() for part in parts)
    stepless = SimpleNamespace(zero_grad=network.zero_grad, step=lambda: None)
    training._step(Moving(network, network, stepless, stepless, accelerator), examples, batch, pieces)
    network.zero_grad()
    logits = network(**examples.batch(batch, torch.device("cpu")))
    torch.nn.functional.cross_entropy(logits, targets[batch], weight=weights).backward()
    whole = [part.grad for part in network.parameters() if part.requires_grad]
    for found, expected in zip(gradients, whole, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-6)


@pytest.mark.slow
def test_two_processes_give_the_weights_of_one(without_dropout, tmp_path):
    parameters = {"batch_size": 17, "inner_folds": 4, "pooling": "native", "accumulation": 2, "loss": "focal"}
    given = {
        "encoder": without_dropout,
        "epochs": 3,
        "learning_rate": 1e-3,
        "checkpoints": str(tmp_path / "kept"),
        "checkpoint_every": 2,
    }
    environment = {**os.environ, "ACCELERATE_USE_CPU": "true"}
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    arguments = [str(PROGRAM), json.dumps({**given, **parameters}), str(tmp_path / "two")]
    subprocess.run([*launch, *arguments], check=True, env=environment, timeout=300)
    runpy.run_path(str(PROGRAM))["fit_and_save"]({**given, **parameters}, tmp_path / "one")
    norms = [json.loads((tmp_path / name / "norms.json").read_text()) for name in ("one", "two")]
    assert min(norms[0]) < 0.9
    np.testing.assert_allclose(norms[1], norms[0], rtol=1e-3)
    one, two = (load_file(tmp_path / name / "model.safetensors") for name in ("one", "two"))
    assert one.keys() == two.keys()
    for name, part in one.items():
        torch.testing.assert_close(two[name], part, rtol=1e-3, atol=2e-5)
    assert not any((tmp_path / "kept").iterdir())


def test_several_seeds_are_averaged(classifier, tmp_path):
    parameters = {"inner_folds": 0, "epochs": 1, "pooling": "native"}
    model = classifier(seeds=3, **parameters).fit(X, LABELS)
    alone = [network(**batch(model, network)).softmax(1).detach().numpy() for network in model.networks_]
    assert np.abs(alone[0] - alone[1]).max() > 1e-3
    np.testing.assert_allclose(model.predict_proba(X), np.mean(alone, axis=0), atol=1e-6)
    np.testing.assert_allclose(classifier(**parameters).fit(X, LABELS).predict_proba(X), alone[0], atol=1e-6)
    model.save(tmp_path)
    np.testing.assert_array_equal(classifier(seeds=3, **parameters).load(tmp_path).predict_proba(X), model.predict_proba(X))


def batch(model, network):
    tokens = model._tokens(X, network)
    return training.on_device(model.tokenizer_.pad(tokens, return_tensors="pt"), network.device)


def test_fits_of_different_precision_in_one_process(classifier):
    exact, rounded, again = (
        classifier(precision=precision).fit(X, LABELS).predict_proba(X) for precision in ("float32", "bfloat16", "float32")
    )
    np.testing.assert_array_equal(exact, again)
    assert not np.array_equal(exact, rounded)


def test_precision_is_chosen_by_the_device(monkeypatch):
    assert precision_on(torch.device("cpu"), "auto") == "float32"
    for known, expected in ((True, "bfloat16"), (False, "float16")):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda *, including_emulation, known=known: known)
        assert precision_on(torch.device("cuda"), "auto") == expected
        assert precision_on(torch.device("cuda"), "float32") == "float32"
    with pytest.raises(InputError, match="precision 'float16' needs a GPU"):
        precision_on(torch.device("cpu"), "float16")


def rates(schedule, warmup=0.2, steps=10):
    plan = Plan(1, 1, 1, 1, 1.0, 1.0, 0.0, schedule, warmup, 0)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    found, seen = schedule_of(plan, optimizer, steps), []
    for _ in range(steps):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        found.step()
    return seen


def test_schedules():
    assert rates("linear") == pytest.approx([0.5, 1, *(1 - place / 8 for place in range(8))])
    assert rates("constant") == [1.0] * 10
    assert rates("constant_with_warmup") == pytest.approx([0, 0.5, *[1] * 8])
    assert rates("cosine")[2:] == pytest.approx([(1 + np.cos(np.pi * place / 8)) / 2 for place in range(8)])
    assert all(len(rates(name)) == 10 for name in SCHEDULES)
    with pytest.raises(InputError, match="unknown schedule 'cosin'; did you mean 'cosine'"):
        rates("cosin")


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"loss": "hinge"}, "unknown loss 'hinge'"),
        ({"pooling": "max"}, "unknown pooling 'max'"),
        ({"seeds": 0}, "seeds 0: expected 1 or more"),
        ({"class_weight": "some"}, "class_weight 'some'"),
    ],
)
def test_faulty_parameters_are_refused(classifier, wrong, match):
    with pytest.raises(InputError, match=match):
        classifier(**wrong).fit(X, LABELS)


def test_soft_labels_pull_towards_the_votes(classifier):
    votes = X.assign(votes_favor=[2] * 24, votes_against=[2] * 24)
    soft, hard = (
        classifier(soft_labels=wanted, inner_folds=0, epochs=10, class_weight=None).fit(votes, LABELS).predict_proba(X)
        for wanted in (True, False)
    )
    assert np.abs(soft - 0.5).mean() < 0.5 * np.abs(hard - 0.5).mean()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_compiled_network_gives_nearly_the_same(classifier, monkeypatch):
    compiling = torch.nn.Module.compile
    monkeypatch.setattr(torch.nn.Module, "compile", lambda self, **options: compiling(self, backend="eager", **options))
    plain, compiled = (
        classifier(compiled=wanted, epochs=1, lora_rank=2).fit(X, LABELS).predict_proba(X) for wanted in (False, True)
    )
    np.testing.assert_allclose(compiled, plain, atol=1e-4)


LENGTHS = {
    "short and a long tail": lambda draw: np.exp(draw.normal(3.6, 0.6, 2000)),
    "any": lambda draw: draw.uniform(10, 250, 2000),
    "tweets and paragraphs": lambda draw: np.where(draw.random(2000) < 0.5, draw.normal(20, 3, 2000), draw.normal(120, 30, 2000)),
}


@pytest.mark.parametrize("mixture", LENGTHS)
@pytest.mark.parametrize("size", [8, 16])
def test_less_than_a_tenth_of_what_batches_of_mixed_lengths_compute_is_padding(mixture, size):
    generator = np.random.default_rng(0)
    lengths = np.clip(LENGTHS[mixture](generator), 12, 256).astype(int)
    tokens = [{"input_ids": [0] * length} for length in lengths]
    batches = list(training._batches(tokens, range(len(tokens)), size, generator))
    assert sorted(row for batch in batches for row in batch) == list(range(len(tokens)))
    computed = sum(len(batch) * lengths[batch].max() for batch in batches)
    assert 1 - lengths.sum() / computed < 0.1
