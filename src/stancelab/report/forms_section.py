"""What does it change that the dataset renders each statement in own words?"""

from collections.abc import Sequence

from stancelab.leaderboard import Leaderboard, verbatim_against_rendered
from stancelab.report.comparison_sheet import comparison_sheet
from stancelab.report.section import Section
from stancelab.runs import Run


def forms_section(run: Run, boards: Sequence[Leaderboard]) -> Section | None:
    """Each recipe on verbatim spans against itself on renderings; None for a run on one form of the text."""
    forms = verbatim_against_rendered(run)
    if not forms:
        return None
    sheets = {f"forms-{setting.scheme}-{setting.protocol.name}": comparison_sheet(pairs) for setting, pairs in forms}
    context = {"board": boards[0], "forms": forms}
    return Section("forms", "What the rendering changes", "forms.html", context, sheets=sheets)
