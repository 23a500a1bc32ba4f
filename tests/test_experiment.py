"""Does an experiment file say what is run, and is every unknown name in it placed and explained?"""

import re
import shutil

import pytest

from stancelab.errors import InputError
from stancelab.experiment import MissingCorpusError, chosen_recipes, experiment_file, load_experiment, load_rows

GOOD = """title = "A test"
description = "Two recipes, small."
dataset = "ground-intervention"
primary_metric = "macro_f1"
seeds = [0]
schemes = ["favor-against-none", "agreement"]
recipes = [
    "majority",
    "svm-ngrams",
]

[[protocols]]
kind = "stratified-group-k-fold"
folds = 5
repeats = 10

[[protocols]]
kind = "leave-one-actor-out"

[limits.svm-ngrams]
repeats = 2
protocols = ["stratified-group-k-fold"]
reason = "slow"
"""


@pytest.fixture
def changed(tmp_path):
    def write(old="", new=""):
        assert old in GOOD
        path = tmp_path / "experiment.toml"
        path.write_text(GOOD.replace(old, new) if old else GOOD)
        return path

    return write


def at(path, line, message):
    return "^" + re.escape(f"{path}:{line}: ") + message


def test_the_projects_experiment_loads():
    experiment = load_experiment("ground-intervention")
    assert experiment.schemes[0] == "favor-against-none"
    assert len(chosen_recipes(experiment, None, experiment_file("ground-intervention"))) == len(experiment.recipes)


def test_an_experiment_is_loaded_by_folder_or_file(changed):
    path = changed()
    assert load_experiment(path) == load_experiment(path.parent)
    assert experiment_file(path.parent) == path


@pytest.mark.parametrize(
    ("recipe", "protocol", "repeats"), [("majority", 0, 10), ("svm-ngrams", 0, 2), ("majority", 1, 1), ("svm-ngrams", 1, 0)]
)
def test_a_limit_lowers_the_repeats(changed, recipe, protocol, repeats):
    experiment = load_experiment(changed())
    assert experiment.repeats_of(recipe, experiment.protocols[protocol]) == repeats


def test_a_limit_never_raises_the_repeats(changed):
    experiment = load_experiment(changed("repeats = 2", "repeats = 99"))
    assert experiment.repeats_of("svm-ngrams", experiment.protocols[0]) == 10


@pytest.mark.parametrize("repeats", [0, -1])
def test_a_limit_repeats_at_least_once(changed, repeats):
    path = changed("repeats = 2", f"repeats = {repeats}")
    with pytest.raises(InputError, match=r"key 'limits\.svm-ngrams\.repeats': "):
        load_experiment(path)


def test_recipes_named_by_hand_replace_those_of_the_file(changed):
    path = changed()
    chosen = chosen_recipes(load_experiment(path), ["naive-bayes"], path)
    assert [recipe.name for recipe in chosen] == ["naive-bayes"]


def test_two_recipes_of_one_name_are_refused(changed):
    path = changed()
    folder = path.parent / "mine"
    folder.mkdir()
    (folder / "majority.toml").write_text(
        'title = "x"\nfamily = "baseline"\nkind = "dummy"\ndescription = "x"\nsource = "x"\n', encoding="utf-8"
    )
    with pytest.raises(InputError, match="two recipes are called 'majority'"):
        chosen_recipes(load_experiment(path), ["majority", "mine/majority.toml"], path)


@pytest.mark.parametrize(("old", "new"), [("seeds = [0]", "seeds = [0, 0]"), ("seeds = [0]", "seeds = [-1]")])
def test_seeds_are_distinct_and_not_negative(changed, old, new):
    with pytest.raises(InputError, match="seed"):
        load_experiment(changed(old, new))


def test_an_unknown_experiment():
    with pytest.raises(InputError, match=r"no experiment 'ground-interventions': .*; did you mean 'ground-intervention'"):
        load_experiment("ground-interventions")


def test_a_folder_without_the_file(tmp_path):
    with pytest.raises(InputError, match=re.escape(f"{tmp_path / 'experiment.toml'}: no such file")):
        load_experiment(tmp_path)


def test_an_unknown_recipe(changed):
    path = changed('"majority"', '"majorty"')
    with pytest.raises(InputError, match=at(path, 8, "no recipe 'majorty': .*; did you mean 'majority'")):
        load_experiment(path)


