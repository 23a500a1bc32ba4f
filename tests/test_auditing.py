import json
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from stancelab import auditing
from stancelab.audit import answers_file, failures, load_audit
from stancelab.auditing import audit_run
from stancelab.contrast import BASE, CONTRAST
from stancelab.errors import InputError
from stancelab.perturbations import ABLATIONS, PERTURBATIONS
from stancelab.questions import ORIGINAL
from stancelab.records import write_json_lines
from stancelab.report.audit_section import audit_section
from stancelab.runs import load_run, run_experiment
from stancelab.splits import split

TARGET = "the council builds a bridge"


def contrast_items():
    rows = []
    for number, actor in enumerate(("Ada Brook", "Cole", "Dora Quill")):
        base = f"k{number}"
        kinds = [
            (base, BASE, f"{actor} promised that the bridge would be built.", "favor"),
            (f"{base}-not", "negation-flip", f"{actor} promised that no bridge would be built.", "against"),
            (f"{base}-else", "target-swap", f"{actor} promised that the school would be built.", "unrelated"),
        ]
        for name, category, text, label in kinds:
            row = {"id": name, "base": base, "category": category, "text": text, "actor": actor, "target": TARGET, "label": label}
            rows.append(row | {"expected": "same" if label == "favor" else "changes"})
    return rows


EXPERIMENT = """title = "The bridge"
description = "An experiment on the invented article."
dataset = "{dataset}"
primary_metric = "macro_f1"
seeds = [0]
schemes = ["favor-against-none"]
recipes = ["majority", "naive-bayes", "actor-only"]
protocols = [{{ kind = "stratified-group-k-fold", folds = 2 }}]
"""


@pytest.fixture
def run(bridge, tmp_path, monkeypatch):
    """The folder of a finished run of three cheap recipes on a dataset that has a contrast set."""
    for name, defaults in (("bootstrap", {"draws": 200, "seed": 0}), ("compare", {"draws": 200})):
        monkeypatch.setattr(f"stancelab.robustness.{name}.__kwdefaults__", defaults)
    write_json_lines(bridge / CONTRAST, contrast_items())
    (tmp_path / "trial").mkdir()
    (tmp_path / "trial" / "experiment.toml").write_text(EXPERIMENT.format(dataset=bridge.as_posix()), encoding="utf-8")
    return run_experiment(tmp_path / "trial", out=tmp_path / "run", jobs=1).folder


def section_of(folder):
    """The section, where naive-bayes leads the leaderboard."""
    run = load_run(folder)
    recipes = {recipe.name: recipe for recipe in run.recipes}
    order = [SimpleNamespace(recipe=recipes[name]) for name in ("naive-bayes", "actor-only", "majority")]
    return audit_section(run, [SimpleNamespace(entries=order, metric_title="macro-F1")])


@pytest.fixture
def asked(monkeypatch):
    """What every model that is trained learnt from and was asked, in order."""
    seen = []
    plain = auditing.answers_to

    def answers_to(cell, training, X):
        seen.append((cell, training.rows, X))
        return plain(cell, training, X)

    monkeypatch.setattr(auditing, "answers_to", answers_to)
    return seen


def test_every_row_is_answered_by_a_model_that_has_not_seen_its_statement(run, asked):
    audit = audit_run(run, recipes=["naive-bayes"], jobs=1)
    loaded = load_run(run)
    rows = loaded.dataset(loaded.settings[0]).rows
    folds = split(loaded.settings[0].protocol, rows, repeat=0)
    assert len(asked) == len(folds) + 1
    table = pd.read_parquet(run / "audit" / "questions.parquet")
    for number, (_, training, X) in enumerate(asked[:-1]):
        own = table[table["fold"] == number]
        assert set(own["id"]) == set(rows["id"].iloc[folds[number].test])
        assert list(training["id"]) == list(rows["id"].iloc[folds[number].train])
        assert not set(own["group"]) & set(training["group"])
        assert X["text"].tolist() == own["text"].tolist()
    _, training, X = asked[-1]
    assert list(training["id"]) == list(rows["id"])
    assert X["text"].tolist() == [item["text"] for item in contrast_items()]
    only_what_differs(table)
    assert audit.same_as_run == {"naive-bayes": 1.0}
    stored = loaded.predictions(loaded.settings[0], loaded.recipes[1]).only([(0, 0)])
    answers = pd.read_parquet(answers_file(loaded, "naive-bayes"))
    given = answers[answers["variant"] == ORIGINAL].set_index("id")["label"][list(stored.ids)]
    assert [stored.scheme.labels.index(label) for label in given] == stored.predicted[0].tolist()


