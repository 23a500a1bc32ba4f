"""Which clauses, quotations and nouns are statements, how are they presented, and whose are they?"""

import pytest


def test_nothing_is_told_by_nobody(statements_in):
    assert statements_in("The ferry was built in 1990. It rained, and the quay was wet.") == []


# sentences that are one statement from the first word to the last, but for the full stop
WHOLE = [
    # direct: the attribution before, behind, inside, inverted
    ("Vera Holt", "direct", "Vera Holt said: “The quay will close.”"),
    ("Vera Holt", "direct", "Vera Holt said, “The quay will close.”"),
    ("Vera Holt", "direct", "“The quay will close,” Vera Holt said."),
    ("Vera Holt", "direct", "“The quay will close,” said Vera Holt."),
    ("Vera Holt", "direct", "“The quay,” Vera Holt said, “will close.”"),
    ("Vera Holt", "direct", "“The quay,” said Vera Holt, “will close.”"),
    ("Vera Holt", "direct", "“Will the quay close?” asked Vera Holt."),
    ("Vera Holt", "direct", "“Never!” shouted Vera Holt."),
    ("Vera Holt", "direct", "Vera Holt shook her head: “The quay will close.”"),
    ("Vera Holt", "direct", "Vera Holt told reporters: “No.”"),
    ("Vera Holt & Tom Brand", "direct", "“The quay will close,” said Vera Holt and Tom Brand."),
    # the same in other marks
    ("Vera Holt", "direct", '"The quay will close," Vera Holt said.'),
    ("Vera Holt", "direct", "'The quay will close,' Vera Holt said."),
    ("Vera Holt", "direct", "‘The quay will close,’ said Vera Holt."),
    ("Vera Holt", "direct", "«The quay will close», Vera Holt said."),
    ("Vera Holt", "direct", "„The quay will close“, said Vera Holt."),
    # mixed: quoted words inside a clause
    ("Vera Holt", "mixed", "Vera Holt called the plan “a gift to smugglers”."),
    ("Vera Holt", "mixed", 'Vera Holt called the plan "a gift to smugglers".'),
    ("Vera Holt", "mixed", "Vera Holt spoke of “a bad year”."),
    ("Vera Holt", "mixed", "Vera Holt said the sale was “a gift” and “an insult”."),
    ("Vera Holt", "mixed", "Vera Holt rejected the “dear” ferry."),
    # indirect: speech, thought, decision
    ("Vera Holt", "indirect", "Vera Holt said that the quay would close."),
    ("Vera Holt", "indirect", "Vera Holt said the quay would close and that the ferry would stop."),
    ("Vera Holt", "indirect", "Vera Holt warned of losses."),
    ("Vera Holt", "indirect", "Vera Holt did not think the plan would work."),
    ("Vera Holt", "indirect", "Vera Holt opposed the plan because it costs too much."),
    ("Vera Holt", "indirect", "Vera Holt plans to sell the ferry."),
    ("Vera Holt", "indirect", "Vera Holt declined to comment."),
    ("Vera Holt", "indirect", "Asked about the plan, Vera Holt declined to comment."),
    ("Vera Holt", "indirect", "Vera Holt wrote in a letter that the quay would close."),
    ("Vera Holt", "indirect", "Vera Holt told Tom Brand that she opposed the plan."),
    ("council", "indirect", "The council voted to sell the ferry."),
    ("council", "indirect", "The council voted against the plan."),
    ("Vera Holt & Tom Brand", "indirect", "Vera Holt and Tom Brand said that the quay would close."),
    # attributions put into a sentence, or behind it
    ("Vera Holt", "indirect", "The quay will close, Vera Holt said."),
    ("Vera Holt", "indirect", "The quay will close, said Vera Holt."),
    ("Vera Holt", "indirect", "The quay, Vera Holt said, will close in May."),
    # narrated: acts and stands
    ("Vera Holt", "narrated", "Vera Holt left the talks."),
    ("Vera Holt", "narrated", "Vera Holt is against the plan."),
    ("Vera Holt", "narrated", "Vera Holt is ready to resign."),
    ("Vera Holt", "narrated", "The plan was rejected by Vera Holt."),
    ("Tom Brand", "narrated", "Vera Holt was praised by Tom Brand."),
    # who is reported: whose act or plan is told inside, or who is accused or thanked for one
    ("Vera Holt > Tom Brand", "indirect", "Vera Holt said that Tom Brand had sold the ferry."),
    ("Vera Holt > Tom Brand", "indirect", "Vera Holt denied that Tom Brand had bought the ferry."),
    ("Vera Holt > council & Tom Brand", "indirect", "Vera Holt said the council had sold the ferry and Tom Brand had bought it."),
    ("Vera Holt > Tom Brand", "indirect", "Vera Holt accused Tom Brand of selling the ferry."),
    ("Vera Holt > Tom Brand", "indirect", "Vera Holt thanked Tom Brand for selling the ferry."),
    ("Vera Holt > Tom Brand", "direct", "“Tom Brand sold the ferry,” Vera Holt said."),
    ("Tom Brand > union", "indirect", "The plan was opposed by the union, said Tom Brand."),
    # but not who is only spoken of, or wished to act
    ("Vera Holt", "indirect", "Vera Holt said the council should sell the ferry."),
    ("Vera Holt", "indirect", "Vera Holt said the council might sell the ferry."),
    ("Vera Holt", "direct", "“The council must sell the ferry,” Vera Holt said."),
    ("Vera Holt", "indirect", "Vera Holt urged the council to sell the ferry."),
    ("Vera Holt", "indirect", "Vera Holt said she would leave."),
]


