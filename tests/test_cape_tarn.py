"""The invented articles: complete, consistent, loadable by others, and of two parts that share no article."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from stancelab.dataset import load_dataset
from stancelab.records import Annotation, read_records
from stancelab.validation import check, validate

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "datasets" / "cape-tarn"


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return load_dataset(FOLDER).rows


def test_no_faults():
    assert validate(FOLDER) == []
    assert check(FOLDER) == []


def test_eight_articles_are_for_development_and_four_are_kept(rows):
    assert rows.groupby("split")["doc_id"].nunique().to_dict() == {"development": 8, "kept": 4}
    assert rows["target"].unique().tolist() == ["Velmora builds a nuclear power station at Cape Tarn"]
    assert rows["date"].between("2031-03", "2032-09-31").all()


def test_every_text_is_the_span_that_it_is_cut_from(rows):
    sources = {name: (FOLDER / "articles" / f"{name}.txt").read_text(encoding="utf-8") for name in rows["doc_id"].unique()}
    for row in rows.itertuples():
        assert row.text == " ".join(sources[row.doc_id][row.start : row.end].split())


def test_every_statement_has_a_speaker_and_every_label_is_used(rows):
    assert rows.groupby("group")["role"].agg(lambda roles: "speaker" in set(roles)).all()
    assert set(rows["label"]) == {"favor", "against", "neutral", "unrelated"}
    assert set(rows["mode"]) == {"direct", "mixed", "indirect", "narrated"}


def test_every_unit_has_three_annotations():
    given = Counter(entry.id for entry in read_records(FOLDER / "annotations.jsonl", Annotation))
    assert set(given.values()) == {3}


def test_the_first_lines_say_that_everything_is_invented():
    card = (FOLDER / "README.md").read_text(encoding="utf-8").split("---\n", 2)[2]
    assert card.lstrip().startswith("# Cape Tarn\n\n**Everything here is invented.**")


def test_hugging_face_loads_it_offline(tmp_path):
    code = f"import datasets; print(len(datasets.load_dataset({str(FOLDER)!r}, split='train', cache_dir={str(tmp_path)!r})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert int(done.stdout.split()[-1]) == len(load_dataset(FOLDER).rows)
