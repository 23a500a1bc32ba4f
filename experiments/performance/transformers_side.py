"""What would a user write without this package to predict with a transformer?"""

from pathlib import Path

import numpy as np

from stancelab.model_folder import load_model

BATCH = 32


def pipeline_of(folder: Path):
    """texts -> labels, by transformers' own pipeline."""
    from transformers import pipeline

    classify = pipeline("text-classification", model=str(folder), device="cpu")
    return lambda texts: [each["label"] for each in classify(texts, batch_size=BATCH, truncation=True)]


def encode_and_head(folder: Path):
    """texts -> labels, by sentence-transformers' vectors under the head of a trained model."""
    from sentence_transformers import SentenceTransformer

    from stancelab.encoders import resolve

    encoder = SentenceTransformer(resolve("bundled:minilm"), device="cpu")
    head = load_model(folder).classifier.head_
    return lambda texts: list(head.predict(encoder.encode(texts, batch_size=BATCH, normalize_embeddings=True)))


def agreement(ours, theirs) -> float:
    """The share of equal labels."""
    return float(np.mean(np.array(ours, dtype=object) == np.array(theirs, dtype=object)))
