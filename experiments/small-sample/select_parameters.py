"""Which parameters should the transformer recipes have? Asked of other corpora, with as few training rows as the article has.

usage: python experiments/small-sample/select_parameters.py frozen|finetuned NEWSMTSC_FOLDER SEMEVAL_FOLDER

Draws 55 training rows from the training files of NewsMTSC (sentiment toward a mentioned actor) and of SemEval-2016 Task 6
(stance of the author), fits every candidate, and scores macro-F1 on 300 other rows of the same training files. No test file is
opened, and no row of ground-intervention is read. The README beside this file says which candidate was taken.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from stancelab.cells import one_thread
from stancelab.metrics import macro_f1
from stancelab.models.finetuned_encoder import FinetunedEncoderClassifier
from stancelab.models.frozen_encoder import FrozenEncoderClassifier
from stancelab.recipes import Recipe

TRAIN, TEST, POOL = 55, 300, 1500
DRAWS = {"frozen": 30, "finetuned": 5}
PAIR = ("{text}", "stance of {actor} on {target}")
TOPIC = "{actor} on {target}: {text}"
VIEWS = {
    "text": ("{text}",),
    "pair": (PAIR,),
    "prefix": ("{actor}: {text}",),
    "topic": (TOPIC,),
    "marked": ("{marked}",),
    "text + pair": ("{text}", PAIR),
    "marked + pair": ("{marked}", PAIR),
    "marked + prefix": ("{marked}", "{actor}: {text}"),
    "marked + topic": ("{marked}", TOPIC),
}
CANDIDATES = {
    "frozen": {
        f"{name}, C={strength}": FrozenEncoderClassifier(views=views, C=strength)
        for name, views in VIEWS.items()
        for strength in (0.1, 0.3, 1.0, 3.0)
    },
    "finetuned": {
        f"{name}, frozen {frozen}, rate {rate}": FinetunedEncoderClassifier(
            statement=statement, frozen_layers=frozen, learning_rate=rate
        )
        for name, statement in (("text", "{text}"), ("marked", "{marked}"))
        for frozen in (0, 3)
        for rate in (3e-5, 1e-4)
    },
}


def newsmtsc(folder: Path) -> pd.DataFrame:
    lines = [json.loads(line) for line in (folder / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    names = {-1.0: "against", 0.0: "none", 1.0: "favor"}
    rows = [
        {
            "text": line["sentence"],
            "actor": line["mention"],
            "target": "the reported events",
            "label": names[float(line["polarity"])],
        }
        for line in lines
    ]
    return pd.DataFrame(rows)


def semeval(folder: Path) -> pd.DataFrame:
    parts = []
    for path in sorted(folder.glob("??.train.txt")):
        lines = [line.split("\t") for line in path.read_bytes().decode("latin-1").splitlines()]
        parts += [
            {"text": cells[2], "actor": "the author", "target": cells[1], "label": cells[3].strip().lower()}
            for cells in lines
            if len(cells) == 4
        ]
    return pd.DataFrame(parts)


def score_draw(kind: str, corpus: str, rows: pd.DataFrame, draw: int) -> list[dict[str, object]]:
    pool = rows.iloc[np.random.default_rng(7).permutation(len(rows))[:POOL]]
    order = np.random.default_rng([7, draw]).permutation(len(pool))
    train, test = pool.iloc[order[:TRAIN]], pool.iloc[order[TRAIN : TRAIN + TEST]]
    found = []
    for name, model in CANDIDATES[kind].items():
        with one_thread(Recipe(name="x", title="x", family="transformer", kind="x", description="x", source="x")):
            answers = list(model.fit(train, train["label"]).predict(test))
        score = macro_f1(list(test["label"]), answers, labels=["favor", "against", "none"])
        found.append({"corpus": corpus, "candidate": name, "macro_f1": score})
    return found


def main() -> None:
    kind = sys.argv[1]
    tweets = [rows for _, rows in semeval(Path(sys.argv[3])).groupby("target")]
    corpora = {"newsmtsc": [newsmtsc(Path(sys.argv[2]))], "semeval": tweets}
    work = [
        delayed(score_draw)(kind, corpus, tables[draw % len(tables)], draw)
        for corpus, tables in corpora.items()
        for draw in range(DRAWS[kind])
    ]
    found = [entry for entries in Parallel(n_jobs=os.cpu_count())(work) for entry in entries]
    means = pd.DataFrame(found).groupby(["candidate", "corpus"])["macro_f1"].mean().unstack()
    means["mean"] = means.mean(axis=1)
    print(f"{kind}: macro-F1, mean of {DRAWS[kind]} draws a corpus, {TRAIN} training rows")
    print(means.sort_values("mean", ascending=False).round(3).to_string())


if __name__ == "__main__":
    main()
