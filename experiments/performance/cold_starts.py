"""How soon does a command that starts from nothing answer, compared with scripts that import what it replaces?"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from million_rows import SCRIPT, plain_model
from sentences import columns, mixed
from sides import Row, compared, in_turns
from trained import FOLDER, finetuned, frozen, linear

from stancelab.encoders import resolve
from stancelab.model_folder import load_model

ROUNDS = 5
ENCODE_AND_HEAD = """import sys, numpy as np, pandas as pd
from sentence_transformers import SentenceTransformer
rows = pd.read_csv(sys.argv[1])
head = np.load(sys.argv[3], allow_pickle=True)
vectors = SentenceTransformer(sys.argv[2], device="cpu").encode(list(rows["text"]), normalize_embeddings=True)
labels = head["classes"][(vectors @ head["weights"].T + head["bias"]).argmax(axis=1)]
pd.DataFrame({"id": rows["id"], "label": labels}).to_csv(sys.argv[4], index=False)
"""
PIPELINE = """import sys, pandas as pd
from transformers import pipeline
rows = pd.read_csv(sys.argv[1])
classify = pipeline("text-classification", model=sys.argv[2], device="cpu")
labels = [each["label"] for each in classify(list(rows["text"]), batch_size=32)]
pd.DataFrame({"id": rows["id"], "label": labels}).to_csv(sys.argv[3], index=False)
"""
HELP = "import typer, rich.console"


def rows(rounds: int = ROUNDS) -> Iterator[Row]:
    """Commands and scripts as processes of their own, files of the system's cache warm for both."""
    ten, one = _table(10), _table(1)
    fast, linear_ = _predict(frozen(), ten), _predict(linear(), one)
    script = "a script: sentence-transformers encode + head"
    yield _row("`predict` on 10 rows, fast path", script, 4.0, fast, _encode(ten), rounds)
    script = "a script importing transformers' pipeline"
    yield _row("first prediction, fine-tuned", script, 2.0, _predict(finetuned(), one), _pipeline(one), rounds)
    yield _row("first prediction, linear", "a script with a pickled scikit-learn pipeline", 2.0, linear_, _plain(one), rounds)
    help_ = partial(_finished, ["-m", "stancelab", "--help"])
    yield _row("`stancelab --help`", f'`python -c "{HELP}"`', 1 / 1.5, help_, partial(_finished, ["-c", HELP]), rounds)
    predictions, gold = _scored(2_000)
    score = partial(_finished, ["-m", "stancelab", "score", predictions, "--gold", gold])
    seconds = in_turns({"score": score}, rounds)["score"]
    yield compared("`stancelab score`, 2,000 rows, all metrics", "2 seconds", 1.0, seconds, [2.0] * rounds)


def _row(what: str, against: str, bar: float, ours: Callable, theirs: Callable, rounds: int) -> Row:
    taken = in_turns({"ours": ours, "theirs": theirs}, rounds)
    return compared(what, against, bar, taken["ours"], taken["theirs"])


def _finished(arguments: list) -> None:
    subprocess.run([sys.executable, *map(str, arguments)], check=True, capture_output=True)


def _predict(model: Path, table: Path) -> Callable[[], None]:
    return partial(_finished, ["-m", "stancelab", "predict", model, table, "-o", FOLDER / "answers.csv"])


def _script(name: str, content: str) -> Path:
    path = FOLDER / name
    path.write_text(content, encoding="utf-8")
    return path


def _encode(table: Path) -> Callable[[], None]:
    head = load_model(frozen()).classifier.head_
    np.savez(FOLDER / "head.npz", weights=head.coef_, bias=head.intercept_, classes=head.classes_)
    script = _script("encode.py", ENCODE_AND_HEAD)
    return partial(_finished, [script, table, resolve("bundled:minilm"), FOLDER / "head.npz", FOLDER / "theirs.csv"])


def _pipeline(table: Path) -> Callable[[], None]:
    return partial(_finished, [_script("pipeline.py", PIPELINE), table, finetuned(), FOLDER / "theirs.csv"])


def _plain(table: Path) -> Callable[[], None]:
    return partial(_finished, [_script("plain.py", SCRIPT), table, plain_model(), FOLDER / "theirs.parquet"])


def _table(count: int) -> Path:
    path = FOLDER / f"{count}.csv"
    pd.DataFrame(columns(mixed(count, seed=5))).to_csv(path, index=False)
    return path


def _scored(count: int) -> tuple[Path, Path]:
    """Predictions and gold of rows with labels at random, a probability for every label."""
    labels = ["favor", "against", "none"]
    generator = np.random.default_rng(6)
    gold = pd.DataFrame(columns(mixed(count, seed=5))).assign(label=generator.choice(labels, size=count))
    chances = generator.dirichlet(np.ones(3), size=count)
    told = pd.DataFrame({"id": gold["id"], "label": np.array(labels)[chances.argmax(axis=1)]})
    told = told.assign(**{f"p_{label}": chances[:, place] for place, label in enumerate(labels)})
    gold.to_csv(FOLDER / "gold.csv", index=False)
    told.to_csv(FOLDER / "told.csv", index=False)
    return FOLDER / "told.csv", FOLDER / "gold.csv"
