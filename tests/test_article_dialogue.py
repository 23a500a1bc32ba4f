"""Which paragraphs are taken for an interview, which of them for answers, and whose are these?"""

import pytest

from stancelab.article.dialogue import Turn, find_turns


def turns(lines):
    """What each line is: "?" a question, "NAME: words" or "words" of an answer, None of no interview."""
    text, blocks, start = "\n".join(lines), [], 0
    for number, line in enumerate(lines, 1):
        blocks.append((start, start + len(line), number))
        start += len(line) + 1
    found = find_turns(text, blocks)
    return [told(text, found[number]) if number in found else None for _, _, number in blocks]


def told(text, turn):
    words = text[turn.start : turn.end]
    return "?" if turn.question else words if turn.label is None else f"{turn.label}: {words}"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # Q and A
        (["Q: Why now?", "A: We waited.", "Q: And then?", "A: We go."], ["?", "We waited.", "?", "We go."]),
        (["Question: Why?", "Answer: So.", "Question: When?", "Answer: Now."], ["?", "So.", "?", "Now."]),
        (["q: Why?", "a: So.", "q: When?", "a: Now."], ["?", "So.", "?", "Now."]),
        (["Q : Why now?", "A : We waited.", "Q : Tell us.", "A : No."], ["?", "We waited.", "?", "No."]),
        # names: who asks more often than not is the interviewer
        (
            ["Ada Quill: Why now?", "Jon Peat: We waited.", "Ada Quill: And then?", "Jon Peat: We go."],
            ["?", "Jon Peat: We waited.", "?", "Jon Peat: We go."],
        ),
        (
            ["Courier: Why now?", "Peat: We waited. Why not?", "Courier: You left.", "Courier: True?", "Peat: Yes."],
            ["?", "Peat: We waited. Why not?", "?", "?", "Peat: Yes."],
        ),
        # a debate has no questions, and each line its speaker
        (["Peat: No.", "Holt: Yes.", "Peat: Never.", "Holt: Soon."], ["Peat: No.", "Holt: Yes.", "Peat: Never.", "Holt: Soon."]),
        # what has no name goes on, and what stands before the first name is no part
        (
            ["The mayor was asked.", "Q: Why?", "A: We waited.", "It was late.", "Q: Then?", "A: We go."],
            [None, "?", "We waited.", "It was late.", "?", "We go."],
        ),
        (["Q: Why now?", "You said so.", "A: No.", "Q: Then?", "A: So."], ["?", "?", "No.", "?", "So."]),
        # a name that comes once is none
        (
            ["Note: read on.", "Q: Why?", "A: So.", "Q: When?", "A: Now."],
            [None, "?", "So.", "?", "Now."],
        ),
        # dashes before the questions, or before the answers
        (
            ["– Why now?", "We waited.", "– And then?", "We go.", "– Where?", "North."],
            ["?", "We waited.", "?", "We go.", "?", "North."],
        ),
        (
            ["Why now?", "– We waited.", "And then?", "– We go.", "Where?", "– North."],
            ["?", "We waited.", "?", "We go.", "?", "North."],
        ),
        (["- Why now?", "We waited.", "- Then?", "Go.", "- Where?", "North."], ["?", "We waited.", "?", "Go.", "?", "North."]),
        # no interviews
        (["Q: Why?", "A: So."], [None, None]),
        (["Note: it is late.", "Note: it is far."], [None, None]),
        (["The list:", "– bread", "– milk", "– salt"], [None] * 4),
        (["Is it late?", "It is.", "Is it far?", "It is.", "Really?"], [None] * 5),
        (["Holt: “No.”", "Peat: “Yes.”", "Holt: “Never.”", "Peat: “Soon.”"], [None] * 4),
        (["At 10:30 it rained.", "At 11:30 it rained.", "At 12:30 it rained."], [None] * 3),
        (["A very long line which says a lot of things before it: one"] * 4, [None] * 4),
        ([], []),
    ],
)
def test_lines_of_an_interview(lines, expected):
    assert turns(lines) == expected


def test_a_turn_begins_behind_its_name():
    text = "Q: Why?\nPeat: So.\nQ: When?\nPeat:  Now."
    blocks = [(0, 7, 1), (8, 17, 2), (18, 26, 5), (27, 37, 7)]
    assert find_turns(text, blocks) == {
        1: Turn(3, 7, None, question=True),
        2: Turn(14, 17, "Peat", question=False),
        5: Turn(21, 26, None, question=True),
        7: Turn(34, 37, "Peat", question=False),
    }


INTRODUCTION = "Jon Peat runs the ferry of Arnby. Ada Quill met Peat at his office, where Peat spoke of the winter."


@pytest.mark.parametrize(
    "lines",
    [
        ["Q: Does it sail?", "A: It sails at noon.", "Q: Who decided that?", "A: The council did."],
        ["Quill: Does it sail?", "Peat: It sails at noon.", "Quill: Who decided that?", "Peat: The council did."],
        ["Ada Quill: Does it sail?", "Jon Peat: It sails at noon.", "Ada Quill: Who decided that?", "Jon Peat: The council did."],
        ["– Does it sail?", "It sails at noon.", "– Who decided that?", "The council did.", "– Is that all?"],
        ["Does it sail?", "– It sails at noon.", "Who decided that?", "– The council did.", "Is that all?", "– It is."],
    ],
)
def test_answers_are_the_interviewed_persons(statements_in, lines):
    found = statements_in("\n\n".join((INTRODUCTION, *lines)))
    said = [(who.split(" > ")[0], span) for who, mode, span in found if mode == "direct"]
    assert said[:2] == [("Jon Peat", "It sails at noon"), ("Jon Peat", "The council did")]


def test_an_answer_is_one_statement_and_questions_are_none(statements_in):
    lines = "Quill: Did she reject it?", "Peat: She did. We said no. The ferry stays.", "Quill: Who pays?", "Peat: We were asked."
    assert [(who.split(" > ")[0], span) for who, _, span in statements_in("\n\n".join(lines))] == [
        ("Peat", "She did. We said no. The ferry stays"),
        ("Peat", "We were asked"),
    ]


def test_whose_lines_they_are_in_a_debate(statements_in):
    text = "Vera Holt (Coast): “The ferry must sail.”\n\nJon Peat (Hills): “Never.”"
    assert statements_in(text) == [
        ("Vera Holt", "direct", "Vera Holt (Coast): “The ferry must sail.”"),
        ("Jon Peat", "direct", "Jon Peat (Hills): “Never.”"),
    ]


def test_answers_of_nobody_whom_the_article_knows(statements_in):
    assert statements_in("Q: Does it sail?\n\nA: Yes.\n\nQ: Who pays?\n\nA: It is free.") == []
