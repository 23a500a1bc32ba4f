import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from stancelab.dataset import load_dataset
from stancelab.expected import record_numbers
from stancelab.importers import IMPORTERS, cards
from stancelab.models.prompts import prompt_of
from stancelab.runs import run_experiment

ROOT = Path(__file__).parent.parent


@pytest.fixture
def call(call, monkeypatch, tmp_path):
    """Run the command line in a fresh folder; returns exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    return call


def assert_refused(answer, *parts):
    code, out, err = answer
    assert code == 2
    assert out == ""
    assert "Traceback" not in err
    for part in parts:
        assert part in err


def perfect(bridge, path, **columns):
    rows = load_dataset(bridge).rows
    pd.DataFrame({"id": rows["id"], "label": rows["label"], **columns}).to_csv(path, index=False)
    return path


@pytest.mark.usefixtures("without_corpora")
def test_data_ls_knows_datasets_here_and_those_of_the_project(call, bridge):
    code, out, _ = call("data", "ls")
    assert code == 0
    lines = [line.split("\t") for line in out.splitlines()]
    assert [line[0] for line in lines] == ["bridge", "ground-intervention", *IMPORTERS]
    assert lines[0] == ["bridge", "CC-BY-4.0", "A bridge for the village", "version 0.1.0"]


@pytest.mark.usefixtures("without_corpora")
def test_data_ls_says_how_to_get_what_is_not_here(call):
    lines = {line.split("\t")[0]: line.split("\t")[1:] for line in call("data", "ls")[1].splitlines()}
    for name, card in cards().items():
        licence, title, state = lines[name]
        assert (licence, title) == (card.licence, card.title)
        assert state.startswith(f"not here: {card.get} ({card.publisher})")
        assert state.endswith(f"stancelab data import {name} FOLDER -o datasets/{name}")


@pytest.mark.usefixtures("without_corpora")
def test_data_ls_json(call, bridge):
    known = {entry["name"]: entry for entry in json.loads(call("data", "ls", "--json")[1])["datasets"]}
    assert set(known["vast"]) == set(known["bridge"]) == {"name", "title", "licence", "version", "place", "get"}
    assert (known["bridge"]["place"], known["bridge"]["get"]) == (str(bridge), "")
    assert known["vast"]["place"] is None
    assert "github.com/emilyallaway" in known["vast"]["get"]


@pytest.mark.usefixtures("without_corpora")
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_data_ls_lists_the_rest_where_one_header_is_broken(call, bridge, tmp_path, options):
    broken = tmp_path / "datasets" / "aviary" / "dataset.toml"
    broken.parent.mkdir(parents=True)
    broken.write_text("title = ", encoding="utf-8")
    code, out, err = call("data", "ls", *options)
    assert code == 2
    assert "A bridge for the village" in out
    assert "aviary" not in out
    assert "aviary/dataset.toml: not TOML" in err


VIEWS = """claim,topic,who,view,n
Cheese helps the village.,cheese,Ada,PRO,1
Cheese hurts the village.,cheese,Bo,CON,0
Cheese hurts the village.,cheese,Ada,CON,0
"""
VIEW_COLUMNS = ("--text", "claim", "--target", "topic", "--label", "view")


@pytest.fixture
def views(tmp_path):
    path = tmp_path / "views.csv"
    path.write_text(VIEWS, encoding="utf-8")
    return path


def test_data_import_makes_a_dataset_that_every_command_reads(call, views):
    options = (*VIEW_COLUMNS, "--actor", "who", "--map", "favor=PRO,against=CON")
    code, out, err = call("data", "import", "table", views, "-o", "datasets/cheese", *options)
    assert (code, out) == (0, "datasets/cheese: 3 rows, scheme favor-against, licence: unknown\n")
    assert err == ""
    assert call("data", "validate", "cheese")[:2] == (0, "cheese: no faults\n")
    assert json.loads(call("data", "show", "cheese", "--json")[1])["labels"] == {"favor": 1, "against": 2}
    assert call("data", "ls")[1].startswith("cheese\tunknown\tRows of views.csv\tversion import-")


def test_data_import_drops_duplicates_when_asked(call, views):
    options = (*VIEW_COLUMNS, "--map", "favor=PRO,against=CON", "--deduplicate")
    code, out, err = call("data", "import", "table", views, "-o", "cheese", *options)
    assert code == 0
    assert "2 rows" in out
    assert err.endswith("note: 1 rows repeat the text, actor and target of another row, 0 of them with another label: dropped\n")


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("vats", "."), ["unknown format 'vats'; did you mean 'vast'?", "semeval2016", "table"]),
        (("tabel", "views.csv", *VIEW_COLUMNS), ["unknown format 'tabel'; did you mean 'table'?"]),
        (("vast", "nowhere"), ["nowhere: no such file or folder"]),
        (("vast", "views.csv"), ["views.csv: no such folder; expected a folder with vast_train.csv"]),
        (("vast", "empty"), ["empty: holds none of vast_train.csv, vast_train.zip"]),
        (("vast", "x" * 300), ["File name too long"]),
        (("vast", "empty", "--text", "claim"), ["--text goes with the format 'table' only; 'vast' has its own columns"]),
        (("vast", "empty", "--actor", "who"), ["--actor goes with the format 'table' only"]),
        (("vast", "empty", "--map", ""), ["--map goes with the format 'table' only"]),
        (("table", "views.csv", "--text", "claim", "--label", "view"), ["format 'table' needs --text, --target and --label"]),
        (("table", "views.csv", *VIEW_COLUMNS[:5], "n"), ["views.csv:2", "bare integers (0, 1)", "--map LABEL=0,LABEL=1"]),
        (("table", "views.csv", *VIEW_COLUMNS, "--map", ""), ["--map ''", "expected OURS=THEIRS"]),
        (("table", "views.csv", *VIEW_COLUMNS, "--map", "favor=PRO"), ["views.csv:3: unknown label 'CON'", "views.csv:4"]),
        (("table", "views.csv", *VIEW_COLUMNS, "--id", "who"), ["views.csv:4: duplicate id 'Ada'"]),
        (("table", "views.csv", *VIEW_COLUMNS, "--actor", ""), ["--actor is blank"]),
        (("table", "views.csv", *VIEW_COLUMNS, "--actor", "\udcff"), ["use names and options that are UTF-8"]),
        (("table", "empty", *VIEW_COLUMNS), ["empty: is a folder, expected a csv"]),
        (("table", "views.csv", *VIEW_COLUMNS, "-o", "views.csv"), ["views.csv: is there already"]),
        (("table", "views.csv", *VIEW_COLUMNS, "-o", "full"), ["full: is there already; remove it, or name another folder"]),
        (("table", "views.csv", *VIEW_COLUMNS, "-o", "views.csv/out"), ["views.csv"]),
        (("table", "views.csv", *VIEW_COLUMNS, "-o", "y" * 250), ["cannot be written: File name too long"]),
        (("table", "views.csv", *VIEW_COLUMNS, "-o", "a\udcff"), ["use names and options that are UTF-8"]),
        (("table", "views.csv", *VIEW_COLUMNS, "-o", "a\udcff/out"), ["use names and options that are UTF-8"]),
    ],
)
def test_data_import_refuses_and_writes_nothing(call, views, tmp_path, words, parts):
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note.txt").touch()
    before = sorted(tmp_path.rglob("*"))
    out = () if "-o" in words else ("-o", "out")
    assert_refused(call("data", "import", *words, *out), *parts)
    assert sorted(tmp_path.rglob("*")) == before


def test_data_import_without_a_place_to_write_is_refused(call, views):
    code, out, err = call("data", "import", "table", views, *VIEW_COLUMNS)
    assert (code, out) == (2, "")
    assert "Traceback" not in err


def test_data_show(call, bridge):
    code, out, _ = call("data", "show", "bridge", "--json")
    assert code == 0
    facts = json.loads(out)
    assert (facts["rows"], facts["groups"], facts["actors"]) == (16, 14, 6)
    assert "b01-ada" in call("data", "show", "bridge")[1]


def test_data_validate_and_check(call, bridge, bridge_article):
    assert call("data", "validate", "bridge")[:2] == (0, "bridge: no faults\n")
    assert call("data", "check", bridge, "--article", bridge_article)[0] == 0
    (bridge / "codebook.md").write_text("other", encoding="utf-8")
    code, out, err = call("data", "validate", "bridge")
    assert code == 1
    assert "codebook.md: sha256" in out
    assert "1 fault" in err


def test_data_agree(call, bridge):
    code, out, _ = call("data", "agree", "bridge", "--json")
    assert code == 0
    assert json.loads(out)[0]["field"] == "label"
    assert "| label | nominal |" in call("data", "agree", "bridge")[1]


def test_data_build(call, bridge):
    assert call("data", "build", "bridge")[1].split() == [
        str(bridge / name) for name in ("gold.jsonl", "README.md", "croissant.json", "SHA256SUMS")
    ]


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "tsv", "parquet"])
def test_data_hydrate(call, bridge, bridge_article, tmp_path, suffix):
    target = tmp_path / f"verbatim.{suffix}"
    code, out, _ = call("data", "hydrate", "bridge", "--article", bridge_article, "-o", target)
    assert code == 0
    assert "16 rows" in out
    assert load_dataset(target).rows["text"][0] == "Mayor Ada Brook asked the council to build the bridge soon."


def test_data_hydrate_refuses_another_article_and_writes_nothing(call, bridge, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("Something else.", encoding="utf-8")
    target = tmp_path / "verbatim.jsonl"
    assert_refused(call("data", "hydrate", "bridge", "--article", other, "-o", target), "not the article", "b01")
    assert not target.exists()


def test_recipes_ls_and_show(call):
    assert "svm-ngrams\tbaseline" in call("recipes", "ls")[1]
    code, out, _ = call("recipes", "show", "svm-ngrams")
    assert code == 0
    assert "weighting = 'binary'" in out
    assert "(default)" in out
    assert "weighting = 'binary'" in call("recipes", "show", "svm-ngrams-calibrated")[1]


@pytest.fixture
def one_setting(bridge_experiment):
    """The bridge experiment with one scheme and one protocol, so that its report is short."""
    file = bridge_experiment / "experiment.toml"
    text = file.read_text(encoding="utf-8").replace(', "favor-against-neutral-unrelated"]', "]")
    file.write_text(text.replace('[[protocols]]\nkind = "leave-one-actor-out"\n', ""), encoding="utf-8")
    return bridge_experiment


def test_run_prints_leaderboards_and_writes_a_report(call, one_setting, tmp_path):
    code, out, err = call("run", "bridge-run", "--jobs", 1)
    assert code == 0
    assert "naive-bayes" in out
    assert "cells" in err
    assert (tmp_path / "runs" / "bridge-run" / "report.html").exists()
    assert "b01-ada" in (tmp_path / "runs" / "bridge-run" / "tables" / "rows.csv").read_text(encoding="utf-8")


def test_run_json_prints_one_object_only(call, one_setting):
    code, out, _ = call("run", "bridge-run", "--json", "--jobs", 1, "--recipe", "majority")
    assert code == 0
    assert [entry["recipe"] for entry in json.loads(out)["boards"][0]["entries"]] == ["majority"]


def test_score_a_perfect_file(call, bridge, tmp_path):
    code, out, err = call("score", perfect(bridge, tmp_path / "p.csv"), "--gold", "bridge", "--metric", "macro_f1")
    assert code == 0
    assert "1.000 [" in out
    assert "bridge@" in out
    assert "only 14 clusters" in err


def test_score_json_in_another_scheme(call, bridge, tmp_path):
    rows = load_dataset(bridge).with_scheme("favor-against-none").rows
    path = tmp_path / "p.jsonl"
    rows[["id", "label"]].to_json(path, orient="records", lines=True)
    code, out, _ = call("score", path, "--gold", bridge, "--scheme", "favor-against-none", "--json")
    scores = {entry["metric"]: entry for entry in json.loads(out)["scores"]}
    assert code == 0
    assert scores["macro_f1"]["value"] == 1
    assert "log_loss" not in scores


def test_score_missing_wrong_prints_coverage(call, bridge, tmp_path):
    path = perfect(bridge, tmp_path / "p.csv")
    path.write_text("\n".join(path.read_text(encoding="utf-8").splitlines()[:-4]) + "\n", encoding="utf-8")
    assert_refused(call("score", path, "--gold", "bridge"), "4 of 16 rows of bridge have no prediction", "--missing wrong")
    code, out, _ = call("score", path, "--gold", "bridge", "--missing", "wrong", "--metric", "accuracy")
    assert code == 0
    assert "coverage 75.0%" in out
    assert "0.750 [" in out


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["--metric", "macro_f2"], ["unknown metric 'macro_f2'", "did you mean 'macro_f1'"]),
        (["--metric", "f1:favour"], ["unknown label", "did you mean 'favor'"]),
        (["--missing", "wrnog"], ["did you mean 'wrong'"]),
        (["--scheme", "favor-against-non"], ["unknown label scheme", "did you mean 'favor-against-none'"]),
        (["--metric", "log_loss"], ["needs a probability"]),
    ],
)
def test_score_refuses(call, bridge, tmp_path, words, parts):
    assert_refused(call("score", perfect(bridge, tmp_path / "p.csv"), "--gold", "bridge", *words), *parts)


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("id,lable\nb01-ada,favor\n", ["p.csv:1: column 'label' is missing", "did you mean 'lable'"]),
        ("id,label\nb01-ada,agianst\n", ["p.csv:2: unknown label 'agianst'", "did you mean 'against'"]),
        ("id,label\nb01-ada,favor\nb01-ada,favor\n", ["p.csv:3: duplicate id 'b01-ada', first at"]),
        ("id,label\nb01-ada,favor\nb77,favor\n", ["1 ids that are not in bridge: b77"]),
        ("id,label,p_favor\nb01-ada,favor,1\n", ["column 'p_against' is missing"]),
        ("id,label,p_favour\nb01-ada,favor,1\n", ["column 'p_favour' is of no label", "did you mean 'p_favor'"]),
        (
            "id,label,p_favor,p_against,p_neutral,p_unrelated\nb01-ada,favor,nan,0,0,0\n",
            ["p.csv:2: probabilities", "not between 0 and 1"],
        ),
        ("", ["p.csv: the file is empty"]),
        ("id,label\n", ["p.csv: the file has no rows"]),
        ("id,label\nb01-ada\n", ["p.csv:2: 1 cells, expected 2"]),
    ],
)
def test_score_refuses_faulty_predictions(call, bridge, tmp_path, content, parts):
    path = tmp_path / "p.csv"
    path.write_text(content, encoding="utf-8")
    assert_refused(call("score", path, "--gold", "bridge"), *parts)


def test_score_refuses_another_encoding(call, bridge, tmp_path):
    path = tmp_path / "p.csv"
    path.write_bytes("id,label\nb01-ada,favor\nSéjourné,favor\n".encode("latin-1"))
    assert_refused(call("score", path, "--gold", "bridge"), "p.csv:3: not UTF-8 (byte 0xe9)")


def test_compare_two_files(call, bridge, tmp_path):
    right = perfect(bridge, tmp_path / "right.csv")
    wrong = perfect(bridge, tmp_path / "wrong.csv", label="unrelated")
    code, out, _ = call("compare", right, wrong, "--gold", "bridge")
    assert code == 0
    assert "right.csv:right minus" in out
    found = json.loads(call("compare", right, right, "--gold", "bridge", "--json")[1])["comparisons"][0]
    assert (found["difference"]["value"], found["p"]) == (0, 1)


def test_compare_runs_and_files(call, bridge, bridge_experiment, tmp_path):
    call("run", "bridge-run", "--jobs", 1)
    run = tmp_path / "runs" / "bridge-run"
    found = json.loads(call("compare", run, run, "--json")[1])["comparisons"]
    assert [(entry["difference"]["value"], entry["p_holm"]) for entry in found] == [(0, 1)] * 3
    rows = load_dataset(bridge).with_scheme("favor-against-none").rows
    rows[["id", "label"]].to_csv(tmp_path / "p.csv", index=False)
    assert len(json.loads(call("compare", run, tmp_path / "p.csv", "--json")[1])["comparisons"]) == 3
    cells = run / "rendered" / "favor-against-none" / "leave-one-actor-out" / "naive-bayes"
    assert call("score", cells, "--gold", "bridge", "--scheme", "favor-against-none")[0] == 0


def test_score_repeats_what_a_signature_states(call, bridge, tmp_path):
    path = perfect(bridge, tmp_path / "p.csv")
    printed = call("score", path, "--gold", "bridge", "--metric", "mcc")[1]
    signed = printed.split()[-1]
    code, out, err = call("score", path, "--signature", signed)
    assert (code, out) == (0, printed)
    assert "only 14 clusters" in err
    older = signed.replace("clusters,10000", "clusters,50").rpartition(":")[0] + ":0.0.1"
    code, out, _ = call("score", path, "--signature", older)
    assert code == 1
    assert out.splitlines()[-1].startswith("given / repeated, version: 0.0.1 / ")
    code, out, _ = call("score", path, "--signature", older, "--json")
    found = json.loads(out)
    assert (code, found["value"], [entry["part"] for entry in found["differences"]]) == (1, 1.0, ["version"])
    assert_refused(call("score", path, "--signature", signed, "--metric", "mcc", "--by", "target"), "leave out --metric, --by")
    assert_refused(call("score", path, "--signature", "mcc"), "1 parts, expected DATASET@SHA")
    assert_refused(call("score", path), "--gold", "--signature")


SIGNED = "tax@0f3a9b21|favor-against|rendered:official-test|seeds:0|mcc|interval:bca,clusters,10000|stancelab:0.1.0"


@pytest.mark.parametrize(("old", "new", "code"), [("0.1.0", "0.2.0", 0), ("seeds:0", "seeds:1", 0), ("@0f", "@1f", 1)])
def test_signatures_side_by_side(call, old, new, code):
    found, out, _ = call("signatures", SIGNED, SIGNED.replace(old, new))
    assert found == code
    assert out.splitlines()[-1] == ("not comparable" if code else "comparable")
    assert sum(line.count("\t") == 3 for line in out.splitlines()) == 1
    found, out, _ = call("signatures", SIGNED, SIGNED.replace(old, new), "--json")
    assert (found, json.loads(out)["comparable"], len(json.loads(out)["differences"])) == (code, not code, 1)


def test_compare_says_where_the_signatures_of_two_runs_differ(call, bridge_experiment, tmp_path):
    file = bridge_experiment / "experiment.toml"
    run_experiment(file, recipes=["majority"], out=tmp_path / "runs/two", jobs=1)
    file.write_text(file.read_text(encoding="utf-8").replace("repeats = 2", "repeats = 1", 1), encoding="utf-8")
    run_experiment(file, recipes=["majority"], out=tmp_path / "runs/one", jobs=1)
    code, _, err = call("compare", "runs/two", "runs/one")
    assert code == 0
    assert "majority: the signatures differ" in err
    assert "protocol: stratified-group-k-fold-2x2 / stratified-group-k-fold-2x1 (the same division" in err
    found = json.loads(call("compare", "runs/two", "runs/one", "--json")[1])
    assert [entry["part"] for entry in found["unlike"]["majority"]] == ["protocol"]
    assert "signatures" not in call("compare", "runs/two", "runs/two")[2]


def test_compare_needs_gold(call, bridge, tmp_path):
    path = perfect(bridge, tmp_path / "p.csv")
    assert_refused(call("compare", path, path), "--gold")


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ('"naive-bayes",', '"naive-bayse",', ["experiment.toml:7", "no recipe 'naive-bayse'", "did you mean 'naive-bayes'"]),
        (
            "primary_metric",
            "primary_metrik",
            ["experiment.toml:4: unknown key 'primary_metrik'", "did you mean 'primary_metric'"],
        ),
        ('"favor-against-none"', '"favor-against-nun"', ["experiment.toml:6: unknown label scheme", "'favor-against-none'"]),
        ("macro_f1", "macro_f", ["unknown metric 'macro_f'", "did you mean 'macro_f1'"]),
        ("folds = 2", "folds = 99", ["99 folds need", "14 groups"]),
        ("leave-one-actor-out", "leave-one-actor", ["did you mean 'leave-one-actor-out'"]),
        ("seeds = [0]", "seeds = [", ["not TOML"]),
        ("[limits.naive-bayes]", "[limits.naive-bays]", ["limit for 'naive-bays'", "did you mean 'naive-bayes'"]),
    ],
)
def test_run_refuses_a_faulty_experiment(call, bridge_experiment, old, new, parts):
    path = bridge_experiment / "experiment.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert_refused(call("run", "bridge-run"), *parts)


def test_run_refuses_unknown_names(call):
    assert_refused(call("run", "ground-interventon"), "no experiment 'ground-interventon'", "did you mean 'ground-intervention'")
    assert_refused(call("run", "ground-intervention", "--recipe", "svm-ngram"), "did you mean 'svm-ngrams'")


def test_a_recipe_with_a_misspelt_key_or_parameter(call, bridge_experiment, tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    good = 'title = "x"\nfamily = "baseline"\nkind = "ngrams"\ndescription = "x"\nsource = "x"\n'
    (folder / "mine.toml").write_text(good.replace("family", "famly"), encoding="utf-8")
    assert_refused(call("run", "bridge-run", "--recipe", "mine"), "mine.toml:2: unknown key 'famly'", "did you mean 'family'")
    (folder / "mine.toml").write_text(good + "\n[params]\nlearnr = 'svm'\n", encoding="utf-8")
    assert_refused(call("run", "bridge-run", "--recipe", "mine"), "mine.toml:8: unknown parameter 'learnr'", "'learner'")


def test_reproduce_passes_fails_and_lists(call, bridge_experiment):
    assert_refused(call("reproduce"), "name an experiment")
    assert_refused(call("reproduce", "bridge-run", "--record"), "not a run")
    call("run", "bridge-run", "--jobs", 1)
    assert call("reproduce", "bridge-run", "--record")[0] == 0
    code, out, _ = call("reproduce", "bridge-run", "--jobs", 1)
    assert code == 0
    assert "24 of 24 numbers reproduced" in out
    assert len(call("reproduce", "bridge-run", "--dry-run")[1].splitlines()) == 24
    code, out, _ = call("reproduce", "bridge-run", "--jobs", 1, "--json")
    found = json.loads(out)
    assert (code, found["numbers"], found["passed"], found["failed"]) == (0, 24, 24, 0)
    path = bridge_experiment / "expected.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("value = 0", "value = 1"), encoding="utf-8")
    code, out, _ = call("reproduce", "bridge-run", "--jobs", 1)
    assert code == 1
    assert "FAIL" in out
    code, out, _ = call("reproduce", "bridge-run", "--recipe", "majority", "--jobs", 1, "--json")
    assert code == 1
    assert {number["recipe"] for number in json.loads(out)["experiments"][0]["numbers"]} == {"majority"}


@pytest.fixture(scope="module")
def recorded_majority(finished_bridge, tmp_path_factory):
    """The numbers that are recorded of an experiment with that recipe alone, and the experiment."""
    home = tmp_path_factory.mktemp("majority")
    experiment = shutil.copytree(finished_bridge.folder.parent / "experiments" / "bridge-run", home / "bridge-run")
    file = experiment / "experiment.toml"
    content = re.sub("recipes = .*", 'recipes = ["majority"]', file.read_text(encoding="utf-8")).partition("[limits")[0]
    file.write_text(content, encoding="utf-8")
    record_numbers(run_experiment(experiment, out=home / "run", jobs=1), experiment / "expected.toml")
    return experiment


@pytest.fixture
def two_experiments(call, recorded_majority, monkeypatch, tmp_path, without_corpora):
    """Two experiments with recorded numbers, one of them on a corpus that is not here, and none of the project's."""
    monkeypatch.setattr("stancelab.catalog.homes", lambda: [tmp_path])
    shutil.copytree(ROOT / "models", tmp_path / "models")
    here = shutil.copytree(recorded_majority, tmp_path / "experiments" / "bridge-run")
    absent = shutil.copytree(here, here.with_name("absent-run"))
    path = absent / "experiment.toml"
    path.write_text(re.sub('dataset = ".*"', 'dataset = "semeval2016"', path.read_text(encoding="utf-8")), encoding="utf-8")
    return here, absent


