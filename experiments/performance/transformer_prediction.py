"""How much faster are transformers' predictions than transformers' own pipeline and than sentence-transformers with a head?"""

import os
from collections.abc import Iterator
from pathlib import Path

from sentences import COMMENTS, columns, mixed, repeated, uniform
from sides import Row, compared, in_turns
from trained import finetuned, frozen
from transformers_side import agreement, encode_and_head, pipeline_of

from stancelab.compiled.choosing import LEAST_ROWS, choose
from stancelab.models.inputs import Columns
from stancelab.predictors import Predictor, predictor

COUNT, TOKENS, REPEATS, WARMING = 5_000, 30, 0.6, 200
ROUNDS = 3
AGAINST = {"frozen": "sentence-transformers encode + head", "finetuned": 'pipeline("text-classification"), batch 32'}
FORMS = ("float32", "bfloat16", "int8")
KINDS: dict[str, dict[str, float | None]] = {
    "mixed lengths": {"float32": 2.0, "bfloat16": None, "int8": 5.0},
    f"{TOKENS} tokens each": {"bfloat16": None, "int8": 2.6},
    "60 % repeats": {"bfloat16": None, "int8": 10.0},
    "a quarter of them comments of 100 words": {"bfloat16": None, "int8": None},
}
"""Sentences -> forms that are measured on them, with the bar for those that have one."""


def rows(count: int = COUNT) -> Iterator[Row]:
    """A line for every kind of sentences, kind of classifier and form of prediction. No vector comes from the cache."""
    os.environ["STANCELAB_CACHE_LIMIT"] = "0"
    texts = mixed(count, seed=0)
    for name, folder, make in (("frozen", frozen(), encode_and_head), ("finetuned", finetuned(), pipeline_of)):
        theirs = make(folder)
        forms = {form: found for form in FORMS if (found := in_form(folder, columns(texts), form))}
        for answer in (theirs, *(lambda texts, form=form: form.answers(columns(texts)) for form in forms.values())):
            answer(texts[:WARMING])
        for kind, bars in KINDS.items():
            there = {form: bar for form, bar in bars.items() if form in forms}
            yield from _compared(name, kind, there, texts_of(kind, texts), forms, theirs)


def in_form(folder: Path, given: Columns, form: str) -> Predictor | None:
    """The model in a form that is asked for, made and compared as `predict` makes and compares it, on the first rows; None if it
    is not faster here, or does not agree.
    """
    sample = {name: values[:1_500] for name, values in given.items()}
    found = choose(predictor(str(folder)), sample, rows=LEAST_ROWS, allowed=[form])
    return found if (found.form or "").startswith(form) else None


def texts_of(kind: str, texts: list[str]) -> list[str]:
    """As many sentences of that kind as there are texts, made of them or of the corpora."""
    if kind == "mixed lengths":
        return texts
    if kind == "60 % repeats":
        return repeated(texts, REPEATS, seed=1)
    if "comments" in kind:
        return mixed(len(texts), seed=0, corpora=("semeval2016", "newsmtsc", "pstance", *COMMENTS))
    from tokenizers import Tokenizer

    from stancelab.encoders import resolve

    tokenizer = Tokenizer.from_file(f"{resolve('bundled:minilm')}/tokenizer.json")
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return uniform(len(texts), TOKENS, tokenizer, seed=2)


def _compared(name, kind, bars, texts, forms, theirs) -> Iterator[Row]:
    told: dict[str, list[str]] = {}

    def work(side, answer, given):
        def answered():
            told[side] = list(answer(given))

        return answered

    given = columns(texts)
    sides = {form: work(form, lambda rows, form=form: forms[form].answers(rows)[0], given) for form in bars}
    taken = in_turns({**sides, "theirs": work("theirs", theirs, texts)}, ROUNDS, warm=True)
    for form, bar in bars.items():
        remark = f"{agreement(told[form], told['theirs']):.2%} of labels equal; {forms[form].form}"
        what = f"{name} classifier, {len(texts):,} sentences, {kind}, {form}"
        yield compared(what, AGAINST[name], bar, taken[form], taken["theirs"], remark)
