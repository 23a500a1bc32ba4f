"""Is a server that misbehaves asked again, given up on, or left alone, and is nothing asked twice or too fast?"""

import asyncio
import dataclasses
import os
import signal
import socket
import threading
import time

import pytest

from stancelab.answer_cache import all_answers, answers_file
from stancelab.chat import Server, ask
from stancelab.errors import InputError
from stancelab.spending import spending

SECRET = "sk-very-secret-0123456789"  # noqa: S105


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch, tmp_path):
    openai = pytest.importorskip("openai")
    monkeypatch.setattr(openai._base_client, "INITIAL_RETRY_DELAY", 0.01)
    monkeypatch.setenv("STANCELAB_CACHE", str(tmp_path / "cache"))


def server(stub, **facts):
    given = {"concurrency": 4, "requests_per_minute": None, "timeout": 5.0, "retries": 3, "prices": None}
    return Server(**{"base_url": stub.url, "key": SECRET, "key_from": "environment variable KEY"} | given | facts)


def questions(*texts):
    return [[{"model": "m", "messages": [{"role": "user", "content": text}]}] for text in texts]


def said(answers):
    return [answer and answer["choices"][0]["message"]["content"] for answer in answers]


def replying(stub, *replies):
    stub.reply = lambda request, asked: replies[min(asked, len(replies) - 1)]


def patient(stub, trouble):
    """A server that is waited for, but not for ever where the trouble is that it makes us wait."""
    return server(stub, timeout=0.5 if "wait" in trouble else 30.0)


def error(status, message="it went wrong", **headers):
    return {"status": status, "body": {"error": {"message": message}}, "headers": headers}


def test_the_key_is_sent_and_answers_are_in_order(chat_stub):
    chat_stub.reply = lambda request, asked: chat_stub.completion(request["messages"][0]["content"].upper())
    assert said(ask(server(chat_stub), questions(*"abcabc"))) == list("ABCABC")
    assert set(chat_stub.keys) == {f"Bearer {SECRET}"}
    assert len(chat_stub.requests) == 3


def test_nothing_is_asked_of_nobody(chat_stub):
    assert ask(server(chat_stub), []) == []
    assert chat_stub.requests == []


@pytest.mark.parametrize(
    "trouble",
    [
        error(500),
        error(503),
        error(429, **{"Retry-After": "0.05"}),
        {"body": {}, "cut": True, "headers": {"Content-Length": "9"}},
        {"body": {}, "wait": 1.0},
    ],
)
def test_what_passes_is_asked_again(chat_stub, trouble):
    replying(chat_stub, trouble, trouble, chat_stub.completion("favor"))
    with spending() as spent:
        assert said(ask(patient(chat_stub, trouble), questions("a"))) == ["favor"]
    assert len(chat_stub.requests) == spent.requests == 3
    assert (spent.retries, spent.failed) == (2, 0)


def test_a_pause_that_the_server_asks_for_is_made(chat_stub):
    replying(chat_stub, error(429, **{"Retry-After": "0.4"}), chat_stub.completion("favor"))
    ask(server(chat_stub), questions("a"))
    assert chat_stub.times[1] - chat_stub.times[0] >= 0.4


@pytest.mark.parametrize(
    ("trouble", "reason", "sent"),
    [
        (error(500), "Error code: 500 - it went wrong", 4),
        ({"body": {}, "cut": True, "headers": {"Content-Length": "9"}}, "peer closed connection", 4),
        ({"body": {}, "wait": 1.0}, "APITimeoutError", 4),
        ({"body": "<html>"}, "what came is no chat completion", 1),
        ({"body": {"error": "busy"}}, "what came is no chat completion", 1),
        ({"body": {"choices": []}}, "what came is no chat completion", 1),
        ({"body": {"choices": [{"message": "favor"}]}}, "what came is no chat completion", 1),
    ],
)
def test_what_does_not_pass_is_no_answer_and_is_asked_again_next_time(chat_stub, trouble, reason, sent):
    chat_stub.reply = lambda request, asked: (
        trouble if request["messages"][0]["content"] == "b" else chat_stub.completion("favor")
    )
    with spending() as spent:
        assert said(ask(patient(chat_stub, trouble), questions("a", "b"))) == ["favor", None]
    assert len(chat_stub.requests) == 1 + sent
    assert (spent.failed, spent.retries) == (1, sent - 1)
    assert reason in spent.first_failure
    assert "no answer to 1 (the first: " in spent.line
    replying(chat_stub, chat_stub.completion("against"))
    with spending() as spent:
        assert said(ask(server(chat_stub), questions("a", "b"))) == ["favor", "against"]
    assert (spent.requests, spent.cached) == (1, 1)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "refuses the key .*environment variable KEY"),
        (402, "wants to be paid"),
        (403, "refuses the key"),
        (404, "knows no such model or address .*model 'm'"),
    ],
)
def test_what_will_never_pass_stops_everything(chat_stub, status, words):
    replying(chat_stub, error(status, f"your key {SECRET} is bad"))
    with pytest.raises(InputError, match=words) as stopped:
        ask(server(chat_stub, concurrency=2), questions(*"abcdefgh"))
    assert len(chat_stub.requests) == 1
    assert SECRET not in str(stopped.value)
    assert stopped.value.__cause__ is None
    assert SECRET not in repr(server(chat_stub))


