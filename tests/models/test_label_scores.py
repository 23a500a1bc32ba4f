"""Are labels scored as the naive way scores them, whole text by whole text, and is nothing read twice?"""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel, LlamaForCausalLM, MistralConfig, MistralForCausalLM

from stancelab.models.label_scores import RULES, LabelScorer, constrained, load_scorer, until_alone

LABELS = [[40, 41, 42], [40, 43], [50], [40, 41]]
"""One label begins another, three begin alike."""
PREFIX = list(range(60, 90))
PROMPTS = [[*PREFIX, 5, 6, 7], [*PREFIX, 9], [8, *PREFIX, 9], PREFIX, [*PREFIX[:10], 3]]
END = 2
TINY = {"vocab_size": 400, "initializer_range": 0.3}


def gpt2():
    return GPT2LMHeadModel(GPT2Config(**TINY, n_embd=32, n_layer=2, n_head=2, n_positions=128))


def mistral():
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1}
    return MistralForCausalLM(MistralConfig(**TINY, **sizes, intermediate_size=64, sliding_window=8))


@pytest.fixture(scope="module", params=["llama", "gpt2", "mistral with a window shorter than the prefix"])
def scorer(request, tiny_language_model):
    tokenizer = AutoTokenizer.from_pretrained(tiny_language_model)
    if request.param == "llama":
        return LabelScorer(tokenizer, LlamaForCausalLM.from_pretrained(tiny_language_model), "llama")
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = gpt2() if request.param == "gpt2" else mistral()
    return LabelScorer(tokenizer, model.eval(), request.param)


def naive_steps(model, prompt, label):
    """Log-probabilities of all tokens before each token of a label, from one pass over the whole text."""
    with torch.inference_mode():
        logits = model(torch.tensor([prompt + label]), use_cache=False).logits[0]
    return logits.log_softmax(-1)[len(prompt) - 1 : -1].double().numpy()


def test_the_likelihood_is_that_of_the_whole_text(scorer):
    naive = [
        [naive_steps(scorer.model, prompt, label)[range(len(label)), label].mean() for label in LABELS] for prompt in PROMPTS
    ]
    found = scorer.scores(PROMPTS, LABELS, rule="likelihood", prefix=PREFIX)
    np.testing.assert_allclose(found, naive, atol=1e-5)
    assert np.ptp(naive, axis=1).min() > 0.1


def walk(model, prompt, sequences, label):
    """The probability of a label where at each token the others are struck out, step by step from whole texts."""
    probability = 1.0
    for place, token in enumerate(label):
        odds = np.exp(naive_steps(model, prompt, label[: place + 1])[place])
        allowed = {other[place] for other in sequences if other[:place] == label[:place] and len(other) > place}
        probability *= odds[token] / odds[sorted(allowed)].sum()
    return probability


def test_constrained_decoding_is_a_walk_over_the_labels_tokens(scorer):
    closed = [[*label, END] for label in LABELS]
    naive = [[walk(scorer.model, prompt, closed, label) for label in closed] for prompt in PROMPTS]
    found = np.exp(scorer.scores(PROMPTS, LABELS, rule="constrained", prefix=PREFIX))
    np.testing.assert_allclose(found, naive, atol=1e-5)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)


def test_a_prefix_changes_no_score(scorer):
    fresh = LabelScorer(scorer.tokenizer, scorer.model, scorer.name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STANCELAB_CACHE_LIMIT", "0")
        whole = fresh.scores(PROMPTS, LABELS, rule="likelihood", prefix=[])
    np.testing.assert_allclose(scorer.scores(PROMPTS, LABELS, rule="likelihood", prefix=PREFIX), whole, atol=1e-5)


@given(st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=4), min_size=2, max_size=6, unique_by=tuple))
def test_labels_are_told_apart_by_as_few_tokens_as_can_be(labels):
    alone = until_alone(labels, 9)
    for whole, part in zip(labels, alone, strict=True):
        assert [*whole, 9][: len(part)] == part
        others = [other for other in alone if other is not part]
        assert all(other[: len(part)] != part for other in others)
        assert len(part) == 1 or any(other[: len(part) - 1] == part[:-1] for other in others)