@pytest.mark.parametrize(("who", "mode", "sentence"), WHOLE)
def test_sentences_that_are_one_statement(statements_in, who, mode, sentence):
    assert statements_in(sentence) == [(who, mode, sentence.removesuffix("."))]


@pytest.mark.parametrize(
    ("sentence", "who"),
    [
        ("According to Vera Holt, the quay will close.", "Vera Holt"),
        ("The quay will close, according to Vera Holt.", "Vera Holt"),
        ("According to Vera Holt, Tom Brand bought the ferry.", "Vera Holt > Tom Brand"),
        ("Tom Brand bought the ferry, according to the union.", "union > Tom Brand"),
        ("According to a report by the union, Tom Brand bought the ferry.", "union > Tom Brand"),
        ("In Vera Holt’s view, the quay should stay open.", "Vera Holt"),
        ("In the opinion of the union, the ferry is too old.", "union"),
    ],
)
def test_according_to_whom(statements_in, sentence, who):
    [(actors, _, span)] = statements_in(sentence)
    assert (actors, span) == (who, sentence.removesuffix("."))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        # coordinated clauses, one statement each
        (
            "Vera Holt rejected the plan, and Tom Brand welcomed it.",
            [("Vera Holt", "Vera Holt rejected the plan"), ("Tom Brand", "Tom Brand welcomed it")],
        ),
        (
            "Vera Holt rejected the plan and demanded talks.",
            [("Vera Holt", "Vera Holt rejected the plan"), ("Vera Holt", "demanded talks")],
        ),
        (
            "Vera Holt said the quay would close, and she warned of losses.",
            [("Vera Holt", "Vera Holt said the quay would close"), ("Vera Holt", "she warned of losses")],
        ),
        (
            "Vera Holt left and “sad” fishers protested.",
            [("Vera Holt", "Vera Holt left"), ("sad fishers", "“sad” fishers protested")],
        ),
        (
            "Vera Holt opposed the plan, while Tom Brand welcomed it.",
            [("Vera Holt", "Vera Holt opposed the plan"), ("Tom Brand", "Tom Brand welcomed it")],
        ),
        # statements inside statements
        (
            "Tom Brand, who accused Vera Holt of greed, wants talks.",
            [("Tom Brand", "who accused Vera Holt of greed"), ("Tom Brand", "wants talks")],
        ),
        (
            "Vera Holt opposed the plan, accusing Tom Brand of greed.",
            [("Vera Holt", "Vera Holt opposed the plan"), ("Vera Holt", "accusing Tom Brand of greed")],
        ),
        # a quotation, its attribution, another quotation
        (
            "“We waited,” said Vera Holt. “The ferry was late.” She left.",
            [("Vera Holt", "“We waited,” said Vera Holt"), ("Vera Holt", "“The ferry was late.”"), ("Vera Holt", "She left")],
        ),
        (
            "“We waited,” Vera Holt said.\n\n“The ferry was late,” she added.",
            [("Vera Holt", "“We waited,” Vera Holt said"), ("Vera Holt", "“The ferry was late,” she added")],
        ),
        (
            "“We waited,” Vera Holt said.\n\n“The ferry was late.”",
            [("Vera Holt", "“We waited,” Vera Holt said"), ("Vera Holt", "“The ferry was late.”")],
        ),
        (
            "“We waited,” Vera Holt said. “We left,” Tom Brand said.",
            [("Vera Holt", "“We waited,” Vera Holt said"), ("Tom Brand", "“We left,” Tom Brand said")],
        ),
        # quotations over paragraphs, and marks too few
        (
            "Vera Holt said: “The quay will close.\n\n“The ferry will stop.\n\n“It is late.”",
            [("Vera Holt", "Vera Holt said: “The quay will close.\n\n“The ferry will stop.\n\n“It is late.”")],
        ),
        (
            "“The quay will close, Vera Holt said. Tom Brand left.",
            [("Vera Holt", "“The quay will close, Vera Holt said"), ("Tom Brand", "Tom Brand left")],
        ),
        # nouns that name an act of speech, with their actor
        ("The warning from Vera Holt came late.", [("Vera Holt", "The warning from Vera Holt")]),
        ("Vera Holt’s rejection of the plan came late.", [("Vera Holt", "Vera Holt’s rejection of the plan")]),
        ("Tom Brand’s threat to sell the ferry upset many.", [("Tom Brand", "Tom Brand’s threat to sell the ferry")]),
        ("The union’s demand for talks was not heard.", [("union", "The union’s demand for talks")]),
        ("The request was late. The decision of the council was late.", []),
        # what is no act
        ("Vera Holt has two ferries. Vera Holt is the mayor of Arnby. Vera Holt was praised.", []),
        ("The letter was long. The ferry carries cars.", []),
    ],
)
def test_statements_of_several_clauses(statements_in, text, told):
    assert [(who, span) for who, _, span in statements_in(text)] == told


def test_who_is_remembered_for_a_quotation_without_attribution_is_the_last_speaker(statements_in):
    text = "Vera Holt left. Tom Brand opposed the plan. “We waited for years.”"
    assert statements_in(text)[-1][:2] == ("Tom Brand", "direct")


def test_a_headline_is_not_read(english):
    from stancelab.article.plain import plain_source
    from stancelab.article.statements import find

    text = "Holt rejects the plan\n\nThe ferry sailed at noon, and it was late. Tom Brand welcomed the plan."
    _, [statement] = find(plain_source(text, "x", title="Holt rejects the plan"), english)
    assert (statement.span, statement.paragraph) == ("Tom Brand welcomed the plan", 2)