def test_reproduce_all_runs_what_is_here_and_skips_what_is_not(call, two_experiments, tmp_path):
    code, out, err = call("reproduce", "--all", "--jobs", 1)
    assert code == 0
    assert "bridge-run: 8 of 8 numbers reproduced, worst difference +0.0000" in out
    assert "absent-run: skipped, none of its 8 numbers compared" in out
    assert "the corpus 'semeval2016' is not here" in out
    assert "PASS: 8 of 8 numbers of 1 experiment reproduced, 1 experiment skipped" in out
    assert "experiment 2 of 2: bridge-run" in err
    assert "experiment 2 of 2" not in out
    page = (tmp_path / "runs" / "reproduction.html").read_text(encoding="utf-8")
    assert "bridge-run" in page
    assert "absent-run" in page


def test_reproduce_all_with_a_number_off(call, two_experiments, tmp_path):
    path = two_experiments[0] / "expected.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("value = 0", "value = 1", 1), encoding="utf-8")
    code, out, _ = call("reproduce", "--all", "--jobs", 1)
    assert code == 1
    assert "FAIL: 7 of 8 numbers" in out
    assert "Numbers that are off" in (tmp_path / "runs" / "reproduction.html").read_text(encoding="utf-8")


def test_reproduce_with_nothing_here_compares_nothing_and_says_so(call, two_experiments, tmp_path):
    code, out, _ = call("reproduce", "absent-run")
    assert code == 0
    assert "nothing was compared, 1 experiment skipped" in out
    assert (tmp_path / "runs" / "reproduction.html").exists()
    code, out, _ = call("reproduce", "absent-run", "--json")
    found = json.loads(out)
    assert (code, found["numbers"], found["failed"], found["skipped"]) == (0, 0, 0, 1)
    assert "semeval2016" in found["experiments"][0]["skipped"]


