"""Are token ids those of transformers' own tokenizer?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.compiled.dissection import spelling_of
from stancelab.compiled.reading import Reading
from stancelab.compiled.tokens import Tokenizer
from stancelab.encoders import tokenize
from stancelab.errors import InputError
from stancelab.models.pretrained import load_pretrained, longest_reading

TEXTS = ["the plan", "", "  Ünïcode 🦊 <b>&amp;</b>\n", "we support " * 200, "[CLS] [SEP] <s> </s> [MASK]", "x" * 300]


@pytest.fixture(scope="module")
def both(tiny_architecture, tmp_path_factory):
    theirs, model = load_pretrained(tiny_architecture)
    file = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    theirs.backend_tokenizer.save(str(file))
    return theirs, Tokenizer(file, spelling_of(theirs, list(theirs("a")))), longest_reading(theirs, model)


@pytest.mark.parametrize("pair", [False, True])
def test_ids_are_those_of_transformers(both, pair):
    theirs, ours, limit = both
    rows = [(text, "stance of we on soup") if pair else (text,) for text in TEXTS]
    assert tokenize(ours, rows, limit) == tokenize(theirs, rows, limit)


@given(texts=st.lists(st.text(max_size=40), min_size=1, max_size=4), second=st.text(max_size=10))
def test_ids_of_any_text(both, texts, second):
    theirs, ours, limit = both
    rows = [(text, second) for text in texts]
    assert tokenize(ours, rows, limit) == tokenize(theirs, rows, limit)


def test_a_window_around_the_actor_is_the_same(both):
    theirs, ours, limit = both
    rows = {"text": ["troops " * 90 + "Ann agrees " + "troops " * 90, "no"], "actor": ["Ann", "we"], "target": ["soup", "war"]}
    reading = Reading(views=[["{spans}", "on {target}"]], limit=limit, fitted=True)
    [segments] = reading.segments(rows, ours)
    assert reading.segments(rows, theirs) == [segments]
    assert "Ann" in segments[0][0]


def test_a_second_segment_without_room_is_refused_alike(both):
    theirs, ours, limit = both
    for tokenizer in (theirs, ours):
        with pytest.raises(InputError, match="the second segment"):
            tokenize(tokenizer, [("a", "soup " * 200)], limit)
