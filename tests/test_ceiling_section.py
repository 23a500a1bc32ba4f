from dataclasses import replace

import pytest
from jinja2 import Environment, PackageLoader, StrictUndefined

from stancelab.ceiling import TOGETHER
from stancelab.leaderboard import leaderboards
from stancelab.report.ceiling_section import ceiling_markdown, ceiling_section
from stancelab.runs import run_experiment
from stancelab.votes import GIVEN, VOTES


@pytest.fixture
def run(bridge_experiment, bridge, tmp_path):
    header = bridge / "dataset.toml"
    header.write_text(header.read_text(encoding="utf-8") + 'annotators = "Three <invented> readers."\n', encoding="utf-8")
    file = bridge_experiment / "experiment.toml"
    text = file.read_text(encoding="utf-8").replace('"favor-against-none", ', "")
    file.write_text(text.replace('[[protocols]]\nkind = "leave-one-actor-out"\n', ""), encoding="utf-8")
    return run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)


def without(run, *prefixes):
    """The run, its rows without the columns of these names."""
    kept = {
        key: replace(rows, rows=rows.rows[[name for name in rows.rows if not name.startswith(prefixes)]])
        for key, rows in run.datasets.items()
    }
    return replace(run, datasets=kept)


def html_of(section):
    environment = Environment(loader=PackageLoader("stancelab", "report/sections"), autoescape=True, undefined=StrictUndefined)
    return environment.get_template(section.template).render(**section.context)


def test_annotators_stand_beside_models_on_a_page(run):
    boards = leaderboards(run)
    section = ceiling_section(run, boards)
    assert (section.anchor, set(section.figures), set(section.sheets)) == (
        "ceiling",
        {"ceiling"},
        {"ceiling", "ceiling-metrics", "soft-labels"},
    )
    for sheet in section.sheets.values():
        assert {len(row) for row in sheet.rows} == {len(sheet.header)}
    first = section.sheets["ceiling"].rows
    assert [row[0] for row in first[:4]] == [TOGETHER, "x", "y", "z"]
    assert {(row[0], row[1]) for row in first[4:]} == {("majority", "model"), ("naive-bayes", "model"), ("actor-only", "audit")}
    assert section.sheets["soft-labels"].rows[0][0] == "the votes themselves"
    html = html_of(section)
    assert "Who the annotators are: Three &lt;invented&gt; readers." in html
    for told in ("Warning: only 14 clusters", "Krippendorff&#39;s alpha", "of 2 the others are tied", "<svg"):
        assert told in html
    markdown = ceiling_markdown(boards[0])
    assert markdown.startswith("## Annotators and models\n\nWho the annotators are: Three <invented> readers.\n\n")
    assert "| all annotators | annotator |" in markdown
    assert "| the votes themselves |" in markdown


def test_kinds_are_told_apart_by_shape_and_by_colour(run):
    chart = ceiling_section(run, leaderboards(run)).figures["ceiling"]
    points = chart.to_dict()["spec"]["layer"][1]["encoding"]
    shapes, colours = (points[channel]["scale"]["range"] for channel in ("shape", "color"))
    assert len(set(shapes)) == len(set(colours)) == 4


def test_votes_without_names_give_soft_labels_alone(run):
    nameless = without(run, GIVEN)
    section = ceiling_section(nameless, leaderboards(nameless))
    assert (set(section.figures), set(section.sheets)) == (set(), {"soft-labels"})
    assert "so no annotator is scored" in html_of(section)
    markdown = ceiling_markdown(leaderboards(nameless)[0])
    assert "the votes themselves" in markdown
    assert TOGETHER not in markdown


def test_without_annotations_there_is_no_section(run):
    bare = without(run, GIVEN, VOTES)
    assert ceiling_section(bare, leaderboards(bare)) is None
    assert ceiling_markdown(leaderboards(bare)[0]) == ""
