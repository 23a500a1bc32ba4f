import pytest

from stancelab.errors import InputError
from stancelab.reproduction import Expected, Reproduction, expected_numbers, record_numbers, reproduce
from stancelab.runs import run_experiment


def expected(value, tolerance):
    words = dict.fromkeys(("scheme", "protocol", "recipe", "metric", "reason"), "x")
    return Expected(**words, value=value, tolerance=tolerance)


@pytest.mark.parametrize(("observed", "passed"), [(0.5, True), (0.51, True), (0.49, True), (0.5201, False), (0.4799, False)])
def test_the_tolerance_is_symmetric(observed, passed):
    result = Reproduction("x", expected(0.5, 0.02), observed)
    assert result.passed is passed
    assert result.line.endswith("PASS" if passed else "FAIL")


def test_what_was_recorded_is_reproduced(bridge_experiment, tmp_path):
    record_numbers(run_experiment(bridge_experiment, out=tmp_path / "a", jobs=1), bridge_experiment / "expected.toml")
    found = reproduce(bridge_experiment, out=tmp_path / "b", jobs=1)
    assert len(found) == 2 * 2 * 3 * 2
    assert all(result.passed for result in found)


def test_an_altered_expectation_fails(bridge_experiment, tmp_path):
    path = bridge_experiment / "expected.toml"
    record_numbers(run_experiment(bridge_experiment, out=tmp_path / "a", jobs=1), path)
    lines = path.read_text(encoding="utf-8").split("\n")
    place = next(number for number, line in enumerate(lines) if line.startswith("value"))
    lines[place] = "value = 0.99"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert [result.passed for result in reproduce(bridge_experiment, out=tmp_path / "a", jobs=1)].count(False) == 1


def test_a_recipe_alone(bridge_experiment, tmp_path):
    record_numbers(run_experiment(bridge_experiment, out=tmp_path / "a", jobs=1), bridge_experiment / "expected.toml")
    assert {entry.recipe for entry in expected_numbers(bridge_experiment, ["majority"])} == {"majority"}


def test_nothing_recorded(bridge_experiment):
    with pytest.raises(InputError, match="--record"):
        reproduce(bridge_experiment)


def test_an_expectation_of_what_is_not_run(bridge_experiment, tmp_path):
    path = bridge_experiment / "expected.toml"
    record_numbers(run_experiment(bridge_experiment, out=tmp_path / "a", jobs=1), path)
    path.write_text(path.read_text(encoding="utf-8").replace('"majority"', '"stratified"'), encoding="utf-8")
    with pytest.raises(InputError, match="stratified / macro_f1, which the experiment"):
        reproduce(bridge_experiment, out=tmp_path / "a", jobs=1)
