"""Whom do names, titles, pronouns, offices, organisations, groups and places mean where they stand?"""

import pytest


def speakers(statements_in, text):
    """Who speaks in each statement."""
    return [who.split(" > ")[0] for who, _, _ in statements_in(text)]


HOLT = "Vera Holt, the mayor of Arnby, rejected the plan. "
BRAND = "Tom Brand welcomed the plan. "
UNION = "The Arnby Pilots’ Union rejected the plan. "
COMPANY = "The Northern Ferry Company (NFC) rejected the plan. "


@pytest.mark.parametrize(
    ("before", "after", "who"),
    [
        # a name again, in part or with a title
        (HOLT, "Holt wants talks.", "Vera Holt"),
        (HOLT, "Ms. Holt wants talks.", "Vera Holt"),
        (HOLT, "Mayor Holt wants talks.", "Vera Holt"),
        (HOLT, "Vera wants talks.", "Vera Holt"),
        (HOLT, "Vera Holt wants talks.", "Vera Holt"),
        (HOLT, "“We want talks,” said Holt.", "Vera Holt"),
        (HOLT, "“We want talks,” Mayor Holt said.", "Vera Holt"),
        ("Kaja Solheim-Roe rejected the plan. ", "Solheim-Roe wants talks.", "Kaja Solheim-Roe"),
        ("Sir Jon Peat rejected the plan. ", "Sir Jon wants talks.", "Jon Peat"),
        ("Dr. Ada Quill rejected the plan. ", "Quill wants talks.", "Ada Quill"),
        ("Ms. O’Dowd rejected the plan. ", "O'Dowd wants talks.", "O'Dowd"),
        # a pronoun
        (HOLT, "She wants talks.", "Vera Holt"),
        (HOLT, "“We want talks,” she said.", "Vera Holt"),
        (BRAND, "He wants talks.", "Tom Brand"),
        ("Mr. Sorle rejected the plan. ", "He wants talks.", "Sorle"),
        ("Mrs. Sorle rejected the plan. ", "She wants talks.", "Sorle"),
        (HOLT + BRAND, "He wants talks.", "Tom Brand"),
        (HOLT + BRAND, "She wants talks.", "Vera Holt"),
        (BRAND + HOLT, "He wants talks.", "Tom Brand"),
        (BRAND + "Ingrid Sorle rejected it. ", "He wants talks.", "Tom Brand"),
        ("Vera Holt told Ada Quill about the plan. ", "She wants talks.", "Vera Holt"),
        (UNION, "It wants talks.", "Arnby Pilots' Union"),
        (UNION, "They want talks.", "Arnby Pilots' Union"),
        ("Fishers rejected the plan. ", "They want talks.", "Fishers"),
        # an office or a description
        (HOLT, "The mayor wants talks.", "Vera Holt"),
        (HOLT + BRAND, "The mayor wants talks.", "Vera Holt"),
        ("Mayor Vera Holt rejected the plan. ", "The mayor wants talks.", "Vera Holt"),
        ("The finance minister, Ada Quill, rejected the plan. ", "The minister wants talks.", "Ada Quill"),
        ("Ada Quill, the finance minister, rejected the plan. ", "The finance minister wants talks.", "Ada Quill"),
        ("The minister of finance, Ada Quill, rejected the plan. ", "The finance minister wants talks.", "Ada Quill"),
        ("The ferry’s owner, Jon Peat, rejected the plan. ", "The owner wants talks.", "Jon Peat"),
        ("King Casimir rejected the plan. ", "The king wants talks.", "Casimir"),
        # an organisation
        (UNION, "The union wants talks.", "Arnby Pilots' Union"),
        (UNION, "The pilots’ union wants talks.", "Arnby Pilots' Union"),
        (COMPANY, "NFC wants talks.", "Northern Ferry Company"),
        (COMPANY, "The company wants talks.", "Northern Ferry Company"),
        (COMPANY, "The ferry company wants talks.", "Northern Ferry Company"),
        (UNION + COMPANY, "The union wants talks.", "Arnby Pilots' Union"),
        ("Jon Peat, leader of the Coast Party, rejected the plan. ", "His party wants talks.", "Coast Party"),
        # several
        ("Vera Holt and Tom Brand rejected the plan. ", "They want talks.", "Vera Holt & Tom Brand"),
        ("Vera Holt and Tom Brand rejected the plan. ", "Both want talks.", "Vera Holt & Tom Brand"),
        ("Vera Holt and Tom Brand rejected the plan. ", "The two want talks.", "Vera Holt & Tom Brand"),
        ("Washington and London rejected the plan. ", "They want talks.", "United States & United Kingdom"),
    ],
)
def test_who_is_meant_again(statements_in, before, after, who):
    assert speakers(statements_in, before + after)[-1] == who


