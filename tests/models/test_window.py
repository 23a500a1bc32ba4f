"""Does a text that is too long keep the part around its actor, and lose nothing but text?"""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.errors import InputError
from stancelab.models.inputs import CLOSE, OPEN, mark_spans, mentions
from stancelab.models.pretrained import load_pretrained, longest_reading
from stancelab.models.window import around, compose_to_fit

LONG = "soup " * 10_000
SPANS = "stance on {target}: {spans}"


def rows(text, actor="Emmanuel Macron", target="troops to ukraine"):
    return pd.DataFrame({"text": [text], "actor": [actor], "target": [target]})


@pytest.fixture(scope="module")
def reader(tiny_architecture):
    tokenizer, model = load_pretrained(tiny_architecture)
    return tokenizer, longest_reading(tokenizer, model)


@pytest.mark.parametrize(
    "text", [LONG + "Macron agrees.", "Macron agrees. " + LONG, LONG + "Macron " + LONG], ids=["end", "start", "middle"]
)
@pytest.mark.parametrize("question", ["", "stance on {target}"])
def test_the_mention_stays_wherever_it_stands(reader, text, question):
    tokenizer, limit = reader
    [row] = compose_to_fit(rows(text), SPANS, question, tokenizer, limit)
    assert row[0].startswith("stance on troops to ukraine: ")
    assert f"{OPEN} Macron {CLOSE}" in row[0]
    assert "soup" in row[0]
    assert limit // 2 < len(tokenizer(*row)["input_ids"]) <= limit


def test_an_actor_who_is_not_mentioned_stands_before_the_beginning(reader):
    tokenizer, limit = reader
    [row] = compose_to_fit(rows("At first " + LONG), SPANS, "", tokenizer, limit)
    assert row[0].startswith(f"stance on troops to ukraine: {OPEN} Emmanuel Macron {CLOSE} At first soup")


def test_an_instruction_after_the_text_stays(reader):
    tokenizer, limit = reader
    [row] = compose_to_fit(rows(LONG), "{text} What does {actor} say on {target}?", "", tokenizer, limit)
    assert row[0].endswith("soup What does Emmanuel Macron say on troops to ukraine?")


def test_a_text_without_spaces(reader):
    tokenizer, limit = reader
    [row] = compose_to_fit(rows("x" * 5_000 + " Macron " + "y" * 5_000), SPANS, "", tokenizer, limit)
    assert f"{OPEN} Macron {CLOSE}" in row[0]


def test_what_fits_stays_as_it_is(reader):
    tokenizer, limit = reader
    assert compose_to_fit(rows("we agree"), "{text} ({actor})", "", tokenizer, limit) == [("we agree (Emmanuel Macron)",)]


def test_a_row_with_no_room_for_text_is_refused(reader):
    tokenizer, limit = reader
    with pytest.raises(InputError, match=rf"row 1: actor, target .* take more than the encoder's {limit} tokens"):
        compose_to_fit(rows("we agree", actor="They " * 200), SPANS, "", tokenizer, limit)


@given(st.text(alphabet="ab ", max_size=30), st.data())
def test_a_window_is_a_part_of_the_text_with_what_it_is_around(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    found = around(text, start, end, data.draw(st.integers(0, 40)))
    assert found in text
    assert text[start:end].strip() in found
    assert around(text, start, end, len(text)) == text.strip()


def test_mentions_are_where_marks_are():
    text = "Macron, Emmanuel Macron and Macronism"
    assert [text[start:end] for start, end in mentions(text, "Emmanuel Macron")] == ["Macron", "Emmanuel Macron"]
    assert mark_spans(text, "Emmanuel Macron") == f"{OPEN} Macron {CLOSE}, {OPEN} Emmanuel Macron {CLOSE} and Macronism"


@pytest.mark.parametrize("question", ["", "stance on {target}"])
def test_columns_are_shortened_as_a_frame_is(reader, question):
    tokenizer, limit = reader
    frame = pd.concat([rows(LONG + "Macron " + LONG), rows("we agree"), rows(LONG)])
    columns = {name: list(frame[name]) for name in frame}
    assert compose_to_fit(columns, SPANS, question, tokenizer, limit) == compose_to_fit(frame, SPANS, question, tokenizer, limit)