def test_constrained_probabilities_sum_to_one_whatever_the_model_says():
    labels = until_alone(LABELS, END)
    steps = [np.random.default_rng(0).normal(size=400).astype(np.float32) for _ in range(4)]
    assert np.exp(constrained([steps[: len(label)] for label in labels], labels)).sum() == pytest.approx(1)


@pytest.fixture
def counted(tiny_language_model, tmp_path, monkeypatch):
    """A scorer with an empty cache, and how many tokens its model has read in each pass."""
    monkeypatch.setenv("STANCELAB_CACHE", str(tmp_path))
    scorer = load_scorer(tiny_language_model)
    fresh = LabelScorer(scorer.tokenizer, scorer.model, scorer.name)
    passes = []
    hook = scorer.model.register_forward_pre_hook(
        lambda _, args, kwargs: passes.append(tuple(kwargs["input_ids"].shape)), with_kwargs=True
    )
    yield fresh, passes
    hook.remove()


def test_the_prefix_is_read_once_and_labels_side_by_side(counted):
    scorer, passes = counted
    scorer.scores(PROMPTS[:2], LABELS, rule="likelihood", prefix=PREFIX)
    assert passes == [(1, 30), (1, 3), (3, 2), (1, 1), (3, 2)]


def test_labels_that_differ_in_their_first_token_need_one_pass(counted):
    scorer, passes = counted
    scorer.scores([[5, 6]], [[40, 41], [50, 51]], rule="constrained", prefix=[])
    assert passes == [(1, 2)]


def test_a_prompt_is_read_once_a_process_and_once_a_machine(counted):
    scorer, passes = counted
    first = scorer.scores([*PROMPTS, PROMPTS[0]], LABELS, rule="likelihood", prefix=PREFIX)
    read = len(passes)
    np.testing.assert_array_equal(scorer.scores(PROMPTS, LABELS, rule="likelihood", prefix=PREFIX), first[:-1])
    later = LabelScorer(scorer.tokenizer, scorer.model, scorer.name)
    np.testing.assert_array_equal(later.scores(PROMPTS[::-1], LABELS, rule="likelihood", prefix=PREFIX), first[-2::-1])
    assert len(passes) == read
    later.scores(PROMPTS[:1], LABELS, rule="constrained", prefix=PREFIX)
    later.scores(PROMPTS[:1], LABELS[1:], rule="likelihood", prefix=PREFIX)
    assert len(passes) > read


def test_each_rule_has_answers_of_its_own(counted):
    scorer, _ = counted
    likely, struck_out = (scorer.scores(PROMPTS[:1], [[40], [50]], rule=rule, prefix=[]) for rule in RULES)
    assert np.exp(likely).sum() < 0.9
    assert np.exp(struck_out).sum() == pytest.approx(1)


def test_another_model_does_not_get_these_answers(scorer, counted):
    fresh, _ = counted
    mine, theirs = (each.scores(PROMPTS[:1], LABELS, rule="likelihood", prefix=[]) for each in (fresh, scorer))
    assert (scorer.name == "llama") == np.allclose(mine, theirs, atol=1e-6)


def test_the_order_of_the_prompts_changes_no_bit(counted):
    scorer, _ = counted
    first = scorer.scores(PROMPTS, LABELS, rule="likelihood", prefix=PREFIX)
    again = LabelScorer(scorer.tokenizer, scorer.model, "again")
    again.fingerprint = "other"
    np.testing.assert_array_equal(again.scores(PROMPTS[::-1], LABELS, rule="likelihood", prefix=PREFIX), first[::-1])


def test_no_prompts(scorer):
    assert scorer.scores([], LABELS, rule="likelihood", prefix=PREFIX).shape == (0, 4)