def only_what_differs(table):
    original = table[table["variant"] == ORIGINAL].set_index("id")
    for name in PERTURBATIONS:
        part = table[table["variant"] == name].set_index("id")
        same = (part[["text", "actor", "target"]] == original.loc[part.index][["text", "actor", "target"]]).all(axis=1)
        assert not same.any()
    quoted = original["text"].str.contains("“")
    assert set(table.loc[table["variant"] == "no-quotes", "id"]) == set(original.index[quoted])


def test_only_what_is_missing_or_stale_is_computed(bridge, run, asked):
    first = audit_run(run, recipes=["majority"], jobs=1)
    assert {cell.recipe.name for cell, _, _ in asked} == {"majority"}
    asked.clear()
    second = audit_run(run, recipes=["actor-only"], jobs=1)
    assert {cell.recipe.name for cell, _, _ in asked} == {"actor-only"}
    assert [recipe.name for recipe in second.recipes] == ["majority", "actor-only"]
    asked.clear()
    assert audit_run(run, recipes=["majority", "actor-only"], jobs=1) == second != first
    assert asked == []
    write_json_lines(bridge / CONTRAST, contrast_items()[:-1])
    assert [recipe.name for recipe in audit_run(run, recipes=["majority"], jobs=1).recipes] == ["majority"]
    assert {cell.recipe.name for cell, _, _ in asked} == {"majority"}


def test_without_a_contrast_set_the_rows_alone_are_perturbed(bridge, run):
    (bridge / CONTRAST).unlink()
    audit = audit_run(run, recipes=["majority"], jobs=1)
    assert audit.contrast == []
    section = section_of(run)
    assert set(section.figures) == set(section.sheets) == {"audit-perturbations"}
    assert "gets wrong" not in rendered(section)


def test_an_audit_is_refused_where_it_would_be_of_something_else(bridge, run):
    with pytest.raises(InputError, match="unknown recipe 'naive-bayse'; did you mean 'naive-bayes'"):
        audit_run(run, recipes=["naive-bayse"], jobs=1)
    gold = [json.loads(line) for line in (bridge / "gold.jsonl").read_text(encoding="utf-8").splitlines()]
    items = contrast_items()
    items[0]["text"] = gold[0]["text"]
    write_json_lines(bridge / CONTRAST, items)
    with pytest.raises(InputError, match=r"contrast.jsonl:1: the text of 'k0' is that of a gold row"):
        audit_run(run, jobs=1)
    write_json_lines(bridge / "gold.jsonl", gold[1:])
    with pytest.raises(InputError, match="has other rows by now; run the experiment again"):
        audit_run(run, jobs=1)


def test_recipes_that_ask_a_server_are_left_out_unless_named(run, asked, monkeypatch):
    monkeypatch.setattr("sklearn.dummy.DummyClassifier.remote", True, raising=False)
    monkeypatch.setattr("sklearn.dummy.DummyClassifier.surroundings", staticmethod(lambda params: []), raising=False)
    audit = audit_run(run, jobs=1)
    assert [recipe.name for recipe in audit.recipes] == ["naive-bayes", "actor-only"]
    assert len(audit_run(run, recipes=["majority"], jobs=1).recipes) == 3
    assert asked[-1][0].recipe.name == "majority"


def test_failed_questions_are_asked_again(run, asked, monkeypatch):
    plain = auditing.answers_to

    def patchy(cell, training, X):
        told = plain(cell, training, X)
        auditing.current().failed += 1
        told.loc[told.index[0], "label"] = None
        return told

    monkeypatch.setattr(auditing, "answers_to", patchy)
    first = audit_run(run, recipes=["majority"], jobs=1)
    assert first.same_as_run["majority"] < 1
    monkeypatch.setattr(auditing, "answers_to", plain)
    asked.clear()
    assert audit_run(run, recipes=["majority"], jobs=1).same_as_run["majority"] == 1
    assert asked != []


