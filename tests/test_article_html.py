import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.article.html import MOST_TAGS, NO_MAIN_TEXT, html_source
from stancelab.article.source import Source

pytest.importorskip("trafilatura", reason="trafilatura cannot be imported", exc_type=ImportError)

PAGE = """<!doctype html>
<html lang="en"><head><title>Council builds a bridge over the narrow strait | Harne News</title>
<meta property="og:site_name" content="Harne News"><meta property="article:published_time" content="2031-04-17T10:00:00Z">
<style>p { color: black }</style></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/s">Subscribe</a></li></ul></nav>
<article><h1>Council builds a bridge over the narrow strait</h1>
<p>The mayor said on Monday that &#8220;the bridge&#8221; will be <b>built</b> in&nbsp;spring &mdash; she hopes.</p>
<script>var text = "<p>Not this paragraph, which only a script would write into the page.</p>";</script>
<p>Opponents, who had asked for a ferry, called it <i>a waste of money</i> and went home<br>before the vote was taken.</p>
<p>Yes.</p>
<p>It is the third time that the council decides on a bridge; the first was planned in 1912 &amp; never begun.</p>
</article><footer>&copy; 2031 Harne News</footer></body></html>
"""


def shown(source: Source) -> list[str]:
    return [source.text[block.start : block.end] for block in source.blocks]


def test_the_main_text_of_a_page():
    source = html_source(PAGE, "bridge")
    assert shown(source) == [
        "Council builds a bridge over the narrow strait",
        "The mayor said on Monday that “the bridge” will be built in\xa0spring — she hopes.",
        "Opponents, who had asked for a ferry, called it a waste of money and went home before the vote was taken.",
        "Yes.",
        "It is the third time that the council decides on a bridge; the first was planned in 1912 & never begun.",
    ]
    assert [block.kind for block in source.blocks] == ["headline", "body", "body", "body", "body"]
    assert (source.title, source.date, source.outlet, source.language, source.notes) == (
        "Council builds a bridge over the narrow strait",
        "2031-04-17",
        "Harne News",
        "en",
        (),
    )
    assert source.content == PAGE


def test_offsets_point_into_the_file():
    source = html_source(PAGE, "bridge")
    start = source.text.index("“the bridge”")
    first, last = source.place(start, start + len("“the bridge”"))
    assert PAGE[first:last] == "&#8220;the bridge&#8221;"


def test_what_is_stated_elsewhere_comes_first():
    source = html_source(PAGE, "bridge", title="Yes.", language="de")
    assert (source.title, source.language, source.blocks[3].kind) == ("Yes.", "de", "headline")
    assert source.notes == ("the text seems to be German; statements are found by English rules",)


def test_without_a_main_text_all_that_is_visible_is_read():
    source = html_source("<b>x</b>" * (MOST_TAGS // 2 + 1), "many")
    assert source.notes[0] == NO_MAIN_TEXT
    assert source.text == "x" * (MOST_TAGS // 2 + 1)


def test_a_nul_byte_does_not_end_the_page():
    source = html_source(PAGE.replace("mayor", "may\0or"), "nul")
    assert shown(source) == shown(html_source(PAGE, "bridge"))
    assert source.notes == ()


@pytest.mark.parametrize("content", ["", "<html></html>", "<script>x</script>", "<!-- x"])
def test_a_page_of_nothing(content: str):
    source = html_source(content, "empty")
    assert (source.text, source.blocks, source.notes) == ("", (), ("there is nothing to read in it",))


@given(
    st.lists(
        st.one_of(st.sampled_from(["<p>", "</div>", "<a href='", "<b>", "&amp;", PAGE, PAGE[:700], "\0", "<br>"]), st.text()),
        max_size=6,
    )
)
def test_any_page_keeps_each_character_in_its_place(pieces: list[str]):
    source = html_source("".join(pieces), "any")
    assert len(source.starts) == len(source.ends) == len(source.text)
    assert all(start < end for start, end in zip(source.starts, source.ends, strict=True))
    assert all(end <= start for end, start in zip(source.ends[:-1], source.starts[1:], strict=True))
    assert all(text.strip() == text != "" for text in shown(source))
    assert bool(source.blocks) == bool(source.text.strip())


def test_the_library_says_nothing(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.DEBUG):
        html_source("<p>x", "short")
    assert caplog.records == []
    assert logging.getLogger("trafilatura").level == logging.NOTSET