def test_reproduce_all_refuses_a_fault_before_it_runs_anything(call, two_experiments, tmp_path):
    path = two_experiments[0] / "experiment.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"majority"', '"majorty"'), encoding="utf-8")
    assert_refused(call("reproduce", "--all"), "no recipe 'majorty'", "did you mean 'majority'")
    assert not (tmp_path / "runs" / "reproduction.html").exists()
    assert not (tmp_path / "runs" / "bridge-run-reproduction").exists()


def test_reproduce_all_with_names_or_with_nothing_recorded(call, two_experiments):
    assert_refused(call("reproduce", "--all", "bridge-run"), "--all takes every experiment")
    for folder in two_experiments:
        (folder / "expected.toml").unlink()
    assert_refused(call("reproduce", "--all"), "with expected.toml: none")


def test_reproduce_dry_run_lists_without_running(call, two_experiments, tmp_path):
    code, out, _ = call("reproduce", "--all", "--dry-run")
    assert code == 0
    assert out.startswith("absent-run\tskipped\t")
    assert sum(line.startswith("bridge-run\t") for line in out.splitlines()) == 8
    found = json.loads(call("reproduce", "--all", "--dry-run", "--json")[1])["experiments"]
    assert [(entry["experiment"], entry["skipped"] is None) for entry in found] == [("absent-run", False), ("bridge-run", True)]
    assert not (tmp_path / "runs" / "reproduction.html").exists()
    assert not (tmp_path / "runs" / "bridge-run-reproduction").exists()


