"""What stands in the record of a statement, in plain text and in a page, and whose are spans that are given?"""

import pytest

from stancelab.article.html import html_source
from stancelab.article.plain import plain_source
from stancelab.article.statements import REPORTED, attribute, find


@pytest.fixture
def statement_of(english):
    return lambda text: find(plain_source(text, "doc"), english)[1][-1]


def test_the_record_of_a_statement(english):
    text = "It rained.\n\nLate, Vera Holt said: “Tom Brand  sold the ferry.”\n"
    actors, [statement] = find(plain_source(text, "doc-1"), english)
    assert [actor.id for actor in actors] == ["vera-holt", "tom-brand"]
    assert statement.id == "doc-1-001"
    assert (statement.start, statement.end) == (text.index("Late"), len(text) - 1)
    assert statement.span == text.strip().split("\n\n")[1]
    assert statement.text == "Late, Vera Holt said: “Tom Brand sold the ferry.”"
    assert (statement.paragraph, statement.mode, statement.cue) == (2, "direct", "say")
    assert statement.quote == "Tom Brand  sold the ferry"
    assert statement.quote_start == text.index("Tom")
    speaker, reported = statement.attributions
    assert (speaker.actor_id, speaker.role) == ("vera-holt", "speaker")
    assert text[slice(*speaker.mention)] == "Holt"
    assert (reported.actor_id, reported.role, reported.mention, reported.confidence) == ("tom-brand", "reported", None, REPORTED)
    assert all(each.label is None and each.probabilities is None for each in statement.attributions)


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("“We waited,” Vera Holt said.", "We waited"),
        ("“We waited.” Vera Holt said.", "We waited"),
        ("“We waited!” Vera Holt said.", "We waited!"),
        ("“Did we wait?” asked Vera Holt.", "Did we wait?"),
        ("“We waited …” Vera Holt said.", "We waited …"),
        ("“We,” Vera Holt said, “waited.”", "We"),
        ("Vera Holt said the sale was “a gift” and “an insult”.", "a gift"),
        ("Vera Holt said: “We waited.\n\n“We left.”", "We waited.\n\n“We left"),
        ("“We waited, Vera Holt said. It was late.", "We waited"),
        ("«We waited», Vera Holt said.", "We waited"),
        ("Vera Holt rejected the plan.", None),
    ],
)
def test_quoted_words(english, text, quote):
    statement = find(plain_source(text, "doc"), english)[1][0]
    assert statement.quote == quote
    assert statement.quote_start == (None if quote is None else text.index(quote))


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("Vera Holt says that it is late.", "say"),
        ("“We waited,” shouted Vera Holt.", "shout"),
        ("The quay, Vera Holt warned, will close.", "warn"),
        ("Vera Holt’s rejection of the plan came late.", "rejection"),
        ("Vera Holt left the talks.", "leave"),
        ("Vera Holt: “We waited.”", None),
    ],
)
def test_the_word_that_tells_of_the_act(statement_of, text, cue):
    assert statement_of(text).cue == cue


@pytest.mark.parametrize(
    ("text", "mention"),
    [
        ("Mayor Vera Holt rejected the plan.", "Holt"),
        ("Vera Holt left. She rejected the plan.", "She"),
        ("Vera Holt left. The plan was rejected by her.", "her"),
        ("The council rejected the plan.", "council"),
        ("The quay, Vera Holt warned, will close.", "Holt"),
        ("According to Vera Holt, the quay will close.", "Holt"),
        ("The warning from Vera Holt came late.", "Holt"),
        ("Vera Holt rejected the plan and wants talks.", "Holt"),
        ("“We waited,” Vera Holt said. “We left.”", None),
    ],
)
def test_the_word_that_names_the_speaker(statement_of, text, mention):
    place = statement_of(text).attributions[0].mention
    assert (None if place is None else text[slice(*place)]) == mention


def test_only_the_first_speaker_has_the_mention(statement_of):
    text = "Vera Holt and Tom Brand rejected the plan."
    first, second = statement_of(text).attributions
    assert text[slice(*first.mention)] == "Holt"
    assert second.mention is None


def test_a_name_is_surer_than_a_pronoun_and_a_pronoun_surer_than_nothing(statement_of):
    texts = "Vera Holt rejected it.", "Vera Holt left. She rejected it.", "“We waited,” Vera Holt said. “We left.”"
    sure = [statement_of(text).attributions[0].confidence for text in texts]
    assert sure == sorted(sure, reverse=True)
    assert len(set(sure)) == 3


