from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.article.markup import BLOCKS, Visible, chosen, visible_text

MARKUP = (
    "<p> </p> <div> </div> <b> </b> <br> <br/> <a\thref='x>y'> </a> <td> <li> <h1> <!--c--> <!-- <![CDATA[x]]> <!doctype\thtml>"
    " <?x?> <script>a<b</script> <style> </style> <title>t</title> <textarea> <plaintext> < <a </ <! & &amp; &amp &nbsp; &#8220;"
    " &#x201D; &#0; &#55296; &#13; &notit; &notinE; &NotEqualTilde; &bogus; &#xZ; &#99999999999; a é 😀 e\u0301 \0 \u05d0 ” 1"
    ' <p\tx="'
)
SPACES = [" ", "\n", "\r\n", "\t", "\u2003"]
PIECES = st.one_of(st.sampled_from([*MARKUP.split(" "), *SPACES, "two words"]), st.text(max_size=4))
PAGES = st.lists(PIECES, max_size=40).map("".join)


def check_places(visible: Visible, content: str) -> None:
    assert len(visible.starts) == len(visible.ends) == len(visible.text)
    last = 0
    for character, start, end in zip(visible.text, visible.starts, visible.ends, strict=True):
        assert last <= start < end <= len(content)
        last = end
        assert character in " \n" or content[start:end] == character or unescape(content[start:end]) == character
    for start, end in visible.blocks:
        assert visible.text[start:end].strip() == visible.text[start:end] != ""


def blocks(content: str) -> list[str]:
    visible = visible_text(content)
    check_places(visible, content)
    return [visible.text[start:end] for start, end in visible.blocks]


@given(PAGES)
def test_each_visible_character_stands_where_it_is_said_to(content: str):
    check_places(visible_text(content), content)


class Reading(HTMLParser):
    """What the standard library sees of a page that is well written."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = [""]

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.words[-1:] = [*self.words[-1:], ""] if tag in BLOCKS else [self.words[-1]]

    def handle_endtag(self, tag: str) -> None:
        self.handle_starttag(tag, None)

    def handle_data(self, data: str) -> None:
        self.words[-1] += data


TIDY = st.recursive(
    st.sampled_from(
        ["word", " ", "\n", "&amp;", "&lt;p&gt;", "&#8220;a&#8221;", "&eacute;t&eacute; ", "x &lt; y", "<!-- <p>no</p> -->"]
    ),
    lambda inner: st.tuples(
        st.sampled_from(["p", "div", "b", "em", "li", "span class='a > b'"]), st.lists(inner, max_size=4)
    ).map(lambda made: f"<{made[0]}>{''.join(made[1])}</{made[0].split()[0]}>"),
    max_leaves=30,
)


@given(TIDY)
def test_the_standard_librarys_parser_sees_the_same(content: str):
    reading = Reading()
    reading.feed(content)
    reading.close()
    assert blocks(content) == [" ".join(words.split()) for words in reading.words if words.strip()]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<p>One<p>two <b>th</b>ree", ["One", "two three"]),
        ("a<br>b<br>\n<br/>c", ["a b", "c"]),
        ("a<script>if (a<b) '<p>'</script>b<style>p{}</style>c<!-- d --><!-->e", ["abce"]),
        ("<title>no</title><h1>yes</h1>", ["yes"]),
        ("<title>never closed <p>text", ["never closed", "text"]),
        ("a<script>never closed", ["a"]),
        ("2 < 3 and <p title='>'>4 > 3", ["2 < 3 and", "4 > 3"]),
        ("AT&T &amp; R&D &ampx; &bogus; &#x;", ["AT&T & R&D &x; &bogus; &#x;"]),
        ("mini\0ster", ["minister"]),
        ("a&nbsp;b &#160;", ["a\xa0b"]),
        ("a<plaintext>b</plaintext><p>", ["ab</plaintext><p>"]),
        ("<![CDATA[no]]>yes<!doctype html>", ["yes"]),
        ("text<p never closed", ["text"]),
        ("<td>a<td>b", ["a", "b"]),
        ("", []),
        (" <p> &nbsp; </p>", []),
    ],
)
def test_what_a_reader_sees(content: str, expected: list[str]):
    assert blocks(content) == expected


def test_an_entity_is_one_character_at_its_place():
    visible = visible_text("<p>a &#8220;b&rdquo;</p>")
    assert visible.text == "a “b”"
    assert [(start, end) for start, end in zip(visible.starts, visible.ends, strict=True)][2:] == [(5, 12), (12, 13), (13, 20)]


@given(PAGES, st.data())
def test_chosen_blocks_keep_their_places(content: str, data: st.DataObject):
    visible = visible_text(content)
    spans = [block for block in visible.blocks if data.draw(st.booleans())]
    part = chosen(visible, spans)
    check_places(part, content)
    assert part.text == "\n\n".join(visible.text[start:end] for start, end in spans)
    assert len(part.blocks) == len(spans)


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<!",
        "<a ",
        "</a ",
        '<a b=">" ',
        '</a b=">" ',
        "<a '",
        "<!--",
        "<![CDATA[",
        "<script>",
        "<title>",
        "&",
        "&#",
        "&a",
        "<div>",
        '="<p ',
    ],
)
def test_no_page_is_too_broken_or_takes_forever(piece: str):
    content = piece * (40_000 // len(piece))
    check_places(visible_text(content), content)
