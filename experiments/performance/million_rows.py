"""How fast and in how much memory does a linear recipe predict a million rows of a csv, beside pandas and scikit-learn?"""

import csv
import itertools
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from plain_pipelines import plain
from sentences import ACTOR, TARGET, mixed
from sides import HEADER, Process, Row, compared, run
from trained import FOLDER, LINEAR, linear

from stancelab.dataset import load_dataset

ROWS, ROUNDS, MOST_MEMORY = 1_000_000, 1, 600
SCRIPT = """import sys, pickle, pandas as pd
rows = pd.read_csv(sys.argv[1], dtype=str, keep_default_na=False)
model = pickle.load(open(sys.argv[2], "rb"))
pd.DataFrame({"id": rows["id"], "label": model.predict(rows)}).to_parquet(sys.argv[3], index=False)
"""


def rows(count: int = ROWS, rounds: int = ROUNDS) -> Iterator[Row]:
    """One line: commands from a file to a file, started anew each time."""
    file, pickled, script = invented(count), plain_model(), FOLDER / "plain.py"
    script.write_text(SCRIPT, encoding="utf-8")
    ours, theirs = [], []
    for number in range(rounds):
        ours.append(_predicted(linear(), file))
        out = FOLDER / "plain.parquet"
        theirs.append(run([sys.executable, script, file, pickled, out], PYTHONPATH=str(Path(__file__).parent)))
        print(f"  round {number + 1} of {rounds}: {ours[-1]} {theirs[-1]}", file=sys.stderr, flush=True)
    equal = _equal_labels(FOLDER / "ours.parquet", FOLDER / "plain.parquet")
    ours_held, theirs_held = (max(each.memory for each in side) for side in (ours, theirs))
    remark = f"{ours_held:.0f} MB, at most {MOST_MEMORY} allowed (theirs {theirs_held:.0f} MB); {equal:,} labels equal"
    what = f"{count:,} statements, csv to parquet, {LINEAR}"
    seconds = [[each.seconds for each in side] for side in (ours, theirs)]
    yield compared(what, "pandas read + scikit-learn pipeline + write", 2.0, *seconds, remark)


def invented(count: int) -> Path:
    """A csv of distinct statements: halves of real sentences put together anew."""
    path = FOLDER / f"rows-{count}.csv"
    if path.exists():
        return path
    FOLDER.mkdir(parents=True, exist_ok=True)
    texts = [text for text in mixed(8_000, seed=3) if len(text) < 400]
    halves = [(" ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])) for words in map(str.split, texts)]
    generator = np.random.default_rng(4)
    with path.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(["id", "text", "actor", "target"])
        firsts, seconds = (generator.integers(0, len(halves), size=count) for _ in range(2))
        for number, first, second in zip(itertools.count(), firsts, seconds, strict=False):
            table.writerow([f"s{number}", f"{halves[first][0]} {halves[second][1]}", ACTOR, TARGET])
    return path


def _predicted(model: Path, file: Path) -> Process:
    out = FOLDER / "ours.parquet"
    out.unlink(missing_ok=True)
    return run([sys.executable, "-m", "stancelab", "predict", model, file, "-o", out])


def plain_model() -> Path:
    """A plain pipeline trained on the same rows, pickled."""
    path = FOLDER / "plain.pickle"
    if not path.exists():
        data = load_dataset("semeval2016")
        train = data.only((data.rows["split"] == "train").to_numpy())
        path.write_bytes(pickle.dumps(plain(LINEAR).fit(train.X, train.y)))
    return path


def _equal_labels(ours: Path, theirs: Path) -> int:
    import pyarrow.parquet as pq

    tables = [pq.read_table(path, columns=["id", "label"]) for path in (ours, theirs)]
    if tables[0]["id"].to_pylist() != tables[1]["id"].to_pylist():
        raise RuntimeError("the two sides have other rows, or another order")
    return int(sum(a == b for a, b in zip(*(table["label"].to_pylist() for table in tables), strict=True)))


if __name__ == "__main__":
    sizes = [int(word) for word in sys.argv[1:]] or [ROWS]
    print(HEADER)
    for size in sizes:
        for row in rows(size):
            print(row)
