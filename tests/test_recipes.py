"""Does a recipe file name one classifier with its parameters, and is every mistake in it placed and explained?"""

import inspect
import re
from pathlib import Path

import pytest
from pydantic import ValidationError
from sklearn.dummy import DummyClassifier

from stancelab.errors import InputError
from stancelab.models import KINDS
from stancelab.models.ngrams import NgramClassifier
from stancelab.recipes import _built_on, known_recipes, load_recipe

HEAD = """title = "A recipe"
family = "baseline"
kind = "ngrams"
description = "For a test."
source = "here"
"""


@pytest.fixture
def recipe_file(tmp_path):
    def write(content):
        path = tmp_path / "mine.toml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def at(path, line, message):
    return "^" + re.escape(f"{path}:{line}: ") + message


def test_a_recipe_is_named_after_its_file(recipe_file):
    assert load_recipe(recipe_file(HEAD)).name == "mine"


def test_a_recipe_is_named_by_its_file_alone(recipe_file):
    with pytest.raises(InputError, match="key 'name' does not stand in this file"):
        load_recipe(recipe_file('name = "../yours"\n' + HEAD))


@pytest.mark.parametrize("name", known_recipes())
def test_every_recipe_on_the_shelf_loads_under_its_name(name):
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.kind in KINDS


def test_parameters_reach_the_estimator_and_lists_become_tuples(recipe_file):
    estimator = load_recipe(recipe_file(HEAD + '[params]\nlearner = "logistic"\nwords = [1, 2]\ncharacters = []\n')).build(seed=0)
    assert isinstance(estimator, NgramClassifier)
    assert (estimator.learner, estimator.words, estimator.characters) == ("logistic", (1, 2), ())


@pytest.mark.parametrize("seed", [0, 7])
def test_the_seed_becomes_the_random_state(seed):
    assert load_recipe("svm-ngrams").build(seed=seed).random_state == seed


def test_a_classifier_without_random_state_needs_no_seed():
    assert not hasattr(load_recipe("cue-lexicon").build(seed=3), "random_state")


def test_a_class_outside_the_project_is_named_by_path(recipe_file):
    content = HEAD.replace("ngrams", "sklearn.dummy:DummyClassifier") + '[params]\nstrategy = "prior"\n'
    assert isinstance(load_recipe(recipe_file(content)).build(seed=0), DummyClassifier)


def test_fit_builds_and_fits():
    fitted = load_recipe("majority").fit([[0], [0], [0]], ["a", "b", "b"])
    assert fitted.predict([[0]]).tolist() == ["b"]


def test_a_recipe_is_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        load_recipe("majority").kind = "ngrams"


def test_the_fingerprint_minds_what_decides_the_predictions_only(recipe_file):
    first = load_recipe(recipe_file(HEAD + "[params]\nC = 1.0\nalpha = 2.0\n")).fingerprint
    same = load_recipe(recipe_file(HEAD.replace("A recipe", "Renamed") + "[params]\nalpha = 2.0\nC = 1.0\n")).fingerprint
    other = load_recipe(recipe_file(HEAD + "[params]\nC = 2.0\nalpha = 2.0\n")).fingerprint
    assert first == same != other


def test_recipes_differ_in_their_fingerprints():
    prints = [load_recipe(name).fingerprint for name in known_recipes()]
    assert len(set(prints)) == len(prints)


def test_an_unknown_recipe():
    with pytest.raises(InputError, match=r"no recipe 'svm-ngramms': .*; did you mean 'svm-ngrams'"):
        load_recipe("svm-ngramms")


def test_an_unknown_kind(recipe_file):
    path = recipe_file(HEAD.replace('"ngrams"', '"ngram"'))
    with pytest.raises(InputError, match=at(path, 3, "unknown kind 'ngram'; did you mean 'ngrams'")):
        load_recipe(path)


@pytest.mark.parametrize("kind", ["no_such_module:Thing", "sklearn.dummy:DumyClassifier", "sklearn.dummy:", ":Thing", ".x:Thing"])
def test_a_class_that_cannot_be_loaded(recipe_file, kind):
    path = recipe_file(HEAD.replace("ngrams", kind))
    with pytest.raises(InputError, match=f"kind '{kind}' cannot be loaded"):
        load_recipe(path)


def test_an_unknown_parameter(recipe_file):
    path = recipe_file(HEAD + "[params]\nC = 1.0\nwheighting = 'tfidf'\n")
    with pytest.raises(
        InputError, match=at(path, 8, "unknown parameter 'wheighting' of kind 'ngrams'; did you mean 'weighting'")
    ):
        load_recipe(path)


