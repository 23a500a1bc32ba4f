"""How much faster are transformers' predictions than transformers' own pipeline and than sentence-transformers with a head?"""

import os
from collections.abc import Iterator
from pathlib import Path

from sentences import columns, mixed, repeated, uniform
from sides import Row, compared, in_turns
from trained import finetuned, frozen
from transformers_side import agreement, encode_and_head, pipeline_of

from stancelab.compiled.choosing import LEAST_ROWS, choose
from stancelab.models.inputs import Columns
from stancelab.predictors import Predictor, predictor

COUNT, TOKENS, REPEATS, ROUNDS = 5_000, 30, 0.6, 3
AGAINST = {"frozen": "sentence-transformers encode + head", "finetuned": 'pipeline("text-classification"), batch 32'}
KINDS = {"mixed lengths": {"float32": 2.0, "int8": 5.0}, f"{TOKENS} tokens each": {"int8": 2.6}, "60 % repeats": {"int8": 10.0}}
"""Sentences -> the bar for each form that has one."""


def rows(count: int = COUNT, rounds: int = ROUNDS) -> Iterator[Row]:
    """A line for every kind of sentences, kind of classifier and form of prediction. No vector comes from the cache."""
    os.environ["STANCELAB_CACHE_LIMIT"] = "0"
    texts = mixed(count, seed=0)
    for name, folder, make in (("frozen", frozen(), encode_and_head), ("finetuned", finetuned(), pipeline_of)):
        theirs = make(folder)
        forms = {form: _predicting(folder, columns(texts), form) for form in ("float32", "int8")}
        for kind, bars in KINDS.items():
            yield from _compared(name, kind, bars, _texts(kind, texts), forms, theirs, rounds)


def _predicting(folder: Path, given: Columns, form: str) -> Predictor:
    """The model in a form that is asked for, made and compared as `predict` makes and compares it, on the first rows."""
    sample = {name: values[:1_500] for name, values in given.items()}
    found = choose(predictor(str(folder)), sample, rows=LEAST_ROWS, allowed=[form])
    if not (found.form or "").startswith(form):
        raise RuntimeError(f"{folder}: {found.form}")
    return found


def _texts(kind: str, texts: list[str]) -> list[str]:
    if kind == "mixed lengths":
        return texts
    if kind == "60 % repeats":
        return repeated(texts, REPEATS, seed=1)
    from tokenizers import Tokenizer

    from stancelab.encoders import resolve

    tokenizer = Tokenizer.from_file(f"{resolve('bundled:minilm')}/tokenizer.json")
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return uniform(len(texts), TOKENS, tokenizer, seed=2)


def _compared(name, kind, bars, texts, forms, theirs, rounds) -> Iterator[Row]:
    told: dict[str, list[str]] = {}

    def work(side, answer, given):
        def answered():
            told[side] = list(answer(given))

        return answered

    given = columns(texts)
    sides = {form: work(form, lambda rows, form=form: forms[form].answers(rows)[0], given) for form in bars}
    taken = in_turns({**sides, "theirs": work("theirs", theirs, texts)}, rounds)
    for form, bar in bars.items():
        remark = f"{agreement(told[form], told['theirs']):.2%} of labels equal; {forms[form].form}"
        what = f"{name} classifier, {len(texts):,} sentences, {kind}, {form}"
        yield compared(what, AGAINST[name], bar, taken[form], taken["theirs"], remark)
