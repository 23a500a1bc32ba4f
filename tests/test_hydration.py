import pytest

from stancelab.dataset import load_dataset
from stancelab.errors import InputError
from stancelab.hydration import articles_of, hydrate, loosen

CURLY_TO_STRAIGHT = str.maketrans({"“": '"', "”": '"', "’": "'", "–": "-"})


def hydrated(folder, article, **options):
    return hydrate(load_dataset(folder), article, articles=articles_of(folder), **options)


def test_strict_gives_the_spans(bridge, bridge_article):
    source = bridge_article.read_text(encoding="utf-8")
    rows = hydrated(bridge, bridge_article).rows
    assert all(row.text == source[row.start : row.end] for row in rows.itertuples())
    assert rows["rendering"].str.startswith("It is told: ").all()


def test_strict_names_the_groups_that_do_not_match(bridge, bridge_article):
    source = bridge_article.read_text(encoding="utf-8")
    bridge_article.write_text(source.replace("flour", "bread"), encoding="utf-8")
    with pytest.raises(InputError, match=r"not the article that was annotated.*do not match: b11\."):
        hydrated(bridge, bridge_article)


def test_strict_refuses_a_change_outside_every_span(bridge, bridge_article):
    bridge_article.write_text(bridge_article.read_text(encoding="utf-8") + "P.S.\n", encoding="utf-8")
    with pytest.raises(InputError, match="every span matches"):
        hydrated(bridge, bridge_article)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.translate(CURLY_TO_STRAIGHT),
        lambda text: text.replace("\n\n", "\n   \n\n"),
        lambda text: text.replace(" ", "\u00a0"),
        lambda text: "A title that was not there\n\n" + text,
        lambda text: text.replace(" bridge", "\nbridge"),
    ],
)
def test_lenient_finds_the_spans_again(bridge, bridge_article, change):
    exact = hydrated(bridge, bridge_article).rows["text"]
    bridge_article.write_text(change(bridge_article.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(InputError, match="--lenient"):
        hydrated(bridge, bridge_article)
    found = hydrated(bridge, bridge_article, lenient=True).rows["text"]
    assert [loosen(text) for text in found] == [loosen(text) for text in exact]


def test_lenient_takes_quote_marks_along(bridge, bridge_article):
    bridge_article.write_text(bridge_article.read_text(encoding="utf-8").translate(CURLY_TO_STRAIGHT), encoding="utf-8")
    rows = hydrated(bridge, bridge_article, lenient=True).rows
    assert rows["text"][rows["group"] == "b02"].item() == '"Nothing about the bridge is off the table," Cole said.'


def test_lenient_still_refuses_other_words(bridge, bridge_article):
    bridge_article.write_text(bridge_article.read_text(encoding="utf-8").replace("flour", "bread"), encoding="utf-8")
    with pytest.raises(InputError, match=r"1 of 14 spans are not in this copy.*b11"):
        hydrated(bridge, bridge_article, lenient=True)


def test_an_article_that_is_not_there(bridge, tmp_path):
    with pytest.raises(InputError, match="no such file"):
        hydrated(bridge, tmp_path / "nowhere.txt")