def test_an_unknown_recipe_whose_name_stands_in_the_title_too(changed):
    path = changed('"majority"', '"small"')
    with pytest.raises(InputError, match=at(path, 8, "no recipe 'small'")):
        load_experiment(path)


def test_an_unknown_scheme(changed):
    path = changed("favor-against-none", "favour-against-none")
    with pytest.raises(
        InputError, match=at(path, 6, "unknown label scheme 'favour-against-none'; did you mean 'favor-against-none'")
    ):
        load_experiment(path)


def test_an_unknown_metric_names_the_nearest(changed):
    with pytest.raises(InputError, match="unknown metric 'macro_f2'; did you mean 'macro_f1'"):
        load_experiment(changed("macro_f1", "macro_f2"))


def test_an_unknown_metric_names_the_place(changed):
    path = changed("macro_f1", "macro_f2")
    with pytest.raises(InputError, match=at(path, 4, "unknown metric")):
        load_experiment(path)


def test_a_metric_of_a_label_that_the_first_scheme_lacks(changed):
    with pytest.raises(InputError, match=r"label in scheme 'favor-against-none'.*'favour'; did you mean 'favor'"):
        load_experiment(changed("macro_f1", "f1:favour"))


@pytest.mark.parametrize(
    ("pairs", "fault"),
    [
        ('[["svm-ngrams", "majorty"]]', "'majorty' is to be compared, which is no recipe here; did you mean 'majority'"),
        ('[["majority", "majority"]]', "'majority' is to be compared with itself"),
        ('[["majority"]]', "key 'comparisons.0': List should have at least 2 items"),
        ('["majority", "svm-ngrams"]', "key 'comparisons.0': Input should be a valid list"),
    ],
)
def test_a_comparison_that_cannot_be_made(changed, pairs, fault):
    path = changed("seeds = [0]", f"seeds = [0]\ncomparisons = {pairs}")
    with pytest.raises(InputError, match=at(path, 6, fault)):
        load_experiment(path)


def test_a_limit_for_a_recipe_that_is_not_run(changed):
    path = changed("[limits.svm-ngrams]", "[limits.svm-ngram]")
    with pytest.raises(InputError, match="limit for 'svm-ngram', which is no recipe here; did you mean 'svm-ngrams'"):
        load_experiment(path)


def test_a_limit_for_no_recipe_is_placed_at_its_own_line(changed):
    path = changed("[limits.svm-ngrams]", "[limits.svm-ngram]")
    with pytest.raises(InputError, match=at(path, 20, "limit for 'svm-ngram'")):
        load_experiment(path)


def test_a_limit_to_an_unknown_protocol(changed):
    path = changed('protocols = ["stratified-group-k-fold"]', 'protocols = ["stratified-k-fold"]')
    with pytest.raises(InputError, match=r"'stratified-k-fold'.*did you mean 'stratified-group-k-fold'"):
        load_experiment(path)


def test_a_limit_without_a_reason(changed):
    with pytest.raises(InputError, match=r"key 'limits.svm-ngrams.reason' is missing"):
        load_experiment(changed('reason = "slow"\n'))


def test_an_unknown_protocol(changed):
    path = changed('kind = "leave-one-actor-out"', 'kind = "leave-one-actor"')
    with pytest.raises(InputError, match=r"unknown protocols.1.kind 'leave-one-actor'; did you mean 'leave-one-actor-out'"):
        load_experiment(path)


def test_an_unknown_key(changed):
    path = changed("seeds", "seed")
    with pytest.raises(InputError, match="unknown key 'seed'; did you mean 'seeds'") as caught:
        load_experiment(path)
    assert f"{path}:5: unknown key" in str(caught.value)


def test_an_unknown_key_of_a_protocol_names_the_nearest_of_its_keys(changed):
    path = changed("folds = 5", "fold = 5")
    with pytest.raises(InputError, match=at(path, 14, r"unknown key 'protocols\.0\.fold'; did you mean 'folds'")):
        load_experiment(path)


def test_a_fault_within_a_list_is_placed_at_its_line(changed):
    path = changed("seeds = [0]", 'seeds = [0, "one"]')
    with pytest.raises(InputError, match=at(path, 5, "key 'seeds.1': ")):
        load_experiment(path)


@pytest.mark.parametrize("empty", ["seeds = []", "schemes = []"])
def test_an_empty_list_is_refused(changed, empty):
    key = empty.split(" ")[0]
    old = next(line for line in GOOD.split("\n") if line.startswith(key))
    with pytest.raises(InputError, match=f"key '{key}': .*at least 1 item"):
        load_experiment(changed(old, empty))


