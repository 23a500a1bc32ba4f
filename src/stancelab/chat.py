"""How are many questions asked of a chat server, some at a time and none twice?"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from stancelab.answer_cache import answer_key, answers_file, keep_answer, recall_answers
from stancelab.errors import InputError
from stancelab.progress import bar
from stancelab.spending import Spending, current
from stancelab.sqlite_file import warn

Request = dict[str, Any]
"""The body of a request, as in OpenAI's chat completions."""
Answer = dict[str, Any]
"""The body of a chat completion, as it came."""

STOPPING = {401: "refuses the key", 402: "wants to be paid", 403: "refuses the key", 404: "knows no such model or address"}
REFUSED = (400, 422)
HIDDEN = "[key]"
ENOUGH_REFUSALS = 3
"""Questions that a server refuses in every form before it has answered any, after which it is asked no more."""

_forms: dict[tuple[str, str, tuple[str, ...]], int] = {}
"""Which form of a request a server takes, by (address, model, fields of the forms), once that is known."""
_next_turn: dict[str, float] = {}


@dataclass(frozen=True)
class Server:
    """Where questions go, and how. key_from: where the key was found, for messages. prices: of a million tokens, in and out."""

    base_url: str
    key: str | None = field(repr=False)
    key_from: str
    concurrency: int
    requests_per_minute: float | None
    timeout: float
    retries: int
    prices: tuple[float, float] | None

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(f"base_url {self.base_url!r}: expected an address like http://127.0.0.1:8080/v1")
        if parts.username or parts.password or parts.query:
            raise InputError(
                "base_url: expected an address without a user, a password or a query; a key comes by key_env or key_file"
            )
        if self.key is not None and not (self.key.isascii() and self.key.isprintable() and " " not in self.key and self.key):
            raise InputError(f"{self.key_from}: holds no key: expected one word of ASCII characters")
        if self.concurrency < 1 or self.retries < 0 or self.timeout <= 0 or (self.requests_per_minute or 1) <= 0:
            raise InputError("concurrency, requests_per_minute and timeout are above 0, retries 0 or more")

    def hide(self, text: str) -> str:
        """The text without the key, wherever a server may have echoed it."""
        return text.replace(self.key, HIDDEN) if self.key else text


def ask(server: Server, questions: Sequence[Sequence[Request]]) -> list[Answer | None]:
    """The answer to each question, in order; None where the server failed to give one in spite of all retries.

    questions: the forms that a request for it can take, the same number for all, the one to be preferred first; a form that the
    server refuses (400) is not tried again in this process. Answers are kept on disk (`answer_cache`), failures are not.
    InputError stops everything: a key that is refused, an unknown model, a server that cannot be reached, a budget that is
    spent (`spending`).
    """
    keys = [[answer_key(server.base_url, form) for form in forms] for forms in questions]
    known = recall_answers(answers_file(), {key for row in keys for key in row})
    found: dict[bytes, Answer | None] = {}
    waiting: dict[bytes, Sequence[Request]] = {}
    for row, forms in zip(keys, questions, strict=True):
        kept = [known[key] for key in row if key in known]
        if kept:
            found[row[0]] = json.loads(kept[0])
        else:
            waiting[row[0]] = forms
    current().cached += len(found)
    if waiting:
        found |= _ask_anew(server, waiting)
    return [found[row[0]] for row in keys]


def _ask_anew(server: Server, waiting: dict[bytes, Sequence[Request]]) -> dict[bytes, Answer | None]:
    """Ask in an event loop of its own, in a thread, so that this works in a notebook too and an interrupt ends it at once."""
    try:
        import openai  # noqa: F401
        from anyio.from_thread import start_blocking_portal
    except ImportError:
        raise InputError("recipe kind 'chat-server' needs the package openai: pip install 'stancelab[llm]'") from None
    with bar(server.base_url, len(waiting)) as advance, start_blocking_portal() as portal:
        answers: dict[bytes, Answer | None] = portal.call(_Asking(server, waiting, current(), advance).run)
    return answers


class _FailedError(Exception):
    """A request that got no answer, and why."""


class _RefusedError(_FailedError):
    """A request that the server does not take as it stands."""


