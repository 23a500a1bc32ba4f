"""Which head over few rows gives odds that can be believed? Asked of training rows; no test file is opened.

usage: python experiments/few-shot/choose_head.py prior|heads

prior: how strong should a temperature's prior be? Over frozen sentence vectors of P-Stance and GWSD, 20 draws.
heads: SetFit's head and others over the same taught encoders, 3 draws of NewsMTSC, whose rows had no part in any choice, and of
SemEval-2016, whose training rows had a part in a first look at the prior.

Each draw takes some rows of each label and scores on other rows of the corpus' training split, of other statements: macro-F1, log
loss, ECE, and the mean of the highest probabilities.
"""

import sys
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

import stancelab as sl
from stancelab.cells import one_thread
from stancelab.encoders import load_encoder
from stancelab.models.calibrated import best_temperature
from stancelab.models.contrastive_encoder import ContrastiveEncoderClassifier, held_out_folds
from stancelab.models.inputs import compose
from stancelab.splits import few_of_each_label

KEPT = Path("runs/few-shot-vectors")
FLAT = 1e6
STRENGTHS = 10.0 ** np.arange(-2, 4)
Draw = tuple[np.ndarray, np.ndarray]
Vectors = tuple[np.ndarray, np.ndarray]
Odds = dict[str, np.ndarray]


def choose_prior() -> None:
    for corpus in ("pstance", "gwsd"):
        rows = training_rows(corpus)
        rows = rows.sample(1000, random_state=0).reset_index(drop=True)
        vectors = load_encoder("bundled:minilm").encode([(text,) for text in read(rows)]).astype(float)
        for shots in (4, 8, 16):
            tell(
                f"{corpus}, frozen, {shots} rows a label",
                [judged_draw(rows, *draw, odds_of_prior(rows, *draw, vectors)) for draw in draws(rows, shots, 20, len(rows))],
            )


def compare_heads() -> None:
    for corpus, shots in product(("newsmtsc", "semeval2016"), (4, 8)):
        rows, found = training_rows(corpus), []
        for number, draw in enumerate(draws(rows, shots, 3, 400)):
            found.append(judged_draw(rows, *draw, odds_of_heads(rows, *draw, f"{corpus}-{shots}-{number}", number)))
        tell(f"{corpus}, {shots} rows a label", found)


def training_rows(corpus: str) -> pd.DataFrame:
    rows = sl.load_dataset(corpus).rows
    return rows[rows["split"] == "train"].drop_duplicates("text").reset_index(drop=True)


def read(rows: pd.DataFrame) -> list[str]:
    return compose(rows, ContrastiveEncoderClassifier().template)


def draws(rows: pd.DataFrame, shots: int, count: int, others: int) -> list[Draw]:
    """The rows drawn of each label, and at most so many others, of other statements."""
    found = []
    for number in range(count):
        drawn = few_of_each_label(np.arange(len(rows)), rows["label"], shots, number)
        free = np.flatnonzero(~rows["group"].isin(rows["group"].iloc[drawn]))
        found.append((drawn, np.random.default_rng(number).permutation(free)[:others]))
    return found


def halves(rows: pd.DataFrame, drawn: np.ndarray, seed: int = 0) -> list[Draw]:
    codes = pd.factorize(rows["label"].iloc[drawn], sort=True)[0]
    return list(held_out_folds(codes, list(rows["text"].iloc[drawn]), 2, seed))


def odds_of_prior(rows: pd.DataFrame, drawn: np.ndarray, others: np.ndarray, vectors: np.ndarray) -> Odds:
    codes = pd.factorize(rows["label"].iloc[drawn], sort=True)[0]
    few = vectors[drawn]
    inner = [(few[learnt], few[rest], codes[learnt], codes[rest]) for learnt, rest in halves(rows, drawn)]
    return with_temperatures((few, vectors[others]), codes, inner, (1.0, 10.0), (0.25, 0.5, 1.0, FLAT))


