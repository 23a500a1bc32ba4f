"""The dataset that the project is about: complete, consistent, loadable by others, and with the recorded scores."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from stancelab.build import dataset_agreement
from stancelab.dataset import load_dataset
from stancelab.hydration import articles_of, hydrate
from stancelab.reproduction import reproduce
from stancelab.validation import check, validate

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "datasets" / "ground-intervention"
ARTICLE = ROOT.parent / "shared" / "article" / "kremlin-warns-nato-ground-intervention.txt"
needs_article = pytest.mark.skipif(not ARTICLE.exists(), reason="the article is under copyright and not in the project")


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return load_dataset(FOLDER).rows


def test_no_faults():
    assert validate(FOLDER) == []
    assert check(FOLDER) == []


def test_size(rows):
    assert len(rows) == 66
    assert rows["group"].nunique() == 50
    assert rows["target"].unique().tolist() == ["NATO member countries send ground troops into Ukraine"]
    assert set(rows["label"]) == {"favor", "against", "neutral", "unrelated"}


def test_six_countries_are_six_rows_of_one_group(rows):
    sizes = rows.groupby("group").size()
    six = rows[rows["group"] == sizes.idxmax()]
    assert set(six["actor"]) == {"Poland", "Germany", "Sweden", "Spain", "Italy", "Czech Republic"}
    assert six["text"].nunique() == 1


def test_every_unit_has_three_annotations_and_every_disagreement_a_reason():
    lines = [json.loads(line) for line in (FOLDER / "annotations.jsonl").read_text(encoding="utf-8").splitlines()]
    assert set(Counter(line["id"] for line in lines).values()) == {3}
    assert len({line["annotator"] for line in lines}) == 3


def test_agreement_is_high_enough_for_the_codebook_to_stand():
    found = {entry.field: entry.alpha for entry in dataset_agreement(FOLDER)}
    assert found["label"].value >= 0.8
    assert found["position"].value >= 0.8


def test_renderings_differ_from_quotes_by_more_than_the_quote(rows):
    quoted = rows[rows["quote"].notna()]
    assert all(quote in text and len(text) > len(quote) + 10 for quote, text in zip(quoted["quote"], quoted["text"], strict=True))


@pytest.mark.parametrize("config", ["gold", "annotations", "adjudication", "actors"])
def test_the_library_datasets_loads_it(config, tmp_path, monkeypatch):
    import datasets

    monkeypatch.setattr(datasets.utils.logging, "is_progress_bar_enabled", lambda: False)
    loaded = datasets.load_dataset(str(FOLDER), config, split="train", cache_dir=str(tmp_path))
    assert len(loaded) == len(
        (FOLDER / f"{'gold' if config == 'gold' else config}.jsonl").read_text(encoding="utf-8").splitlines()
    )


def test_pandas_and_json_load_it(rows):
    assert pd.read_json(FOLDER / "gold.jsonl", lines=True)["label"].tolist() == rows["label"].tolist()


def test_croissant_is_valid_and_loads():
    code = (
        "import mlcroissant, itertools\n"
        f"dataset = mlcroissant.Dataset(jsonld={str(FOLDER / 'croissant.json')!r})\n"
        "assert not dataset.metadata.ctx.issues.errors, dataset.metadata.ctx.issues.report()\n"
        "rows = list(dataset.records('gold'))\n"
        "assert len(rows) == 66, len(rows)\n"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False, cwd=FOLDER)
    assert done.returncode == 0, done.stderr


@needs_article
def test_every_span_and_quote_is_in_the_article():
    assert check(FOLDER, article=ARTICLE) == []


@needs_article
def test_hydration_of_the_article():
    dataset = load_dataset(FOLDER)
    source = ARTICLE.read_text(encoding="utf-8")
    verbatim = hydrate(dataset, ARTICLE, articles=articles_of(FOLDER)).rows
    assert all(row.text == source[row.start : row.end] for row in verbatim.itertuples())


@needs_article
def test_lenient_hydration_of_a_retyped_article(tmp_path):
    dataset = load_dataset(FOLDER)
    source = ARTICLE.read_text(encoding="utf-8")
    retyped = tmp_path / "retyped.txt"
    retyped.write_text(source.translate(str.maketrans("“”’–—", '""\'--')).replace("\n\n", "\n"), encoding="utf-8")
    found = hydrate(dataset, retyped, articles=articles_of(FOLDER), lenient=True).rows
    assert found["text"].str.len().sum() == hydrate(dataset, ARTICLE, articles=articles_of(FOLDER)).rows["text"].str.len().sum()


@needs_article
def test_no_prose_of_the_article_stands_in_the_project():
    tool = ROOT.parent / "shared" / "tools" / "check_verbatim.py"
    if not tool.exists():
        pytest.skip("the tool that looks for verbatim prose is not here")
    done = subprocess.run([sys.executable, tool, ARTICLE, ROOT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_recorded_scores_of_the_cheap_recipes_are_reproduced(tmp_path):
    cheap = ["majority", "cue-lexicon", "naive-bayes", "logistic-tfidf", "actor-only", "target-only"]
    found = reproduce("ground-intervention", recipes=cheap, out=tmp_path / "run", jobs=1)
    assert [result.line for result in found if not result.passed] == []
    assert {result.expected.recipe for result in found} == set(cheap)
