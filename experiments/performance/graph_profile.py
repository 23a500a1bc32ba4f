"""Where does the time of a batch go, in each form of a network: into products of matrices, attention, or what lies between?

usage: python experiments/performance/graph_profile.py
"""

import os
from collections import Counter
from time import perf_counter

from sentences import columns, mixed
from trained import frozen
from transformer_prediction import FORMS, in_form, texts_of

from stancelab.compiled.classifier import CompiledClassifier
from stancelab.compiled.libraries import core

ROWS, TOKENS, REPEATS = 32, 30, 20
GROUPS = {
    "FullyConnected": "products, GELU with them",
    "FullyConnectedQuantizedLegacy": "products, GELU with them",
    "Subgraph": "attention",
    "MVN": "normalisation, sums",
    "Add": "normalisation, sums",
    "MulAdd": "normalisation, sums",
    "Multiply": "normalisation, sums",
}
"""What OpenVINO's kinds of nodes do in an encoder."""
REST = "the rest"


def profile(model: CompiledClassifier, texts: list[str]) -> tuple[float, dict[str, float]]:
    """Milliseconds of one batch on one thread, and of its groups of nodes."""
    engine = model.engine(model.graphs[0])
    [segments] = model.form.reading.segments(columns(texts), model.tokenizer)
    batch = engine.padded(model.form.reading.tokens(segments, model.tokenizer))
    settings = {"NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": engine.precision, "PERF_COUNT": True}
    request = core().compile_model(str(model.graphs[0]), "CPU", settings).create_infer_request()
    request.infer(batch)
    spent: Counter[str] = Counter()
    started = perf_counter()
    for _ in range(REPEATS):
        request.infer(batch)
        for node in request.profiling_info:
            spent[GROUPS.get(node.node_type, REST)] += node.real_time.total_seconds()
    taken = perf_counter() - started
    return 1e3 * taken / REPEATS, {name: 1e3 * seconds / REPEATS for name, seconds in spent.items()}


def main() -> None:
    os.environ["STANCELAB_CACHE_LIMIT"] = "0"
    names = [*dict.fromkeys(GROUPS.values()), REST]
    print(f"| {ROWS} rows of {TOKENS} tokens, one thread | milliseconds | {' | '.join(names)} |")
    print("|---|---|" + "---|" * len(names))
    texts = texts_of(f"{TOKENS} tokens each", mixed(2_000, seed=0))
    for form in FORMS:
        if found := in_form(frozen(), columns(texts), form):
            whole, spent = profile(found.classifier, texts[:ROWS])
            print(f"| {form} | {whole:.1f} | {' | '.join(f'{spent.get(name, 0):.1f}' for name in names)} |")


if __name__ == "__main__":
    main()