class _Asking:
    """What the workers of one `ask` share."""

    def __init__(
        self, server: Server, waiting: dict[bytes, Sequence[Request]], spent: Spending, advance: Callable[[int], None]
    ) -> None:
        import anyio
        import openai

        self.server, self.spent, self.advance = server, spent, advance
        self.answers: dict[bytes, Answer | None] = {}
        self.number = min(server.concurrency, len(waiting))
        self.waiting = iter(waiting.items())
        self.stop: InputError | None = None
        self.refused = 0
        self.settling = anyio.Lock()
        self.client = openai.AsyncOpenAI(
            api_key=server.key or "none",
            base_url=server.base_url,
            timeout=server.timeout,
            max_retries=server.retries,
            http_client=openai.DefaultAsyncHttpxClient(timeout=server.timeout, event_hooks={"request": [self._before_sending]}),
        )

    async def run(self) -> dict[bytes, Answer | None]:
        """All answers. What is under way when something stops it all is waited for, as it is paid for."""
        import anyio

        async with self.client, anyio.create_task_group() as group:
            for _ in range(self.number):
                group.start_soon(self._work)
        if self.stop is not None:
            raise self.stop
        return self.answers

    async def _work(self) -> None:
        for key, forms in self.waiting:
            try:
                self.answers[key] = await self._answer(forms)
            except InputError as error:
                self.stop = self.stop or error
                return
            except _FailedError as error:
                self.answers[key] = None
                self.spent.fail(str(error))
            self.advance(1)

    async def _answer(self, forms: Sequence[Request]) -> Answer:
        which = (self.server.base_url, forms[0]["model"], tuple(" ".join(form) for form in forms))
        if which not in _forms:
            async with self.settling:
                if which not in _forms:
                    return await self._settle(which, forms)
        return await self._send(forms[_forms[which]])

    async def _settle(self, which: tuple[str, str, tuple[str, ...]], forms: Sequence[Request]) -> Answer:
        """The answer to the first form that the server takes, which is the form of all questions from then on."""
        for number, form in enumerate(forms):
            try:
                answer = await self._send(form)
            except _RefusedError as error:
                refusal = error
                continue
            _forms[which] = number
            if number:
                lacking = ", ".join(name for name in forms[0] if name not in form)
                warn(f"{self.server.base_url}: refuses {lacking}; goes on without")
            return answer
        self.refused += 1
        if self.refused == ENOUGH_REFUSALS:
            raise InputError(f"{self.server.base_url}: takes no request: {refusal}")
        raise refusal

    async def _send(self, request: Request) -> Answer:
        import openai

        try:
            response = await self.client.chat.completions.with_raw_response.create(**request)
        except openai.APIStatusError as error:
            raise self._fault(error, request["model"]) from None
        except openai.APIConnectionError as error:
            reason = self.server.hide(str(error.__cause__ or error)) or type(error.__cause__).__name__
            if type(error.__cause__).__name__ in ("ConnectError", "ConnectTimeout"):
                raise InputError(f"{self.server.base_url}: cannot be reached: {reason}") from None
            raise _FailedError(f"{type(error).__name__}: {reason}") from None
        text = self.server.hide(response.text)
        answer = _completion_in(text)
        if answer is None:
            raise _FailedError("what came is no chat completion")
        keep_answer(answers_file(), self.server.base_url, request, text)
        self.spent.receive(_usage_of(answer), self.server.prices)
        return answer

    def _fault(self, error: Any, model: str) -> Exception:
        """What an error status means: for everything, or for one question."""
        said = self.server.hide(str(error.message))
        if error.status_code in STOPPING or error.code == "insufficient_quota":
            what = STOPPING.get(error.status_code, "has no quota left")
            return InputError(f"{self.server.base_url}: {what} (model {model!r}, key: {self.server.key_from}): {said}")
        return (_RefusedError if error.status_code in REFUSED else _FailedError)(said)

    async def _before_sending(self, request: Any) -> None:
        """Called before each request, each retry included: wait for its turn, and let the budget have its say."""
        import anyio

        if self.server.requests_per_minute is not None:
            now = time.monotonic()
            turn = max(now, _next_turn.get(self.server.base_url, now))
            _next_turn[self.server.base_url] = turn + 60 / self.server.requests_per_minute
            await anyio.sleep(turn - now)
        if self.stop is not None:
            raise self.stop
        self.spent.send(again=request.headers.get("x-stainless-retry-count", "0") != "0")


def _completion_in(text: str) -> Answer | None:
    try:
        answer = json.loads(text)
        return answer if isinstance(answer["choices"][0]["message"], dict) else None
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return None


def _usage_of(answer: Answer) -> tuple[int, int] | None:
    usage = answer.get("usage")
    if not isinstance(usage, dict):
        return None
    match usage.get("prompt_tokens"), usage.get("completion_tokens"):
        case int(tokens_in), int(tokens_out):
            return tokens_in, tokens_out
    return None
