"""Which words are found between quote marks, whatever marks a paper prints and whichever it forgets?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.article.quotations import PAIRS, find_quotations
from stancelab.article.speech import attribution_after, names_a_speaker


def paragraphs(text):
    """Start and end of each line that is not empty."""
    spans, start = [], 0
    for line in text.split("\n"):
        if line:
            spans.append((start, start + len(line)))
        start += len(line) + 1
    return spans


def quoted(text):
    """The words of each quotation; one that no mark closes has dots behind it."""
    found = find_quotations(text, paragraphs(text))
    return [text[slice(*each.words)] + "…" * (not each.closed) for each in found]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        # one of each kind of marks
        ("“The quay is closed,” she said.", ["The quay is closed,"]),
        ('"The quay is closed," she said.', ["The quay is closed,"]),
        ("'The quay is closed,' she said.", ["The quay is closed,"]),
        ("‘The quay is closed,’ she said.", ["The quay is closed,"]),
        ("«The quay is closed», she said.", ["The quay is closed"]),
        ("‹The quay is closed›, she said.", ["The quay is closed"]),
        ("„The quay is closed“, she said.", ["The quay is closed"]),
        ("„The quay is closed”, she said.", ["The quay is closed"]),
        ("‚The quay is closed‘, she said.", ["The quay is closed"]),
        # several
        ("“The quay,” she said, “is closed.”", ["The quay,", "is closed."]),
        ('"The quay," she said, "is closed."', ["The quay,", "is closed."]),
        ("She called it “dear” and “late”.", ["dear", "late"]),
        ('She called it "dear" and "late".', ["dear", "late"]),
        ("“Yes.” “No.”", ["Yes.", "No."]),
        # inside another
        ("“He told me ‘never’ and left,” she said.", ["He told me ‘never’ and left,"]),
        ("\"He told me 'never' and left,\" she said.", ["He told me 'never' and left,"]),
        ("‘She said “never” and left,’ he wrote.", ["never"]),
        # apostrophes are no quotations
        ("The pilots’ boat isn’t theirs.", []),
        ("The pilots' boat isn't theirs.", []),
        ("'The pilots' boat isn't theirs,' she said.", ["The pilots"]),
        ("‘We don’t know,’ she said.", ["We don’t know,"]),
        ("'We don't know,' she said.", ["We don't know,"]),
        ("The class of ’98 met in the ’90s.", []),
        # marks that close nothing, or stand alone
        ("The quay is closed,” she said.", []),
        ('A board 6" wide.', []),
        ("A sign: “ ", []),
        ("The quay", []),
        ("", []),
    ],
)
def test_words_between_marks(text, words):
    assert quoted(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        # the closing mark is missing: the attribution ends the words, else the paragraph does
        ("“The quay is closed, she said. It rained.", ["The quay is closed,…"]),
        ("“The quay is closed, said Vera Holt. It rained.", ["The quay is closed,…"]),
        ("“Is the quay closed? asked Vera Holt. It rained.", ["Is the quay closed?…"]),
        ('"The quay is closed, Vera Holt said. It rained.', ["The quay is closed,…"]),
        ("“The quay is closed. It rained.", ["The quay is closed. It rained.…"]),
        ("She said: “The quay is closed.\nIt rained.", ["The quay is closed.…"]),
        ("“The quay is closed.\nThe ferry, she said, sails.", ["The quay is closed.…"]),
        # and the quotation after it is found all the same
        ("“The quay is closed.\nIt rained.\n“The ferry sails,” he said.", ["The quay is closed.…", "The ferry sails,"]),
        # a quotation goes on where the next paragraph opens with its mark again
        ("“The quay is closed.\n“The ferry sails.”", ["The quay is closed.\n“The ferry sails."]),
        ('"The quay is closed.\n"The ferry sails."', ['The quay is closed.\n"The ferry sails.']),
        ("‘The quay is closed.\n‘The ferry sails.’", ["The quay is closed.\n‘The ferry sails."]),
        ("«The quay is closed.\n«The ferry sails.»", ["The quay is closed.\n«The ferry sails."]),
        ("“One.\n“Two.\n“Three.”\n“Four.”", ["One.\n“Two.\n“Three.", "Four."]),
        ('"One.\n"… and two."', ['One.\n"… and two.']),
        ("“One.\n“Two, she said. It rained.", ["One.\n“Two,…"]),
        # but not where it opens with another one
        ("“One.\n‘Two.’", ["One.…"]),
    ],
)
def test_a_mark_too_few(text, words):
    assert quoted(text) == words


def test_borders_hold_the_marks():
    text = "Holt: “No. “Never.”"
    [found] = find_quotations(text, [(0, len(text))])
    assert (found.start, found.end, found.words, found.closed) == (6, 19, (7, 18), True)
    text = "“No, said Holt."
    [found] = find_quotations(text, [(0, len(text))])
    assert (found.start, found.end, found.words, found.closed) == (0, 4, (1, 4), False)


def test_what_is_no_paragraph_is_not_read():
    text = "“Menu”\nShe said “no”.\n“Links”"
    start, end = paragraphs(text)[1]
    assert [text[each.start : each.end] for each in find_quotations(text, [(start, end)])] == ["“no”"]


MARKS = st.text(st.sampled_from("".join(PAIRS) + "”’›“ ,.\nAb"), max_size=60)


@given(MARKS)
def test_quotations_of_any_marks(text):
    blocks = paragraphs(text)
    found = find_quotations(text, blocks)
    ends = [0, *(each.end for each in found)]
    assert all(before <= each.start for before, each in zip(ends, found, strict=False))
    for each in found:
        mark = text[each.start]
        assert each.start + 1 == each.words[0] <= each.words[1] <= each.end <= len(text)
        assert mark in PAIRS
        assert not each.closed or (text[each.end - 1] in PAIRS[mark] and each.words[1] == each.end - 1)
        inside = [start for start, _ in blocks if each.start < start < each.end]
        assert all(text[start] == mark for start in inside)


@pytest.mark.parametrize(
    "words",
    [
        "said Vera Holt",
        "Vera Holt said",
        "she added",
        "asked Holt",
        "they wrote",
        "Holt told us",
        "O’Dowd replied",
        "he quipped",
        "denies Holt",
    ],
)
def test_an_attribution_is_known(words):
    assert names_a_speaker(f"{words}.")
    assert names_a_speaker(f"“No,” {words}.", 6)
    text = f"“No, {words}. It rained, Holt left."
    assert text[: attribution_after(text, 0, len(text))] == "“No,"


@pytest.mark.parametrize("words", ["Vera Holt left", "said", "it is late", "Saidie Holt", "the said Holt", "a man said"])
def test_no_attribution(words):
    assert not names_a_speaker(f"{words}.")
    assert attribution_after(f"“No, {words}.", 0, len(words) + 6) == len(words) + 6
