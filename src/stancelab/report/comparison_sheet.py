"""What do comparisons look like as a table to print?"""

from collections.abc import Sequence

from stancelab.comparison import Comparison
from stancelab.report.section import Sheet


def comparison_sheet(pairs: Sequence[Comparison]) -> Sheet:
    """What is compared, its difference with interval, p before and after correction, statements, repeats."""
    header = ("a", "b", "a minus b", "p", "p (Holm)", "statements", "repeats")
    rows = [
        (
            pair.a,
            pair.b,
            f"{pair.difference.value:+.3f} [{pair.difference.low:+.3f}, {pair.difference.high:+.3f}]",
            f"{pair.p:.4f}",
            f"{pair.p_holm:.4f}",
            str(pair.clusters),
            str(pair.replicates),
        )
        for pair in pairs
    ]
    return Sheet(header, tuple(rows))
