"""How much of what fine-tuning computes is padding?

usage: python experiments/performance/padding.py
"""

from pathlib import Path

import numpy as np

from stancelab.dataset import load_dataset
from stancelab.encoders import tokenize
from stancelab.models.inputs import compose
from stancelab.models.pretrained import load_pretrained
from stancelab.models.training import POOL, _batches
from stancelab.recipes import load_recipe

RECIPE, DATASETS, SEEDS = "minilm-finetuned", ("ground-intervention", "semeval2016", "newsmtsc", "pstance", "vast"), 3


def padding(lengths: np.ndarray, batches: list[list[int]]) -> float:
    """The share of computed tokens that belong to no text."""
    computed = sum(len(batch) * lengths[batch].max() for batch in batches)
    return float(1 - sum(lengths[batch].sum() for batch in batches) / computed)


def main() -> None:
    classifier = load_recipe(RECIPE).build(seed=0)
    tokenizer, _ = load_pretrained(classifier.encoder)
    print(
        f"| rows to train on | batches of {classifier.batch_size} in order | sorted in pools of {POOL} batches |\n|---|---|---|"
    )
    for name in DATASETS:
        if not (Path("datasets") / name).exists():
            continue
        rows = load_dataset(name).X
        pairs = list(zip(compose(rows, classifier.statement), compose(rows, classifier.question), strict=True))
        tokens = tokenize(tokenizer, pairs, classifier.max_length)
        lengths = np.array([len(each["input_ids"]) for each in tokens])
        numbers = np.arange(len(rows))
        plain = [list(numbers[start : start + classifier.batch_size]) for start in range(0, len(rows), classifier.batch_size)]
        drawn = [list(_batches(tokens, numbers, classifier.batch_size, np.random.default_rng(seed))) for seed in range(SEEDS)]
        sorted_ = np.mean([padding(lengths, batches) for batches in drawn])
        print(f"| {name} | {padding(lengths, plain):.1%} | {sorted_:.1%} |", flush=True)


if __name__ == "__main__":
    main()
