"""One command for all ratios: what this package does, beside what its user would do without it, in one run.

usage: python experiments/performance/table.py [transformers] [linear] [million] [cold] [-o FILE]

Needs the extras fast and few-shot, and the corpora (`make corpora`). Run it on a machine that does nothing else; it takes about
50 minutes, and 16 GB of memory for the plain side of the million rows. Sides take turns; a ratio is the median over rounds, the
smallest and largest round beside it.
"""

import sys
from pathlib import Path

import cold_starts
import linear_recipes
import million_rows
import transformer_prediction
from sides import HEADER

from stancelab.runs import machine

PARTS = {"transformers": transformer_prediction, "linear": linear_recipes, "million": million_rows, "cold": cold_starts}


def main(*arguments: str) -> None:
    out = Path(arguments[arguments.index("-o") + 1]) if "-o" in arguments else None
    chosen = [name for name in PARTS if name in arguments] or list(PARTS)
    lines = [HEADER]
    print(HEADER, flush=True)
    for name in chosen:
        for row in PARTS[name].rows():
            lines.append(str(row))
            print(row, flush=True)
    facts = machine()
    lines += ["", f"{facts['processor']}, {facts['cores']} cores."]
    print(lines[-1])
    if out:
        out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
