"""How long does it take to find the near-duplicates among 20,000 texts, and are all of them found?

usage: python experiments/performance/leaks.py [ROWS]

Texts of 20-100 words drawn by Zipf's law, seeded; in 5 % of the rows stands a text from elsewhere with a word changed.
The baseline is the implementation that `stancelab.leaks` replaced, kept here only: an inverted index of every shingle,
which counts what each pair of texts shares. Both are exact, so their pairs must be the same.
Seconds are of processor time, whatever else runs.
"""

import sys
from collections import defaultdict
from time import process_time

import numpy as np
import pandas as pd

from stancelab.leaks import NEAR_DUPLICATE, leaks, shingles, similar_pairs

VOCABULARY, PLANTED = 50_000, 0.05


def synthetic(count: int, *, seed: int) -> tuple[list[str], list[tuple[int, int]]]:
    """Texts, and the (first, second) pairs planted among them."""
    generator = np.random.default_rng(seed)
    chances = 1 / np.arange(1, VOCABULARY + 1)
    sizes = generator.integers(20, 101, size=count)
    drawn = generator.choice(VOCABULARY, size=sizes.sum(), p=chances / chances.sum())
    texts = [[f"w{word}" for word in words] for words in np.split(drawn, np.cumsum(sizes)[:-1])]
    rows = generator.permutation(count)[: 2 * int(PLANTED * count)].reshape(-1, 2).tolist()
    for source, row in rows:
        texts[row] = [*texts[source]]
        texts[row][generator.integers(len(texts[row]))] = "changed"
    return [" ".join(words) for words in texts], [(min(pair), max(pair)) for pair in rows]


def inverted_index(texts: list[str]) -> set[tuple[int, int]]:
    """The baseline."""
    sets = [shingles(text) for text in texts]
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    pairs = set()
    for number, own in enumerate(sets):
        shared: dict[int, int] = defaultdict(int)
        for shingle in own:
            for other in holders[shingle]:
                shared[other] += 1
            holders[shingle].append(number)
        for other, common in shared.items():
            if common / len(own | sets[other]) >= NEAR_DUPLICATE:
                pairs.add((other, number))
    return pairs


def timed(work, *given):
    start = process_time()
    return work(*given), process_time() - start


def main(count: int) -> None:
    texts, planted = synthetic(count, seed=0)
    similar = {pair for pair in planted if _overlap(texts, pair) >= NEAR_DUPLICATE}
    found, seconds = timed(similar_pairs, texts)
    pairs = {(pair.first, pair.second) for pair in found}
    expected, former = timed(inverted_index, texts)
    splits = ["train" if row % 4 else "test" for row in range(count)]
    frame = pd.DataFrame({"group": range(count), "text": texts, "split": splits})
    lines, whole = timed(leaks, frame, [str(row) for row in range(count)])
    _, copies = timed(similar_pairs, [texts[0]] * count)
    print(f"{count} texts, {len(planted)} planted, {len(similar)} of them overlap by {NEAR_DUPLICATE:.0%} or more")
    print(f"similar_pairs: {seconds:.1f} s, {len(pairs)} pairs, recall {len(pairs & similar) / len(similar):.3f}")
    print(f"inverted index: {former:.1f} s, {len(expected)} pairs, the same: {pairs == expected}; ratio {former / seconds:.1f}")
    print(f"leaks: {whole:.1f} s, {len(lines)} lines;  {count} copies of one text: {copies:.1f} s")


def _overlap(texts: list[str], pair: tuple[int, int]) -> float:
    one, other = (shingles(texts[row]) for row in pair)
    return len(one & other) / len(one | other)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
