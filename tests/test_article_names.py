"""Which words of an article are proper names, which belong to one bearer, and is it a person, an organisation or a country?"""

import pytest

from stancelab.article.bearers import singular, words_of
from stancelab.article.gazetteer import Gazetteer
from stancelab.article.names import find_names, gather
from stancelab.article.plain import plain_source
from stancelab.article.resolution import read
from stancelab.article.statements import actor_id
from stancelab.article.syntax import parse


@pytest.fixture
def parsed(english):
    return lambda text: parse(plain_source(text, "x"), english)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Yesterday Vera Holt met Tom Brand.", ["Vera Holt", "Tom Brand"]),
        ("Yesterday Mr. Brand met Mayor Vera Holt.", ["Brand", "Vera Holt"]),
        ("The ferry was sold by Kaja Solheim-Roe.", ["Kaja Solheim-Roe"]),
        ("The ferry was sold by O’Dowd.", ["O'Dowd"]),
        ("The ferry was sold by J. K. Peat.", ["J. K. Peat"]),
        ("The ferry was sold by Ludo de Brugh.", ["Ludo de Brugh"]),
        ("The ferry was sold by the Ministry of Ferries.", ["Ministry of Ferries"]),
        ("The ferry was sold by the Arnby Pilots’ Union.", ["Arnby Pilots' Union"]),
        ("The ferry was sold by the Defence Ministry.", ["Defence Ministry"]),
        ("The ferry was sold by Peat & Sons.", ["Peat & Sons"]),
        ("The ferry was sold by Vera Holt’s Coast Party.", ["Vera Holt", "Coast Party"]),
        ("The ferry was sold.", []),
        ("In May the ferry was sold on Monday.", []),
        ("Yes, I did.", []),
    ],
)
def test_where_names_stand(parsed, text, names):
    found = find_names(parsed(text))
    assert [name.text for name in found] == names


def test_a_capital_at_the_beginning_tells_nothing(parsed):
    assert [name.text for name in find_names(parsed("Fishers left. Later the ferry left. Nobody came."))] == []


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("Vera Holt left. Holt said no. We met Vera.", [["Vera Holt", "Holt", "Vera"]]),
        ("We met Holt. Vera Holt said no.", [["Vera Holt", "Holt"]]),
        ("Vera Holt met Tom Brand. Holt said no.", [["Vera Holt", "Holt"], ["Tom Brand"]]),
        (
            "The Northern Ferry Company left. NFC said no. We met the Ferry Company.",
            [["Northern Ferry Company", "Ferry Company", "NFC"]],
        ),
        ("The Coast Party met the Hill Party.", [["Coast Party"], ["Hill Party"]]),
        ("Vera Holt met Ada Holt. Later Holt left.", [["Vera Holt", "Holt"], ["Ada Holt"]]),
        ("Ada Quill left. Later we met Quill and Ada Quill.", [["Ada Quill", "Quill"]]),
    ],
)
def test_names_of_one_bearer(parsed, text, forms):
    parts = parsed(text)
    assert [bearer.forms for bearer in gather(find_names(parts), parts)] == forms


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Yesterday Vera Holt rejected the plan.", "person"),
        ("Yesterday Mayor Sorle rejected the plan.", "person"),
        ("Sorle, a fisherman, rejected the plan.", "person"),
        ("Yesterday the Coast Party rejected the plan.", "organisation"),
        ("Yesterday the Ministry of Ferries rejected the plan.", "organisation"),
        ("Yesterday the NFC rejected the plan.", "organisation"),
        ("He lives in Germany.", "country"),
    ],
)
def test_kinds_of_bearers(parsed, text, kind):
    [bearer] = read(parsed(text), Gazetteer([])).bearers[:1]
    assert bearer.kind == kind


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Vera Holt", "vera-holt"),
        ("Stéphane Séjourné", "stephane-sejourne"),
        ("O'Dowd", "odowd"),
        ("Arnby Pilots' Union", "arnby-pilots-union"),
        ("Peat & Sons", "peat-sons"),
        ("J. K. Peat", "j-k-peat"),
        ("20 fishers", "20-fishers"),
    ],
)
def test_ids(name, key):
    assert actor_id(name) == key


def test_names_in_other_scripts_have_ids_of_their_own():
    names = "北京", "Москва", "קול", "!", "?"
    keys = {actor_id(name) for name in names}
    assert len(keys) == len(names)
    assert all(key and key.isascii() for key in keys)


def test_actors_whose_names_differ_in_accents_alone_are_told_apart(read_news):
    found = read_news("Vera Solér rejected the plan. Vera Soler welcomed it.")
    assert [(actor.id, actor.name) for actor in found.actors] == [("vera-soler", "Vera Solér"), ("vera-soler-2", "Vera Soler")]


def test_words_that_tell_names_apart():
    assert words_of("the Fishers’ Union of Tarn-on-Sea") == {"fishers", "union", "tarn", "on", "sea"}
    assert words_of("Holt's ferry") == {"holt", "ferry"}
    assert singular(words_of("Fishers Unions")) == {"fisher", "union"}
