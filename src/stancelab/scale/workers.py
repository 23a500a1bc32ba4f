"""How is work handed to workers that hold a model, when any of them may die?"""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from stancelab.scale.cluster import RETRIES, Cluster, answered, given_up

AHEAD = 2
"""How much work a worker has before it: one piece in hand, one that it need not wait for."""

Piece = tuple[int, Any]


def handed_out(
    found: Cluster, hire: Callable[[], Any], work: Iterator[Piece], *, pieces: int, workers: int
) -> Iterator[tuple[int, Any]]:
    """Each number of the work with what a worker's `answer` gives for what comes with it, as they are done.

    hire: starts a worker, an actor with the methods `ready` and `answer`, whose values are those of `in_worker`. Work goes to
    workers that are ready, so none waits for a machine that has no room; it is taken as it is needed. What a dead worker had
    before it goes to others. InputError: what a worker refuses, work that no worker survives.
    """
    hired: dict[int, Any] = {}
    free: deque[int] = deque()
    under_way: dict[Any, tuple[int, Piece | None]] = {}
    again: deque[Piece] = deque()
    deaths: Counter[int | None] = Counter()
    names = count()

    def start() -> None:
        name = next(names)
        hired[name] = hire()
        under_way[hired[name].ready.remote()] = name, None

    for _ in range(workers):
        start()
    while pieces:
        while free and (piece := again.popleft() if again else next(work, None)):
            name = free.popleft()
            under_way[hired[name].answer.remote(piece[1])] = name, piece
        [done], _ = found.ray.wait(list(under_way), num_returns=1)
        name, piece = under_way.pop(done)
        try:
            value = answered(found.ray.get(done))
        except found.lost as error:
            deaths[piece[0] if piece else None] += 1
            if deaths[piece[0] if piece else None] > RETRIES * (1 if piece else workers):
                raise given_up(f"part {piece[0]}" if piece else "the model", error) from None
            if piece:
                again.append(piece)
            if hired.pop(name, None):
                free = deque(other for other in free if other != name)
                start()
            continue
        free.extend([name] * (1 if piece else AHEAD) * (name in hired))
        if piece:
            pieces -= 1
            yield piece[0], value
