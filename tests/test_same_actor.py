import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.article.same_actor import is_same_actor, likeness, words_of

WORDS = st.sampled_from(["Fishers’", "Union", "of", "the", "Tarn", "ministry", "energy", "Ódry", "Class"])
NAMES = st.lists(WORDS, max_size=5).map(" ".join)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Fishers’ Union", "the Fishers' Union of Tarn"),
        ("government of Korsund", "The Korsund Government"),
        ("Clear Cape", "CLEAR CAPE’s"),
        ("fishers", "most fishers"),
        ("Academy of Ódry", "academy of odry"),
        ("Ministry of Energy", "energy ministry"),
        ("two councillors", "two councillor"),
    ],
)
def test_these_are_one_actor(name, other):
    assert is_same_actor(name, other, person=False)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("energy ministry", "finance ministry"),
        ("residents of Brisk", "residents of Tarn"),
        ("Union", "Fishers' Union of Tarn"),
        ("of the", "the for"),
        ("", "Norlys"),
    ],
)
def test_these_are_two(name, other):
    assert not is_same_actor(name, other, person=False)


def test_a_person_is_known_by_the_full_name():
    assert is_same_actor("Élise Brandt", "elise brandt's", person=True)
    assert not is_same_actor("Elise Brandt", "Brandt", person=True)
    assert not is_same_actor("Elise Brandt", "Karl Brandt", person=True)
    assert is_same_actor("Elise Brandt", "Brandt", person=False)


def test_half_is_enough_and_less_is_not():
    assert likeness("coast party", "coast party of velmora", person=False) == pytest.approx(2 / 3)
    assert likeness("a b c d", "c d e f", person=False) == 0
    assert likeness("kell quist hale", "hale kell obrecht", person=False) == 0.5


def test_a_short_word_and_a_double_s_keep_their_end():
    assert words_of("gas press ports") == ["gas", "press", "port"]


@given(NAMES, NAMES, st.booleans())
def test_the_rule_is_symmetric_and_bounded_and_of_itself_sure(name, other, person):
    assert likeness(name, other, person=person) == likeness(other, name, person=person)
    assert 0 <= likeness(name, other, person=person) <= 1
    assert likeness(name, name.upper(), person=person) == 1
