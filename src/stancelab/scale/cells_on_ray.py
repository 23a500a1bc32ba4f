"""How are the cells of a run computed by the machines of a Ray cluster, and written here?"""

from collections.abc import Iterator, Sequence
from typing import Any

from stancelab.cells import Cell, fingerprint, library_versions, predicted_cell, rows_of, write_cell
from stancelab.dataset import Dataset
from stancelab.errors import InputError
from stancelab.runs import MapCells, Run
from stancelab.scale.cluster import cluster, machine_name, worked


def on_ray(address: str, *, gpus: float | None = None) -> MapCells:
    """Cells on the cluster at that address, one thread each; see `cluster`. gpus: for each cell of a transformer.

    Rows travel once, predictions come back and are written by this process: machines need no folder in common.
    """

    def computed(run: Run, cells: Sequence[Cell]) -> Iterator[str]:
        with cluster(address, library_versions(), gpus=gpus) as found:
            sent = {dataset.sha: found.ray.put(dataset) for dataset in map(run.dataset, run.settings)}
            work = (
                (cell, found.gpus * (cell.recipe.family == "transformer"), (cell, sent[rows.sha], fingerprint(cell, rows)))
                for cell in cells
                for rows in [run.dataset(cell.setting)]
            )
            for cell, (frame, facts) in worked(found, predicted_there, work):
                write_cell(run.folder / cell.path, frame, facts)
                yield cell.recipe.name

    return computed


def predicted_there(cell: Cell, dataset: Dataset, stamp: str) -> Any:
    """`predicted_cell` in a worker. InputError where it would be made of something else than on the machine that asks."""
    if fingerprint(cell, dataset) != stamp:
        raise InputError(
            f"{machine_name()} has other code, another encoder or other versions for recipe {cell.recipe.name!r} "
            "than this machine; they must be the same on all"
        )
    return predicted_cell(cell, rows_of(cell, dataset), stamp)