def test_statements_are_numbered_over_the_whole_article(english):
    text = "\n\n".join(["Vera Holt rejected the plan."] * 12)
    actors, statements = find(plain_source(text, "doc"), english)
    assert [statement.id for statement in statements] == [f"doc-{number:03}" for number in range(1, 13)]
    assert [statement.paragraph for statement in statements] == list(range(1, 13))
    assert [actor.mentions for actor in actors] == [12]


PAGE = """<html><head><title>News</title></head><body><article><h1>The ferry of Arnby</h1>
<p>It rained in Arnby on the day on which the ferry was to be sold to the company.</p>
<p>Mayor <b>Vera</b>&nbsp;<i>Holt</i> said: &ldquo;The <em>ferry</em> &amp; the quay
 stay.&rdquo; Tom Brand, who leads the union, welcomed the plan with <a href="x">all&#32;his members</a> at noon.</p>
</article></body></html>
"""


def test_offsets_into_a_page(english):
    source = html_source(PAGE, "page")
    actors, statements = find(source, english)
    said, welcomed = statements
    assert [actor.name for actor in actors] == ["Vera Holt", "Tom Brand"]
    assert PAGE[said.start : said.end] == said.span
    assert said.span.startswith("Mayor <b>Vera</b>&nbsp;<i>Holt</i> said: &ldquo;The")
    assert said.span.endswith("stay.&rdquo;")
    assert said.text == "Mayor Vera Holt said: “The ferry & the quay stay.”"
    assert said.quote.split() == ["The", "ferry", "&", "the", "quay", "stay"]
    assert PAGE[said.quote_start :].startswith("The <em>ferry</em> &amp;")
    assert PAGE[slice(*said.attributions[0].mention)] == "Holt"
    assert welcomed.text == "Tom Brand, who leads the union, welcomed the plan with all his members at noon"
    assert welcomed.span.endswith("his members</a> at noon")


# whose are spans that are given

HOLT_ON_BRAND = [("Vera Holt", "speaker"), ("Tom Brand", "reported")]
ARTICLE = """Vera Holt, the mayor of Arnby, said that Tom Brand had sold the ferry. “We waited for years,” she added.

Tom Brand rejected that, calling it “an insult”, and left the talks. The ferry sails at noon.
"""


def attributed(english, *spans):
    source = plain_source(ARTICLE, "doc")
    places = [(ARTICLE.index(span), ARTICLE.index(span) + len(span)) for span in spans]
    actors, found = attribute(source, english, places)
    names = {actor.id: actor.name for actor in actors}
    return [[(names[each.actor_id], each.role) for each in group] for group in found]


@pytest.mark.parametrize(
    ("span", "who"),
    [
        (
            "Vera Holt, the mayor of Arnby, said that Tom Brand had sold the ferry",
            [("Vera Holt", "speaker"), ("Tom Brand", "reported")],
        ),
        ("the mayor of Arnby, said that Tom Brand had sold the ferry.", HOLT_ON_BRAND),
        ("“We waited for years,” she added", [("Vera Holt", "speaker")]),
        ("We waited for years", [("Vera Holt", "speaker")]),
        ("calling it “an insult”", [("Tom Brand", "speaker")]),
        ("left the talks", [("Tom Brand", "speaker")]),
        ("rejected that", [("Tom Brand", "speaker")]),
    ],
)
def test_whose_a_span_is(english, span, who):
    assert attributed(english, span) == [who]


def test_spans_keep_their_order_whatever_it_is(english):
    spans = ["left the talks", "“We waited for years,” she added", "left the talks"]
    assert attributed(english, *spans) == [attributed(english, span)[0] for span in spans]
    assert attributed(english) == []


def test_a_span_of_a_page(english):
    source = html_source(PAGE, "page")
    start = PAGE.index("welcomed")
    _, [[who]] = attribute(source, english, [(start, PAGE.index(" at noon"))])
    assert who.actor_id == "tom-brand"


def test_a_span_before_everything_is_nobodys(english):
    source = plain_source("\n\n  It rained. Vera Holt left.", "doc")
    assert attribute(source, english, [(0, 1)]) == ((), [()])
