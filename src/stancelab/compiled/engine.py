"""Which vectors does a graph give for token ids, on all cores at once, and the same for a row in whatever company it comes?"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from stancelab.compiled.libraries import core
from stancelab.compiled.tokens import Spelling
from stancelab.processes import usable_cores

Vectors = NDArray[np.float32]
Tokens = dict[str, list[int]]
Precision = Literal["f32", "bf16"]

STEP = 8
"""A row is padded to a multiple of this length and never further, because the padding shows in the last digit; kernels compute
so many columns at once that what is padded costs next to nothing."""

TOKENS_A_BATCH = 1024
"""More do not make a token cheaper, fewer do make it dearer."""


class Engine:
    """A graph on disk that is compiled when it is first asked: one thread to a batch, as many batches at once as there are cores.

    Numbers depend neither on the number of cores nor on the other rows of a batch, which all have the same padded length: on one
    thread a kernel computes each row by itself.
    """

    def __init__(self, graph: Path, precision: Precision, spelling: Spelling, limit: int, *, streams: int | None = None) -> None:
        self.graph = graph
        self.precision = precision
        self.spelling = spelling
        self.limit = limit
        self.streams = streams or usable_cores()

    def vectors(self, tokens: Sequence[Tokens]) -> Vectors:
        """The graph's output for each row of token ids, shape (n, d)."""
        found = np.empty((len(tokens), self.width), dtype=np.float32)
        requests = self._requests

        def compute(rows: list[int]) -> None:
            request = requests.get()
            try:
                found[rows] = request.infer(self.padded([tokens[row] for row in rows]), share_inputs=True)[0]
            finally:
                requests.put(request)

        with ThreadPoolExecutor(self.streams) as pool:
            list(pool.map(compute, self._batches(tokens)))
        return found

    @property
    def width(self) -> int:
        """The length of a vector."""
        return int(self._compiled.output(0).partial_shape[1].get_length())

    def _batches(self, tokens: Sequence[Tokens]) -> Iterator[list[int]]:
        """Rows of like length, the longest first, so that at the end no core waits long for another."""
        of_length = defaultdict(list)
        for row, one in enumerate(tokens):
            of_length[padded_length(len(one["input_ids"]), self.limit)].append(row)
        for length in sorted(of_length, reverse=True):
            rows, size = of_length[length], max(1, TOKENS_A_BATCH // length)
            yield from (rows[start : start + size] for start in range(0, len(rows), size))

    def padded(self, rows: Sequence[Tokens]) -> dict[str, NDArray[np.int64]]:
        """What the graph takes for rows of like length, by the names of its inputs, shape (n, tokens)."""
        length = padded_length(max(len(row["input_ids"]) for row in rows), self.limit)
        padding = {"input_ids": self.spelling.pad_id, "token_type_ids": self.spelling.pad_type_id}
        batch = {}
        for name in self._names:
            batch[name] = np.full((len(rows), length), padding.get(name, 0), dtype=np.int64)
            for place, row in enumerate(rows):
                batch[name][place, : len(row[name])] = row[name]
        return batch

    @cached_property
    def _compiled(self) -> Any:
        settings = {
            "NUM_STREAMS": self.streams,
            "INFERENCE_NUM_THREADS": self.streams,
            "INFERENCE_PRECISION_HINT": self.precision,
            "ENABLE_CPU_PINNING": False,
        }
        return core().compile_model(str(self.graph), "CPU", settings)

    @cached_property
    def _names(self) -> list[str]:
        return [port.get_any_name() for port in self._compiled.inputs]

    @cached_property
    def _requests(self) -> "SimpleQueue[Any]":
        requests: SimpleQueue[Any] = SimpleQueue()
        for _ in range(self.streams):
            requests.put(self._compiled.create_infer_request())
        return requests


def padded_length(length: int, limit: int) -> int:
    """The length to which a row of so many tokens is padded.

    >>> padded_length(5, 128), padded_length(16, 128), padded_length(99, 100)
    (8, 16, 100)
    """
    return min(-(-length // STEP) * STEP, max(limit, length))
