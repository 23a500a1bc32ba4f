"""Which real sentences are the measurements made on?"""

from pathlib import Path

import numpy as np

from stancelab.dataset import load_dataset
from stancelab.models.inputs import Columns

SENTENCES = ("semeval2016", "newsmtsc", "pstance", "gwsd", "perspectrum")
COMMENTS = ("vast",)
TARGET, ACTOR = "the reform", "the author"


def mixed(count: int, *, seed: int, corpora: tuple[str, ...] = SENTENCES) -> list[str]:
    """Distinct tweets, claims and sentences of news, as many of each where there are so many."""
    generator = np.random.default_rng(seed)
    share = -(-count // len(corpora))
    found = [_texts(name) for name in corpora]
    drawn = [list(generator.choice(texts, size=min(share, len(texts)), replace=False)) for texts in found]
    together = [text for texts in drawn for text in texts]
    rest = [text for texts in found for text in texts if text not in set(together)]
    together += list(generator.choice(rest, size=count - len(together), replace=False)) if len(together) < count else []
    return [str(text) for text in generator.permutation(together)[:count]]


def uniform(count: int, tokens: int, tokenizer, *, seed: int) -> list[str]:
    """Distinct beginnings of news sentences and posts of exactly so many tokens, special ones among them."""
    found: dict[str, None] = {}
    texts = [text for name in ("newsmtsc", "pstance", "vast") for text in _texts(name)]
    for text in np.random.default_rng(seed).permutation(texts):
        encoding = tokenizer.encode(str(text), add_special_tokens=False)
        if len(encoding.ids) >= tokens - 2:
            beginning = str(text)[: encoding.offsets[tokens - 3][1]]
            if len(tokenizer.encode(beginning).ids) == tokens:
                found[beginning] = None
        if len(found) == count:
            return list(found)
    raise RuntimeError(f"the corpora have only {len(found)} sentences of {tokens} tokens or more")


def repeated(texts: list[str], share: float, *, seed: int) -> list[str]:
    """As many texts, of which that share are repeats of others, in random order."""
    generator = np.random.default_rng(seed)
    distinct = texts[: round(len(texts) * (1 - share))]
    repeats = generator.choice(distinct, size=len(texts) - len(distinct))
    return [str(text) for text in generator.permutation([*distinct, *repeats])]


def columns(texts: list[str]) -> Columns:
    """Rows to predict."""
    count = len(texts)
    return {"id": [str(n) for n in range(count)], "text": texts, "actor": [ACTOR] * count, "target": [TARGET] * count}


def _texts(name: str) -> list[str]:
    if not (Path("datasets") / name).exists():
        raise SystemExit(f"datasets/{name} is not here: `make corpora FROM=FOLDER` imports the corpora that this measures on")
    return sorted(set(load_dataset(name).rows["text"]))
