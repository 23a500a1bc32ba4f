import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

import stancelab.report
from stancelab.attribution import Player
from stancelab.coefficients import NgramWeights, Weight
from stancelab.experiment import load_experiment, load_rows
from stancelab.explaining import FILE, ExplainedRow, Explanation, Explanations, explain_run, stamp
from stancelab.recipes import load_recipe
from stancelab.records import write_json
from stancelab.report.attributions_section import attributions_section, shade
from stancelab.report.section import Section
from stancelab.runs import Run, run_experiment

HOSTILE = "<script>alert('x')</script>"
TEMPLATES = Path(stancelab.report.__file__).parent / "sections"


@pytest.fixture
def run(bridge_experiment, tmp_path) -> Run:
    """A run without cells, which is all that a section looks at."""
    experiment = load_experiment(bridge_experiment)
    rows = load_rows(experiment, bridge_experiment / "experiment.toml", "favor-against-none")
    recipes = tuple(load_recipe(name) for name in experiment.recipes)
    return Run(tmp_path / "run", "bridge-run", experiment, recipes, {("rendered", "favor-against-none"): rows}, {})


def rendered(section: Section) -> str:
    pages = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    return pages.get_template(section.template).render(section.context)


def written(run: Run, *, stamps: dict[str, str] | None = None, recorded: float | None = 0.8) -> None:
    """attributions.json of one row full of markup."""
    names = [HOSTILE, 'say "no"', "maybe"]
    players = [*(Player(field="text", text=f"{name} ") for name in names), *map(field_player, ("actor", "target"))]
    made = Explanation(
        recipe="naive-bayes",
        fold=0,
        predicted="favor",
        probability=0.8,
        recorded=recorded,
        base=0.3,
        values=[0.6, -0.2, 0.05, 0.05, 0.0],
        errors=[0.01, 0.01, 0.04, 0.01, 0.0],
    )
    weight = Weight(ngram=HOSTILE, mean=1.0, low=0.5, high=1.5)
    letters = NgramWeights(
        target=None, kind="char", label="favor", folds=2, toward=[], away=[Weight(ngram="a b", mean=-1, low=-2, high=0)]
    )
    table = NgramWeights(target=None, kind="word", label="favor", folds=2, toward=[weight], away=[])
    found = Explanations(
        setting=run.settings[0].folder.as_posix(),
        orders=16,
        stamps=stamps or {"naive-bayes": stamp(run, "naive-bayes")},
        rows=[ExplainedRow(id="b01-ada", gold="against", players=players, explanations=[made])],
        weights={"naive-bayes": [table, letters]},
    )
    write_json(run.folder / FILE, found.model_dump(mode="json"))


def field_player(field) -> Player:
    return Player(field=field, text=f"{field} {HOSTILE}")


class Spans(HTMLParser):
    """The text of each span that has a title, with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.open = dict(attrs) if tag == "span" and "title" in dict(attrs) else None

    def handle_data(self, data):
        if getattr(self, "open", None):
            self.found.append((data, self.open))
            self.open = None


def test_without_explanations_there_is_no_section(run):
    assert attributions_section(run, []) is None


def test_real_explanations_are_shown_whole(bridge_experiment, tmp_path):
    run = run_experiment(bridge_experiment, out=tmp_path / "run", recipes=["naive-bayes"], jobs=1)
    explain_run(run, rows=3)
    section = attributions_section(run, [])
    assert section is not None
    page = rendered(section)
    assert page.count("<details") == 3 + len(section.context["weights"])
    assert "Left out" not in page
    assert "no longer give" not in page
    sheet = section.sheets["ngram-weights"]
    assert sheet.rows
    assert {len(row) for row in sheet.rows} == {len(sheet.header)}


def test_words_are_shaded_by_what_they_bring_and_hostile_text_stays_text(run):
    written(run)
    section = attributions_section(run, [])
    assert section is not None
    page = rendered(section)
    assert "<script" not in page
    spans = Spans(page)
    assert spans.tags.isdisjoint({"script", "style"})
    marks = dict(spans.found)
    assert list(marks) == [HOSTILE, 'say "no"', "maybe", "[actor]", "[target]"]
    assert "solid" in marks[HOSTILE]["style"]
    assert marks[HOSTILE]["title"] == "+0.600 ± 0.010"
    assert "dotted" in marks['say "no"']["style"]
    assert "style" not in marks["maybe"]
    assert "style" not in marks["[target]"]
    strongest = re.search(r'<br><span class="soft">(.*?)</span>', page)
    assert strongest is not None
    assert strongest[1].endswith("+0.60, say &#34;no&#34; -0.20, [actor] +0.05")
    assert "a·b" in page


def test_outdated_recipes_are_named_and_left_out(run):
    written(run, stamps={"naive-bayes": "0" * 64})
    section = attributions_section(run, [])
    assert section is not None
    page = rendered(section)
    assert "computed anew after they were explained: naive-bayes" in page
    assert "<details" not in page
    assert section.sheets == {}


@pytest.mark.parametrize(("recorded", "told"), [(0.65, True), (0.799, False), (None, False)])
def test_a_model_that_is_no_longer_the_run_s_is_named(run, recorded, told):
    written(run, recorded=recorded)
    section = attributions_section(run, [])
    assert section is not None
    assert ("naive-bayes (off by up to 0.150)" in rendered(section)) is told


def test_a_shade_deepens_and_thickens_up_to_its_limit():
    def parts(value: float) -> tuple[float, int]:
        found = re.search(r",([\d.]+)\);.* (\d)px", shade(value, 0.0))
        assert found is not None
        return float(found[1]), int(found[2])

    assert parts(0.02) < parts(0.1) < parts(0.25) == parts(0.9)
    assert parts(0.1) == parts(-0.1)
    assert shade(0.1, 0.0) != shade(-0.1, 0.0)
    assert shade(0.1, 0.05) == shade(0.0, 0.0) == ""