def test_the_audit_is_read_back_as_far_as_the_run_is_the_same(run):
    assert load_audit(load_run(run)) is None
    audit = audit_run(run, jobs=1)
    loaded = load_run(run)
    assert load_audit(loaded) == audit
    majority_misses_what_is_against(failures(loaded, "majority"))
    parts_are_read_alone(audit)
    facts = json.loads((run / "run.json").read_text(encoding="utf-8"))
    facts["recipes"][1]["params"]["alpha"] = 3.0
    (run / "run.json").write_text(json.dumps(facts), encoding="utf-8")
    found = load_audit(load_run(run))
    assert [recipe.name for recipe in found.recipes] == ["majority", "actor-only"]
    assert {rate.recipe for rate in (*found.contrast, *found.perturbations, *found.ablations)} == {"majority", "actor-only"}
    rows = run / "rendered" / "favor-against-none" / "rows.parquet"
    pd.read_parquet(rows).iloc[1:].to_parquet(rows)
    assert load_audit(load_run(run)) is None
    (run / "audit" / "audit.json").write_text('{"rows": 1}', encoding="utf-8")
    with pytest.raises(InputError, match=r"audit.json: is damaged"):
        load_audit(loaded)


def majority_misses_what_is_against(found):
    assert [failure.item.id for failure in found] == ["k0-not", "k1-not", "k2-not"]
    first = found[0]
    assert (first.category, first.item.label, first.item.answer) == ("negation-flip", "against", "none")
    assert (first.base.id, first.base.label, first.base.answer) == ("k0", "favor", "none")


def parts_are_read_alone(audit):
    score = {(rate.recipe, rate.perturbation): rate.score.value for rate in (*audit.perturbations, *audit.ablations)}
    assert score["actor-only", "actor-only"] == score["actor-only", ORIGINAL]
    assert {score["majority", name] for name in ABLATIONS} == {score["majority", ORIGINAL]}
    kept = {rate.perturbation: rate.kept.value for rate in audit.perturbations if rate.recipe == "actor-only" and rate.kept}
    assert kept["typos"] == kept["upper-case"] == 1


def rendered(section):
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(loader=PackageLoader("stancelab", "report/sections"), autoescape=True, undefined=StrictUndefined)
    return environment.get_template(section.template).render(section.context)


def test_the_section_shows_every_recipe_category_and_perturbation(run):
    assert section_of(run) is None
    audit = audit_run(run, recipes=["majority", "naive-bayes"], jobs=1)
    section = section_of(run)
    page = rendered(section)
    for name in ("majority", "naive-bayes", "negation flip", "target swap", "all changes", "Not audited: actor-only"):
        assert name in page
    assert page.count("<svg") == 2
    assert all(name.replace("-", " ") in page for name in PERTURBATIONS)
    assert "What naive-bayes gets wrong" in page
    assert "Few clusters" in page
    for sheet in section.sheets.values():
        assert {len(row) for row in sheet.rows} == {len(sheet.header)}
    assert list(dict.fromkeys(row[0] for row in section.sheets["audit-contrast"].rows)) == ["naive-bayes", "majority"]
    assert len(section.sheets["audit-perturbations"].rows) == 2 * (1 + len(PERTURBATIONS))
    nothing_is_said_to_differ(audit, section)
    strong = [rate.model_copy(update={"versus_original": replace(rate.versus_original, p_holm=0.01)}) for rate in audit.ablations]
    path = run / "audit" / "audit.json"
    path.write_text(audit.model_copy(update={"ablations": strong}).model_dump_json(), encoding="utf-8")
    section = section_of(run)
    assert [("naive-bayes on target-only" in sentence) for sentence in section.context["findings"]] == [False, False, True]
    marked = {grid.title for grid in section.context["grids"] for _, cells in grid.lines for cell in cells if cell and cell.mark}
    assert len(marked) == 1


def nothing_is_said_to_differ(audit, section):
    made = [rate.versus_base for rate in audit.contrast]
    made += [rate.versus_original for rate in (*audit.perturbations, *audit.ablations)]
    assert not any(versus.significant for versus in made if versus)
    assert all(sentence.endswith("comparisons: none.") for sentence in section.context["findings"])
    assert not any("*" in cell.value for grid in section.context["grids"] for _, cells in grid.lines for cell in cells if cell)


def test_the_command_prints_tables_or_one_object(run, call):
    code, out, _ = call("audit", run, "--recipe", "majority", "--jobs", "1", "--json")
    assert code == 0
    assert [rate["category"] for rate in json.loads(out)["contrast"]] == ["base", "negation-flip", "target-swap", "all changes"]
    code, out, _ = call("audit", run, "--recipe", "majority", "--jobs", "1")
    assert code == 0
    assert all(part in out for part in ("Contrast items right", "Answers kept", "majority", "after Holm's correction"))
    code, _, err = call("audit", run / "nothing")
    assert (code, err.count("\n")) == (2, 1)
    assert "not a run" in err
