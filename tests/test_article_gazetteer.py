"""Who is meant by a name that articles do not explain, and what is a gazetteer of one's own refused for?"""

import pytest

from stancelab.article.gazetteer import key_of, load_gazetteer
from stancelab.errors import InputError

OWN = """[[actor]]
name = "Arnby"
kind = "country"
aliases = ["Paris", "the Old Mill"]
people = ["Arnbian"]

[[actor]]
name = "Coast Watch"
kind = "organisation"
country = "AB"
affiliation = "Arnby"
"""


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(OWN, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "actor"),
    [
        ("Kremlin", "Kremlin"),
        ("the Kremlin", "Kremlin"),
        ("The KREMLIN", "Kremlin"),
        ("Paris", "France"),
        ("London", "United Kingdom"),
        ("Washington", "United States"),
        ("the  White  House", "White House"),
        ("EU", "European Union"),
        ("Brussels", "European Union"),
        ("Arnby", None),
        ("", None),
    ],
)
def test_names_of_the_shipped_gazetteer(name, actor):
    entry = load_gazetteer().named(name)
    assert (entry and entry.name) == actor


@pytest.mark.parametrize(
    ("word", "actor"),
    [
        ("French", "France"),
        ("german", "Germany"),
        ("Russians", "Russia"),
        ("Swiss", "Switzerland"),
        ("Arnbian", None),
        ("French Guiana", None),
    ],
)
def test_peoples(word, actor):
    entry = load_gazetteer().of_people(word)
    assert (entry and entry.name) == actor


def test_every_shipped_entry_can_be_asked_for():
    gazetteer = load_gazetteer()
    entries = set(map(id, gazetteer.by_name.values()))
    for entry in gazetteer.by_name.values():
        assert gazetteer.named(entry.name) is not None
        assert entry.affiliation is None or gazetteer.named(entry.affiliation) is not None
        assert entry.country is None or (len(entry.country) == 2 and entry.country.isupper())
    assert set(map(id, gazetteer.by_people.values())) <= entries
    assert all(entry.kind == "country" for entry in gazetteer.by_people.values())


def test_ones_own_goes_first(own):
    gazetteer = load_gazetteer(own)
    assert gazetteer.named("Paris").name == "Arnby"
    assert gazetteer.named("the old mill").name == "Arnby"
    assert gazetteer.of_people("Arnbians").name == "Arnby"
    assert gazetteer.named("Berlin").name == "Germany"
    assert gazetteer.named("France").name == "France"
    assert load_gazetteer().named("Paris").name == "France"


def test_who_speaks_in_an_article(own, statements_in):
    text = "Paris rejected the treaty. The Old Mill wants talks."
    assert [who for who, _, _ in statements_in(text, load_gazetteer(own))] == ["Arnby", "Arnby"]
    assert statements_in(text)[0][0] == "France"


@pytest.mark.parametrize(
    ("content", "refused"),
    [
        (
            '[[actor]]\nname = "Arnby"\nkind = "country"\nalias = ["Old Mill"]\n',
            r"mine\.toml:4: unknown key '.*alias'; did you mean 'aliases'",
        ),
        ('[[actor]]\nname = "Arnby"\nkind = "town"\n', r"mine\.toml:3: .*'town'"),
        ('[[actor]]\nkind = "country"\n', r"mine\.toml:1: key '.*name' is missing"),
        ('[[actor]]\nname = ""\nkind = "country"\n', r"mine\.toml:2: "),
        ('[[actors]]\nname = "Arnby"\nkind = "country"\n', r"mine\.toml:1: .*'actors'"),
        ('[[actor]\nname = "Arnby"\n', r"mine\.toml: not TOML"),
        (
            '[[actor]]\nname = "Arnby"\nkind = "country"\naliases = ["Mill"]\n'
            '[[actor]]\nname = "Coast"\nkind = "group"\naliases = ["the mill"]\n',
            r"mine\.toml: 'the mill' means both 'Arnby' and 'Coast'",
        ),
        (
            '[[actor]]\nname = "Arnby"\nkind = "country"\n[[actor]]\nname = "Coast"\nkind = "group"\naliases = ["Arnby"]\n',
            "'Arnby' means both 'Arnby' and 'Coast'",
        ),
    ],
)
def test_what_is_refused(tmp_path, content, refused):
    path = tmp_path / "mine.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=refused):
        load_gazetteer(path)


def test_no_such_file(tmp_path):
    with pytest.raises(InputError, match=r"none\.toml"):
        load_gazetteer(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("name", "key"), [("The  Coast", "coast"), ("Theo Brand", "theo brand"), ("THE HAGUE", "hague"), ("", "")]
)
def test_keys(name, key):
    assert key_of(name) == key