def test_reproduce_records_what_was_published(call, two_experiments):
    path = two_experiments[0] / "experiment.toml"
    entry = '\n[[published]]\nrecipe = "majority"\nmetric = "mcc"\nvalue = 0.25\nsource = "Doe 2020"\n'
    path.write_text(path.read_text(encoding="utf-8") + entry, encoding="utf-8")
    call("run", "bridge-run", "--jobs", 1)
    code, out, _ = call("reproduce", "bridge-run", "--record", "--json")
    assert (code, json.loads(out)) == (0, {"recorded": [str(two_experiments[0] / "expected.toml")]})
    assert "published 0.25 (Doe 2020)" in call("reproduce", "bridge-run", "--dry-run")[1]
    out = call("reproduce", "bridge-run", "--jobs", 1)[1]
    assert "observed minus published" in out
    assert re.search(r"majority +mcc +-?0\.\d{4} ± 0\.002 +-?0\.\d{4} +[+]0\.0000 +0\.2500 +-0\.\d{4} +PASS", out)


def test_report_of_a_run_and_of_none(call, one_setting, tmp_path):
    call("run", "bridge-run", "--jobs", 1)
    assert call("report", "runs/bridge-run", "-o", "elsewhere")[0] == 0
    assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == [
        "figures",
        "report.html",
        "results.md",
        "scores.json",
        "tables",
    ]
    assert_refused(call("report", "runs/nothing"), "not a run")


