"""How large is the page of a big run, how long does it take to write, and how soon does a reader see its first row?

usage: python experiments/performance/report_page.py [ROWS] [RECIPES]

Rows of 10 to 60 words drawn by Zipf's law, each a statement of its own, and recipes that guess. Seconds are of processor time for
`write_report`, leaderboards being there, and of the clock for Chromium: until the page is loaded, until its first row is drawn.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import pandas as pd
from playwright.sync_api import sync_playwright

from stancelab.leaderboard import leaderboards
from stancelab.models.stance_classifier import StanceClassifier
from stancelab.report.page import write_report
from stancelab.runs import Run, run_experiment

VOCABULARY = 30_000
LABELS = ["favor", "against", "none"]
EXPERIMENT = """title = "A big run"
description = "Invented rows, invented predictions."
dataset = "rows.csv"
primary_metric = "macro_f1"
seeds = [0]
schemes = ["favor-against-none"]
recipes = {names}

[[protocols]]
kind = "official"
"""
RECIPE = """title = "A guess"
family = "baseline"
kind = "report_page:Guess"
description = "Drawn at random."
source = "here"
params = {{ number = {number} }}
"""


class Guess(StanceClassifier):
    """Probabilities drawn at random, one seed a recipe."""

    def __init__(self, *, number: int = 0) -> None:
        self.number = number

    def _learn(self, X: pd.DataFrame, labels: np.ndarray) -> None:
        pass

    def _probabilities(self, X: pd.DataFrame) -> np.ndarray:
        return np.random.default_rng(self.number).dirichlet(np.ones(len(self.classes_)), size=len(X))


def synthetic(count: int, *, seed: int) -> pd.DataFrame:
    """Rows to be tested."""
    generator = np.random.default_rng(seed)
    chances = 1 / np.arange(1, VOCABULARY + 1)
    sizes = generator.integers(10, 61, size=count)
    drawn = generator.choice(VOCABULARY, size=sizes.sum(), p=chances / chances.sum())
    letters = np.array([_word(number) for number in range(VOCABULARY)])
    texts = [" ".join(letters[words]) for words in np.split(drawn, np.cumsum(sizes)[:-1])]
    actors = [f"Actor {number}" for number in generator.integers(0, 500, size=count)]
    rows = pd.DataFrame({"id": [f"row-{n}" for n in range(count)], "text": texts, "actor": actors, "target": "the bridge"})
    rows["label"] = generator.choice(LABELS, size=count)
    return rows.assign(split="test")


def _word(number: int) -> str:
    found = ""
    while number >= 0:
        found, number = found + chr(ord("a") + number % 26), number // 26 - 1
    return found


def big_run(folder: Path, count: int, recipes: int) -> Run:
    """A finished run of recipes that guess, each in its own way."""
    rows = synthetic(count, seed=0)
    train = pd.DataFrame({"id": LABELS, "text": LABELS, "actor": "x", "target": "the bridge", "label": LABELS, "split": "train"})
    pd.concat([train, rows]).to_csv(folder / "rows.csv", index=False)
    for number in range(recipes):
        (folder / f"guess-{number}.toml").write_text(RECIPE.format(number=number), encoding="utf-8")
    names = json.dumps([str(folder / f"guess-{number}.toml") for number in range(recipes)])
    (folder / "experiment.toml").write_text(EXPERIMENT.format(names=names), encoding="utf-8")
    return run_experiment(folder, out=folder / "run", jobs=1)


def opened(page: Path) -> tuple[float, float]:
    """Seconds until the page is loaded, and until its first row is drawn."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        start = perf_counter()
        tab.goto(page.as_uri())
        loaded = perf_counter() - start
        tab.wait_for_selector("#table tbody tr")
        drawn = perf_counter() - start
        browser.close()
    return loaded, drawn


def main(count: int, recipes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = big_run(Path(folder), count, recipes)
        start = process_time()
        boards = leaderboards(run)
        scored = process_time() - start
        page = write_report(run, boards)
        written = process_time() - start - scored
        loaded, drawn = opened(page)
        print(f"{count:,} rows, {recipes} recipes: {page.stat().st_size / 1e6:.1f} MB")
        print(f"leaderboards {scored:.0f} s, report {written:.0f} s; loaded after {loaded:.2f} s, first row after {drawn:.2f} s")


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*given, *(20_000, 10)[len(given) :])
