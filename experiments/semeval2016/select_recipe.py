"""Which recipe does best on the training rows of SemEval-2016 Task 6A, held out fold by fold? The test rows are dropped first.

    .venv/bin/python experiments/semeval2016/select_recipe.py > experiments/semeval2016/select_recipe.log

Folds are stratified by target and stance; a score is F_avg, the mean of F1(favor) and F1(against) over all held-out rows.
What was computed stays in runs/semeval2016-selection, so that the script goes on where it was stopped.
"""

import hashlib
import json
import time
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.model_selection import StratifiedKFold

import stancelab as sl
from stancelab.cells import one_thread
from stancelab.metrics import favor_against_f1

FOLDS = 5
KEPT = Path("runs/semeval2016-selection")
LABELS = ("against", "favor", "none")


def recipe(kind: str, *, per_target: bool, **params: object) -> sl.Recipe:
    """A recipe that is written here and not in a file."""
    text = {"name": "candidate", "title": "candidate", "description": "candidate", "source": "here"}
    family = "baseline" if kind == "ngrams" else "transformer"
    return sl.Recipe(**text, family=family, kind=kind, per_target=per_target, params=params)


def candidates() -> dict[str, tuple[sl.Recipe, int]]:
    """Name -> recipe and how many repeats it is worth."""
    found = {}
    for weight, C, balance in product((0.5, 1.0), (0.025, 0.05, 0.1, 0.2, 0.4, 0.8), ("balanced", None)):
        params = {"vector_weight": weight, "C": C, "class_weight": balance}
        found[f"hybrid {json.dumps(params)}"] = recipe("hybrid", per_target=True, **params), 3
    for C, balance in product((3.0, 10.0, 30.0), ("balanced", None)):
        params = {"learner": "logistic", "vector_weight": 1.0, "C": C, "class_weight": balance}
        found[f"hybrid {json.dumps(params)}"] = recipe("hybrid", per_target=True, **params), 3
    for view in ("{text}", "{target}. {spelled}"):
        params = {"vector_weight": 0.5, "C": 0.1, "class_weight": "balanced", "view": view}
        found[f"hybrid {json.dumps(params)}"] = recipe("hybrid", per_target=True, **params), 3
    shared = {"statement": "{spelled}", "question": "{target}", "batch_size": 16, "inner_folds": 0, "max_length": 96}
    for rate, epochs in ((1e-4, 3), (5e-5, 4)):
        params = {**shared, "learning_rate": rate, "epochs": epochs, "frozen_layers": 2}
        found[f"finetuned {json.dumps(params)}"] = recipe("finetuned-encoder", per_target=False, **params), 1
    return found


def training_rows() -> pd.DataFrame:
    """The trial and training rows; no other row reaches anything below."""
    rows = sl.load_dataset("semeval2016").rows
    kept = rows[rows["split"].isin(["trial", "train"])].reset_index(drop=True)
    dropped = sorted(set(rows["split"]) - {"trial", "train"})
    print(f"{len(kept)} rows of trial and train; {len(rows) - len(kept)} rows of {', '.join(dropped)} dropped unread")
    return kept


def held_out(which: sl.Recipe, rows: pd.DataFrame, repeat: int) -> tuple[np.ndarray, float]:
    """Probabilities of every row from the fold that held it out, shape (n, 3), and the seconds that took, summed over folds."""
    key = hashlib.sha256(f"{which.fingerprint} {repeat} {len(rows)}".encode()).hexdigest()[:16]
    file = KEPT / f"{key}.npz"
    if file.exists():
        kept = np.load(file)
        return kept["found"], float(kept["seconds"])
    strata = rows["target"] + rows["label"]
    folds = list(StratifiedKFold(FOLDS, shuffle=True, random_state=repeat).split(rows, strata))
    parts = Parallel(n_jobs=2)(delayed(fold)(which, rows, train, test, repeat) for train, test in folds)
    found = np.zeros((len(rows), len(LABELS)))
    for (_, test), (probabilities, _) in zip(folds, parts, strict=True):
        found[test] = probabilities
    seconds = sum(part[1] for part in parts)
    KEPT.mkdir(parents=True, exist_ok=True)
    np.savez(file, found=found, seconds=seconds)
    return found, seconds


def fold(which: sl.Recipe, rows: pd.DataFrame, train: np.ndarray, test: np.ndarray, repeat: int) -> tuple[np.ndarray, float]:
    """What the recipe, trained on some rows, says of others."""
    started = time.monotonic()
    with one_thread(which):
        model = which.fit(rows.iloc[train], rows["label"].iloc[train], seed=repeat)
        return model.predict_proba(rows.iloc[test]), time.monotonic() - started


def f_avg(rows: pd.DataFrame, found: np.ndarray) -> float:
    """In per cent."""
    return 100 * favor_against_f1(list(rows["label"]), [LABELS[code] for code in found.argmax(axis=1)])


def report(rows: pd.DataFrame) -> dict[str, list[np.ndarray]]:
    """Print one line a candidate; name -> its held-out probabilities, repeat by repeat."""
    kept = {}
    for name, (which, repeats) in candidates().items():
        parts = [held_out(which, rows, repeat) for repeat in range(repeats)]
        scores = [f_avg(rows, found) for found, _ in parts]
        print(f"{np.mean(scores):6.2f} (sd {np.std(scores):.2f}, {repeats} repeats, {parts[0][1]:.0f} s)  {name}", flush=True)
        kept[name] = [found for found, _ in parts]
    return kept


def averages(rows: pd.DataFrame, kept: dict[str, list[np.ndarray]]) -> None:
    """Print the average of the best hybrid of either learner and each fine-tuned encoder, on the first repeat."""
    means = {name: np.mean([f_avg(rows, one) for one in found]) for name, found in kept.items()}
    tuned_ones = [name for name in kept if name.startswith("finetuned")]
    logistic = max((name for name in kept if '"logistic"' in name), key=means.__getitem__)
    svm = max((name for name in kept if name not in tuned_ones and '"logistic"' not in name), key=means.__getitem__)
    for hybrid, tuned in product((svm, logistic), tuned_ones):
        for share in (0.35, 0.5, 0.65):
            mixed = share * kept[tuned][0] + (1 - share) * kept[hybrid][0]
            print(f"{f_avg(rows, mixed):6.2f} (1 repeat)  {share} x {tuned} + {1 - share:.2f} x {hybrid}", flush=True)


if __name__ == "__main__":
    data = training_rows()
    averages(data, report(data))