def test_publish_writes_results_and_tables(call, one_setting, tmp_path):
    call("run", "bridge-run", "--jobs", 1)
    assert call("report", "runs/bridge-run", "--publish")[0] == 0
    assert not (tmp_path / "README.md").exists()
    (tmp_path / "models").mkdir()
    (tmp_path / "README.md").write_text("<!-- leaderboard bridge-run:begin -->\nSTALE\n<!-- leaderboard bridge-run:end -->\n")
    (tmp_path / "models" / "README.md").write_text("<!-- recipes bridge-run:begin -->\n<!-- recipes bridge-run:end -->\n")
    assert call("report", "runs/bridge-run", "--publish")[0] == 0
    assert "STALE" not in (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "`naive-bayes`" in (tmp_path / "models" / "README.md").read_text(encoding="utf-8")
    assert "# Results: The bridge" in (one_setting / "results.md").read_text(encoding="utf-8")


def test_usage_errors_leave_with_2(call):
    code, _, err = call("score", "p.csv")
    assert code == 2
    assert "--gold" in err


def test_an_interrupted_run_says_that_it_goes_on(call, bridge_experiment, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("stancelab.runs.run_experiment", interrupt)
    code, _, err = call("run", "bridge-run")
    assert code == 130
    assert "goes on from there" in err


def test_labels_of_a_scheme_that_gold_maps_to(call, bridge, tmp_path):
    (tmp_path / "p.csv").write_text("id,label\nb01-ada,none\n", encoding="utf-8")
    assert_refused(call("score", "p.csv", "--gold", "bridge"), "use --scheme favor-against-none")


def test_hydration_into_a_dataset_is_refused(call, bridge, bridge_article):
    before = (bridge / "gold.jsonl").read_bytes()
    assert_refused(call("data", "hydrate", "bridge", "--article", bridge_article, "-o", bridge / "gold.jsonl"), "dataset folder")
    assert (bridge / "gold.jsonl").read_bytes() == before


def test_a_broken_recipe_does_not_hide_the_others(call, tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "bad.toml").write_text("famly = 'x'\n", encoding="utf-8")
    code, out, err = call("recipes", "ls")
    assert code == 2
    assert "svm-ngrams\tbaseline" in out
    assert "bad.toml:1: unknown key 'famly'" in err


def test_version(call):
    assert call("--version")[1].strip() == "0.1.0"


def test_a_dataset_shelf_that_is_a_copy_is_found_first(call, bridge, tmp_path):
    shutil.copytree(bridge, tmp_path / "datasets" / "ground-intervention")
    assert json.loads(call("data", "show", "ground-intervention", "--json")[1])["rows"] == 16


@pytest.mark.parametrize("words", [["data", "hydrate", "bridge", "--article", "bridge.txt", "-o", "taken.jsonl"]])
def test_output_that_cannot_be_written(call, bridge, tmp_path, words):
    (tmp_path / "taken.jsonl").mkdir()
    assert_refused(call(*words), "taken.jsonl: cannot be written")


def test_a_run_folder_that_is_a_file(call, bridge_experiment, tmp_path):
    (tmp_path / "taken").write_text("x", encoding="utf-8")
    assert_refused(call("run", "bridge-run", "--out", "taken", "--jobs", 1), "cannot be written")


def test_perfect_predictions_of_two_labels_score_1(call, tmp_path):
    rows = "id,text,actor,target,label\n" + "".join(f"{n},text {n},a,t,{'favor' if n % 2 else 'against'}\n" for n in range(6))
    (tmp_path / "gold.csv").write_text(rows, encoding="utf-8")
    code, out, _ = call("score", "gold.csv", "--gold", "gold.csv", "--metric", "macro_f1", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["scores"][0]["value"] == 1
    assert "only 6 clusters" in found["warning"]


def test_agree_refuses_a_misspelt_label(call, bridge):
    path = bridge / "annotations.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace('"label": "favor"', '"label": "favour"', 1), encoding="utf-8")
    assert_refused(call("data", "agree", "bridge"), "annotations.jsonl:1: unknown label 'favour'", "did you mean 'favor'")


def test_agree_on_a_table(call, tmp_path):
    (tmp_path / "rows.csv").write_text("id\n1\n", encoding="utf-8")
    assert_refused(call("data", "agree", "rows.csv"), "cannot be read")


def test_record_goes_with_out_only(call, bridge_experiment):
    assert_refused(call("reproduce", "bridge-run", "--record", "--dry-run"), "--record")
    assert_refused(call("reproduce", "bridge-run", "bridge-run", "--out", "x"), "--out is one run's folder")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ('learner = "svm"\nC = 0', "recipe 'mine'"),
        ("words = [3, 1]", "expected a least and a most number"),
        ('template = "{text!r}"', "a field is a name in braces"),
        ('learner = "swm"', "did you mean 'svm'"),
    ],
)
def test_parameters_that_cannot_be(call, bridge_experiment, tmp_path, parameters, message):
    (tmp_path / "models").mkdir()
    head = 'title = "x"\nfamily = "baseline"\nkind = "ngrams"\ndescription = "x"\nsource = "x"\n[params]\n'
    (tmp_path / "models" / "mine.toml").write_text(head + parameters + "\n", encoding="utf-8")
    assert_refused(call("run", "bridge-run", "--recipe", "mine", "--jobs", 1), message)


def test_data_split_writes_the_ids_of_every_fold(call, bridge, tmp_path):
    words = ["--kind", "stratified-group-k-fold", "--folds", 2, "--repeats", 3, "-o", "splits.json"]
    code, out, _ = call("data", "split", "bridge", *words)
    assert (code, out) == (0, "splits.json: 6 folds of 16 rows, stratified group k-fold, 2 folds x 3 repeats\n")
    found = json.loads((tmp_path / "splits.json").read_text(encoding="utf-8"))
    rows = load_dataset(bridge).rows
    assert found["dataset"] == load_dataset(bridge).signature
    assert found["protocol"] == {"kind": "stratified-group-k-fold", "folds": 2, "repeats": 3}
    assert sorted(found["folds"][0]["test"]["ids"] + found["folds"][1]["test"]["ids"]) == sorted(rows["id"])


@pytest.mark.parametrize(
    ("words", "train", "test"),
    [
        (["official"], ["0"], ["3"]),
        (["official", "--train", "train", "--train", "dev", "--test", "test"], ["0", "1", "2"], ["3"]),
        (["official", "--test", "dev", "--test", "test"], ["0"], ["1", "2", "3"]),
        (["by-time", "--share", 0.5], ["1", "3"], ["0", "2"]),
    ],
)
def test_data_split_of_a_table(call, tmp_path, words, train, test):
    rows = ["train,2024-03-01", "dev,2024-01-01", "dev,2024-04-01", "test,2024-02-01"]
    lines = ["id,text,actor,target,label,split,date", *(f"{n},text {n},a,t,favor,{row}" for n, row in enumerate(rows))]
    (tmp_path / "rows.csv").write_text("\n".join(lines), encoding="utf-8")
    code, out, _ = call("data", "split", "rows.csv", "--kind", *words, "-o", "splits.json")
    assert code == 0
    assert out.startswith("splits.json: 1 fold of 4 rows, ")
    (fold,) = json.loads((tmp_path / "splits.json").read_text(encoding="utf-8"))["folds"]
    assert (fold["train"]["ids"], fold["test"]["ids"]) == (train, test)


def test_data_split_with_shots(call, bridge, tmp_path):
    words = ["--kind", "stratified-group-k-fold", "--folds", 2, "--shots", 1, "-o", "splits.json"]
    title = "stratified group k-fold, 2 folds x 1 repeats, at most 1 training rows of each label"
    assert call("data", "split", "bridge", *words)[:2] == (0, f"splits.json: 2 folds of 16 rows, {title}\n")
    folds = json.loads((tmp_path / "splits.json").read_text(encoding="utf-8"))["folds"]
    assert [fold["train"]["rows"] for fold in folds] == [4, 4]
    assert sum(fold["test"]["rows"] for fold in folds) == 16


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["by-tme"], "error: unknown kind 'by-tme'; did you mean 'by-time'? Allowed: stratified-group-k-fold, "),
        (["by-time", "--folds", 3], "error: by-time has no 'folds'; its options: share\n"),
        (["by-time", "--share", 1], "error: key 'share': Input should be less than 1, got 1.0\n"),
        (["by-time"], "error: by-time: the earliest 80% of the statements reach the last date; nothing is left to test\n"),
        (["official", "--test", "train"], "error: split 'train' would be trained on and tested\n"),
        (["official"], "error: official needs a column 'split'; the rows have id, "),
        (["stratified-group-k-fold", "--folds", 99], "error: 99 folds need at least 2 folds and as many groups"),
        (["cross-corpus"], "error: cross-corpus needs train_on, the corpora to train on; only a protocol in an experiment.toml"),
        (
            ["leave-one-corpus-out"],
            "error: a protocol over the pooled datasets of an experiment needs a column 'corpus'; the rows",
        ),
    ],
)
def test_data_split_refuses(call, bridge, tmp_path, words, message):
    assert_refused(call("data", "split", "bridge", "--kind", *words, "-o", "splits.json"), message)
    assert not (tmp_path / "splits.json").exists()


