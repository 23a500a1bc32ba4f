"""Does a bar appear to those who wait, and to nobody else?"""

import re
import sys

import pytest

from stancelab import progress


@pytest.fixture
def waited(capsys, monkeypatch):
    """What is printed to someone at a terminal who waits longer than `moment` seconds, or not."""

    def wait(moment, *, terminal=True):
        monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
        monkeypatch.setattr(progress, "MOMENT", moment)
        with progress.bar("reading", 3) as advance:
            for _ in range(3):
                advance(1)
        return capsys.readouterr()

    monkeypatch.setattr(progress, "_shown", True)
    return wait


def test_a_bar_appears_after_a_moment(waited):
    captured = waited(-1)
    assert "reading" in captured.err
    assert captured.out == ""


def test_no_bar_for_a_moment(waited):
    assert waited(1000).err == ""


def test_no_bar_in_a_process_that_computes_for_another(waited):
    progress.show_no_bars()
    assert waited(-1).err == ""


def test_no_bar_where_nobody_watches(waited):
    assert waited(-1, terminal=False).err == ""


@pytest.fixture
def told(capsys, monkeypatch):
    """The lines that are written where there is no terminal, when a line is due at once."""

    def lines(work):
        monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
        monkeypatch.setattr(progress, "WHILE", -1)
        work()
        return capsys.readouterr().err.splitlines()

    monkeypatch.setattr(progress, "_shown", True)
    return lines


def test_a_long_wait_without_a_terminal_is_told_in_lines(told):
    def work():
        with progress.bar("predicting", 40, done=10) as advance:
            advance(10)
            advance(20)

    first, last = told(work)
    assert re.fullmatch(r"predicting: 20 of 40, [\d,]+/s, \d+ s left", first)
    assert re.fullmatch(r"predicting: 40 of 40, [\d,]+/s, 0 s left", last)


def test_a_bar_within_another_writes_no_lines(told):
    def work():
        with progress.bar("predicting", 4) as advance, progress.bar("encoding", 4) as inner:
            inner(4)
        advance(4)

    assert told(work) == []


def test_a_bar_of_unknown_length(told):
    def work():
        with progress.bar("reading", None) as advance:
            advance(5)

    (line,) = told(work)
    assert re.fullmatch(r"reading: 5, [\d,]+/s", line)


def test_a_bar_shows_how_many_a_second(waited):
    assert re.search(r"3/3\x1b\[0m [\d,]+/s", waited(-1).err)
