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
IN_ORDER = 99
KEPT = Path("runs/semeval2016-selection")
LABELS = ("against", "favor", "none")


def recipe(kind: str, *, per_target: bool, **params: object) -> sl.Recipe:
    """A recipe that is written here and not in a file."""
    text = {"name": "candidate", "title": "candidate", "description": "candidate", "source": "here"}
    family = "baseline" if kind == "ngrams" else "transformer"
    return sl.Recipe(**text, family=family, kind=kind, per_target=per_target, params=params)


def candidates() -> dict[str, tuple[sl.Recipe, int, int]]:
    """Name -> recipe, and how many repeats and folds of each it is worth."""
    found = {}
    grid = [(weight, C, "balanced") for weight, C in product((0.5, 1.0), (0.05, 0.1, 0.2, 0.4))]
    for weight, C, balance in [*grid, (0.5, 0.1, None), (0.5, 0.4, None)]:
        params = {"vector_weight": weight, "C": C, "class_weight": balance}
        found[f"hybrid {json.dumps(params)}"] = recipe("hybrid", per_target=True, **params), 3, FOLDS
    for C in (3.0, 10.0, 30.0):
        params = {"learner": "logistic", "vector_weight": 1.0, "C": C, "class_weight": "balanced"}
        found[f"hybrid {json.dumps(params)}"] = recipe("hybrid", per_target=True, **params), 3, FOLDS
    for view in ("{text}", "{target}. {spelled}"):
        params = {"vector_weight": 0.5, "C": 0.1, "class_weight": "balanced", "view": view}
        found[f"hybrid {json.dumps(params)}"] = recipe("hybrid", per_target=True, **params), 3, FOLDS
    for weights, C in product(((1.0, 1.0), (1.0, 1.5), (1.0, 2.0)), (0.05, 0.1, 0.2)):
        params = {"encoder": ["bundled:minilm", "bundled:smollm2@18"], "vector_weight": weights, "standardise": True, "C": C}
        found[f"hybrid {json.dumps(params)}"] = recipe("hybrid", per_target=True, **params), 3, FOLDS
    found["minilm-pairs"] = sl.load_recipe("minilm-pairs"), 1, 2
    return found


def training_rows() -> pd.DataFrame:
    """The trial and training rows; no other row reaches anything below."""
    rows = sl.load_dataset("semeval2016").rows
    kept = rows[rows["split"].isin(["trial", "train"])].reset_index(drop=True)
    dropped = sorted(set(rows["split"]) - {"trial", "train"})
    print(f"{len(kept)} rows of trial and train; {len(rows) - len(kept)} rows of {', '.join(dropped)} dropped unread")
    return kept


def held_out(which: sl.Recipe, rows: pd.DataFrame, repeat: int, folds: int) -> tuple[np.ndarray, float]:
    """Probabilities of each row from the fold that held it out, NaN for rows of folds that are not run, shape (n, 3); seconds."""
    key = hashlib.sha256(f"{which.fingerprint} {repeat} {folds} {len(rows)}".encode()).hexdigest()[:16]
    file = KEPT / f"{key}.npz"
    if file.exists():
        kept = np.load(file)
        return kept["found"], float(kept["seconds"])
    pairs = divisions(rows, repeat)[:folds]
    parts = Parallel(n_jobs=2)(delayed(fold)(which, rows, train, test, repeat) for train, test in pairs)
    found = np.full((len(rows), len(LABELS)), np.nan)
    for (_, test), (probabilities, _) in zip(pairs, parts, strict=True):
        found[test] = probabilities
    seconds = sum(part[1] for part in parts)
    KEPT.mkdir(parents=True, exist_ok=True)
    np.savez(file, found=found, seconds=seconds)
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
    """In per cent, over the rows that were held out."""
    there = ~np.isnan(found[:, 0])
    return 100 * favor_against_f1(list(rows["label"][there]), [LABELS[code] for code in found[there].argmax(axis=1)])


def report(rows: pd.DataFrame) -> dict[str, list[np.ndarray]]:
    """Print one line a candidate; name -> its held-out probabilities, repeat by repeat."""
    kept = {}
    for name, (which, repeats, folds) in candidates().items():
        parts = [held_out(which, rows, repeat, folds) for repeat in range(repeats)]
        scores = [f_avg(rows, found) for found, _ in parts]
        spread = f"sd {np.std(scores):.2f}, {repeats} repeats, {folds} folds, {parts[0][1]:.0f} s"
        blocks = f"{f_avg(rows, held_out(which, rows, IN_ORDER, FOLDS)[0]):.2f}" if folds == FOLDS else "-"
        print(f"{np.mean(scores):6.2f} ({spread})  in order {blocks}  {name}", flush=True)
        kept[name] = [found for found, _ in parts]
    return kept


def averages(rows: pd.DataFrame, kept: dict[str, list[np.ndarray]]) -> None:
    """Print the averages of the fine-tuned encoder with the best hybrid of either learner, on the rows it was held out from."""
    tuned = kept.pop("minilm-pairs")[0]
    means = {name: np.mean([f_avg(rows, one) for one in found]) for name, found in kept.items()}
    logistic = max((name for name in kept if '"logistic"' in name), key=means.__getitem__)
    svm = max((name for name in kept if '"logistic"' not in name), key=means.__getitem__)
    for name in (svm, logistic):
        for share in (0.0, 0.2, 0.35, 0.5, 0.65, 1.0):
            mixed = share * tuned + (1 - share) * kept[name][0]
            print(f"{f_avg(rows, mixed):6.2f} (2 folds)  {share} x minilm-pairs + {1 - share:.2f} x {name}", flush=True)


if __name__ == "__main__":
    data = training_rows()
    averages(data, report(data))