def test_a_file_that_is_no_toml(changed):
    with pytest.raises(InputError, match="not TOML: Unclosed array"):
        load_experiment(changed("seeds = [0]", "seeds = [0"))


def test_an_option_of_another_kind_is_placed_at_its_protocol(changed):
    path = changed('kind = "leave-one-actor-out"', 'kind = "official"\nfolds = 3')
    with pytest.raises(
        InputError, match=at(path, 17, r"key 'protocols\.1': official has no 'folds'; its options: train, test, repeats, shots$")
    ):
        load_experiment(path)


def test_a_fault_within_a_table_is_placed_within_it(changed):
    path = changed('kind = "leave-one-actor-out"', 'kind = "stratified-group-k-fold"\nrepeats = 0')
    with pytest.raises(InputError, match=at(path, 19, r"key 'protocols\.1\.repeats': ")):
        load_experiment(path)
    path = changed("repeats = 2", "repeats = 0")
    with pytest.raises(InputError, match=at(path, 21, r"key 'limits\.svm-ngrams\.repeats': ")):
        load_experiment(path)
    path = changed('kind = "stratified-group-k-fold"\n')
    with pytest.raises(InputError, match=at(path, 12, r"key 'protocols\.0\.kind' is missing")):
        load_experiment(path)
    path = changed('reason = "slow"\n')
    with pytest.raises(InputError, match=at(path, 20, r"key 'limits\.svm-ngrams\.reason' is missing")):
        load_experiment(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seeds = [0]", "seeds = [0, 1, 0]", r"a seed stands twice in \[0, 1, 0\]$"),
        ("leave-one-actor-out", 'stratified-group-k-fold"\nrepeats = 10\ndescription = "', "unknown key"),
        ('kind = "leave-one-actor-out"', 'kind = "stratified-group-k-fold"\nrepeats = 10', "a protocol stands twice in "),
        ('"ground-intervention"', '["ground-intervention", "x", "x"]', "a dataset stands twice in "),
    ],
)
def test_nothing_stands_twice(changed, old, new, message):
    with pytest.raises(InputError, match=message):
        load_experiment(changed(old, new))


def test_a_limit_lowers_the_seeds(changed):
    path = changed("seeds = [0]", "seeds = [7, 0, 3]")
    path.write_text(path.read_text(encoding="utf-8").replace("repeats = 2", "seeds = 2"), encoding="utf-8")
    experiment = load_experiment(path)
    assert experiment.seeds_of("svm-ngrams") == [7, 0]
    assert experiment.seeds_of("majority") == [7, 0, 3]
    assert experiment.repeats_of("svm-ngrams", experiment.protocols[0]) == 10


@pytest.mark.parametrize("given", ['["ground-intervention"]', "[]", "3", '""', '["ground-intervention", 3]'])
def test_a_dataset_is_a_name_or_a_list_of_names(changed, given):
    path = changed('"ground-intervention"', given)
    with pytest.raises(
        InputError, match=at(path, 3, "key 'dataset': expected the name or path of a dataset, or a list of at least 2")
    ):
        load_experiment(path)


POOLED = [
    {"id": "1", "text": "Ada wants it.", "actor": "Ada", "target": "t", "label": "favor"},
    {"id": "2", "text": "Cy does not.", "actor": "Cy", "target": "t", "label": "against"},
    {"id": "3", "text": "Bo sleeps.", "actor": "Bo", "target": "t", "label": "none"},
]


def test_several_datasets_are_pooled_in_one_scheme(changed, bridge):
    path = changed('"ground-intervention"', '["mine.csv", "bridge"]')
    shutil.copytree(bridge, path.parent / "bridge")
    lines = ["id,text,actor,target,label", *(",".join(row.values()) for row in POOLED)]
    (path.parent / "mine.csv").write_text("\n".join(lines), encoding="utf-8")
    experiment = load_experiment(path)
    assert experiment.datasets == ["mine.csv", "bridge"]
    rows = load_rows(experiment, path, "favor-against-none")
    assert rows.rows["corpus"].value_counts().to_dict() == {"bridge": 16, "mine": 3}
    assert (rows.name, rows.scheme.name) == (path.parent.name, "favor-against-none")


def test_one_dataset_is_no_pool(changed):
    path = changed()
    rows = load_rows(load_experiment(path), path, "favor-against-none")
    assert rows.name == "ground-intervention"
    assert "corpus" not in rows.rows


