"""On what machine, with which versions and which limits was the run made, and what do signatures mean?"""

from collections.abc import Sequence

from stancelab.leaderboard import Leaderboard
from stancelab.report.section import Section
from stancelab.runs import Run


def made_section(run: Run, boards: Sequence[Leaderboard]) -> Section:
    """Machine, versions, what was limited and why."""
    return Section("made", "How it was made", "made.html", {"run": run})
