"""How do a dataset's derived files come from its sources: gold, card tables, croissant.json, checksums?"""

from collections import Counter
from pathlib import Path

from stancelab.adjudication import latest_round, settle
from stancelab.agreement import Agreement, agreement_of
from stancelab.checksums import write_checksums
from stancelab.croissant import describe
from stancelab.dataset import DatasetHeader, unknown_labels
from stancelab.errors import refuse
from stancelab.labels import POSITIONS, scheme_named
from stancelab.markdown import replace_block, table
from stancelab.records import (
    Adjudication,
    Annotation,
    GoldRow,
    Unit,
    parse_records,
    read_records,
    write_json,
    write_json_lines,
)
from stancelab.toml_files import read_toml


def build(folder: Path) -> list[str]:
    """Write gold.jsonl, the tables of README.md, croissant.json and SHA256SUMS; returns the names of the files written.

    InputError if a disagreement is not settled or a source file is faulty.
    """
    header = read_toml(folder / "dataset.toml", DatasetHeader)
    annotations = read_records(folder / "annotations.jsonl", Annotation)
    settled = folder / "adjudication.jsonl"
    log = read_records(settled, Adjudication) if settled.exists() else []
    gold, faults = settle(read_records(folder / "units.jsonl", Unit), annotations, log)
    refuse([f"{folder}: {fault}" for fault in faults])
    tables = {"composition": composition_table(gold), "agreement": agreement_table(dataset_agreement(folder))}
    for name, content in tables.items():
        replace_block(folder / "README.md", name, content)
    write_json_lines(folder / "gold.jsonl", (row.model_dump() for row in gold))
    write_json(folder / "croissant.json", describe(folder, header))
    write_checksums(folder)
    return ["gold.jsonl", "README.md", "croissant.json", "SHA256SUMS"]


def dataset_agreement(folder: Path) -> list[Agreement]:
    """Krippendorff's alpha of the folder's last annotation round, with intervals over statements."""
    scheme = scheme_named(read_toml(folder / "dataset.toml", DatasetHeader).scheme)
    groups = {unit.id: unit.group for unit in read_records(folder / "units.jsonl", Unit)}
    numbered, faults = parse_records(folder / "annotations.jsonl", Annotation)
    places = [f"{folder / 'annotations.jsonl'}:{line}" for line, _ in numbered]
    faults += unknown_labels([entry.label for _, entry in numbered], places, scheme)
    pairs = zip(places, numbered, strict=True)
    refuse(faults + [f"{place}: no unit has id {entry.id!r}" for place, (_, entry) in pairs if entry.id not in groups])
    annotations = latest_round([entry for _, entry in numbered])
    return agreement_of(annotations, groups, scheme, seed=0)


def agreement_table(found: list[Agreement]) -> str:
    """Alpha by field, as Markdown."""
    rows = [
        [entry.field, entry.level, str(entry.alpha), str(entry.units), str(entry.clusters), str(entry.annotators)]
        for entry in found
    ]
    return table(["field", "level", "alpha [95 %]", "units", "statements", "annotators"], rows)


def composition_table(gold: list[GoldRow]) -> str:
    """How many rows, statements and actors each label and position has, as Markdown."""
    rows = []
    for position in reversed(POSITIONS):
        for label in dict.fromkeys(row.label for row in gold if row.position == position):
            chosen = [row for row in gold if (row.label, row.position) == (label, position)]
            modes = Counter(row.mode for row in chosen)
            counts = [len(chosen), len({row.group for row in chosen}), len({row.actor_id for row in chosen})]
            rows.append([label, position, *map(str, counts), ", ".join(f"{mode} {n}" for mode, n in modes.most_common())])
    total = [str(len(gold)), str(len({row.group for row in gold})), str(len({row.actor_id for row in gold}))]
    return table(["label", "position", "rows", "statements", "actors", "modes"], [*rows, ["all", "", *total, ""]])
