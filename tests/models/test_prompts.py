"""Does a model read the codebook, the labels and the row, and can a statement write neither a fence nor a special token?"""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.errors import InputError
from stancelab.models.prompts import Message, Prompt, choose_examples, prompt_of

LABELS = ("favor", "against", "wavering")


def row(text="We go.", actor="Ada", target="a bridge"):
    return pd.DataFrame({"text": [text], "actor": [actor], "target": [target]})


def test_the_instruction_holds_labels_with_meanings_and_the_codebook():
    system = Prompt(LABELS, "Rule 1.", meanings=(("against", "says no"),)).system
    assert "- favor: supports" in system
    assert "- against: says no" in system
    assert "- wavering\n" in system
    assert "favor, against, wavering" in system
    assert system.endswith("Rule 1.")


def test_a_row_is_asked_with_actor_target_and_fenced_statement():
    [question] = Prompt(LABELS).questions(row())
    assert question == "Target: a bridge\nActor: Ada\n<statement>\nWe go.\n</statement>\nLabel:"


def test_examples_come_as_turns_before_the_question():
    messages = Prompt(LABELS).messages("third?", [("first?", "favor"), ("second?", "against")])
    assert [message.role for message in messages] == ["system", *["user", "assistant"] * 2, "user"]
    assert messages[2] == Message("assistant", "favor")
    assert messages[-1].content == "third?"


@given(st.text(), st.text(), st.text())
def test_no_row_can_close_the_fence_or_write_a_tag(text, actor, target):
    [question] = Prompt(LABELS).questions(row(text, actor, target))
    assert question.count("<") == question.count(">") == 2
    assert question.index("<statement>") < question.index("</statement>")


@given(st.text())
def test_a_name_stays_on_its_line(actor):
    [question] = Prompt(LABELS).questions(row(actor=actor))
    assert question.split("\n")[2] == "<statement>"


def test_the_sha_changes_with_every_part():
    parts = {"codebook": "x", "instruction": "{names}", "question": "{text}", "meanings": {"favor": "yes"}}
    nothing = dict.fromkeys(("instruction", "question", "meanings")) | {"codebook": ""}
    shas = {prompt_of(LABELS, **(nothing | {name: value})).sha for name, value in parts.items()}
    assert len(shas | {prompt_of(LABELS, **nothing).sha, prompt_of(LABELS[:2], **nothing).sha}) == 6


def test_unknown_fields_are_refused():
    with pytest.raises(InputError, match="unknown field 'codebok'; did you mean 'codebook'"):
        _ = Prompt(LABELS, instruction="{codebok}").system
    with pytest.raises(InputError, match="unknown field 'actors'; did you mean 'actor'"):
        Prompt(LABELS, question="{actors}").questions(row())


@given(st.lists(st.sampled_from("abc"), max_size=20), st.integers(0, 4))
def test_examples_are_some_of_each_label(labels, shots):
    chosen = choose_examples(labels, shots=shots, seed=1)
    assert len(set(chosen)) == len(chosen)
    assert sorted(labels[number] for number in chosen) == sorted(
        label for label in set(labels) for _ in range(min(shots, labels.count(label)))
    )
    assert chosen == choose_examples(labels, shots=shots, seed=1)