def test_report_of_an_official_division(call, tmp_path):
    lines = [f"{n},text {n} of {n % 2},a,t,{'favor' if n % 2 else 'against'},{'train' if n < 8 else 'test'}" for n in range(12)]
    (tmp_path / "rows.csv").write_text("\n".join(["id,text,actor,target,label,split", *lines]), encoding="utf-8")
    (tmp_path / "experiment.toml").write_text(
        'title = "x"\ndescription = "x"\ndataset = "rows.csv"\nprimary_metric = "macro_f1"\nseeds = [0]\n'
        'schemes = ["favor-against-none"]\nrecipes = ["majority"]\n[[protocols]]\nkind = "official"\n',
        encoding="utf-8",
    )
    assert call("run", "experiment.toml", "--out", "run", "--jobs", 1)[0] == 0
    assert call("report", "run", "-o", "elsewhere")[:2] == (0, "elsewhere/report.html\n")
    page = (tmp_path / "elsewhere" / "report.html").read_text(encoding="utf-8")
    assert "fficial split test, trained on train" in page
    rows = (tmp_path / "elsewhere" / "tables" / "rows.csv").read_text(encoding="utf-8")
    assert "text 11 of 1" in rows
    assert "text 1 of 1" not in rows


def test_train_then_predict_then_score(call, bridge, tmp_path):
    code, out, _ = call("train", "naive-bayes", bridge, "-o", "model", "--folds", "2", "--jobs", "1")
    assert code == 0
    assert "macro_f1" in out
    assert "model: naive-bayes, trained on 16 rows; the card is model/README.md" in out
    code, out, _ = call("predict", "model", bridge, "-o", "predicted.csv")
    assert (code, out.partition(" (")[0]) == (0, "predicted.csv: 16 of 16 rows have a label")
    code, out, _ = call("score", "predicted.csv", "--gold", bridge, "--metric", "accuracy", "--json")
    assert code == 0
    assert json.loads(out)["scores"][0]["value"] > 0.8


