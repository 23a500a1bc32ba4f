"""Does a message say what was wrong, and what is nearest?"""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stancelab.errors import InputError, listing, refuse, report_of, suggestion, unknown


def test_input_error_is_a_value_error():
    assert issubclass(InputError, ValueError)


def test_suggestion_names_the_nearest_and_all_allowed():
    assert suggestion("agianst", ["favor", "against"]) == "; did you mean 'against'? Allowed: favor, against"


def test_suggestion_is_silent_when_nothing_is_near():
    assert suggestion("qqq", ["favor", "against"]) == ". Allowed: favor, against"


def test_suggestion_without_anything_allowed():
    assert suggestion("favor", []) == ". Allowed: nothing"


def test_unknown_puts_the_place_first():
    error = unknown("metric", "macro_f2", ["macro_f1"], where="runs/a.toml:3")
    assert str(error) == "runs/a.toml:3: unknown metric 'macro_f2'; did you mean 'macro_f1'? Allowed: macro_f1"


def test_unknown_without_a_place():
    assert str(unknown("kind", "zzz", ["dummy"])) == "unknown kind 'zzz'. Allowed: dummy"


def test_report_of_ten_faults_shows_all_of_them():
    faults = [f"fault {n}" for n in range(1, 11)]
    assert report_of(faults).split("\n") == faults


def test_report_of_thirteen_faults_shows_ten_and_a_count():
    faults = [f"fault {n}" for n in range(1, 14)]
    assert report_of(faults).split("\n") == [*faults[:10], "... and 3 more"]


@given(st.integers(0, 300))
@example(11)
def test_report_accounts_for_every_fault(count):
    lines = report_of(["x"] * count).split("\n") if count else []
    rest = int(lines.pop().split()[2]) if count > 10 else 0
    assert len(lines) + rest == count


def test_refuse_raises_all_faults_at_once():
    with pytest.raises(InputError, match=r"^a:1: one\nb:2: two$"):
        refuse(["a:1: one", "b:2: two"])


def test_refuse_lets_no_faults_pass():
    refuse([])


@pytest.mark.parametrize(
    ("names", "expected"),
    [([], ""), (["a"], "a"), (["a", "b"], "a, b"), (["a", "b", "c"], "a, b and 1 more")],
)
def test_listing_of_at_most_two(names, expected):
    assert listing(names, most=2) == expected


def test_listing_reads_an_iterator_once():
    assert listing(iter("abcdefg")) == "a, b, c, d, e and 2 more"
