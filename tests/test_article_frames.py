"""What is a parser given in place of a paragraph, and does each of its characters know where it stands?"""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.article.dialogue import find_turns
from stancelab.article.frames import LONGEST, UTTERANCE, build_frames, is_utterance
from stancelab.article.quotations import find_quotations


def frames_of(text):
    """The frames of a text whose lines are paragraphs."""
    blocks, start = [], 0
    for number, line in enumerate(text.split("\n"), 1):
        if line:
            blocks.append((start, start + len(line), number))
        start += len(line) + 1
    turns = find_turns(text, blocks)
    quotations = find_quotations(text, [(start, end) for start, end, number in blocks if number not in turns])
    return build_frames(text, blocks, quotations, turns)


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        # an utterance becomes a word, its mark that of the sentence, or a comma before its attribution
        ("“We waited,” Holt said.", '"Yes," Holt said.'),
        ("“We waited.” Holt said.", '"Yes," Holt said.'),
        ("“We waited.” It was late.", '"Yes." It was late.'),
        ("“Did we wait?” It was late.", '"Yes?" It was late.'),
        ("“Did we wait?” asked Holt.", '"Yes," asked Holt.'),
        ("“We waited”, Holt said.", '"Yes", Holt said.'),
        ("“We waited” he said.", '"Yes," he said.'),
        ("Holt said: “We waited.”", 'Holt said: "Yes."'),
        ("Holt said, “We waited.”", 'Holt said, "Yes."'),
        ("“We,” Holt said, “waited.”", '"Yes," Holt said, "Yes."'),
        ('"We waited," Holt said.', '"Yes," Holt said.'),
        ("'We waited,' Holt said.", '"Yes," Holt said.'),
        ("«We waited», Holt said.", '"Yes", Holt said.'),
        # of a fragment the words stay, without their marks
        ("Holt called it “a bad year”.", "Holt called it a bad year."),
        ("Holt called it a “bad” year.", "Holt called it a bad year."),
        ("The “Coast Party” waits.", "The Coast Party waits."),
        # signs that a parser knows, each for one
        ("Holt’s ferry\u00a0is late.", "Holt's ferry is late."),
        ("Holt left; the ferry sailed.", "Holt left. the ferry sailed."),
        ("One thing is sure: the ferry sails.", "One thing is sure. the ferry sails."),
        ("At 10:30 it sailed.", "At 10:30 it sailed."),
        ("It was\x00late.", "It was late."),
    ],
)
def test_what_is_parsed(text, parsed):
    [frame] = [frame for frame in frames_of(text) if frame.kind == "told"]
    assert frame.text == parsed


def test_words_of_an_utterance_are_a_frame_of_their_own():
    text = "Late?\n“We waited; you didn’t,” Holt said, “and left.”"
    said = [(frame.text, frame.of, frame.block) for frame in frames_of(text) if frame.kind == "said"]
    assert said == [("We waited. you didn't,", 6, 2), ("and left.", text.index("“and"), 2)]


def test_characters_know_where_they_stand():
    text = "Ah.\n“We waited,” Holt said of “a year”."
    frame = frames_of(text)[1]
    assert frame.block == 2
    start = frame.text.index("Holt")
    assert text[slice(*frame.place(start, start + 4))] == "Holt"
    word = frame.text.index(UTTERANCE)
    assert text[slice(*frame.place(word, word + len(UTTERANCE)))] == "“We waited,”"
    assert frame.utterances[word].start == 4
    [fragment] = frame.fragments
    assert text[fragment.start : fragment.end] == "“a year”"


def test_a_quotation_over_paragraphs_stands_in_the_first():
    text = "Holt said: “We waited.\n“We left.” He left.\n“It was late,” she said."
    told = [(frame.text, frame.block) for frame in frames_of(text) if frame.kind == "told"]
    assert told == [('Holt said: "Yes."', 1), (" He left.", 2), ('"Yes," she said.', 3)]


def test_turns_of_an_interview():
    text = "Q: Why now?\nA: We waited. It was late.\nQ: And then?\nA: We left."
    told = [(frame.kind, frame.text, frame.block) for frame in frames_of(text)]
    assert told == [
        ("asked", "Why now?", 1),
        ("told", '"Yes."', 2),
        ("said", "We waited. It was late.", 2),
        ("asked", "And then?", 3),
        ("told", '"Yes."', 4),
        ("said", "We left.", 4),
    ]
    answer = frames_of(text)[1]
    assert text[slice(*answer.place(1, 4))] == "We waited. It was late"


@pytest.mark.parametrize(
    ("text", "utterance"),
    [
        ("“We waited”", True),
        ("“we waited”", True),
        ("It was late. “we waited”", True),
        ("Holt: “never”", True),
        ("Holt said, “We waited”", True),
        ("Holt said, “we waited.”", True),
        ("The late, “sorry” ferry", False),
        ("Holt said “We waited for years.”", True),
        ("Holt called it “a bad year”", False),
        ("Holt saw “The Last Ferry of Arnby”", False),
        ("Holt saw “The Ferry.”", False),
        ("It was: “” late", False),
    ],
)
def test_utterances_and_fragments(text, utterance):
    [quotation] = find_quotations(text, [(0, len(text))])
    assert is_utterance(text, quotation, 0, len(text)) is utterance


def test_long_paragraphs_are_cut_after_sentences():
    sentence = "The ferry of Arnby sailed at noon and “was” late. “We waited,” Holt said. "
    text = sentence * (3 * LONGEST // len(sentence))
    pieces = [frame for frame in frames_of(text) if frame.kind == "told"]
    assert len(pieces) > 1
    assert all(len(piece.text) <= LONGEST and piece.text.rstrip().endswith(".") for piece in pieces)
    for piece in pieces:
        for place, quotation in piece.utterances.items():
            assert piece.text[place:].startswith(UTTERANCE)
            assert piece.place(place, place + 3) == (quotation.start, quotation.end)
        assert all(piece.starts[0] <= fragment.start < piece.ends[-1] for fragment in piece.fragments)
    words = {fragment.start for piece in pieces for fragment in piece.fragments}
    assert len(words) == sum(len(piece.fragments) for piece in pieces) == text.count("“was”")


@given(st.text(st.sampled_from("“”\"'’ .,:;?!\nAbc-"), max_size=80))
def test_frames_of_any_text(text):
    for frame in frames_of(text):
        assert len(frame.text) == len(frame.starts) == len(frame.ends) > 0
        places = list(zip(frame.starts, frame.ends, strict=True))
        assert all(0 <= start < end <= len(text) for start, end in places)
        assert all(before[0] <= after[0] and before[1] <= after[1] for before, after in pairwise(places))
