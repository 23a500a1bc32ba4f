import json
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.article.plain import paragraphs, plain_source
from stancelab.article.source import Source

ROOT = Path(__file__).parent.parent
ARTICLE = ROOT.parent / "shared" / "article" / "kremlin-warns-nato-ground-intervention.txt"
needs_article = pytest.mark.skipif(not ARTICLE.exists(), reason="the article is under copyright and not in the project")

PARAGRAPHS = [
    "The mayor of Harne said on Monday that the bridge over the strait would be built before the winter, whatever the county "
    "thought of it, and that she had signed the contract with the builders herself on the day before the council met.",
    "Fishermen were not pleased. Their union had asked for a tunnel, which would have cost three times as much, and now wants to "
    "take the council to court.",
    "“We were never heard,” its chair said.",
    "The county did not answer questions about the contract on Monday, but a spokesman for it said in the evening that there was "
    "nothing to be said against bridges as such.",
]


def shown(source: Source) -> list[str]:
    return [source.text[block.start : block.end] for block in source.blocks]


def check_invariants(source: Source) -> None:
    assert len(source.starts) == len(source.ends) == len(source.text)
    assert all(start < end for start, end in zip(source.starts, source.ends, strict=True))
    assert all(end <= start for end, start in zip(source.ends[:-1], source.starts[1:], strict=True))
    assert [block.number for block in source.blocks] == list(range(1, len(source.blocks) + 1))
    assert all(before.end <= after.start for before, after in zip(source.blocks, source.blocks[1:], strict=False))
    assert all(0 <= block.start < block.end <= len(source.text) for block in source.blocks)
    assert all(text == text.strip() != "" for text in shown(source))


@given(st.text(alphabet=st.one_of(st.characters(codec="utf-8"), st.sampled_from("\n\r\t\0 aé.”\u2028\u05d0")), max_size=300))
def test_any_text_keeps_each_character_in_its_place(content: str):
    source = plain_source(content, "any")
    check_invariants(source)
    assert source.text == source.content == content
    assert all(content[start:end] == content[start] for start, end in zip(source.starts, source.ends, strict=True))
    assert "".join("".join(shown(source)).split()) == "".join(content.split())


@given(
    st.lists(st.sampled_from(["", " ", "\r", "One line.", "  Another, set in", "“Quoted,” he said.\r", "x" * 200]), max_size=12)
)
def test_lines_are_counted_as_a_datasets_paragraphs_are(lines: list[str]):
    content = "\n".join(lines)
    for block in plain_source(content, "any").blocks:
        assert block.number == sum(1 for line in content[: block.start].split("\n")[:-1] if line.strip()) + 1


@pytest.mark.parametrize("width", [50, 64, 72, 80, 96])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_broken_at_a_width_are_joined(width: int, end: str):
    wrapped = "\n\n".join(textwrap.fill(paragraph, width) for paragraph in PARAGRAPHS).replace("\n", end)
    source = plain_source(wrapped, "wrapped")
    check_invariants(source)
    assert [" ".join(text.split()) for text in shown(source)] == PARAGRAPHS


@pytest.mark.parametrize("width", [50, 72])
def test_paragraphs_set_in_are_told_apart_without_blank_lines(width: int):
    wrapped = "\n".join(textwrap.fill(paragraph, width, initial_indent="    ") for paragraph in PARAGRAPHS)
    assert [" ".join(text.split()) for text in shown(plain_source(wrapped, "wrapped"))] == PARAGRAPHS


def test_a_headline_and_a_byline_above_broken_lines_stand_alone():
    head = "Council builds the bridge\nBy Ann Lee\n\n"
    wrapped = head + "\n\n".join(textwrap.fill(paragraph, 70) for paragraph in PARAGRAPHS)
    source = plain_source(wrapped, "wrapped")
    assert [block.kind for block in source.blocks] == ["headline", "byline", *["body"] * 4]
    assert shown(source)[:2] == ["Council builds the bridge", "By Ann Lee"]


