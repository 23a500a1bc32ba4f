import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.article.boilerplate import kinds

BODY = "The mayor said on Monday that the bridge would be built before the winter."


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("byline", "By Ann Lee"),
        ("byline", "By Ann Lee and Bo O’Hara Harne Daily News"),
        ("byline", "BY ANN LEE, REUTERS"),
        ("byline", "by Constant Möller"),
        ("byline", "By our foreign staff"),
        ("byline", "Written by Ann Lee, political correspondent"),
        ("credit", "(Ann Lee/Harne Pictures)"),
        ("credit", "Photo: Ann Lee/Harne Pictures"),
        ("credit", "Credit: Harne Pictures"),
        ("credit", "Photograph by Ann Lee"),
        ("credit", "(Reporting by Ann Lee; Editing by Bo O’Hara)"),
        ("credit", "Additional reporting by Ann Lee in Harne."),
        ("credit", "Ann Lee and Bo O’Hara contributed to this report."),
        ("caption", "FILE — The old bridge at Harne is seen from the ferry in May. (Ann Lee/Harne Pictures)"),
        ("credit", "Image source, Harne Pictures"),
        ("caption", "Image caption, The mayor said she was glad."),
        ("caption", "FILE PHOTO: The old bridge."),
        ("caption", "Pictured: the mayor and her dog."),
        ("caption", "The mayor cuts the ribbon on Monday. Photograph: Ann Lee/Harne Pictures"),
        ("caption", "The mayor cuts the ribbon on Monday. (Ann Lee/Harne Pictures)"),
        ("site", "Read more: Ferries to stop in May"),
        ("site", "Read more"),
        ("site", "Subscribe to our newsletter"),
        ("site", "Sign up for our morning newsletter and get the news in your inbox."),
        ("site", "Share this article"),
        ("site", "© 2031 Harne Daily News. All rights reserved."),
        ("site", "Copyright 2031 Harne Daily News"),
        ("site", "Advertisement"),
        ("site", "ADVERTISEMENT"),
        ("site", "Article continues below advertisement"),
        ("site", "This article originally appeared in the Harne Daily News."),
        ("site", "12 comments"),
    ],
)
def test_a_clear_pattern_tells_what_a_line_is(kind: str, line: str):
    assert kinds([BODY, line, BODY])[1] == kind


@pytest.mark.parametrize(
    "line",
    [
        "BRUSSELS (HN) — The mayor said on Monday that she would go.",
        "By Monday, the council had changed its mind.",
        "By Friday.",
        "By the time Ann Lee arrived the vote was over",
        "“Read more books,” the mayor told them.",
        "Q: Three of your members do not see it that way.",
        "Varden: Then I shall have more time for my bees.",
        "Yes.",
        "Then came the storm",
        "Subscribe to that view, the mayor said, and you will believe anything.",
        "Sign up for the ballot, the mayor told residents.",
        "Reporting by the county suggests that the bridge will fall.",
        "The union contributed to the debate by leaving the room.",
        "She spends her evenings editing by candlelight.",
        "Share prices of the builder rose on the news.",
        "Advertisements for the bridge are everywhere, she said.",
        "A poll of 1,000 residents (Opinion/Harne University) found them divided.",
        "Related to the mayor by marriage, the builder denied any favour.",
        "Video of the debate shows the mayor leaving.",
        "Photo: “We were never asked to stand there,” the union said.",
        "He came by bus (and/or ferry)",
        "Read more: " + "the mayor wants her people to do so, she said, " * 5,
        BODY * 10 + " (Ann Lee/Harne Pictures)",
    ],
)
def test_what_an_article_says_is_body(line: str):
    assert kinds(["The council builds a bridge", BODY, line, BODY])[2] == "body"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["Council builds a bridge over the strait", "Harne Daily News", "17 April 2031, 18:40"], ["headline", "site", "site"]),
        (["Harne Daily News", "Harne, Westland  Est. May 1, 1901", "Council builds a bridge"], ["site", "site", "headline"]),
        (["Council Builds Long-Awaited Bridge Over Strait", "By Ann Lee"], ["headline", "byline"]),
        (["Will the bridge ever be built?", "Ann Lee | Weekend"], ["headline", "site"]),
        (["Council builds a bridge", "Union of fishermen says it will go to court"], ["headline", "headline"]),
        (["“I would rather swim than wait”", "Interview: Ann Lee"], ["headline", "credit"]),
        (["Council builds a bridge over the strait", "“We will never allow it” said the union"], ["headline", "body"]),
        (["Harne, Westland  Est. May 1, 1901", "Council Builds Long-Awaited Bridge"], ["site", "headline"]),
        (["The Tarn & Skarrow Messenger", "Council builds a bridge over the strait"], ["site", "headline"]),
        (["Council builds a bridge", "updated on the evening of 17 April 2031"], ["headline", "site"]),
        (["Q: Will it be built?"], ["body"]),
        (["The mayor and her council " + "and all of her friends " * 6], ["body"]),
        (["By Ann Lee", "Council builds a bridge over the strait"], ["byline", "headline"]),
        ([], []),
    ],
)
def test_what_stands_above_the_first_sentence_is_set_aside(lines: list[str], expected: list[str]):
    assert kinds([*lines, BODY, BODY]) == [*expected, "body", "body"]


def test_the_title_is_the_headline_wherever_it_stands_at_the_top():
    assert kinds(["Harne Daily News of Monday", "Bridges", BODY], title="BRIDGES!") == ["site", "headline", "body"]


def test_bylines_stand_at_the_top():
    assert kinds([BODY, "By Land and Sea", *[BODY] * 10, "By Land and Sea", BODY])[1:13:11] == ["byline", "body"]


def test_a_text_without_sentences_is_all_body():
    assert kinds(["the mayor wants a bridge"]) == ["body"]
    assert kinds(["the mayor wants a bridge"] * 30) == ["body"] * 30
    assert kinds(["The mayor wants a bridge"], title="The mayor wants a bridge") == ["body"]


@given(
    st.lists(st.one_of(st.text(min_size=1), st.sampled_from(["By Ann", BODY, "© 2031", "A b c d e"])).map(str.strip).filter(bool))
)
def test_every_line_has_one_kind(lines: list[str]):
    assert len(kinds(lines)) == len(lines)


@pytest.mark.parametrize(
    "piece", ["By ", "A, ", "(A/", "Photo by ", "a contributed ", "read more ", "A b. Editing by A and ", "([", "By A|"]
)
def test_no_line_takes_long(piece: str):
    assert len(kinds([piece * (200_000 // len(piece)), piece * 40, piece * 12, BODY])) == 4
