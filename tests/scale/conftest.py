"""What do tests of long inputs share: a classifier that is quick and whose answers follow from the text alone?"""

import os
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from stancelab.labels import LabelScheme, scheme_named
from stancelab.scale import predicting

SCHEME = scheme_named("favor-against-none")


@dataclass
class Answering:
    """Answers by the text's checksum; every seventh text gets no answer. It notes in a file which rows it was asked."""

    asked: Path
    name: str = "checksums"
    scheme: LabelScheme = SCHEME
    fingerprint: str = "0" * 64
    form: str | None = None
    own_threads: bool = False
    seconds: float = 0.0

    def answers(self, rows: dict[str, list[str]]) -> tuple[np.ndarray, np.ndarray]:
        sums = np.array([zlib.crc32(text.encode()) for text in rows["text"]], dtype=np.int64)
        probabilities = np.stack([sums % 97 + 1.0, sums % 89 + 1.0, sums % 83 + 1.0], axis=1)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        labels = np.array(self.scheme.labels, dtype=object)[probabilities.argmax(axis=1)]
        labels[sums % 7 == 0], probabilities[sums % 7 == 0] = None, np.nan
        time.sleep(self.seconds)
        with self.asked.open("a", encoding="utf-8") as file:
            file.write("".join(f"{number}\n" for number in rows["id"]))
        return labels, probabilities


@pytest.fixture
def answering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Answering:
    """The classifier that `predict_file` will ask, whatever model is named; a part has ten rows."""
    asked = Answering(tmp_path / "asked.txt")
    asked.asked.touch()
    monkeypatch.setattr(predicting, "predictor", lambda *_, **__: asked)
    monkeypatch.setattr(predicting, "ROWS_A_PART", 10)
    monkeypatch.setattr(predicting, "ROWS_AT_ONCE", 4)
    return asked


@pytest.fixture
def apart() -> Callable[..., Any]:
    """Begin some work in a process of its own, a copy of this one; gives its id, and waits for what it has done."""

    def begin(work: Callable[[], object]) -> SimpleNamespace:
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            try:
                work()
            finally:
                os._exit(0)
        return SimpleNamespace(pid=child, wait=lambda: os.waitpid(child, 0))

    return begin