def test_a_quota_that_is_used_up_stops_everything(chat_stub):
    replying(chat_stub, {"status": 429, "body": {"error": {"message": "pay", "code": "insufficient_quota"}}})
    with pytest.raises(InputError, match="has no quota left"):
        ask(server(chat_stub, retries=0), questions(*"abcdefgh"))


def test_a_server_that_is_not_there_stops_everything(chat_stub):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(InputError, match=f"{url}: cannot be reached"):
        ask(dataclasses.replace(server(chat_stub, retries=1), base_url=url), questions("a", "b"))


def test_what_was_answered_before_a_stop_is_kept(chat_stub):
    chat_stub.reply = lambda request, asked: (
        error(401) if request["messages"][0]["content"] == "c" else chat_stub.completion("favor")
    )
    with pytest.raises(InputError, match="refuses the key"):
        ask(server(chat_stub, concurrency=1), questions(*"abcd"))
    assert len(all_answers(answers_file())) == 2
    replying(chat_stub, chat_stub.completion("against"))
    assert said(ask(server(chat_stub), questions(*"abcd"))) == ["favor", "favor", "against", "against"]
    assert len(chat_stub.requests) == 3 + 2


def test_answers_under_way_are_waited_for_when_the_budget_is_spent(chat_stub):
    replying(chat_stub, chat_stub.completion("favor") | {"wait": 0.2})
    with spending(requests=3), pytest.raises(InputError, match="budget spent"):
        ask(server(chat_stub), questions(*"abcdefgh"))
    assert len(all_answers(answers_file())) == 3


def test_no_more_are_under_way_than_allowed(chat_stub):
    replying(chat_stub, chat_stub.completion("favor") | {"wait": 0.05})
    ask(server(chat_stub, concurrency=3), questions(*"abcdefghijkl"))
    assert 2 <= chat_stub.most_under_way <= 3


def test_requests_keep_their_distance_over_several_calls(chat_stub):
    replying(chat_stub, chat_stub.completion("favor"))
    for texts in ("abc", "def"):
        ask(server(chat_stub, requests_per_minute=600), questions(*texts))
    assert chat_stub.times[-1] - chat_stub.times[0] >= 0.45


def test_another_server_model_or_setting_is_another_question(chat_stub):
    replying(chat_stub, chat_stub.completion("favor"))
    [[first]] = questions("a")
    for asked in (first, first, {**first, "model": "n"}, {**first, "max_tokens": 3}):
        ask(server(chat_stub), [[asked]])
    assert len(chat_stub.requests) == 3
    ask(dataclasses.replace(server(chat_stub), base_url=chat_stub.url.replace("127.0.0.1", "localhost")), [[first]])
    assert len(chat_stub.requests) == 4


def test_a_key_that_the_server_echoes_is_kept_nowhere(chat_stub):
    replying(chat_stub, chat_stub.completion(f"favor {SECRET}"))
    assert said(ask(server(chat_stub), questions("a"))) == ["favor [key]"]
    assert SECRET not in str(all_answers(answers_file()))


def test_two_threads_and_a_running_event_loop_may_ask(chat_stub):
    chat_stub.reply = lambda request, asked: chat_stub.completion(request["messages"][0]["content"])
    found = {}

    async def in_a_notebook():
        return said(ask(server(chat_stub), questions("a", "b")))

    threads = [
        threading.Thread(target=lambda name=name: found.update({name: said(ask(server(chat_stub), questions(name)))}))
        for name in "cd"
    ]
    for thread in threads:
        thread.start()
    assert asyncio.run(in_a_notebook()) == ["a", "b"]
    for thread in threads:
        thread.join()
    assert found == {"c": ["c"], "d": ["d"]}


@pytest.fixture
def interruptible():
    """The interrupt as a terminal has it; a shell that starts tests in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_ends_it_and_what_was_answered_is_kept(chat_stub):
    def slow(request, asked):
        is_slow = request["messages"][0]["content"] == "b"
        if is_slow:
            threading.Timer(0.7, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        return chat_stub.completion("favor") | {"wait": 5 if is_slow else 0}

    chat_stub.reply = slow
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        ask(server(chat_stub, timeout=30), questions("a", "b"))
    assert time.monotonic() - started < 4
    assert len(all_answers(answers_file())) == 1