def test_an_unknown_parameter_that_begins_like_another_key(recipe_file):
    path = recipe_file(HEAD + "[params]\nwords = [1, 1]\nword = [1, 2]\n")
    with pytest.raises(InputError, match=at(path, 8, "unknown parameter 'word' .*; did you mean 'words'")):
        load_recipe(path)


def test_the_seed_is_no_parameter_of_a_recipe(recipe_file):
    path = recipe_file(HEAD + "[params]\nrandom_state = 1\n")
    with pytest.raises(InputError, match=at(path, 7, "unknown parameter 'random_state'")):
        load_recipe(path)


def test_an_unknown_key(recipe_file):
    path = recipe_file(HEAD.replace("description", "descripton"))
    with pytest.raises(InputError, match="unknown key 'descripton'; did you mean 'description'") as caught:
        load_recipe(path)
    assert f"{path}:4: unknown key" in str(caught.value)
    assert "key 'description' is missing" in str(caught.value)


def test_an_unknown_family(recipe_file):
    path = recipe_file(HEAD.replace('"baseline"', '"baselines"'))
    with pytest.raises(InputError, match=at(path, 2, "unknown family 'baselines'; did you mean 'baseline'")):
        load_recipe(path)


def test_many_unknown_keys_ten_and_a_count(recipe_file):
    path = recipe_file("".join(f"extra{n:02} = 1\n" for n in range(12)) + HEAD)
    with pytest.raises(InputError, match=r"and 2 more$"):
        load_recipe(path)


def test_a_file_that_is_no_toml(recipe_file):
    path = recipe_file('title = "open\n')
    with pytest.raises(InputError, match=re.escape(f"{path}: not TOML: ") + ".*line 1"):
        load_recipe(path)


def test_a_file_in_latin_1(recipe_file):
    path = recipe_file(HEAD.replace("here", "café").encode("latin-1"))
    with pytest.raises(InputError, match=at(path, 5, "not UTF-8")):
        load_recipe(path)


def test_an_empty_file(recipe_file):
    with pytest.raises(InputError, match="the file is empty"):
        load_recipe(recipe_file(""))


def test_a_folder_is_no_recipe(tmp_path):
    with pytest.raises(InputError, match="is a folder, expected a recipe file"):
        load_recipe(tmp_path)


PROMPTED = HEAD.replace("ngrams", "causal-lm")


def test_a_language_models_files_are_part_of_the_fingerprint(recipe_file, tmp_path):
    weights = tmp_path / "tiny.gguf"
    recipe = load_recipe(recipe_file(f"{PROMPTED}[params]\nmodel = {weights.as_posix()!r}\n"))
    prints = set()
    for content in (b"one", b"other weights"):
        weights.write_bytes(content)
        prints.add(recipe.fingerprint)
    assert len(prints) == 2


def test_a_prompt_has_a_sha_of_labels_codebook_and_templates(recipe_file):
    recipe = load_recipe(recipe_file(PROMPTED))
    other = load_recipe(recipe_file(PROMPTED + '[params]\ninstruction = "{names}?"\n'))
    asked = [("favor", "against"), ("favor", "none")]
    shas = {each.prompt_sha(labels, codebook) for each in (recipe, other) for labels in asked for codebook in ("", "Rule 1.")}
    assert len(shas) == 8
    assert recipe.prompt_sha(asked[0]) == recipe.build(seed=7, labels=asked[0]).prompt().sha
    assert recipe.model_copy(update={"per_target": True}).prompt_sha(asked[0]) == recipe.prompt_sha(asked[0])


def test_what_asks_no_model_has_no_prompt():
    assert load_recipe("majority").prompt_sha(("favor", "against")) is None
    assert load_recipe("svm-ngrams-per-target").prompt_sha(("favor", "against")) is None


def test_a_recipe_stamp_covers_what_the_classifier_is_built_on():
    models = Path(inspect.getfile(NgramClassifier)).parent
    files = ("cue_lexicon.py", "hybrid.py", "causal_lm.py")
    cues, hybrid, asking = ({path.name for path in _built_on(models / name)} for name in files)
    assert {"cue_lexicon.py", "cues.toml", "stance_classifier.py"} <= cues
    assert {"prompts.py", "chat_tokens.py", "label_scores.py", "language_models.py", "encoders.py"} <= asking
    assert {"ngrams.py", "selection.py", "metrics.py", "inputs.py", "encoders.py"} <= hybrid