def test_predict_abstains_below_a_probability(call, bridge):
    call("train", "logistic-tfidf", bridge, "-o", "model", "--folds", "0")
    call("predict", "model", bridge, "-o", "predicted.csv")
    highest = pd.read_csv("predicted.csv").filter(like="p_").max(axis=1)
    _, out, _ = call("predict", "model", bridge, "-o", "predicted.csv", "--abstain-below", highest.median(), "--json")
    table = pd.read_csv("predicted.csv")
    assert list(table["label"].notna()) == list(highest >= highest.median())
    assert json.loads(out)["answered"] == table["label"].notna().sum() < len(table)
    assert table["p_favor"].notna().all()


def test_predict_numbers_rows_without_ids(call, bridge):
    call("train", "majority", bridge, "-o", "model", "--folds", "0")
    pd.DataFrame({"text": ["a", "b"], "actor": "Ada", "target": "t"}).to_json("new.jsonl", orient="records", lines=True)
    assert call("predict", "model", "new.jsonl", "-o", "predicted.jsonl")[0] == 0
    assert list(pd.read_json("predicted.jsonl", lines=True)["id"]) == [1, 2]


def test_a_recipe_without_training_is_told_labels_and_codebook_of_the_dataset(call, bridge, tmp_path, tiny_language_model):
    (bridge / "codebook.md").write_text("Rule 1: read slowly.\n")
    (tmp_path / "asked.toml").write_text(
        'title = "t"\nfamily = "transformer"\nkind = "causal-lm"\ndescription = "d"\nsource = "s"\n'
        f'[params]\nmodel = "{tiny_language_model}"\n'
    )
    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "stancelab.models.causal_lm.prompt_of",
            lambda labels, **rest: told.append((labels, rest)) or prompt_of(labels, **rest),
        )
        assert call("predict", "asked.toml", bridge, "-o", "p.csv")[0] == 0
    assert set(pd.read_csv("p.csv")["label"]) <= set(load_dataset(bridge).scheme.labels)
    assert told[0][0] == list(load_dataset(bridge).scheme.labels)
    assert told[0][1]["codebook"] == "Rule 1: read slowly.\n"