@pytest.mark.parametrize(
    ("subject", "who"),
    [
        # places and peoples
        ("The Kremlin", "Kremlin"),
        ("Paris", "France"),
        ("Berlin and Paris", "Germany & France"),
        ("The French government", "France"),
        ("French officials", "French officials"),
        ("The island of Pell", "Pell"),
        # who speaks for somebody
        ("A spokesman for the Coast Party", "Coast Party"),
        ("A spokeswoman for the Coast Party", "Coast Party"),
        ("Spokeswoman Ada Quill", "Ada Quill"),
        # coordinated subjects: one statement, many actors
        ("Vera Holt and Tom Brand", "Vera Holt & Tom Brand"),
        ("Vera Holt and the Coast Party", "Vera Holt & Coast Party"),
        ("Both Vera Holt and Tom Brand", "Vera Holt & Tom Brand"),
        ("Two councillors, Ada Quill and Jon Peat,", "Ada Quill & Jon Peat"),
        # people without names
        ("The mayor", "mayor"),
        ("Critics", "Critics"),
        ("Most fishers", "Most fishers"),
        ("A farmer from Pell", "farmer from Pell"),
        ("The council", "council"),
        # names with offices beside them
        ("Mayor Vera Holt", "Vera Holt"),
        ("Vera Holt, an economist at Arnby University,", "Vera Holt"),
        ("Vera Holt (Coast Party)", "Vera Holt"),
        ("The ferry’s owner, Jon Peat,", "Jon Peat"),
        ("Its chair, Oda Brannick,", "Oda Brannick"),
        # a document speaks for who wrote it
        ("A report by the Audit Office", "Audit Office"),
        ("A letter from Vera Holt", "Vera Holt"),
    ],
)
def test_who_is_meant_at_once(statements_in, subject, who):
    assert speakers(statements_in, f"{subject} rejected the plan.") == [who]


@pytest.mark.parametrize(
    "text",
    [
        "It is raining. It seems that the plan failed.",
        "We want talks.",
        "She wants talks.",
        "“We waited,” she said.",
        "The ferry sank.",
        "Rain delayed the ferry.",
    ],
)
def test_nobody_is_meant(statements_in, text):
    assert speakers(statements_in, text) == []


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (HOLT + "Holt left.", {"name": "Vera Holt", "kind": "person", "role": "mayor of Arnby", "aliases": ["Holt"]}),
        (UNION, {"name": "Arnby Pilots' Union", "kind": "organisation", "role": None, "affiliation": None}),
        (COMPANY + "NFC left.", {"name": "Northern Ferry Company", "kind": "organisation", "aliases": ["NFC"]}),
        ("Jon Peat, leader of the Coast Party, left.", {"affiliation": "Coast Party", "role": "leader of the Coast Party"}),
        (
            "French foreign minister Ada Quill left.",
            {"affiliation": "France", "country": "FR", "role": "French foreign minister"},
        ),
        ("The Kremlin left the talks.", {"name": "Kremlin", "country": "RU", "affiliation": "Russia", "kind": "organisation"}),
        ("Paris left the talks.", {"name": "France", "country": "FR", "kind": "country", "aliases": ["Paris"]}),
        ("Critics left the talks.", {"name": "Critics", "kind": "group", "country": None, "aliases": []}),
        ("Mr. Sorle left.", {"name": "Sorle", "kind": "person", "role": None}),
    ],
)
def test_what_is_known_of_an_actor(read_news, text, facts):
    [actor] = read_news(text).actors
    assert actor.model_dump(include=set(facts)) == facts


def test_mentions_are_counted(read_news):
    found = read_news("Vera Holt rejected the plan. Holt wants talks. She left. Tom Brand welcomed it.").actors
    assert [(actor.id, actor.mentions) for actor in found] == [("vera-holt", 3), ("tom-brand", 1)]


def test_whom_nothing_is_attributed_to_is_no_actor(read_news):
    assert [actor.name for actor in read_news("Vera Holt rejected the plan of Tom Brand.").actors] == ["Vera Holt"]
