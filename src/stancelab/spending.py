"""How much may be asked of servers in this command, and how much was asked?"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from stancelab.errors import InputError

MILLION = 1_000_000


class BudgetSpentError(InputError):
    """As much was asked as was allowed; what was answered is kept."""


@dataclass
class Spending:
    """A budget (None: no limit) and what was spent of it.

    requests: sent, retries among them. cached: answers that were known before. failed: questions that got no answer in spite of
    all retries. cost: of the recipes that state their prices, None where none does.
    """

    most_requests: int | None = None
    most_tokens: int | None = None
    requests: int = 0
    retries: int = 0
    cached: int = 0
    failed: int = 0
    first_failure: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None

    def send(self, *, again: bool) -> None:
        """Count one request, before it is sent. BudgetSpentError if there is nothing left to send it with."""
        tokens = self.tokens_in + self.tokens_out
        for spent, most, unit in ((self.requests, self.most_requests, "requests"), (tokens, self.most_tokens, "tokens")):
            if most is not None and spent >= most:
                raise BudgetSpentError(
                    f"budget spent: {spent} of {most} {unit}; answers are kept, the same command goes on from here, "
                    "with this budget anew or with a larger one"
                )
        self.requests += 1
        self.retries += again

    def fail(self, reason: str) -> None:
        """Count a question that got no answer."""
        self.failed += 1
        self.first_failure = self.first_failure or reason

    def receive(self, usage: tuple[int, int] | None, prices: tuple[float, float] | None) -> None:
        """Count the tokens of an answer, in and out, and their cost; prices are for a million tokens, in and out.

        InputError for an answer that does not say its tokens, where they are limited.
        """
        if usage is None:
            if self.most_tokens is not None:
                raise InputError("the server does not say how many tokens it used; limit the requests instead of the tokens")
            return
        self.tokens_in += usage[0]
        self.tokens_out += usage[1]
        if prices is not None:
            self.cost = (self.cost or 0.0) + (usage[0] * prices[0] + usage[1] * prices[1]) / MILLION

    @property
    def line(self) -> str:
        """What was spent, in one line; empty where no server was asked and no answer taken from the cache.

        >>> Spending(requests=3, retries=1, cached=2, tokens_in=1200, tokens_out=9, cost=0.0042).line
        'requests 3 (1 of them retries), answers from the cache 2, tokens 1,200 in and 9 out, cost 0.0042'
        """
        if not self.requests and not self.cached:
            return ""
        retries = f" ({self.retries} of them retries)" if self.retries else ""
        parts = [f"requests {self.requests}{retries}", f"answers from the cache {self.cached}"]
        if self.failed:
            parts.append(f"no answer to {self.failed} (the first: {self.first_failure})")
        parts.append(f"tokens {self.tokens_in:,} in and {self.tokens_out:,} out")
        return ", ".join(parts + ([] if self.cost is None else [f"cost {self.cost:.4f}"]))


_current: ContextVar[Spending] = ContextVar("spending", default=Spending())  # noqa: B039


def current() -> Spending:
    """What counts the requests here: the innermost `spending`, else one without limits for the whole process."""
    return _current.get()


@contextmanager
def spending(*, requests: int | None = None, tokens: int | None = None) -> Iterator[Spending]:
    """Count what is asked inside, and stop it with BudgetSpentError where the budget is spent.

    requests: all that are sent, retries included. tokens: in and out together, as the server counts them; those of the answers
    that are under way when the limit is met come on top.
    """
    before = _current.set(Spending(requests, tokens))
    try:
        yield _current.get()
    finally:
        _current.reset(before)