def test_predict_refuses_what_it_cannot_use(call, bridge):
    call("train", "majority", bridge, "-o", "model", "--folds", "0")
    assert_refused(call("predict", "naive-bayes", bridge, "-o", "p.csv"), "has to be trained first: stancelab train")
    assert_refused(call("predict", "majority", bridge, "-o", "p.csv"), "has to be trained first: stancelab train")
    assert_refused(call("predict", "nothing", bridge, "-o", "p.csv"), "no such folder")
    assert_refused(call("predict", "model", bridge, "-o", "p.xls"), "unknown kind of table '.xls'")
    assert_refused(call("predict", "model", bridge, "-o", "p.csv", "--scheme", "favor-against"), "--scheme goes with a recipe")
    Path("new.csv").write_text("id,text,actor\n1,a,b\n")
    assert_refused(call("predict", "model", "new.csv", "-o", "p.csv"), "new.csv:1: column 'target' is missing")
    Path("new.csv").write_text("id,text,actor,target\n1,a,,t\n1,b,c,t\n")
    assert_refused(call("predict", "model", "new.csv", "-o", "p.csv"), "new.csv:2: column 'actor' is empty")
    assert not Path("p.csv").exists()


def test_train_refuses_one_fold(call, bridge):
    assert_refused(call("train", "majority", bridge, "-o", "model", "--folds", "1"), "--folds 1: expected 0, or 2 or more")
