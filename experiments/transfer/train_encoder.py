"""Train the pooled stance encoder on all corpora of this experiment but ground-intervention, and keep it as an encoder folder.

    .venv/bin/python experiments/transfer/train_encoder.py runs/stance-encoder

The rows are those that the protocol leave-one-corpus-out trains with where ground-intervention is left out.
"""

import shutil
import sys
from pathlib import Path

from stancelab.experiment import experiment_file, load_experiment, load_rows
from stancelab.recipes import load_recipe
from stancelab.splits import split

LEFT_OUT = "ground-intervention"

if __name__ == "__main__":
    out = Path(sys.argv[1])
    file = experiment_file("transfer")
    experiment = load_experiment(file)
    pooled = load_rows(experiment, file, experiment.schemes[0])
    protocol = next(protocol for protocol in experiment.protocols if protocol.kind == "leave-one-corpus-out")
    [fold] = [fold for fold in split(protocol, pooled.rows, repeat=0) if fold.name == LEFT_OUT]
    train = pooled.rows.iloc[fold.train]
    model = load_recipe("minilm-stance").fit(train, train["label"], seed=0)
    unfinished = out.with_name(f"{out.name}.unfinished")
    model.tokenizer_.save_pretrained(unfinished)
    model.networks_[0].encoder.save_pretrained(unfinished)
    shutil.rmtree(out, ignore_errors=True)
    unfinished.rename(out)
    print(f"{out}: trained on {len(train)} rows of {', '.join(sorted(set(train['corpus'])))}")
