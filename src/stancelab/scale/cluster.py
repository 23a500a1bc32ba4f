"""How is a Ray cluster reached and left, and how does work get done on it?"""

import logging
import os
import re
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from stancelab.errors import InputError
from stancelab.processes import usable_cores
from stancelab.progress import show_no_bars
from stancelab.versions import library_versions

KNOCK = 10.0
"""Seconds in which something must listen at an address: Ray itself would try for minutes."""
LOCAL_STORE = 200_000_000
"""Bytes that rows and answers may take on their way, where Ray is started here."""
RETRIES = 3
"""How often work is done again whose worker died."""
ADDRESS = re.compile(r"(?:ray://)?\[?(?P<host>[^/\s]+?)\]?:(?P<port>\d{1,5})")

K = TypeVar("K")


@dataclass(frozen=True)
class Driver:
    """What a worker is told of the process that it works for: its folder, and whether GPUs are left alone."""

    folder: str
    hides_gpus: bool


@dataclass(frozen=True)
class Cluster:
    """Ray, connected. all_gpus: of all machines. gpus: how many each worker of a torch model gets, a share of one among them."""

    ray: Any
    all_gpus: float
    gpus: float

    @property
    def driver(self) -> Driver:
        """This process, as workers know it."""
        return Driver(str(Path.cwd()), hides_gpus=not self.gpus)

    @property
    def lost(self) -> tuple[type[Exception], ...]:
        """The errors that tell of a dead worker or machine, not of its work."""
        errors = self.ray.exceptions
        workers = errors.RayActorError, errors.WorkerCrashedError, errors.OutOfMemoryError
        return *workers, errors.NodeDiedError, errors.ObjectLostError

    @property
    def cores(self) -> int:
        """How many cores all machines have together now; a cluster may grow."""
        return max(1, int(self.ray.cluster_resources().get("CPU", 1)))


@contextmanager
def cluster(address: str, *, gpus: float | None = None) -> Iterator[Cluster]:
    """The cluster at that address; `local` starts one on this machine and ends it, any other is left running.

    gpus: for each worker of a torch model; None: one, where there is any. InputError: Ray is not installed, nothing answers
    there, a machine has not the versions of this one.
    """
    ray = _ray()
    try:
        _connect(ray, address)
        _refuse_other_versions(ray, library_versions())
        there = float(ray.cluster_resources().get("GPU", 0))
        if gpus and gpus > there:
            raise InputError(f"--gpus-per-worker {gpus:g}: the cluster at {address} has {there:g}")
        yield Cluster(ray, there, min(1.0, there) if gpus is None else gpus)
    finally:
        ray.shutdown()


def worked(
    found: Cluster, function: Callable[..., Any], work: Iterable[tuple[K, float, tuple[Any, ...]]]
) -> Iterator[tuple[K, Any]]:
    """Each key with what the function gives for its arguments, as workers get done with them.

    work: keys, how many GPUs a worker needs for it beside a core, arguments. It is taken as it is needed: twice as much as there
    are cores is under way. A worker that dies costs what it had in hand, which is done again. InputError: what the function
    refuses, work that no worker survives.
    """
    task = found.ray.remote(num_cpus=1, max_retries=RETRIES)(in_worker)
    under_way: dict[Any, K] = {}
    for key, gpus, arguments in work:
        under_way[task.options(num_gpus=gpus).remote(found.driver, function, *arguments)] = key
        if len(under_way) >= 2 * found.cores:
            yield _first_done(found, under_way)
    while under_way:
        yield _first_done(found, under_way)


def in_worker(driver: Driver, function: Callable[..., Any], *arguments: Any) -> Any:
    """What the function gives, or the InputError that it raises: so what a person can put right comes without Ray's traceback."""
    try:
        _settle(driver)
        return function(*arguments)
    except InputError as error:
        return error


def answered(value: Any) -> Any:
    """What `in_worker` gave; raises what it caught."""
    if isinstance(value, InputError):
        raise value
    return value


