"""Do answers stay, whatever else is cleared, and can several threads keep them at once?"""

import json
import threading

import pytest

from stancelab.answer_cache import (
    all_answers,
    answer_key,
    answers_file,
    clear_answers,
    count_answers,
    keep_answer,
    recall_answers,
)
from stancelab.errors import InputError

REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Ada on a bridge 🌉"}], "temperature": 0}


@pytest.fixture(autouse=True)
def file(monkeypatch, tmp_path):
    monkeypatch.setenv("STANCELAB_CACHE", str(tmp_path / "cache"))
    return answers_file()


def test_what_is_kept_comes_back(file):
    keep_answer(file, "http://a/v1", REQUEST, '{"choices": "für"}')
    key = answer_key("http://a/v1", REQUEST)
    assert recall_answers(file, [key, b"other"]) == {key: '{"choices": "für"}'}
    assert count_answers(file) == {("http://a/v1", "m"): 1}
    [entry] = all_answers(file)
    assert entry.pop("asked") > 0
    assert entry == {"server": "http://a/v1", "model": "m", "request": REQUEST, "answer": {"choices": "für"}}


def test_every_part_of_a_request_and_the_server_decide_the_key():
    changed = [REQUEST | {"model": "n"}, REQUEST | {"temperature": 1}, REQUEST | {"messages": []}]
    keys = {answer_key("http://a/v1", request) for request in [REQUEST, *changed]}
    assert len(keys | {answer_key("http://b/v1", REQUEST)}) == 5
    assert answer_key("http://a/v1", dict(reversed(REQUEST.items()))) in keys


def test_more_keys_than_one_statement_takes(file):
    for number in range(7):
        keep_answer(file, "s", {"model": "m", "n": number}, str(number))
    keys = [answer_key("s", {"model": "m", "n": number}) for number in range(1200)]
    assert sorted(recall_answers(file, keys).values()) == [str(number) for number in range(7)]


def test_threads_keep_answers_at_once(file):
    threads = [
        threading.Thread(target=lambda n=number: keep_answer(file, "s", {"model": "m", "n": n}, "{}")) for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count_answers(file) == {("s", "m"): 8}


def test_clearing_removes_them_all(file):
    assert clear_answers(file) == 0
    assert not file.exists()
    keep_answer(file, "s", REQUEST, "{}")
    assert clear_answers(file) == 1
    assert count_answers(file) == {}
    assert all_answers(file) == []


def test_a_cache_that_cannot_be_used_stops_before_anything_is_paid_for(file):
    file.parent.write_text("a file", encoding="utf-8")
    with pytest.raises(InputError, match=r"answers cannot be kept here: .*STANCELAB_CACHE names another folder"):
        recall_answers(file, [b"key"])
    with pytest.raises(InputError, match="answers cannot be kept here"):
        keep_answer(file, "s", REQUEST, "{}")


def test_the_command_line_shows_exports_and_clears_only_what_is_asked(file, tmp_path, monkeypatch, capsys):
    from stancelab.cli import main

    def call(*words):
        monkeypatch.setattr("sys.argv", ["stancelab", *words])
        with pytest.raises(SystemExit):
            main()
        return capsys.readouterr().out

    keep_answer(file, "http://a/v1", REQUEST, '{"choices": []}')
    assert f"answers of servers: 1 in {file}\n  m at http://a/v1: 1\n" in call("cache", "show")
    call("cache", "clear")
    assert json.loads(call("cache", "show", "--json"))["answers"]["models"] == {"m at http://a/v1": 1}
    out = tmp_path / "answers.jsonl"
    assert call("cache", "answers", "-o", str(out)) == f"{out}: 1 answer\n"
    assert json.loads(out.read_text(encoding="utf-8"))["answer"] == {"choices": []}
    assert call("cache", "clear", "--answers") == f"{file}: removed 1 answer\n"
    assert count_answers(file) == {}