def test_a_headline_longer_than_the_lines_stands_alone():
    head = "The council of the island builds the bridge over the strait that nobody had asked it for\nBy Ann Lee\n\n"
    wrapped = head + "\n\n".join(textwrap.fill(paragraph, 60) for paragraph in PARAGRAPHS)
    assert [" ".join(text.split()) for text in shown(plain_source(wrapped, "wrapped"))] == [
        *head.strip().split("\n"),
        *PARAGRAPHS,
    ]


def test_a_short_line_within_a_sentence_does_not_end_its_paragraph():
    wrapped = "\n\n".join(textwrap.fill(paragraph, 70) for paragraph in PARAGRAPHS)
    broken = wrapped.replace("she had signed the", "she\nhad signed the")
    assert broken != wrapped
    assert [" ".join(text.split()) for text in shown(plain_source(broken, "wrapped"))] == PARAGRAPHS


def test_lines_of_one_length_are_not_joined_where_they_are_wide():
    lines = ["The mayor said so. " * 7 + "End."] * 6
    assert len(paragraphs("\n".join(lines))) == 6


def test_one_paragraph_a_line_is_not_joined_however_short():
    lines = [
        "Q: Will it be built?",
        "Varden: Yes, it will be built, and nobody can stop it any more.",
        "Q: When?",
        "Varden: Soon.",
    ]
    content = "\n".join(lines * 3)
    assert [content[start:end] for start, end in paragraphs(content)] == lines * 3


def test_long_lines_are_not_joined():
    content = "\n".join(PARAGRAPHS)
    assert [content[start:end] for start, end in paragraphs(content)] == PARAGRAPHS


@pytest.mark.parametrize("content", ["", " \n\t\n", "\ufeff".strip("\ufeff")])
def test_nothing_to_read_is_told(content: str):
    source = plain_source(content, "empty")
    assert (source.blocks, source.notes) == ((), ("there is nothing to read in it",))


def test_only_quotes_and_right_to_left_text_are_body():
    quotes = plain_source("“No.”\n\n“Yes, and never again.”", "quotes")
    assert [block.kind for block in quotes.blocks] == ["body", "body"]
    hebrew = plain_source("ראש העיר אמר ביום שני כי הגשר ייבנה.\nהדייגים אינם מרוצים.", "hebrew")
    assert [block.kind for block in hebrew.blocks] == ["body", "body"]
    assert hebrew.language == "he"
    assert hebrew.notes == ("the text seems to be Hebrew; statements are found by English rules",)


def test_a_megabyte_in_one_line_is_one_block():
    content = "The mayor said so. " * 55_000
    assert [(block.start, block.end) for block in plain_source(content, "long").blocks] == [(0, len(content) - 1)]


@needs_article
def test_the_articles_statements_all_stand_in_its_body():
    content = ARTICLE.read_text(encoding="utf-8")
    source = plain_source(content, "kremlin")
    check_invariants(source)
    rows = (ROOT / "datasets" / "ground-intervention" / "gold.jsonl").read_text(encoding="utf-8").splitlines()
    body = {block.number: block for block in source.body()}
    for row in map(json.loads, rows):
        assert body[row["paragraph"]].start <= row["start"] < row["end"] <= body[row["paragraph"]].end
    assert sorted(body) == list(range(7, 30))
    assert [block.kind for block in source.blocks[:6]] == ["site", "site", "site", "headline", "caption", "byline"]


def test_the_headline_is_the_title_where_none_is_stated():
    content = "Harne Daily News\n\nCouncil builds a bridge\tover the strait\n\nThe mayor is glad.\n"
    assert plain_source(content, "a").title == "Council builds a bridge over the strait"
    assert plain_source(content, "a", title="Bridge").title == "Bridge"
    assert plain_source("The mayor is glad.\n\nSo is the county.\n", "a").title is None
