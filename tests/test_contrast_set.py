"""The contrast set of ground-intervention: invented, complete, balanced, and each item one change away from its base."""

import re
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from stancelab.dataset import load_dataset
from stancelab.leaks import similar_pairs
from stancelab.records import read_json_lines

FOLDER = Path(__file__).parent.parent / "datasets" / "ground-intervention"
COLUMNS = ["id", "base", "category", "text", "actor", "target", "label", "expected"]
SIZES = {
    "base": 35,
    "actor-swap": 24,
    "negation-flip": 37,
    "target-swap": 37,
    "hedging": 27,
    "reported-position": 29,
    "tense": 34,
    "double-negation": 30,
}
CATEGORIES = [category for category in SIZES if category != "base"]


@pytest.fixture(scope="module")
def items() -> pd.DataFrame:
    return pd.DataFrame([row for _, row in read_json_lines(FOLDER / "contrast.jsonl")])


@pytest.fixture(scope="module")
def derived(items) -> pd.DataFrame:
    """Every item that is not a base, with its base's fields as base_text, base_label and so on."""
    bases = items[items["category"] == "base"].set_index("id").add_prefix("base_")
    return items[items["category"] != "base"].join(bases, on="base", validate="many_to_one")


def test_every_item_has_every_field_and_only_these(items):
    for _, row in read_json_lines(FOLDER / "contrast.jsonl"):
        assert list(row) == COLUMNS
        assert all(isinstance(value, str) and value == value.strip() and value for value in row.values())


def test_counts_by_category(items):
    assert Counter(items["category"]) == SIZES


def test_the_card_shows_these_counts(items):
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    block = card.split("<!-- contrast:begin -->")[1].split("<!-- contrast:end -->")[0]
    rows = [[cell.strip() for cell in line.split("|")] for line in block.strip().splitlines()]
    shown = {row[1]: row[3:10] for row in rows}
    labels = ["favor", "against", "neutral", "unrelated"]
    for category, chosen in items.groupby("category"):
        by_label = [str((chosen["label"] == label).sum()) for label in labels]
        expected = [str((chosen["expected"] == answer).sum()) for answer in ("changes", "same")]
        assert shown[category] == [str(len(chosen)), *([""] * 2 if category == "base" else expected), *by_label]


def test_ids_are_unique_and_name_base_and_category(items):
    assert items["id"].is_unique
    base = items["category"] == "base"
    assert (items["id"] == items["base"]).tolist() == base.tolist()
    assert items.loc[base, "id"].str.fullmatch(r"c-\d\d").all()
    for row in items[~base].itertuples():
        assert re.fullmatch(rf"{row.base}-{row.category}(-[2-9])?", row.id)


def test_every_derived_item_has_a_base_and_every_base_two_or_more(items, derived):
    assert derived["base_text"].notna().all()
    assert derived["base"].value_counts().reindex(items.loc[items["category"] == "base", "id"]).min() >= 2


def test_expected_agrees_with_the_labels(items, derived):
    changes = derived["label"] != derived["base_label"]
    assert derived["expected"].tolist() == ["changes" if change else "same" for change in changes]
    assert set(items.loc[items["category"] == "base", "expected"]) == {"same"}


@pytest.mark.parametrize("category", CATEGORIES)
def test_neither_always_nor_never_flipping_passes(derived, category):
    chosen = derived[derived["category"] == category]
    assert len(chosen) >= 18
    assert chosen["expected"].value_counts(normalize=True).reindex(["changes", "same"]).min() > 0.25


@pytest.mark.parametrize("category", CATEGORIES)
def test_no_label_has_half_of_a_category(derived, category):
    assert derived.loc[derived["category"] == category, "label"].value_counts(normalize=True).max() < 0.5


def test_labels_are_the_datasets_and_favor_and_against_balance(items):
    counts = Counter(items["label"])
    assert set(counts) == set(load_dataset(FOLDER).scheme.labels)
    assert 0.75 < counts["against"] / counts["favor"] < 4 / 3
    assert min(counts.values()) >= 30


def test_one_thing_differs_from_the_base(derived):
    differs = {name: derived[name] != derived[f"base_{name}"] for name in ("text", "actor", "target")}
    assert (sum(differs.values()) == 1).all()
    assert (differs["actor"] == (derived["category"] == "actor-swap")).all()
    assert (derived.loc[differs["target"], "category"] == "target-swap").all()


def test_the_target_is_the_datasets_where_it_is_not_swapped(items):
    (target,) = load_dataset(FOLDER).rows["target"].unique()
    assert set(items.loc[items["category"] != "target-swap", "target"]) == {target}
    assert items.loc[items["category"] == "target-swap", "target"].nunique() > 2


def test_no_item_stands_twice(items):
    assert not items.duplicated(["text", "actor", "target"]).any()


def test_no_two_bases_are_alike_and_none_is_like_a_gold_text(items):
    bases = items.loc[items["category"] == "base", "text"].tolist()
    texts = items["text"].drop_duplicates().tolist()
    gold = load_dataset(FOLDER).rows["text"].drop_duplicates().tolist()
    assert similar_pairs(bases, 0.3) == []
    assert [pair for pair in similar_pairs(texts + gold, 0.3) if pair.first < len(texts) <= pair.second] == []


def test_sentences_are_of_news_length(items):
    words = items["text"].str.split().str.len()
    assert words.between(8, 40).all()
    assert words.std() > 4


def test_people_are_invented(items):
    people = [row["name"] for _, row in read_json_lines(FOLDER / "actors.jsonl") if row["kind"] == "person"]
    surnames = re.compile("|".join(rf"\b{name.split()[-1]}\b" for name in people))
    assert not (items["text"] + " " + items["actor"]).str.contains(surnames).any()
