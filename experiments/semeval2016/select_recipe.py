"""Which recipe does best on the training rows of SemEval-2016 Task 6A, held out fold by fold? The test rows are dropped first.

    .venv/bin/python experiments/semeval2016/select_recipe.py > experiments/semeval2016/select_recipe.log

Folds are stratified by target and stance, and again cut in order of time. A score is F_avg, the mean of F1(favor) and F1(against)
over all held-out rows. What was computed stays in runs/semeval2016-selection, so that the script goes on where it was stopped.
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
REPEATS = 2
IN_ORDER = 99
KEPT = Path("runs/semeval2016-selection")
LABELS = ("against", "favor", "none")


def recipe(kind: str, *, per_target: bool, **params: object) -> sl.Recipe:
    """A recipe that is written here and not in a file."""
    text = {"name": "candidate", "title": "candidate", "description": "candidate", "source": "here"}
    family = "baseline" if kind == "ngrams" else "transformer"
    return sl.Recipe(**text, family=family, kind=kind, per_target=per_target, params=params)


def candidates() -> dict[str, sl.Recipe]:
    """Name -> recipe."""
    found = {}
    grid = [(weight, C, "balanced") for weight, C in product((0.5, 1.0), (0.05, 0.1, 0.2))]
    for weight, C, balance in [*grid, (1.0, 0.1, None)]:
        params = {"vector_weight": weight, "C": C, "class_weight": balance}
        found[f"hybrid {json.dumps(params)}"] = recipe("hybrid", per_target=True, **params)
    params = {"learner": "logistic", "vector_weight": 1.0, "C": 3.0, "class_weight": "balanced"}
    found[f"hybrid {json.dumps(params)}"] = recipe("hybrid", per_target=True, **params)
    for weights, C in product(((1.0, 1.0), (1.0, 1.5)), (0.05, 0.1)):
        params = {"encoder": ["bundled:minilm", "bundled:smollm2@18"], "vector_weight": weights, "standardise": True, "C": C}
        found[f"hybrid {json.dumps(params)}"] = recipe("hybrid", per_target=True, **params)
    return found


def training_rows() -> pd.DataFrame:
    """The trial and training rows; no other row reaches anything below."""
    rows = sl.load_dataset("semeval2016").rows
    kept = rows[rows["split"].isin(["trial", "train"])].reset_index(drop=True)
    dropped = sorted(set(rows["split"]) - {"trial", "train"})
    print(f"{len(kept)} rows of trial and train; {len(rows) - len(kept)} rows of {', '.join(dropped)} dropped unread")
    return kept


def held_out(which: sl.Recipe, rows: pd.DataFrame, repeat: int) -> tuple[np.ndarray, float]:
    """Probabilities of each row from the fold that held it out, shape (n, 3), and the seconds that took, summed over folds."""
    key = hashlib.sha256(f"{which.fingerprint} {repeat} {list(rows['id'])}".encode()).hexdigest()[:16]
    file = KEPT / f"{key}.npz"
    if file.exists():
        kept = np.load(file)
        return kept["found"], float(kept["seconds"])
    pairs = divisions(rows, repeat)
    parts = Parallel(n_jobs=2)(delayed(fold)(which, rows, train, test, repeat) for train, test in pairs)
    found = np.zeros((len(rows), len(LABELS)))
    for (_, test), (probabilities, _) in zip(pairs, parts, strict=True):
        found[test] = probabilities
    seconds = sum(part[1] for part in parts)
    KEPT.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".unfinished.npz")
    np.savez(unfinished, found=found, seconds=seconds)
    unfinished.replace(file)
    return found, seconds


def divisions(rows: pd.DataFrame, repeat: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Random folds stratified by target and stance; for repeat IN_ORDER, blocks of each target's tweets in order of their ids.

    The test rows are later than the training rows, so a recipe must also hold from one block to the next.
    """
    if repeat != IN_ORDER:
        strata = rows["target"] + rows["label"]
        return list(StratifiedKFold(FOLDS, shuffle=True, random_state=repeat).split(rows, strata))
    place = rows["id"].astype(int).groupby(rows["target"]).rank(method="first") - 1
    block = (place * FOLDS // rows.groupby("target")["id"].transform("size")).to_numpy()
    return [(np.flatnonzero(block != number), np.flatnonzero(block == number)) for number in range(FOLDS)]


def fold(which: sl.Recipe, rows: pd.DataFrame, train: np.ndarray, test: np.ndarray, repeat: int) -> tuple[np.ndarray, float]:
    """What the recipe, trained on some rows, says of others."""
    started = time.monotonic()
    with one_thread(which):
        model = which.fit(rows.iloc[train], rows["label"].iloc[train], seed=repeat)
        return model.predict_proba(rows.iloc[test]), time.monotonic() - started


def f_avg(rows: pd.DataFrame, found: np.ndarray) -> float:
    """In per cent."""
    return 100 * favor_against_f1(list(rows["label"]), [LABELS[code] for code in found.argmax(axis=1)])


if __name__ == "__main__":
    training = training_rows()
    for name, which in candidates().items():
        parts = [held_out(which, training, repeat) for repeat in range(REPEATS)]
        scores = [f_avg(training, found) for found, _ in parts]
        in_order = f_avg(training, held_out(which, training, IN_ORDER)[0])
        both = (np.mean(scores) + in_order) / 2
        spread = f"random folds {np.mean(scores):.2f}, sd {np.std(scores):.2f}; in order {in_order:.2f}"
        print(f"{both:.2f} ({spread})  {name}", flush=True)
