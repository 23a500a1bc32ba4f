"""Which of a run's numbers stand in the files of its experiment and in the READMEs?"""

from collections.abc import Sequence
from pathlib import Path

from stancelab.catalog import homes
from stancelab.errors import InputError
from stancelab.leaderboard import Leaderboard, verbatim_against_rendered
from stancelab.markdown import replace_block, table
from stancelab.records import read_text, write_text
from stancelab.report.figures import as_svg
from stancelab.report.results import headline, results, score_text
from stancelab.report.transfer_section import transfer_charts
from stancelab.runs import Run
from stancelab.transfer import transfer_matrix


def publish(run: Run, boards: Sequence[Leaderboard]) -> list[Path]:
    """Write a run's numbers into its experiment's results.md, and into README.md and models/README.md where they have a block."""
    home = next((home for home in homes() if (home / "experiments" / run.name / "experiment.toml").exists()), None)
    if home is None:
        raise InputError(f"{run.folder}: no folder experiments/{run.name} here to publish into")
    primary = boards[0]
    same_but_text = [board for board in boards if board.setting.folder.parts[1:] == primary.setting.folder.parts[1:]]
    listed = [
        [f"`{entry.recipe.name}`", entry.recipe.family, entry.recipe.description, score_text(entry, primary.metric)]
        for entry in primary.entries
    ]
    heading = f"{primary.metric_title} on {run.name}"
    blocks = {
        home / "README.md": (f"leaderboard {run.name}", "\n\n".join(headline(board) for board in same_but_text)),
        home / "models" / "README.md": (
            f"recipes {run.name}",
            table(["recipe", "family", "what it is", heading], listed),
        ),
    }
    own, cells = home / "experiments" / run.name, transfer_matrix(run)
    written = [own / "results.md"]
    write_text(written[0], results(run, boards, verbatim_against_rendered(run), cells))
    for recipe, chart in transfer_charts(run, cells, primary.metric_title).items():
        written.append(own / f"{recipe}.svg")
        write_text(written[-1], as_svg(chart))
    for path, (block, content) in blocks.items():
        if path.exists() and f"<!-- {block}:begin -->" in read_text(path):
            replace_block(path, block, content)
            written.append(path)
    return written