@pytest.mark.parametrize("given", ['"vast"', '["ground-intervention", "vast"]'])
def test_a_corpus_that_is_not_here_says_how_to_get_it(changed, monkeypatch, given):
    path = changed('"ground-intervention"', given)
    known = {"ground-intervention": path.parent}
    monkeypatch.setattr("stancelab.catalog.entries", lambda shelf: known if shelf == "datasets" else {})
    monkeypatch.chdir(path.parent)
    expected = "the corpus 'vast' is not here: `stancelab data ls` says where it is published, `stancelab data import vast FOLDER"
    with pytest.raises(MissingCorpusError, match=at(path, 3, expected)):
        load_experiment(path)


def test_a_dataset_that_nobody_knows_is_no_missing_corpus(changed):
    path = changed('"ground-intervention"', '["ground-intervention", "vasst"]')
    with pytest.raises(InputError, match=at(path, 3, "no dataset 'vasst'")) as caught:
        load_experiment(path)
    assert not isinstance(caught.value, MissingCorpusError)


PUBLISHED = """
[[published]]
recipe = "majority"
metric = "macro_f1"
value = 0.5
source = "somebody, 2020"
"""


@pytest.fixture
def with_published(changed):
    def write(old="", new=""):
        path = changed()
        assert old in PUBLISHED
        path.write_text(GOOD + (PUBLISHED.replace(old, new) if old else PUBLISHED), encoding="utf-8")
        return path

    return write


def test_a_published_number_says_of_what_it_is(with_published):
    (entry,) = load_experiment(with_published()).published
    assert (entry.recipe, entry.metric, entry.value, entry.source) == ("majority", "macro_f1", 0.5, "somebody, 2020")


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('"majority"', '"majorty"', 26, "a number is published for 'majorty', which is no recipe here; did you mean 'majority'"),
        ('"macro_f1"', '"macro_f7"', 27, "unknown metric 'macro_f7'; did you mean 'macro_f1'"),
        ("value = 0.5\n", "", 25, r"key 'published\.0\.value' is missing"),
        ('"somebody, 2020"', '" "', 29, r"key 'published\.0\.source': "),
    ],
)
def test_published_numbers_that_cannot_be(with_published, old, new, line, message):
    path = with_published(old, new)
    with pytest.raises(InputError, match=at(path, line, message)):
        load_experiment(path)


CURVE = """
[learning_curve]
shares = [0.25, 0.5]
recipes = ["svm-ngrams"]
repeats = 3
"""


def test_a_learning_curve_thins_the_primary_protocol(changed):
    path = changed()
    path.write_text(GOOD + CURVE, encoding="utf-8")
    experiment = load_experiment(path)
    assert [protocol.training_share for protocol in experiment.thinned_protocols] == [0.25, 0.5]
    assert [experiment.repeats_of(name, experiment.thinned_protocols[0]) for name in ("svm-ngrams", "majority")] == [2, 0]
    assert load_experiment(changed()).thinned_protocols == []


@pytest.mark.parametrize(
    ("old", "new", "line", "fault"),
    [
        ('["svm-ngrams"]', '["svm-ngram"]', 27, "the curve of 'svm-ngram', which is no recipe here; did you mean 'svm-ngrams'"),
        ("repeats = 3", "repeats = 11", 25, "the curve has 11 repeats, and the primary protocol only 10"),
        ("[0.25, 0.5]", "[0.5, 0.25]", 26, r"key 'learning_curve\.shares': expected shares that rise, each once"),
        ("[0.25, 0.5]", "[0.25, 1.0]", 26, r"key 'learning_curve\.shares\.1': .*less than 1"),
        ("shares =", "share =", 26, r"unknown key 'learning_curve\.share'; did you mean 'shares'"),
    ],
)
def test_a_learning_curve_that_cannot_be(changed, old, new, line, fault):
    path = changed()
    path.write_text(GOOD + CURVE.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=rf"experiment\.toml:{line}: {fault}"):
        load_experiment(path)


def test_a_learning_curve_of_a_recipe_that_leaves_the_primary_protocol_out(changed):
    path = changed()
    limited = GOOD.replace('protocols = ["stratified-group-k-fold"]', 'protocols = ["leave-one-actor-out"]')
    path.write_text(limited + CURVE, encoding="utf-8")
    with pytest.raises(InputError, match="the curve of 'svm-ngrams', whose limit leaves stratified-group-k-fold out"):
        load_experiment(path)
