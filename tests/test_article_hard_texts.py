"""Do the rules keep their promises on any text: offsets, order, ids, and time that grows with the text alone?"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stancelab.article import names
from stancelab.article.dialogue import find_turns
from stancelab.article.frames import build_frames
from stancelab.article.html import html_source
from stancelab.article.plain import plain_source
from stancelab.article.quotations import find_quotations
from stancelab.article.statements import attribute, find
from stancelab.article.syntax import parse

WORDS = """said says told added asked according to that which who was not by of for and but Vera Holt Brand Mr. Ms. Union Council
Kremlin Paris mayor minister government he she they it both two its plan ferry rejected opposed wants accused selling Yes yes Q:
A: “No,” said,” ’s n't קול مرحبا 你好 𝒳 ﬁ İ"""
SPACES = ["\n", "\n\n", " ", "\r\n", "\t", "\x00", "\u00a0", "\u2028", "\u202e"]
PIECES = [*"“”\"'’‘«»„‹›,.:;?!–-()…", *WORDS.split(), *SPACES]
TEXTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=50).map(" ".join),
    st.lists(st.sampled_from(PIECES), max_size=50).map("".join),
    st.text(max_size=80),
)
AT_LARGE = settings(max_examples=60, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))


def check(source, actors, statements):
    """What holds for everything that is found in any article."""
    keys = [actor.id for actor in actors]
    assert len(set(keys)) == len(keys)
    assert set(keys) == {each.actor_id for statement in statements for each in statement.attributions}
    assert [each.id for each in statements] == [f"{source.doc_id}-{number:03}" for number in range(1, len(statements) + 1)]
    blocks, end = {block.number: block for block in source.body()}, 0
    for each in statements:
        assert end <= each.start < each.end <= len(source.content)
        end = each.end
        assert source.content[each.start : each.end] == each.span
        assert each.span.strip()
        shown = slice(*source.visible(each.start, each.end))
        assert each.text == " ".join(source.text[shown].split())
        assert blocks[each.paragraph].start <= shown.start < blocks[each.paragraph].end
        assert each.attributions[0].role == "speaker"
        assert len({attribution.actor_id for attribution in each.attributions}) == len(each.attributions)
        assert all(0 < attribution.confidence <= 1 for attribution in each.attributions)
        assert all(attribution.mention is None for attribution in each.attributions[1:])
        if (mention := each.attributions[0].mention) is not None:
            assert source.content[slice(*mention)].strip()
        assert (each.quote is None) == (each.quote_start is None)
        if each.quote is not None:
            begin = source.visible(each.quote_start, each.quote_start + 1)[0]
            assert source.text[begin:].startswith(each.quote)
            assert each.start <= each.quote_start < each.end


def check_attribution(source, nlp):
    """Spans of any borders have actors, or none, and never an error."""
    size = len(source.content)
    spans = [(start, min(size, start + 9)) for start in range(0, size, 13)] + [(0, size)] * bool(size)
    actors, attributions = attribute(source, nlp, spans)
    assert len(attributions) == len(spans)
    assert {actor.id for actor in actors} == {each.actor_id for group in attributions for each in group}


@AT_LARGE
@given(text=TEXTS)
def test_any_plain_text(english, text):
    source = plain_source(text, "x")
    check(source, *find(source, english))
    check_attribution(source, english)


@AT_LARGE
@given(texts=st.lists(TEXTS, min_size=1, max_size=3), tag=st.sampled_from(["p", "div", "b", "li", "blockquote"]))
def test_any_page(english, texts, tag):
    paragraphs = "".join(f"<{tag}>{text.replace('said', '<i>said</i>').replace('“', '&ldquo;')}</{tag}>\n" for text in texts)
    source = html_source(f"<html><body><article><h1>The ferry</h1>{paragraphs}</article></body></html>", "x")
    check(source, *find(source, english))
    check_attribution(source, english)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\n",
        "“",
        "“”",
        '"',
        "“Yes.”",
        "“Yes.” “No.”\n\n“Never.”",
        "It rained.",
        "Le maire a dit : « Non. »",
        "Nein, sagte Holt.",
    ],
)
def test_texts_without_statements_of_anybody(english, text):
    source = plain_source(text, "x")
    actors, statements = find(source, english)
    check(source, actors, statements)
    check_attribution(source, english)
    if "Holt" not in text and "maire" not in text:
        assert (actors, statements) == ((), ())


def test_a_character_outside_the_basic_plane_counts_once(english):
    source = plain_source("𝒳𝒳 is a sign. Vera Holt said “𝒳 is late”.", "x")
    _, [statement] = find(source, english)
    assert statement.start == source.text.index("Vera")
    assert source.text[statement.quote_start :].startswith("𝒳 is late")


class Counted(str):
    """A text that counts the characters which are copied out of it."""

    copied = 0

    def __getitem__(self, place):
        part = super().__getitem__(place)
        self.copied += len(part)
        return part


def framed(text):
    """The frames of a text's lines."""
    blocks = [(block.start, block.end, block.number) for block in plain_source(str(text), "x").body()]
    turns = find_turns(text, blocks)
    quotations = find_quotations(text, [(start, end) for start, end, number in blocks if number not in turns])
    return build_frames(text, blocks, quotations, turns)


@pytest.mark.parametrize(
    "unit",
    ["“A ", '"', "“”", "he said “a” ", "“Yes, we.” ", "(", "A", ".", ". ", "'", "“A\n\n", "“Yes.”\n\n", "- a?\n", "A: b?\n"],
)
def test_a_long_line_of_nonsense_is_framed_in_time_that_grows_with_it(unit):
    text = Counted(unit * (20_000 // len(unit)))
    frames = framed(text)
    assert all(len(frame.starts) == len(frame.ends) == len(frame.text) > 0 for frame in frames)
    assert text.copied < 20 * len(text)
    assert all(len(word) <= 100 for frame in frames for word in frame.text.split())


def test_a_heap_of_signs_is_read(english):
    text = "(" * 500 + " Vera Holt said no. " + "he said “a” " * 1500
    source = plain_source(text, "x")
    check(source, *find(source, english))
    [[who], nobody] = attribute(source, english, [(500, len(text)), (600, len(text))])[1]
    assert (who.actor_id, nobody) == ("vera-holt", ())


def test_a_thousand_namesakes_are_told_apart_by_their_other_names(english, monkeypatch):
    asked = []
    fits = names._fits
    monkeypatch.setattr(names, "_fits", lambda *words: asked.append(words) or fits(*words))
    family = [f"Bob {a}{b}{c}son" for a in "BDFGHKLMNP" for b in "aeiou" for c in "bdfgklmnrv"]
    parsed = parse(plain_source(" ".join(f"{name} left. Bob left." for name in family), "x"), english)
    bearers = names.gather(names.find_names(parsed), parsed)
    assert len(bearers) > 0.9 * len(family)
    assert len(asked) < 10 * len(family)
