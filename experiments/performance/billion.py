"""What would a billion statements take: time, money, shards, storage, failures?

usage: python experiments/performance/billion.py ROWS_A_SECOND [ROWS_A_SECOND ...]

ROWS_A_SECOND: what one core was measured to predict (table.py). Prices and failure rates are assumptions, stated in the output:
put your own provider's into this file.
"""

import sys
from math import exp

STATEMENTS = 1_000_000_000
CHARACTERS, OUTPUT_BYTES, COMPRESSION = 150, 40, 0.45
"""Of a statement with its actor and target; of its prediction; what parquet leaves of the text."""
ROWS_A_PART, ROWS_A_SHARD = 8_192, 10_000_000
CORES = 512
PRICES = {"on demand": 0.045, "interruptible": 0.015}
"""Dollars for one core and hour, about what large providers ask for general machines in 2026."""
INTERRUPTIONS = {"on demand": 1 / 8_760, "interruptible": 1 / 20}
"""Losses of one machine in an hour: once a year; once in twenty hours."""
CORES_A_MACHINE = 16


def plan(rate: float) -> list[str]:
    """Lines of a table for one core's rate."""
    core_hours = STATEMENTS / rate / 3600
    hours = core_hours / CORES
    part_seconds = ROWS_A_PART / rate
    lines = [
        f"| core hours | {core_hours:,.0f} |",
        f"| hours on {CORES} cores | {hours:,.1f} |",
        f"| seconds a part of {ROWS_A_PART:,} rows takes a core | {part_seconds:,.1f} |",
    ]
    for kind, price in PRICES.items():
        losses = CORES / CORES_A_MACHINE * INTERRUPTIONS[kind] * hours
        again = losses * CORES_A_MACHINE * part_seconds / 2 / 3600
        without = exp(-losses)
        lines += [
            f"| dollars, {kind} ({price} a core hour) | {core_hours * price:,.0f} |",
            f"| machines lost on the way, {kind}; chance of none | {losses:,.2f}; {without:.0%} |",
            f"| core hours computed again because of them | {again:,.2f} ({again / core_hours:.4%}) |",
        ]
    return lines


def storage() -> list[str]:
    """Lines that do not depend on the rate."""
    text = STATEMENTS * CHARACTERS * COMPRESSION / 1e9
    return [
        f"| parquet shards of {ROWS_A_SHARD:,} rows | {STATEMENTS // ROWS_A_SHARD:,} |",
        f"| parts of {ROWS_A_PART:,} rows, of all shards | {-(-STATEMENTS // ROWS_A_PART):,} |",
        f"| input as parquet, GB | {text:,.0f} |",
        f"| predictions as parquet, GB | {STATEMENTS * OUTPUT_BYTES / 1e9:,.0f} |",
    ]


def main(rates: list[float]) -> None:
    print("| what | |\n|---|---|")
    print("\n".join(storage()))
    for rate in rates:
        print(f"\n{rate:,.0f} rows a second and core:\n\n| what | |\n|---|---|")
        print("\n".join(plan(rate)))


if __name__ == "__main__":
    main([float(word) for word in sys.argv[1:]])
