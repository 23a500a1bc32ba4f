"""Is the text that a classifier reads composed as its template says?"""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.errors import InputError
from stancelab.models.inputs import column, compose, mark_actor, spell_hashtags, words_of_hashtag

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


@pytest.mark.parametrize(
    ("hashtag", "words"),
    [
        ("MakeAmericaGreatAgain", "Make America Great Again"),
        ("iAgree", "i Agree"),
        ("GOPDebate", "GOP Debate"),
        ("VoteGOP", "Vote GOP"),
        ("NATOAlliesAndEU", "NATO Allies And EU"),
        ("ABC", "ABC"),
        ("A", "A"),
        ("ThisIsAPlan", "This Is A Plan"),
        ("StopHillary2016", "Stop Hillary 2016"),
        ("2ndAmendment", "2 nd Amendment"),
        ("2016", "2016"),
        ("lives_matter", "lives matter"),
        ("_Lives__Matter_", "Lives Matter"),
        ("GOP_2016", "GOP 2016"),
        ("prolife", "prolife"),
        ("___", "___"),
        ("", ""),
        ("لا_للحرب", "لا للحرب"),
        ("нет_войне2022", "нет войне 2022"),
        ("Stopالحرب", "Stop الحرب"),
    ],
)
def test_words_of_a_hashtag(hashtag, words):
    assert words_of_hashtag(hashtag) == words


@given(st.from_regex(r"\w+", fullmatch=True))
def test_a_hashtag_keeps_its_letters_in_order(hashtag):
    kept = hashtag.replace("_", "")
    assert words_of_hashtag(hashtag).replace(" ", "") == (kept or hashtag)


@given(st.lists(st.sampled_from(["Vote", "it", "GOP", "now", "2016", "حرب"]).filter(str.strip), min_size=1, max_size=5))
def test_words_that_underscores_part_come_back(words):
    assert words_of_hashtag("_".join(words)) == " ".join(words)


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("no way #NeverAgain", "no way Never Again"),
        ("#StopIt: #GOPDebate!", "Stop It: GOP Debate!"),
        ("(#prolife)", "(prolife)"),
        ("#___ and #1", "___ and 1"),
        ("NeverAgain stays", "NeverAgain stays"),
        ("C # and # alone", "C # and # alone"),
        ("#🦊 is no hashtag", "#🦊 is no hashtag"),
        ("#لا_للحرب الآن", "لا للحرب الآن"),
        ("", ""),
    ],
)
def test_spelled_hashtags(text, spelled):
    assert spell_hashtags(text) == spelled


WORDS = st.from_regex(r"#?\w*[^\W_]", fullmatch=True)


@given(st.lists(WORDS, max_size=6))
def test_no_hashtag_is_left_and_no_letter_is_lost(words):
    text = " ".join(words)
    spelled = spell_hashtags(text)
    assert "#" not in spelled
    tagged = [word.replace("_", "") if word.startswith("#") else word for word in words]
    assert "".join(spelled.split()) == "".join(tagged).replace("#", "")
    assert spell_hashtags(spelled) == spelled


TAGGED = pd.DataFrame({"text": ["we say #NeverAgain, #GOP_2016", "nothing tagged"], "actor": "we", "target": "#SemST"})


@pytest.mark.parametrize(
    ("template", "rows"),
    [
        ("{spelled}", ["we say Never Again, GOP 2016", "nothing tagged"]),
        ("{hashtags}", ["Never Again GOP 2016", ""]),
        ("{text} {hashtags}", ["we say #NeverAgain, #GOP_2016 Never Again GOP 2016", "nothing tagged "]),
        ("{spelled} on {target}", ["we say Never Again, GOP 2016 on #SemST", "nothing tagged on #SemST"]),
        ("{marked}", ["ACTOR say #NeverAgain, #GOP_2016", "nothing tagged"]),
    ],
)
def test_compose_with_hashtags(template, rows):
    assert compose(TAGGED, template) == rows


def test_hashtags_need_the_text_alone():
    assert compose(TAGGED[["text"]], "{hashtags}") == ["Never Again GOP 2016", ""]
    for template in ("{spelled}", "{hashtags}"):
        with pytest.raises(InputError, match="column 'text' is missing"):
            compose(TAGGED[["actor"]], template)


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
    with pytest.raises(InputError, match=r"column 'actor' is missing"):
        compose(X[["text"]], "{marked}")


def test_a_column_is_read_as_text():
    assert column(pd.DataFrame({"text": ["a", 1]}), "text") == ["a", "1"]


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_a_missing_value_is_no_text(missing):
    with pytest.raises(InputError, match="column 'text'"):
        column(pd.DataFrame({"text": ["a", missing]}), "text")


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("#StopIt#Now", "Stop It Now"),
        ("no#tag", "no tag"),
        ("##tag", "tag"),
        ("#Zürich #ÉtatUrgence", "Zürich État Urgence"),
        ("it&#39;s", "it&#39;s"),
        ("a # b", "a # b"),
    ],
)
def test_hashtags_beside_other_signs(text, spelled):
    assert spell_hashtags(text) == spelled


@pytest.mark.parametrize("template", ["{text} {actor}", "{marked} on {target}", "{spans}", "{spelled} {hashtags}", "always this"])
def test_columns_are_read_as_a_frame_is(template):
    columns = {"id": ["1", "2"], "text": ["Ann met #BobDole.", "He left."], "actor": ["Ann", "Bob"], "target": ["tax", "war"]}
    assert compose(columns, template) == compose(pd.DataFrame(columns), template)


def test_a_column_that_columns_lack_is_named():
    with pytest.raises(InputError, match=r"column 'actor' is missing.*did you mean 'actors'"):
        column({"text": ["one"], "actors": ["A"]}, "actor")
