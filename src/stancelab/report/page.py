"""What does a finished run look like as one self-contained page, with its figures and tables as files beside it?"""

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from stancelab.leaderboard import Leaderboard, verbatim_against_rendered
from stancelab.report.attributions_section import attributions_section
from stancelab.report.audit_section import audit_section
from stancelab.report.calibration_section import calibration_section
from stancelab.report.ceiling_section import ceiling_section
from stancelab.report.comparisons_section import comparisons_section
from stancelab.report.confusion_section import confusion_section
from stancelab.report.figures import as_pdf, as_svg
from stancelab.report.files import write_files
from stancelab.report.forms_section import forms_section
from stancelab.report.hardest_section import hardest_section
from stancelab.report.latex import latex_table
from stancelab.report.leaderboards_section import leaderboards_section
from stancelab.report.learning_curve_section import learning_curve_section
from stancelab.report.made_section import made_section
from stancelab.report.overview_section import overview_section
from stancelab.report.results import results
from stancelab.report.rows_section import rows_section
from stancelab.report.sealed import checksum_source, joined
from stancelab.report.section import Section, Sheet, environment
from stancelab.report.slices_section import slices_section
from stancelab.report.transfer_section import transfer_section
from stancelab.runs import Run
from stancelab.transfer import transfer_matrix

SECTIONS: tuple[Callable[[Run, Sequence[Leaderboard]], Section | None], ...] = (
    overview_section,
    leaderboards_section,
    comparisons_section,
    confusion_section,
    calibration_section,
    transfer_section,
    learning_curve_section,
    audit_section,
    slices_section,
    hardest_section,
    attributions_section,
    ceiling_section,
    forms_section,
    rows_section,
    made_section,
)
"""The parts of the page, in order; one that has nothing to show of a run gives None."""


def write_report(run: Run, boards: Sequence[Leaderboard], *, out: Path | None = None) -> Path:
    """Write report.html, figures/, tables/, results.md and scores.json of a finished run (into its folder if `out` is None).

    Everything is made before anything is written: a report that fails leaves the one that was there.
    """
    sections = [section for part in SECTIONS if (section := part(run, boards))]
    target = out or run.folder
    scores = {"name": run.name, "boards": [board.to_dict() for board in boards]}
    content = {
        "report.html": page(run, sections).encode(),
        "results.md": results(run, boards, verbatim_against_rendered(run), transfer_matrix(run)).encode(),
        "scores.json": (json.dumps(scores, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode(),
        **beside(sections),
    }
    write_files(target, content, page="report.html")
    return target / "report.html"


def page(run: Run, sections: Sequence[Section]) -> str:
    """The page as HTML: what it needs is in it, and its policy forbids the browser to ask for anything else."""
    style, script = joined("report/look.css", "report/page.css"), joined("report/page.js")
    policy = f"img-src data:; style-src 'unsafe-inline'; script-src {checksum_source(script)}"
    return environment().get_template("page.html").render(run=run, sections=sections, style=style, script=script, policy=policy)


def beside(sections: Sequence[Section]) -> dict[str, bytes]:
    """The files of all sections by path: each figure as svg and pdf, each sheet as LaTeX and csv, records as csv."""
    found: dict[str, bytes] = {}
    for own in map(_files_of, sections):
        if twice := found.keys() & own.keys():
            raise ValueError(f"two parts of the report write {max(twice)}")
        found |= own
    return found


def _files_of(section: Section) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name, chart in section.figures.items():
        svg = as_svg(chart)
        found |= {f"figures/{name}.svg": svg.encode(), f"figures/{name}.pdf": as_pdf(svg)}
    for name, sheet in section.sheets.items():
        found |= {f"tables/{name}.tex": latex_table(sheet).encode(), f"tables/{name}.csv": csv_table(sheet).encode()}
    return found | {f"tables/{name}.csv": csv_table(sheet).encode() for name, sheet in section.records.items()}


def csv_table(sheet: Sheet) -> str:
    """A sheet as csv."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([sheet.header, *sheet.rows])
    return written.getvalue()
