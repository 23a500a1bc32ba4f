"""Which limits does this machine set: how fast does it multiply matrices and read memory, and how near does prediction come?

usage: python experiments/performance/limits.py
"""

from time import perf_counter

import numpy as np
import torch

REPEATS = 7
SIZES = {
    "large matrices": (2048, 2048, 2048),
    "a layer of MiniLM, 32 x 30 tokens": (960, 384, 1536),
    "the same, back": (960, 1536, 384),
}


def best(work) -> float:
    """Seconds of the fastest of some repeats, after one that does not count."""
    work()
    taken = []
    for _ in range(REPEATS):
        start = perf_counter()
        work()
        taken.append(perf_counter() - start)
    return min(taken)


def multiplication(shape: tuple[int, int, int], dtype: torch.dtype) -> float:
    """Billions of multiply-adds, counted twice as is the custom, a second."""
    rows, inner, columns_ = shape
    left, right = torch.rand(rows, inner).to(dtype), torch.rand(inner, columns_).to(dtype)
    return 2 * rows * inner * columns_ / best(lambda: left @ right) / 1e9


def bandwidth() -> float:
    """Gigabytes a second that are read and written by a copy of 400 MB."""
    source, target = np.ones(50_000_000), np.zeros(50_000_000)
    return 2 * source.nbytes / best(lambda: np.copyto(target, source)) / 1e9


def main() -> None:
    print(f"| what, on {torch.get_num_threads()} threads | GFLOP/s or GB/s |\n|---|---|")
    for name, shape in SIZES.items():
        for dtype in (torch.float32, torch.bfloat16):
            precision = str(dtype).removeprefix("torch.")
            print(f"| {name}, {precision} | {multiplication(shape, dtype):.0f} |")
    print(f"| copy of 400 MB | {bandwidth():.1f} |")


if __name__ == "__main__":
    main()
