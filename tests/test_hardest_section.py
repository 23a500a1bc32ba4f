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
from stancelab.report.figures import as_svg
from stancelab.report.hardest_section import hardest_section

SCHEME = LabelScheme("favor-against", ("favor", "against"), favor="favor", against="against")
TEXTS = ["She is <for> it.", "He said no.", "They like it.", "We do not.", "You may."]


def board_of(probabilities):
    """A leaderboard of recipes by each row's probability of favor; gold is favor in every row."""
    ids = [f"row-{number}" for number in range(5)]
    rows = pd.DataFrame({"id": ids, "group": ids, "text": TEXTS, "actor": "she", "target": "it", "label": "favor"})
    rows = rows.assign(votes_favor=[3, 2, 0, 1, 3], votes_against=[0, 1, 0, 2, 0])
    entries = []
    for name, given in probabilities.items():
        favor = np.array([given])
        predicted = (favor < 0.5).astype(int)
        both = np.stack([favor, 1 - favor], axis=2)
        one = Predictions(SCHEME, tuple(ids), tuple(ids), np.zeros(5, dtype=int), predicted, both, ((0, 0),))
        entries.append(Entry(load_recipe(name), one, {}, None, 0.0))
    setting = Setting("rendered", SCHEME.name, Protocol(kind="stratified-group-k-fold", folds=5))
    return Leaderboard(setting, Dataset("made", "", SCHEME, rows), "accuracy", tuple(entries))


def rendered(section):
    environment = Environment(loader=PackageLoader("stancelab", "report"), autoescape=True, undefined=StrictUndefined)
    return environment.get_template(f"sections/{section.template}").render(**section.context)


READING = {"naive-bayes": [0.1, 0.9, 0.4, 0.8, 0.7], "svm-ngrams": [0.3, 0.8, 0.7, 0.8, 0.45]}


@pytest.fixture
def section():
    return hardest_section(None, [board_of({**READING, "majority": [0.0] * 5, "actor-only": [0.0] * 5})])


def test_hard_rows_errors_and_disagreement_are_those_of_recipes_that_read(section):
    assert [(row["id"], entry.wrong, entry.given) for entry, row in section.context["hard"]] == [
        ("row-0", 1, {"against": 2}),
        ("row-2", 0.5, {"against": 1}),
        ("row-4", 0.5, {"against": 1}),
    ]
    assert section.context["missed"] == 1
    assert [(pair.a, pair.b, round(pair.differ.value, 3)) for pair in section.context["pairs"]] == [
        ("naive-bayes", "svm-ngrams", 0.4)
    ]
    found = [(error.recipe, row["id"], round(error.probability, 3)) for error, row in section.context["errors"]]
    assert found == [
        ("naive-bayes", "row-0", 0.9),
        ("svm-ngrams", "row-0", 0.7),
        ("naive-bayes", "row-2", 0.6),
        ("svm-ngrams", "row-4", 0.55),
    ]


def test_the_page_shows_them_and_escapes_what_people_wrote(section):
    page = rendered(section)
    assert "She is &lt;for&gt; it." in page
    assert "1 of 5 rows are wrong in every repeat" in page
    assert "favor 3" in page
    assert "<svg" in page
    assert as_svg(section.figures["disagreement"]) in page


def test_sheets_have_a_line_for_each_row_that_somebody_got_wrong_and_each_pair(section):
    hard, pairs = section.sheets["hardest-statements"], section.sheets["disagreement"]
    assert [row[:2] + row[6:8] for row in hard.rows[:2]] == [("1", "row-0", "favor 3", "1.000"), ("2", "row-2", "–", "0.500")]
    assert len(hard.rows) == 3
    assert len(pairs.rows) == 1
    assert pairs.rows[0][:3] == ("naive-bayes", "svm-ngrams", "0.400")
    for sheet in (hard, pairs):
        assert {len(row) for row in sheet.rows} == {len(sheet.header)}


def test_the_heat_map_has_differences_below_and_joint_errors_above_the_diagonal(section):
    cells = section.figures["disagreement"].to_dict()["datasets"]
    (values,) = cells.values()
    shown = {(cell["down"], cell["across"]): cell["share"] for cell in values}
    assert shown == {("svm-ngrams", "naive-bayes"): "0.40", ("naive-bayes", "svm-ngrams"): "0.20"}


def test_one_recipe_alone_has_hard_rows_and_no_disagreement():
    section = hardest_section(None, [board_of({"naive-bayes": READING["naive-bayes"]})])
    assert (section.context["pairs"], section.figures, list(section.sheets)) == ([], {}, ["hardest-statements"])
    assert "Where recipes disagree" not in rendered(section)


def test_there_is_nothing_to_show_of_recipes_that_do_not_read():
    assert hardest_section(None, [board_of({"majority": [0.9] * 5})]) is None
