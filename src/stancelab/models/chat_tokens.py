"""Which tokens does a causal language model read for a conversation, and which for a label after it?"""

from collections.abc import Sequence
from typing import Any

from stancelab.models.prompts import Message

OPTIONS = {"enable_thinking": False, "date_string": "26 Jul 2024"}
"""What some templates ask for: the answer comes at once, and a prompt is the same every day."""


def prompt_tokens(tokenizer: Any, messages: Sequence[Message]) -> list[int]:
    """The token ids of a conversation up to where its answer begins.

    By the tokenizer's chat template, else one turn after the other. Only the template writes special tokens: what a message
    holds of them is read as the letters that it is made of.
    """
    if tokenizer.chat_template:
        found = _templated(tokenizer, messages, add_generation_prompt=True, sanitize_control_tokens=True)["input_ids"]
    else:
        found = tokenizer(_plain(messages), split_special_tokens=True, verbose=False)["input_ids"]
    return list(found)


def label_tokens(tokenizer: Any, messages: Sequence[Message], label: str) -> list[int]:
    """The token ids of a label as the answer to a conversation, split as they are where both are read as one text.

    Where a tokenizer would join the label's first letters to the conversation's end, the label is split alone: that end is given.
    """
    asked, answer = _asked_and_answer(tokenizer, messages, label)
    alone, joint = (tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"] for text in (asked, asked + answer))
    if joint[: len(alone)] == alone and len(joint) > len(alone):
        return list(joint[len(alone) :])
    return list(tokenizer(answer, add_special_tokens=False)["input_ids"])


def tokens_read(tokenizer: Any, model: Any) -> int:
    """How many tokens the model reads at most, prompt and answer together."""
    stated = getattr(model.config.get_text_config(), "max_position_embeddings", None) or tokenizer.model_max_length
    return min(int(tokenizer.model_max_length), int(stated))


def _asked_and_answer(tokenizer: Any, messages: Sequence[Message], label: str) -> tuple[str, str]:
    """A conversation's text, and what a label looks like after it: some templates write a space before an answer."""
    if not tokenizer.chat_template:
        return _plain(messages), f" {label}"
    asked = _templated(tokenizer, messages, add_generation_prompt=True, tokenize=False)
    whole = _templated(tokenizer, [*messages, Message("assistant", label)], tokenize=False)
    _, found, rest = whole.partition(asked)
    before, found, _ = rest.partition(label) if found else ("", "", "")
    return asked, before + label if found and not before.strip() else label


def _templated(tokenizer: Any, messages: Sequence[Message], **options: Any) -> Any:
    """The chat template filled in; where it knows no system turn, the instruction stands at the head of the first user's."""
    from jinja2 import TemplateError

    turns = [{"role": message.role, "content": message.content} for message in messages]
    try:
        return tokenizer.apply_chat_template(turns, **options, **OPTIONS)
    except TemplateError:
        first = {"role": "user", "content": f"{turns[0]['content']}\n\n{turns[1]['content']}"}
        return tokenizer.apply_chat_template([first, *turns[2:]], **options, **OPTIONS)


def _plain(messages: Sequence[Message]) -> str:
    """The turns of a conversation one after the other, for a model that knows no turns."""
    ends = {"system": "\n\n", "user": " ", "assistant": "\n\n"}
    return "".join(message.content + ends[message.role] for message in messages).rstrip(" ")
