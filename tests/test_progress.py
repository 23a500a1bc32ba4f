"""Does a bar appear to those who wait, and to nobody else?"""

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
