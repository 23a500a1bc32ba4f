"""How does a network become a graph, and a graph one of whole numbers?"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stancelab.compiled.libraries import core, nncf, openvino, quiet


def write_graph(network: Any, batch: dict[str, Any], path: Path) -> None:
    """Write what a torch network computes as a graph over batches of any size and length. batch: tensors to trace it with, by
    the names that the graph's inputs take.

    Whatever the network does that a graph cannot do raises an exception of openvino's or torch's.
    """
    import torch

    with quiet(), torch.inference_mode():
        graph = openvino().convert_model(network, example_input=batch)
        openvino().save_model(graph, path, compress_to_fp16=False)


def write_int8(graph: Path, batches: Sequence[dict[str, Any]], path: Path) -> None:
    """Write a graph whose matrix products are made of whole numbers of 8 bits, scaled by what these batches show of each.

    batches: rows one by one, as `Engine` takes them. Source: Xiao et al. 2023, SmoothQuant, section 4, which nncf follows.
    """
    whole = nncf()
    with quiet():
        found = whole.quantize(
            core().read_model(str(graph)),
            whole.Dataset(list(batches)),
            subset_size=len(batches),
            model_type=whole.ModelType.TRANSFORMER,
        )
        openvino().save_model(found, path)
