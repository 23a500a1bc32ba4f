"""How long should the encoder be taught, and which head gives odds that can be believed? Asked of training rows of other corpora.

usage: python experiments/few-shot/choose_head.py choose|show

Draws rows of each label from a corpus' training split, and scores on 400 other rows of the same split, of other statements:
macro-F1, log loss and ECE of each head over the same taught encoders. `choose` compares how long and how fast the encoder is
taught, on P-Stance, with 8 rows of each label; `show` compares the heads as chosen, on GWSD and SemEval-2016, with 4, 8 and 16.
No test file is opened. The README beside this file says what was taken.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, log_loss

import stancelab as sl
from stancelab.cells import one_thread
from stancelab.models.contrastive_encoder import ContrastiveEncoderClassifier, best_temperature, held_out_folds
from stancelab.models.inputs import compose
from stancelab.splits import few_of_each_label

DRAWS, OTHERS = 4, 400
KEPT = Path("runs/few-shot-vectors")
STRENGTHS = 10.0 ** np.arange(-2, 4)
SETTINGS = {
    "choose": [(epochs, rate) for epochs in (10, 20) for rate in (5e-5, 1e-4)],
    "show": [(20, 5e-5)],
}
"""Of `choose`: epochs and learning rates. Of `show`: what `choose` led to."""
CASES = {"choose": [("pstance", 8)], "show": [(corpus, shots) for corpus in ("gwsd", "semeval2016") for shots in (4, 8, 16)]}
Pair = tuple[np.ndarray, ...]
FROZEN = ContrastiveEncoderClassifier(epochs=0, precision="bfloat16")


def main(stage: str) -> None:
    print("corpus shots epochs rate head: macro-F1, log loss, ECE, confidence; means of", DRAWS, "draws", flush=True)
    for corpus, shots in CASES[stage]:
        rows = sl.load_dataset(corpus).rows
        rows = rows[rows["split"] == "train"].drop_duplicates("text").reset_index(drop=True)
        for epochs, rate in SETTINGS[stage]:
            found = [scores_of_draw(f"{corpus}-{shots}", rows, shots, draw, epochs, rate) for draw in range(DRAWS)]
            for name in found[0]:
                means = np.mean([draw[name] for draw in found], axis=0)
                print(corpus, shots, epochs, rate, f"{name}: " + ", ".join(f"{mean:.3f}" for mean in means), flush=True)


def scores_of_draw(
    case: str, rows: pd.DataFrame, shots: int, draw: int, epochs: int, rate: float
) -> dict[str, tuple[float, ...]]:
    drawn = few_of_each_label(np.arange(len(rows)), rows["label"], shots, draw)
    free = np.flatnonzero(~rows["group"].isin(rows["group"].iloc[drawn]))
    few, test = rows.iloc[drawn], rows.iloc[np.random.default_rng(draw).choice(free, OTHERS, replace=False)]
    codes, gold = (pd.factorize(part["label"], sort=True)[0] for part in (few, test))
    model = ContrastiveEncoderClassifier(epochs=epochs, learning_rate=rate, precision="bfloat16", random_state=draw)
    texts, others = np.array(compose(few, model.template)), compose(test, model.template)
    halves = list(held_out_folds(codes, list(few["text"]), 2, draw))
    whole = pooled(f"{case}-{draw}", model, texts, codes, others)
    frozen = pooled(f"{case}-{draw}", FROZEN, texts, codes, others)
    inner = [
        (*pooled(f"{case}-{draw}-{number}", model, texts[learnt], codes[learnt], texts[rest]), codes[learnt], codes[rest])
        for number, (learnt, rest) in enumerate(halves)
    ]
    odds = {
        "frozen, C=1": logarithms(*unit(frozen), codes, 1.0),
        "C=1": logarithms(*unit(whole), codes, 1.0),
        "C=1, lengths as they are": logarithms(*whole, codes, 1.0),
        "C of held-out rows": logarithms(*unit(whole), codes, min(STRENGTHS, key=lambda C: held_out_loss(inner, C))),
    }
    for C in (1.0, 10.0):
        held_out = np.vstack([logarithms(*unit((learnt, others)), codes, C) for learnt, others, codes, _ in inner])
        told = np.concatenate([gold for *_, gold in inner])
        for name, rule in RULES.items():
            odds[f"C={C:g}, {name}"] = logarithms(*unit(whole), codes, C) / rule(held_out, told)
    return {name: judged(softmax(found, axis=1), gold) for name, found in odds.items()}


def pooled(
    case: str, model: ContrastiveEncoderClassifier, texts: Sequence[str], codes: np.ndarray, others: Sequence[str]
) -> Pair:
    """Vectors of the rows that taught the encoder and of others, of the length that mean pooling gives them; kept in runs/."""
    file = KEPT / f"{case}-{model.epochs}-{model.learning_rate}.npz"
    if not file.exists():
        with one_thread(sl.load_recipe("minilm-contrastive")):
            body = model.taught(list(texts), codes)
            found = [body.encode(list(part), output_value="token_embeddings") for part in (texts, others)]
        KEPT.mkdir(parents=True, exist_ok=True)
        np.savez(file, *(np.array([tokens.float().mean(0).numpy() for tokens in part]) for part in found))
    with np.load(file) as kept:
        return kept["arr_0"], kept["arr_1"]


def with_prior(spread: float) -> Callable[[np.ndarray, np.ndarray], float]:
    """The likeliest temperature where its logarithm is normal around 0 with this standard deviation."""
    return lambda odds, codes: best_temperature(odds, codes, spread=spread)


RULES = {"temperature": with_prior(1e6), "temperature, prior 1": with_prior(1.0), "temperature, prior 0.5": with_prior(0.5)}


def unit(vectors: Pair) -> Pair:
    return tuple(part / np.linalg.norm(part, axis=1, keepdims=True) for part in vectors)


def logarithms(learnt: np.ndarray, others: np.ndarray, codes: np.ndarray, C: float) -> np.ndarray:
    head = LogisticRegression(C=C, class_weight="balanced", max_iter=5000).fit(learnt, codes)
    return head.predict_log_proba(others)


def held_out_loss(inner: list[tuple[np.ndarray, ...]], C: float) -> float:
    odds = [logarithms(*unit((learnt, others)), codes, C) for learnt, others, codes, _ in inner]
    return log_loss(np.concatenate([gold for *_, gold in inner]), np.exp(np.vstack(odds)))


def judged(probabilities: np.ndarray, gold: np.ndarray) -> tuple[float, ...]:
    """Macro-F1, log loss, expected calibration error (10 bins), and the mean of the highest probabilities."""
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    bins = np.minimum((10 * confidence).astype(int), 9)
    gaps = [abs(((predicted == gold)[bins == one] - confidence[bins == one]).sum()) for one in range(10)]
    clipped = np.clip(probabilities[np.arange(len(gold)), gold], 1e-15, 1)
    return f1_score(gold, predicted, average="macro"), -np.log(clipped).mean(), sum(gaps) / len(gold), confidence.mean()


if __name__ == "__main__":
    main(sys.argv[1])
