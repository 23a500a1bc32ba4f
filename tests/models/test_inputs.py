"""Is the text that a classifier reads composed as its template says?"""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.errors import InputError
from stancelab.models.inputs import column, compose, mark_actor

X = pd.DataFrame(
    {"text": ["Macron {waits}.", "لا للحرب"], "actor": ["Emmanuel Macron", "They"], "target": ["war", "حرب"]}, index=[7, 7]
)


@pytest.mark.parametrize(
    ("text", "actor", "marked"),
    [
        ("Emmanuel Macron met Olaf Scholz.", "Emmanuel Macron", "ACTOR met Olaf Scholz."),
        ("Macron's plan; Macron, again.", "Emmanuel Macron", "ACTOR's plan; ACTOR, again."),
        ("Emmanuel left.", "Emmanuel Macron", "Emmanuel left."),
        ("Macronism grows.", "Emmanuel Macron", "Macronism grows."),
        ("McMacron spoke.", "Macron", "McMacron spoke."),
        ("Duran Duran played.", "Duran Duran", "ACTOR played."),
        ("macron is a mark.", "Emmanuel Macron", "macron is a mark."),
        ("EU leaders and other leaders.", "EU leaders", "ACTOR and other leaders."),
        ("The U.S. agrees.", "U.S.", "The ACTOR agrees."),
        ("A+B and C", "A+B", "ACTOR and C"),
        ("نتنياهو رفض", "نتنياهو", "ACTOR رفض"),
        ("🦊 said no", "🦊", "ACTOR said no"),
        ("Nothing to mark.", "", "Nothing to mark."),
        ("Nothing to mark.", "  ", "Nothing to mark."),
        ("", "Macron", ""),
    ],
)
def test_mark_actor(text, actor, marked):
    assert mark_actor(text, actor) == marked


@given(st.text(alphabet="abc .", max_size=20))
def test_a_text_without_the_actor_stays(text):
    assert mark_actor(text, "Zoë Quark") == text


@pytest.mark.parametrize(
    ("template", "rows"),
    [
        ("{text}", ["Macron {waits}.", "لا للحرب"]),
        ("{marked}", ["ACTOR {waits}.", "لا للحرب"]),
        ("{actor} on {target}", ["Emmanuel Macron on war", "They on حرب"]),
        ("{text} {text}", ["Macron {waits}. Macron {waits}.", "لا للحرب لا للحرب"]),
        ("{{{actor}}}", ["{Emmanuel Macron}", "{They}"]),
        ("same", ["same", "same"]),
        ("", ["", ""]),
    ],
)
def test_compose(template, rows):
    assert compose(X, template) == rows


def test_compose_of_no_rows():
    assert compose(X.iloc[:0], "{marked} {target}") == []


@pytest.mark.parametrize(("field", "hint"), [("txt", "; did you mean 'text'"), ("", r"\. Allowed"), ("text.x", "")])
def test_an_unknown_field(field, hint):
    with pytest.raises(InputError, match=f"template .*: unknown field '{field}'{hint}"):
        compose(X, f"{{{field}}}")


@pytest.mark.parametrize("template", ["{text", "text}"])
def test_a_template_with_an_open_brace(template):
    with pytest.raises(InputError, match="template"):
        compose(X, template)


@pytest.mark.parametrize("template", ["{text}", "{marked}"])
def test_a_missing_column_names_the_nearest(template):
    with pytest.raises(InputError, match=r"column 'text' is missing; did you mean 'texts'.* Columns: texts, actor, target"):
        compose(X.rename(columns={"text": "texts"}), template)


def test_marking_needs_the_actor():
    with pytest.raises(InputError, match="column 'actor' is missing"):
        compose(X[["text"]], "{marked}")


def test_a_column_is_read_as_text():
    assert column(pd.DataFrame({"text": ["a", 1]}), "text") == ["a", "1"]


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_a_missing_value_is_no_text(missing):
    with pytest.raises(InputError, match="column 'text'"):
        column(pd.DataFrame({"text": ["a", missing]}), "text")
