"""Does gold follow from the annotations of the last round and the log, and is every gap between them a fault?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.adjudication import latest_round, settle
from stancelab.records import Adjudication, Annotation, Unit

FAVOR, AGAINST = ("favor", "advocates"), ("against", "declines")


def unit(name):
    return Unit(
        id=name,
        doc_id="d",
        group=name,
        text="They are for it.",
        actor="They",
        actor_id="they",
        target="it",
        quote=None,
        quote_start=None,
        mode="direct",
        paragraph=1,
        start=0,
        end=4,
        span_sha256="0" * 64,
        loose_length=4,
        loose_sha256="0" * 64,
    )


def annotation(name, answer, *, annotator="a", number=1):
    label, position = answer
    return Annotation(
        id=name, annotator=annotator, round=number, codebook="1", label=label, position=position, confidence=3, rationale="r"
    )


def ruling(name, answer):
    label, position = answer
    return Adjudication(id=name, label=label, position=position, reason="r")


def answers(gold):
    return [(row.id, row.label, row.position) for row in gold]


def test_agreement_stands():
    gold, faults = settle([unit("u")], [annotation("u", FAVOR), annotation("u", FAVOR, annotator="b")], [])
    assert (answers(gold), faults) == ([("u", *FAVOR)], [])


def test_a_gold_row_keeps_everything_of_its_unit():
    gold, _ = settle([unit("u")], [annotation("u", FAVOR)], [])
    assert gold[0].model_dump(exclude={"label", "position"}) == unit("u").model_dump()


def test_the_log_settles_a_disagreement_in_label():
    given = [annotation("u", FAVOR), annotation("u", AGAINST, annotator="b")]
    gold, faults = settle([unit("u")], given, [ruling("u", ("neutral", "no-position"))])
    assert (answers(gold), faults) == ([("u", "neutral", "no-position")], [])


def test_a_disagreement_in_position_alone_needs_the_log():
    given = [annotation("u", FAVOR), annotation("u", ("favor", "leaves-open"), annotator="b")]
    gold, faults = settle([unit("u")], given, [])
    assert (gold, faults) == ([], ["u: the annotators disagree and the adjudication log has no entry"])


def test_two_of_three_do_not_outvote_the_third():
    given = [annotation("u", answer, annotator=name) for name, answer in [("a", FAVOR), ("b", FAVOR), ("c", AGAINST)]]
    assert settle([unit("u")], given, [])[0] == []


def test_an_entry_without_a_disagreement_is_a_fault():
    _, faults = settle([unit("u")], [annotation("u", FAVOR)], [ruling("u", FAVOR)])
    assert faults == ["u: the adjudication log has an entry, but the annotators agree"]


def test_a_unit_that_nobody_annotated_is_a_fault():
    assert settle([unit("u")], [], []) == ([], ["u: nobody has annotated it"])


def test_names_that_are_no_unit_are_faults():
    _, faults = settle([unit("u")], [annotation("u", FAVOR), annotation("v", FAVOR)], [ruling("w", FAVOR)])
    assert faults == ["v: annotated, but no such unit", "w: adjudicated, but no such unit"]


def test_two_entries_for_one_unit_are_a_fault():
    given = [annotation("u", FAVOR), annotation("u", AGAINST, annotator="b")]
    _, faults = settle([unit("u")], given, [ruling("u", FAVOR), ruling("u", AGAINST)])
    assert len(faults) == 1


def test_only_the_last_round_counts():
    given = [
        annotation("u", AGAINST, number=1),
        annotation("u", FAVOR, number=2),
        annotation("u", FAVOR, number=2, annotator="b"),
    ]
    gold, faults = settle([unit("u")], given, [])
    assert (answers(gold), faults) == ([("u", *FAVOR)], [])


def test_the_latest_round_of_nothing():
    assert latest_round([]) == []


@pytest.mark.parametrize("rounds", [[1], [1, 2, 2], [3, 1, 3, 2]])
def test_the_latest_round_keeps_its_order(rounds):
    given = [annotation(f"u{place}", FAVOR, number=number) for place, number in enumerate(rounds)]
    assert latest_round(given) == [entry for entry in given if entry.round == max(rounds)]


@given(st.permutations(range(6)))
def test_the_order_of_annotations_does_not_matter_and_gold_follows_the_units(order):
    units = [unit("b"), unit("a")]
    given = [annotation(name, FAVOR, annotator=who) for name in "ab" for who in "xyz"]
    gold, faults = settle(units, [given[place] for place in order], [])
    assert (answers(gold), faults) == ([("b", *FAVOR), ("a", *FAVOR)], [])


@given(st.lists(st.lists(st.sampled_from([FAVOR, AGAINST]), max_size=3), max_size=5))
def test_every_unit_is_settled_or_a_fault(given):
    names = [f"u{number}" for number in range(len(given))]
    notes = [annotation(name, answer) for name, answers in zip(names, given, strict=True) for answer in answers]
    gold, faults = settle([unit(name) for name in names], notes, [])
    assert sorted([row.id for row in gold] + [fault.split(":")[0] for fault in faults]) == names