def odds_of_heads(rows: pd.DataFrame, drawn: np.ndarray, others: np.ndarray, case: str, seed: int) -> Odds:
    codes, texts = pd.factorize(rows["label"].iloc[drawn], sort=True)[0], read(rows)
    model = sl.load_recipe("minilm-contrastive").build(seed=seed)
    few, far = np.array([texts[row] for row in drawn]), [texts[row] for row in others]
    whole, frozen = pooled(case, model, few, codes, far), pooled(case, model.set_params(epochs=0), few, codes, far)
    model = sl.load_recipe("minilm-contrastive").build(seed=seed)
    inner = [
        (*unit(pooled(f"{case}-{number}", model, few[learnt], codes[learnt], few[rest])), codes[learnt], codes[rest])
        for number, (learnt, rest) in enumerate(halves(rows, drawn, seed))
    ]
    strength = min(STRENGTHS, key=lambda C: held_out_loss(inner, C))
    return {
        "not taught, C=1": logarithms(unit(frozen), codes, 1.0),
        "C=1, lengths as they are": logarithms(whole, codes, 1.0),
        "C by held-out rows": logarithms(unit(whole), codes, strength),
        **with_temperatures(unit(whole), codes, inner, (1.0,), (0.5, FLAT)),
    }


def pooled(
    case: str, model: ContrastiveEncoderClassifier, texts: Sequence[str], codes: np.ndarray, others: Sequence[str]
) -> Vectors:
    """Vectors of the rows that taught the encoder and of others, of the length that mean pooling gives them; kept in runs/."""
    file = KEPT / f"{case}-{model.epochs}-{model.learning_rate}.npz"
    if not file.exists():
        with one_thread(sl.load_recipe("minilm-contrastive")):
            body = model.taught(list(texts), codes)
            found = [body.encode(list(part), output_value="token_embeddings") for part in (texts, others)]
        KEPT.mkdir(parents=True, exist_ok=True)
        np.savez(file, *(np.array([tokens.double().mean(0).numpy() for tokens in part]) for part in found))
    with np.load(file) as kept:
        return kept["arr_0"], kept["arr_1"]


def unit(vectors: Vectors) -> Vectors:
    one, other = (part / np.linalg.norm(part, axis=1, keepdims=True) for part in vectors)
    return one, other


def with_temperatures(
    vectors: Vectors, codes: np.ndarray, inner: list, strengths: Sequence[float], spreads: Sequence[float]
) -> Odds:
    found = {}
    for C in strengths:
        odds, (held_out, gold) = logarithms(vectors, codes, C), held_out_logarithms(inner, C)
        found[f"C={C:g}"], truth = odds, gold[:, None] == np.arange(held_out.shape[1])
        for spread in spreads:
            prior = "no prior" if spread == FLAT else f"prior {spread:g}"
            found[f"C={C:g}, temperature, {prior}"] = odds / best_temperature(held_out, truth, spread=spread)
    return found


def logarithms(vectors: Vectors, codes: np.ndarray, C: float) -> np.ndarray:
    head = LogisticRegression(C=C, class_weight="balanced", max_iter=5000).fit(vectors[0], codes)
    return head.predict_log_proba(vectors[1])


def held_out_logarithms(inner: list, C: float) -> tuple[np.ndarray, np.ndarray]:
    odds = [logarithms((learnt, rest), codes, C) for learnt, rest, codes, _ in inner]
    return np.vstack(odds), np.concatenate([gold for *_, gold in inner])


def held_out_loss(inner: list, C: float) -> float:
    odds, gold = held_out_logarithms(inner, C)
    return -odds[np.arange(len(gold)), gold].mean()


def judged_draw(rows: pd.DataFrame, drawn: np.ndarray, others: np.ndarray, odds: Odds) -> dict[str, list[float]]:
    labels = sorted(set(rows["label"].iloc[drawn]))
    gold = np.searchsorted(labels, rows["label"].iloc[others])
    return {name: judged(softmax(found, axis=1), gold) for name, found in odds.items()}


def judged(probabilities: np.ndarray, gold: np.ndarray) -> list[float]:
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    bins = np.minimum((10 * confidence).astype(int), 9)
    gaps = [abs(((predicted == gold)[bins == one] - confidence[bins == one]).sum()) for one in range(10)]
    of_gold = np.clip(probabilities[np.arange(len(gold)), gold], 1e-15, 1)
    return [f1_score(gold, predicted, average="macro"), -np.log(of_gold).mean(), sum(gaps) / len(gold), confidence.mean()]


def tell(case: str, found: list[dict[str, list[float]]]) -> None:
    print(f"{case}, {len(found)} draws: macro-F1, log loss, ECE, confidence")
    for name in found[0]:
        print("  " + "  ".join(f"{mean:.3f}" for mean in np.mean([draw[name] for draw in found], axis=0)), name, flush=True)


if __name__ == "__main__":
    stages: dict[str, Callable[[], None]] = {"prior": choose_prior, "heads": compare_heads}
    stages[sys.argv[1]]()
