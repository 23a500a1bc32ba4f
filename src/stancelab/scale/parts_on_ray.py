"""How are the parts of an input predicted by the machines of a Ray cluster, and written here?"""

import logging
import pickle
from collections import Counter
from collections.abc import Iterator
from typing import Any

from stancelab.errors import InputError
from stancelab.models.inputs import Columns
from stancelab.scale.answering import Order, answered_part, loaded, order_of
from stancelab.scale.cluster import RETRIES, Cluster, Driver, answered, cluster, in_worker
from stancelab.scale.parts import write_part
from stancelab.scale.predicting import MapParts, Work
from stancelab.scale.shards import Shards, shards_of
from stancelab.scale.workers import handed_out


def parts_on_ray(address: str, *, gpus: float | None = None) -> MapParts:
    """Parts on the cluster at that address by one worker a core, or by so many that each has its GPUs; see `cluster`.

    Rows of files are read by this process; those of a folder of parquet files by the workers, who must see it. Answers come back
    and are written by this process.
    """

    def computed(work: Work) -> Iterator[int]:
        recipe = work.answering.recipe
        if recipe.remote:
            raise InputError(f"--ray: {work.answering.name} asks a server, which this machine does as fast; leave --ray out")
        with cluster(address, gpus=gpus) as found:
            each = found.gpus if recipe.family == "transformer" and not work.answering.is_compiled else 0.0
            order = order_of(work)
            answers = _from_shards if work.source.path.is_dir() and work.source.dataset is None else _from_rows
            for number, table in answers(found, work, order, each):
                write_part(work.folder, number, table, work.manifest)
                yield table.num_rows

    return computed


class Answerer:
    """A worker that has the model and answers parts of rows that it is sent."""

    def __init__(self, driver: Driver, order: Order) -> None:
        self._driver, self._order = driver, order

    def ready(self) -> Any:
        """Load the model; the InputError that there is instead."""
        return in_worker(self._driver, _ready, self._order)

    def answer(self, rows: Columns) -> Any:
        """The answers to the rows of a part, or the InputError that there is instead."""
        return in_worker(self._driver, answered_part, self._order, rows)


class ShardAnswerer:
    """A worker that has the model, sees the shards and answers parts by number."""

    def __init__(self, driver: Driver, order: Order, shards: Shards, attempts: Any) -> None:
        self._driver, self._order, self._shards, self._attempts = driver, order, shards, attempts

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """The answers to a part, or the InputError that there is instead, as bytes."""
        found = in_worker(self._driver, self._answered, int(row["number"]))
        return {"number": row["number"], "found": pickle.dumps(found)}

    def _answered(self, number: int) -> Any:
        import ray

        if ray.get(self._attempts.begin.remote(number)) > RETRIES + 1:
            raise InputError(f"part {number}: given up, {RETRIES + 1} workers died of it; have they the memory for it?")
        return answered_part(self._order, self._shards.part(number))


class Attempts:
    """How often each part was begun: Ray Data would try one that kills its workers without end."""

    def __init__(self) -> None:
        self._begun: Counter[int] = Counter()

    def begin(self, number: int) -> int:
        """Count a part that is begun; gives how often it was."""
        self._begun[number] += 1
        return self._begun[number]


def _ready(order: Order) -> None:
    loaded(order)


def _from_rows(found: Cluster, work: Work, order: Order, gpus: float) -> Iterator[tuple[int, Any]]:
    """Parts as this process reads them, handed to workers that are ready, so that few are in memory."""
    actor, order_there = found.ray.remote(num_cpus=1, num_gpus=gpus)(Answerer), found.ray.put(order)
    pieces = len(work.todo)
    return handed_out(
        found,
        lambda: actor.remote(found.driver, order_there),
        work.rows(),
        pieces=pieces,
        workers=_most(found, gpus, pieces),
    )


def _from_shards(found: Cluster, work: Work, order: Order, gpus: float) -> Iterator[tuple[int, Any]]:
    """Parts as workers read them from the shards, by way of Ray Data, which keeps few of the answers in memory."""
    data = _ray_data()
    shards = shards_of(work.source, work.manifest.rows_a_part, numbered=work.known.numbered)
    attempts = found.ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)(Attempts).remote()
    parts = data.from_items([{"number": number} for number in work.todo], override_num_blocks=len(work.todo))
    answers = parts.map(
        ShardAnswerer,
        fn_constructor_args=(found.driver, order, shards, attempts),
        compute=data.ActorPoolStrategy(min_size=1, max_size=_most(found, gpus, len(work.todo))),
        num_cpus=1,
        num_gpus=gpus,
    )
    for row in answers.iter_rows():
        work.source.refuse_changed()
        yield int(row["number"]), answered(pickle.loads(row["found"]))  # noqa: S301


def _most(found: Cluster, gpus: float, parts: int) -> int:
    """How many workers there may be: one a core or, where they have GPUs, as many as these serve."""
    return max(1, min(parts, found.cores, int(found.all_gpus / gpus) if gpus else parts))


def _ray_data() -> Any:
    """Ray's library for tables, quiet."""
    import ray.data

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    return ray.data
