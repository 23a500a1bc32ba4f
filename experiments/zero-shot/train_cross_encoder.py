"""Train the cross-encoder of the recipe minilm-nli on six public corpora, never on ground-intervention, and keep its folder.

    .venv/bin/python experiments/zero-shot/train_cross_encoder.py runs/stance-nli

Each row gives a pair for each side's hypothesis, worded as in the recipe: the statement entails the hypothesis of its own side,
contradicts the other one, and is neutral to both where the author takes no side. So a hypothesis has to be read to be judged.
The rows are drawn as the protocol leave-one-corpus-out of the experiment transfer draws them, ROWS of each corpus.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import torch
from datasets import Dataset
from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments

from stancelab.encoders import resolve, tokenize
from stancelab.experiment import experiment_file, load_experiment, load_rows
from stancelab.models.inputs import compose
from stancelab.recipes import load_recipe
from stancelab.splits import split

LEFT_OUT = "ground-intervention"
START = "bundled:minilm"
OUTCOMES = ["entailment", "neutral", "contradiction"]
ROWS, EPOCHS = 1000, 2


def training_rows():
    file = experiment_file("transfer")
    experiment = load_experiment(file)
    pooled = load_rows(experiment, file, "favor-against-none").rows
    [protocol] = [protocol for protocol in experiment.protocols if protocol.kind == "leave-one-corpus-out"]
    [fold] = [fold for fold in split(protocol.model_copy(update={"most": ROWS}), pooled, repeat=0) if fold.name == LEFT_OUT]
    return pooled.iloc[fold.train]


def outcome(side, label):
    return "neutral" if label == "none" else "entailment" if label == side else "contradiction"


def pairs_of(rows, recipe):
    """(premise, hypothesis) and its outcome's number, for each row and each side."""
    premises = compose(rows, recipe.params["premise"])
    pairs, outcomes = [], []
    for side, [template] in recipe.params["hypotheses"].items():
        pairs += zip(premises, compose(rows, template), strict=True)
        outcomes += [OUTCOMES.index(outcome(side, label)) for label in rows["label"]]
    return pairs, outcomes


def trained(rows, recipe):
    tokenizer = AutoTokenizer.from_pretrained(resolve(START))
    model = AutoModelForSequenceClassification.from_pretrained(
        resolve(START), id2label=dict(enumerate(OUTCOMES)), label2id={name: number for number, name in enumerate(OUTCOMES)}
    )
    pairs, outcomes = pairs_of(rows, recipe)
    tokens = tokenize(tokenizer, pairs, recipe.params["max_length"])
    examples = Dataset.from_list([{**each, "labels": number} for each, number in zip(tokens, outcomes, strict=True)])
    with tempfile.TemporaryDirectory() as scratch:
        how = TrainingArguments(
            scratch,
            num_train_epochs=EPOCHS,
            per_device_train_batch_size=16,
            learning_rate=1e-4,
            weight_decay=0.01,
            warmup_steps=0.1,
            train_sampling_strategy="group_by_length",
            bf16=True,
            use_cpu=True,
            save_strategy="no",
            report_to="none",
            dataloader_pin_memory=False,
            logging_steps=100,
            seed=0,
        )
        Trainer(model, how, train_dataset=examples, processing_class=tokenizer).train()
    return tokenizer, model


if __name__ == "__main__":
    out = Path(sys.argv[1])
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rows = training_rows()
    unfinished = out.with_name(f"{out.name}.unfinished")
    for part in trained(rows, load_recipe(Path(__file__).with_name("minilm-nli.toml"))):
        part.save_pretrained(unfinished)
    shutil.rmtree(out, ignore_errors=True)
    unfinished.rename(out)
    print(f"{out}: trained on {len(rows)} rows of {', '.join(sorted(set(rows['corpus'])))}")
