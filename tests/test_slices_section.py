import re

import numpy as np
import pandas as pd
import pytest
from jinja2 import Environment, PackageLoader, StrictUndefined

from stancelab.cells import Setting
from stancelab.dataset import Dataset
from stancelab.labels import LabelScheme
from stancelab.leaderboard import Entry, Leaderboard
from stancelab.predictions import Predictions
from stancelab.protocols import Protocol
from stancelab.recipes import load_recipe
from stancelab.report.slices_section import slices_section

SCHEME = LabelScheme("favor-against", ("favor", "against"), favor="favor", against="against")


def board_of(rows, **predicted):
    """A leaderboard of recipes by these label codes."""
    dataset = Dataset("made", "", SCHEME, rows)
    gold = np.array(SCHEME.codes(rows["label"]))
    entries = []
    for name, codes in predicted.items():
        one = Predictions(SCHEME, tuple(rows["id"]), tuple(rows["group"]), gold, np.atleast_2d(codes), None, ((0, 0),))
        entries.append(Entry(load_recipe(name.replace("_", "-")), one, {}, None, 0.0))
    setting = Setting("rendered", SCHEME.name, Protocol(kind="stratified-group-k-fold", folds=5))
    return Leaderboard(setting, dataset, "accuracy", tuple(entries))


def rows_of(modes):
    ids = [f"r{number}" for number in range(len(modes))]
    given = {"id": ids, "group": ids, "text": "She <said> so.", "actor": "she", "target": "it", "label": "favor", "mode": modes}
    return pd.DataFrame(given)


def rendered(section):
    environment = Environment(loader=PackageLoader("stancelab", "report"), autoescape=True, undefined=StrictUndefined)
    return environment.get_template(f"sections/{section.template}").render(**section.context)


@pytest.fixture
def section():
    rows = rows_of(["direct"] * 25 + ["<narrated>"] * 40 + ["mixed"] * 3)
    wrong = [1] * 20 + [0] * 5 + [0] * 40 + [1] * 3
    board = board_of(rows, naive_bayes=wrong, svm_ngrams=[0] * 68, majority=wrong, actor_only=wrong)
    return slices_section(None, [board])


def test_weak_slices_stand_first_and_only_of_recipes_that_read(section):
    assert section.context["recipes"] == ["naive-bayes", "svm-ngrams"]
    assert [(entry.recipe, entry.trait, entry.value) for entry in section.context["weak"]] == [
        ("naive-bayes", "mode of the statement", "direct")
    ]
    page = rendered(section)
    assert page.count(" weak</b>") == 1
    assert "&lt;narrated&gt;" in page
    assert "<narrated>" not in page
    assert "all 2 slices that are tested" in page
    assert "1 value not tested, for too few statements" in page


def test_the_sheet_has_a_line_for_each_slice_and_recipe(section):
    sheet = section.sheets["slices"]
    assert len(sheet.rows) == 3 * 2
    assert {len(row) for row in sheet.rows} == {len(sheet.header)}
    assert [row[-1] for row in sheet.rows] == ["no", "no", "yes", "no", "not tested", "not tested"]
    assert sheet.rows[2][:7] == ("mode of the statement", "direct", "25", "25", "favor 25", "naive-bayes", "0.200")
    assert sheet.rows[4][6:9] == ("0.000", "–", "–")


def test_a_page_without_weak_slices_says_so():
    board = board_of(rows_of(["direct", "narrated"] * 20), naive_bayes=[0] * 40)
    page = rendered(slices_section(None, [board]))
    assert "No slice of any recipe is significantly below the rest" in page
    assert re.search(r"not tested, for", page) is None


def test_there_is_nothing_to_show_without_traits_or_without_recipes_that_read():
    assert slices_section(None, [board_of(rows_of(["direct"] * 6), naive_bayes=[0] * 6)]) is None
    assert slices_section(None, [board_of(rows_of(["direct", "mixed"] * 5), majority=[0] * 10)]) is None