def given_up(what: str, error: Exception) -> InputError:
    """What is said of work that no worker survives."""
    why = str(error).strip().split("\n")[0]
    return InputError(f"{what}: given up, {RETRIES + 1} workers died of it; have they the memory for it? ({why})")


def machine_name() -> str:
    """How the machine of this process is called in messages."""
    return socket.gethostname()


@cache
def _settle(driver: Driver) -> None:
    """Work for that process: leave the bars to it, be in its folder where that is here too, see no GPU that is not given."""
    show_no_bars()
    with suppress(OSError):
        os.chdir(driver.folder)
    if driver.hides_gpus:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""


def _first_done(found: Cluster, under_way: dict[Any, K]) -> tuple[K, Any]:
    [done], _ = found.ray.wait(list(under_way), num_returns=1)
    key = under_way.pop(done)
    try:
        return key, answered(found.ray.get(done))
    except found.lost as error:
        raise given_up(str(key), error) from None


def _ray() -> Any:
    """The package, quiet: it sends no statistics, and its logs stay in its own files."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        import ray
    except ImportError:
        raise InputError("--ray needs the package ray: pip install 'stancelab[cluster]'") from None
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    return ray


def _connect(ray: Any, address: str) -> None:
    if address.startswith("ray://") and find_spec("grpc") is None:
        raise InputError(f"--ray {address}: addresses of this kind need Ray's client: pip install 'ray[client]'")
    quiet = {"configure_logging": False, "log_to_driver": False}
    if address == "local":
        with _without_stderr():
            ray.init("local", num_cpus=usable_cores(), object_store_memory=LOCAL_STORE, include_dashboard=False, **quiet)
        return
    try:
        _knock(address, ray._private.services.canonicalize_bootstrap_address("auto") if address == "auto" else address)
        with _without_stderr():
            ray.init(address, **quiet)
    except (ConnectionError, RuntimeError, ray.exceptions.RayError) as error:
        why = str(error).strip().split("\n")[0]
        raise InputError(
            f"--ray {address}: {why} (is a cluster of Ray {ray.__version__} running there, "
            "and has this machine its token and RAY_AUTH_MODE=token, if it asks for one?)"
        ) from None


@contextmanager
def _without_stderr() -> Iterator[None]:
    """What is not Python in Ray writes to stderr itself, whatever loggers are told."""
    sys.stderr.flush()
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


def _knock(address: str, found: str) -> None:
    """InputError where nothing listens at HOST:PORT, which is what `address` stands for."""
    place = ADDRESS.fullmatch(found)
    if place is None:
        raise InputError(f"--ray {address}: expected local, auto, HOST:PORT or ray://HOST:PORT")
    try:
        with socket.create_connection((place["host"], int(place["port"])), timeout=KNOCK):
            return
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"--ray {address}: nothing answers at {place['host']}:{place['port']}: {why}") from None


def _refuse_other_versions(ray: Any, versions: Mapping[str, str]) -> None:
    """InputError naming a machine on which a package has another version than here.

    Asked by a function that travels whole: it runs where this package is not installed, too.
    """

    def look(names: list[str]) -> dict[str, str]:
        from importlib.metadata import PackageNotFoundError, version

        found = {}
        for name in names:
            try:
                found[name] = version(name)
            except PackageNotFoundError:
                found[name] = "not installed"
        return found

    nodes = [node for node in ray.nodes() if node["Alive"]]
    task = ray.remote(num_cpus=0)(look)
    on = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy
    asked = [task.options(scheduling_strategy=on(node["NodeID"], soft=False)).remote(list(versions)) for node in nodes]
    for node, found in zip(nodes, ray.get(asked), strict=True):
        others = [f"{name} {found[name]} (here {here})" for name, here in versions.items() if found[name] != here]
        if others:
            raise InputError(f"{node['NodeManagerHostname']} has other versions than this machine: {', '.join(others)}")
