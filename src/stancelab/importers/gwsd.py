"""GWSD: stance of news sentences on climate change being a serious concern, by eight workers each."""

from pathlib import Path
from typing import Any

from stancelab.errors import refuse
from stancelab.importers.card import AUTHOR, Card, Reading, Split
from stancelab.importers.reading import blank_cells, first_existing, mapped, one_line, read_csv
from stancelab.tables import missing_columns, repeated
from stancelab.votes import VOTES

CARD = Card(
    name="gwsd",
    title="GWSD: global warming stance dataset",
    description="Sentences of US news on global warming, with the votes of eight workers and the posterior of the label that a "
    "model of the workers gives.",
    year=2020,
    creators=["Yiwei Luo", "Dallas Card", "Dan Jurafsky"],
    citation="Luo, Card and Jurafsky 2020, Detecting Stance in Media On Global Warming. 2020.findings-emnlp.296",
    publisher="https://github.com/yiweiluo/GWStance",
    licence="none stated (news sentences; research use)",
    get="take GWSD.tsv or GWSD_without_held_out.tsv from its publisher's repository",
    layout="GWSD_without_held_out.tsv or GWSD.tsv, or a folder with one of them",
    scheme="agree-disagree-neutral",
    target="Climate change/global warming is a serious concern",
    label_map={"agree": "agree", "disagree": "disagree", "neutral": "neutral"},
    splits={
        "train": Split(rows=[1850], use="training"),
        "test": Split(rows=[200], use="held out, marked in GWSD.tsv only"),
    },
    faults=[
        "The first five sentences of every batch are screeners that tested the workers, the same five each time and without a "
        "posterior: left out.",
        "The label is the one with the highest posterior; `posterior_*`, the eight votes and their counts (`votes_*`) are kept. "
        "Of the published 1,850 rows, 2 % have another label than the one with most votes, and 10 % have a tie there.",
        "The file does not say whether worker_0 to worker_7 are the same people in every batch.",
        "Eight sentences stand twice, in different batches; rows of one sentence are one group.",
    ],
)

LABELS = ("agree", "disagree", "neutral")
HELD_OUT = {"True": "test", "False": "train"}
VOTED = {"agrees": "agree", "disagrees": "disagree", "neutral": "neutral"}
"""The labels as workers gave them."""
WORKERS = tuple(f"worker_{number}" for number in range(8))
NAMES = ("GWSD_without_held_out.tsv", "GWSD.tsv")


def read(source: Path) -> Reading:
    """Rows with a posterior. `source`: the tsv, or the folder it is in."""
    path = first_existing(source, NAMES, CARD.layout) if source.is_dir() else source
    notes: list[str] = []
    table = read_csv(path, notes, delimiter="\t")
    refuse(missing_columns(table, ["sentence", "guid", "sent_id", "in_held_out_test", *LABELS, *WORKERS]))
    rows: list[dict[str, Any]] = []
    places: list[str] = []
    faults: list[str] = []
    groups: dict[str, str] = {}
    screeners = 0
    refuse(blank_cells(table.rows, table.places, ["sentence", "guid", "sent_id"]))
    for place, row in zip(table.places, table.rows, strict=True):
        if row["sent_id"].startswith("s"):
            screeners += 1
            continue
        posterior, fault = _posterior(row, place)
        faults += fault
        if row["in_held_out_test"] not in HELD_OUT:
            faults.append(
                f"{place}: in_held_out_test is {row['in_held_out_test']!r}, expected True or False; is the file cut off?"
            )
        text, name = one_line(row["sentence"]), row["guid"]
        label = max(LABELS, key=lambda label: posterior.get(label, 0.0))
        core = {"id": name, "doc_id": name, "group": groups.setdefault(text, name), "text": text, "actor": AUTHOR}
        core |= {"target": CARD.target, "label": label, "split": HELD_OUT.get(row["in_held_out_test"])}
        given = {worker: row[worker] for worker in WORKERS}
        cast = [vote for vote in given.values() if vote is not None]
        votes, strange = mapped(cast, [place] * len(cast), VOTED)
        faults += strange
        counts = {f"{VOTES}{label}": votes.count(label) for label in LABELS}
        rows.append({**core, **{f"posterior_{name}": value for name, value in posterior.items()}, **given, **counts})
        places.append(place)
    notes.append(f"{path.name}: {screeners} screeners left out")
    refuse(faults + repeated([row["id"] for row in rows], places, "id"))
    return Reading(rows=rows, places=places, notes=notes, files=[path])


def _posterior(row: dict[str, Any], place: str) -> tuple[dict[str, float], list[str]]:
    try:
        found = {label: float(row[label]) for label in LABELS}
    except (TypeError, ValueError):
        return {}, [f"{place}: the posterior {[row[label] for label in LABELS]} is no three numbers; is the file cut off?"]
    if not all(0 <= value <= 1 for value in found.values()) or abs(sum(found.values()) - 1) > 0.01:
        return found, [f"{place}: the posterior {list(found.values())} is no three probabilities that sum to 1"]
    if sorted(found.values())[-2] == max(found.values()):
        return found, [
            f"{place}: the posterior {list(found.values())} has no single highest value, expected one label above the others"
        ]
    return found, []
