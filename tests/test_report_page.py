"""Is the report whole, does it hold what the predictions say, and does it say nothing as markup?"""

import csv
import io
import re
from html.parser import HTMLParser
from itertools import pairwise
from urllib.parse import parse_qs

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.comparison import holm
from stancelab.labels import LabelScheme
from stancelab.leaderboard import leaderboards
from stancelab.report import page as page_module
from stancelab.report.comparisons_section import every_pair
from stancelab.report.confusion_section import confusion
from stancelab.report.figures import as_svg, leaderboard_chart
from stancelab.report.label_marks import classes, letters
from stancelab.report.latex import escaped, latex_table
from stancelab.report.page import SECTIONS, beside, write_report
from stancelab.report.rows_section import rows_sheet, said
from stancelab.report.section import Section, Sheet, environment
from stancelab.runs import run_experiment

PLAIN = {
    r"\textbackslash{}": "\\",
    r"\textasciitilde{}": "~",
    r"\textasciicircum{}": "^",
    r"\textless{}": "<",
    r"\textgreater{}": ">",
    r"\textbar{}": "|",
    r"\textquotedbl{}": '"',
    "{[}": "[",
    "{]}": "]",
    "{--}": "–",
    r"$\pm$": "±",
    **{rf"\{mark}": mark for mark in "&%$#_{}"},
}
TOKEN = re.compile("|".join(map(re.escape, sorted(PLAIN, key=len, reverse=True))) + r"|[^\\&%$#_{}~^<>|\"\[\]]")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of rows with markup in them, two repeats, and its leaderboards."""
    folder = tmp_path_factory.mktemp("finished")
    write_experiment(folder)
    run = run_experiment(folder, out=folder / "run", jobs=1)
    return run, leaderboards(run)


HOSTILE = '</script><script>document.title = 1</script><img src=x onerror="document.title=2"> {{ 7 * 7 }} \\end{x}'


def write_experiment(folder, *, rows=24):
    """An experiment on rows that a page must not take for markup."""
    labels = ("favor", "against", "none")
    said = {"favor": "they back it", "against": "they reject it", "none": "they met"}
    with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(["id", "text", "actor", "target", "label"])
        for number in range(rows):
            label = labels[number % 3]
            text = f"{said[label]} {number} {HOSTILE if number % 5 == 0 else ''}"
            lines.writerow([f"r{number}", text.strip(), f"<b>actor {number % 4}</b>", "tax & <i>spend</i>", label])
    (folder / "experiment.toml").write_text(
        'title = "A <em>title</em> & more"\ndescription = "<script>document.title = 1</script> {{ 7 * 7 }}"\n'
        'dataset = "rows.csv"\nprimary_metric = "macro_f1"\nseeds = [0]\nschemes = ["favor-against-none"]\n'
        'recipes = ["majority", "naive-bayes", "actor-only"]\ncomparisons = [["naive-bayes", "majority"]]\n'
        '[[protocols]]\nkind = "stratified-group-k-fold"\nfolds = 2\nrepeats = 3\n',
        encoding="utf-8",
    )


class Elements(HTMLParser):
    """The elements of a page, with the text of each heading."""

    def __init__(self, text):
        super().__init__()
        self.found, self.headings = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_data(self, text):
        if self.found and re.fullmatch("h[1-6]", self.found[-1][0]) and text.strip():
            self.headings.append((int(self.found[-1][0][1]), text))


@pytest.fixture(scope="module")
def written(finished, tmp_path_factory):
    """The folder of its report."""
    return write_report(*finished, out=tmp_path_factory.mktemp("written")).parent


@pytest.fixture(scope="module")
def elements(written):
    return Elements((written / "report.html").read_text(encoding="utf-8"))


def test_every_link_leads_somewhere(written, elements):
    anchors = {attributes["id"] for _, attributes in elements.found if "id" in attributes}
    for target in (attributes["href"] for tag, attributes in elements.found if tag == "a"):
        if target.startswith("#"):
            assert target[1:].split("?")[0] in anchors
        else:
            assert (written / target).stat().st_size > 0
    beside_it = {f"{folder}/{path.name}" for folder in ("figures", "tables") for path in (written / folder).iterdir()}
    assert beside_it == {attributes["href"] for tag, attributes in elements.found if tag == "a"} & beside_it


def test_the_parts_stand_in_the_order_of_the_tuple(elements):
    order = [part.__name__.removesuffix("_section") for part in SECTIONS]
    anchors = [attributes["id"] for tag, attributes in elements.found if tag == "section"]
    assert anchors == [name for name in order if name in anchors]
    assert {"overview", "leaderboards", "comparisons", "confusion", "calibration", "rows", "made"} <= set(anchors)
    assert not {"transfer", "forms"} & set(anchors)


def test_headings_skip_no_level_and_tables_say_what_they_are(elements):
    levels = [level for level, _ in elements.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    tags = [tag for tag, _ in elements.found]
    assert tags.count("caption") == tags.count("table")
    assert all("scope" in attributes for tag, attributes in elements.found if tag == "th")


def test_ids_stand_once(elements):
    ids = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(set(ids)) == len(ids)


def test_nothing_of_a_run_is_markup(written, elements):
    text = (written / "report.html").read_text(encoding="utf-8")
    assert not [tag for tag, _ in elements.found if tag in ("img", "em", "i")]
    assert sum(tag == "script" for tag, _ in elements.found) == 2
    assert text.count("</script>") == 2
    assert "<b>actor" not in text
    assert "{{ 7 * 7 }}" in text


def test_a_page_asks_for_nothing(elements):
    policies = [attributes["content"] for tag, attributes in elements.found if tag == "meta" and "http-equiv" in attributes]
    assert len(policies) == 1
    assert policies[0].startswith("default-src 'none'; ")
    assert not [attributes for tag, attributes in elements.found if "src" in attributes or tag == "link"]


def test_the_cells_of_a_confusion_matrix_lead_to_what_they_count(finished, elements):
    _, (board,) = finished
    links = [attributes["href"] for tag, attributes in elements.found if tag == "a" and "?" in attributes["href"]]
    labels = board.dataset.scheme.labels
    expected = [
        (entry.recipe.name, labels[gold], labels[predicted])
        for entry in board.entries
        for gold, line in enumerate(confusion(entry))
        for predicted, value in enumerate(line)
        if value
    ]
    found = [{name: value for name, (value,) in parse_qs(link.split("?")[1]).items()} for link in links]
    assert [(one["recipe"], one["gold"], one["predicted"]) for one in found] == expected


def test_what_was_said_adds_up_to_the_confusion_matrix(finished):
    _, (board,) = finished
    for entry in board.entries:
        sums = [said(entry)[entry.predictions.gold == code].sum(axis=0) / 3 for code in range(3)]
        assert np.allclose(np.array(sums)[:, :3], confusion(entry))


def test_every_row_stands_in_the_csv(finished, written):
    _, (board,) = finished
    with (written / "tables" / "rows.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == list(board.dataset.rows["text"])
    assert [row["gold"] for row in rows] == list(board.dataset.y)
    for entry in board.entries:
        right = [row[entry.recipe.name] == row["gold"] for row in rows]
        most = said(entry).argmax(axis=1) == entry.predictions.gold
        assert right == most.tolist()
        assert {row[f"{entry.recipe.name}: share of repeats"] for row in rows} <= {"0.333", "0.667", "1"}


def test_every_pair_is_there_and_corrected_for_all(finished):
    _, (board,) = finished
    pairs = every_pair(board)
    assert len(pairs) == 3
    assert [pair.p_holm for pair in pairs] == [pair.p_holm for pair in holm(pairs)]
    gaps = {(pair.a, pair.b): pair.difference.value for pair in pairs}
    value = {entry.recipe.name: entry.scores["macro_f1"].interval.value for entry in board.entries}
    assert gaps == {(a, b): pytest.approx(value[a] - value[b]) for a, b in gaps}


def test_figures_and_tables_are_what_they_say(written):
    for path in (written / "figures").iterdir():
        start = path.read_bytes()[:5]
        assert start == {".svg": b"<svg ", ".pdf": b"%PDF-"}[path.suffix]
    for path in (written / "tables").glob("*.tex"):
        text = path.read_text(encoding="utf-8")
        lines = list(csv.reader(io.StringIO(path.with_suffix(".csv").read_text(encoding="utf-8"))))
        body = [line for line in text.splitlines() if line.endswith(r" \\")]
        assert [[unescaped(cell) for cell in line.removesuffix(r" \\").split(" & ")] for line in body] == [
            [" ".join(cell.split()) for cell in line] for line in lines
        ]


def unescaped(text):
    """The text that LaTeX prints. ValueError where a character is read as more than itself."""
    tokens = [match.group() for match in TOKEN.finditer(text)]
    if "".join(tokens) != text:
        raise ValueError(text)
    return "".join(PLAIN.get(token, token) for token in tokens)


marked = st.text(st.sampled_from('ab &%$#_{}~^\\\\<>|"[]–±\\n')) | st.text()


@given(marked)
def test_latex_prints_what_was_said(text):
    assert unescaped(escaped(text)) == " ".join(text.split())


@given(st.lists(st.lists(marked, min_size=2, max_size=2), max_size=4))
def test_a_latex_table_has_the_cells_it_was_given(rows):
    text = latex_table(Sheet(("a_b", "[c]"), tuple(map(tuple, rows))))
    body = text.split("\\midrule\n")[1].split("\\bottomrule")[0]
    found = [[unescaped(cell) for cell in line.split(" & ")] for line in body.split(" \\\\\n")[:-1]]
    assert found == [[" ".join(cell.split()) for cell in row] for row in rows]
    assert r"\toprule" in text
    assert not re.search(r"\\\\\s*\[", text)


def test_a_report_that_fails_leaves_the_one_that_was_there(finished, written, monkeypatch):
    before = {path: path.read_bytes() for path in written.rglob("*") if path.is_file()}
    monkeypatch.setattr(page_module, "as_pdf", lambda svg: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_report(*finished, out=written)
    assert {path: path.read_bytes() for path in written.rglob("*") if path.is_file()} == before


def test_a_report_takes_the_place_of_another(finished, tmp_path, monkeypatch):
    run, boards = finished
    monkeypatch.setattr(page_module, "SECTIONS", (one_part("kept"), one_part("gone")))
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "mine.svg").write_text("mine")
    write_report(run, boards, out=tmp_path)
    assert (tmp_path / "tables" / "gone.tex").exists()
    monkeypatch.setattr(page_module, "SECTIONS", (one_part("kept"),))
    write_report(run, boards, out=tmp_path)
    assert sorted(path.name for path in (tmp_path / "tables").iterdir()) == ["kept.csv", "kept.tex"]
    assert (tmp_path / "figures" / "mine.svg").exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def one_part(name):
    sheet = Sheet(("a",), (("b",),))
    return lambda run, boards: Section(name, name, "made.html", {"run": run}, sheets={name: sheet})


def test_two_parts_may_not_give_files_of_one_name(finished):
    run, boards = finished
    parts = [one_part(name)(run, boards) for name in ("same", "same")]
    with pytest.raises(ValueError, match=r"two parts of the report write tables/same\.tex"):
        beside(parts)


def test_an_unknown_name_in_a_template_is_an_error():
    from jinja2 import UndefinedError

    with pytest.raises(UndefinedError):
        environment().from_string("{{ nothing }}").render()


def test_labels_are_told_apart_by_letters_and_classes():
    scheme = LabelScheme("s", ("favor", "against", "neutral", "none"), favor="favor", against="against")
    assert letters(scheme) == {"favor": "Fa", "against": "Ag", "neutral": "Ne", "none": "No"}
    assert classes(scheme) == {"favor": "favor", "against": "against", "neutral": "neutral", "none": "rest"}
    assert set(letters(LabelScheme("s", ("a", "ab"))).values()) == {"A", "Ab"}


def test_a_chart_is_drawn_once(finished):
    chart = leaderboard_chart(finished[1][0])
    assert as_svg(chart) is as_svg(leaderboard_chart(finished[1][0]))
    assert as_svg(chart).startswith("<svg")


def test_all_rows_are_a_sheet(finished):
    sheet = rows_sheet(finished[1][0])
    assert {len(row) for row in sheet.rows} == {len(sheet.header)}
    assert len(sheet.rows) == 24
