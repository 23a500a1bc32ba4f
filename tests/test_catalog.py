"""Is an entry found by name, nearest home first, and by path?"""

import re
from pathlib import Path

import pytest

from stancelab.catalog import entries, homes, locate
from stancelab.errors import InputError


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def filed(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    return path


def test_the_working_folder_comes_first(here):
    assert homes()[0] == here


@pytest.mark.parametrize(
    ("shelf", "name"), [("datasets", "ground-intervention"), ("models", "majority"), ("experiments", "ground-intervention")]
)
def test_what_the_project_carries_is_found_from_anywhere(shelf, name):
    assert locate(shelf, name).exists()
    assert locate(shelf, name) == entries(shelf)[name]


def test_a_recipe_is_a_file_and_a_dataset_a_folder(here):
    recipe = filed(here / "models" / "mine.toml")
    dataset = filed(here / "datasets" / "mine" / "dataset.toml").parent
    assert locate("models", "mine") == recipe
    assert locate("datasets", "mine") == dataset


def test_the_nearest_home_wins(here):
    recipe = filed(here / "models" / "majority.toml")
    assert locate("models", "majority") == recipe


def test_a_folder_without_its_header_is_no_entry(here):
    filed(here / "experiments" / "notes" / "select.py")
    assert "notes" not in entries("experiments")


def test_entries_are_in_the_order_of_their_names_within_a_home(here):
    for name in ("b", "c", "a"):
        filed(here / "models" / f"{name}.toml")
    assert list(entries("models"))[:3] == ["a", "b", "c"]


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_is_taken_as_it_is(here, kind):
    file = filed(here / "elsewhere" / "rows.csv")
    assert locate("datasets", kind(file)) == file


@pytest.mark.parametrize(
    ("shelf", "name", "noun", "nearest"),
    [
        ("datasets", "ground-interventoin", "dataset", "ground-intervention"),
        ("models", "svm-ngram", "recipe", "svm-ngrams"),
        ("experiments", "ground_intervention", "experiment", "ground-intervention"),
    ],
)
def test_an_unknown_name_names_the_nearest(shelf, name, noun, nearest):
    with pytest.raises(InputError, match=f"^no {noun} '{name}': neither a path nor a known name; did you mean '{nearest}'"):
        locate(shelf, name)


def test_an_unknown_name_says_where_it_stands():
    with pytest.raises(InputError, match=re.escape("experiment.toml:9: no recipe 'svm'")):
        locate("models", "svm", where="experiment.toml:9")


def test_a_name_too_long_for_a_path():
    with pytest.raises(InputError, match="no dataset 'xxx"):
        locate("datasets", "x" * 5000)
