"""How are the cells of a run computed by the machines of a Ray cluster, and written here?"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from stancelab.cells import Cell, fingerprint, predicted_cell, rows_of, write_cell
from stancelab.computing import MapTasks, Task
from stancelab.dataset import Dataset
from stancelab.errors import InputError
from stancelab.scale.cluster import Cluster, cluster, machine_name, worked


def cells_on_ray(address: str, *, gpus: float | None = None) -> MapTasks:
    """Cells on the cluster at that address, one thread each; see `cluster`. gpus: for each cell of a transformer.

    Rows travel once, predictions come back and are written by this process: machines need no folder in common.
    """

    def computed(tasks: Sequence[Task], folder: Path) -> Iterator[str]:
        with cluster(address, gpus=gpus) as found:
            for cell, (columns, facts) in worked(found, predicted_there, _sent(found, tasks)):
                write_cell(folder / cell.path, columns, facts)
                yield cell.recipe.name

    return computed


def predicted_there(cell: Cell, dataset: Dataset, stamp: str) -> Any:
    """`predicted_cell` in a worker. InputError where it would be made of something else than on the machine that asks."""
    if fingerprint(cell, dataset) != stamp:
        raise InputError(
            f"{machine_name()} has other code or another encoder for recipe {cell.recipe.name!r} than the machine that asks; "
            "they must be the same on all"
        )
    return predicted_cell(cell, rows_of(cell, dataset), stamp)


def _sent(found: Cluster, tasks: Sequence[Task]) -> Iterator[tuple[Cell, float, tuple[Any, ...]]]:
    """What each worker is given: the cell, where its rows lie in the cluster, its fingerprint."""
    rows: dict[int, Any] = {}
    for task in tasks:
        if id(task.dataset) not in rows:
            rows[id(task.dataset)] = found.ray.put(task.dataset)
        gpus = found.gpus if task.cell.recipe.family == "transformer" else 0.0
        yield task.cell, gpus, (task.cell, rows[id(task.dataset)], task.stamp)
