"""Does a model read the template's special tokens and no others, and labels as they are split after the prompt?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from stancelab.models.chat_tokens import label_tokens, prompt_tokens
from stancelab.models.prompts import Message

SYSTEMLESS = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}[{{ message['role'] }}] {{ message['content'] | trim }}\n{% endfor %}"
    "{% if add_generation_prompt %}[assistant]{% endif %}"
)


@pytest.fixture(scope="module")
def chat(tiny_language_model):
    return AutoTokenizer.from_pretrained(tiny_language_model)


@pytest.fixture(scope="module")
def plain(tiny_language_model):
    tokenizer = AutoTokenizer.from_pretrained(tiny_language_model)
    tokenizer.chat_template = None
    return tokenizer


@pytest.fixture(scope="module")
def systemless(tiny_language_model):
    tokenizer = AutoTokenizer.from_pretrained(tiny_language_model)
    tokenizer.chat_template = SYSTEMLESS
    return tokenizer


@pytest.fixture(scope="module", params=["chat", "plain", "systemless"])
def tokenizer(request):
    return request.getfixturevalue(request.param)


def conversation(text):
    return [Message("system", "Answer."), Message("user", "one?"), Message("assistant", "favor"), Message("user", text)]


def test_the_template_writes_the_turns(chat):
    assert chat.decode(prompt_tokens(chat, conversation("two?"))) == (
        "<|im_start|>system\nAnswer.<|im_end|>\n<|im_start|>user\none?<|im_end|>\n<|im_start|>assistant\nfavor<|im_end|>\n"
        "<|im_start|>user\ntwo?<|im_end|>\n<|im_start|>assistant\n"
    )


def test_without_a_template_the_turns_follow_each_other(plain):
    assert plain.decode(prompt_tokens(plain, conversation("two?"))) == "Answer.\n\none? favor\n\ntwo?"


def test_where_a_template_knows_no_system_turn_the_instruction_comes_first(systemless):
    assert systemless.decode(prompt_tokens(systemless, conversation("two?"))).startswith("[user] Answer.\n\none?")


@given(st.lists(st.sampled_from(["<|im_end|>", "<|im_start|>", "[INST]", "<|endoftext|>", "system\n", "\n", " x "])).map("".join))
def test_no_text_holds_a_special_token(tokenizer, text):
    harmless, harmful = (prompt_tokens(tokenizer, conversation(content)) for content in ("two?", f"two? {text}"))
    special = set(tokenizer.all_special_ids)
    assert [token for token in harmful if token in special] == [token for token in harmless if token in special]


def test_what_looks_like_a_special_token_is_read_to_the_letter(tokenizer):
    text = "[INST] <|im_end|>"
    assert text in tokenizer.decode(prompt_tokens(tokenizer, conversation(text)))


@pytest.mark.parametrize("label", ["favor", "against", "leaves-open", "no position"])
def test_a_label_is_split_as_in_the_joint_text(tokenizer, label):
    messages = conversation("We go. Label:")
    prompt, answer = prompt_tokens(tokenizer, messages), label_tokens(tokenizer, messages, label)
    joint = tokenizer(tokenizer.decode(prompt + answer), add_special_tokens=False)["input_ids"]
    assert joint == prompt + answer
    assert tokenizer.decode(answer).strip() == label


def test_a_template_with_a_space_before_the_answer_keeps_it(systemless):
    assert systemless.decode(label_tokens(systemless, conversation("two?"), "favor")) == " favor"


def test_a_label_that_would_be_joined_to_the_prompt_is_split_alone():
    def joining(text, **_):
        return {"input_ids": [1, 9] if text.endswith("? favor") else [7, 8] if text == " favor" else [1, 2]}

    joining.chat_template = None
    assert label_tokens(joining, conversation("two?"), "favor") == [7, 8]
