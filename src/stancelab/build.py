"""How do a dataset's derived files come from its sources: gold, card tables, croissant.json, checksums?"""

from collections import Counter
from pathlib import Path

from stancelab.adjudication import latest_round, settle
from stancelab.agreement import Agreement, agreement_of, pair_agreement
from stancelab.checksums import write_checksums
from stancelab.croissant import describe
from stancelab.dataset import DatasetHeader, unknown_labels
from stancelab.errors import refuse
from stancelab.labels import POSITIONS, LabelScheme, scheme_named
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
    write_json_lines(folder / "gold.jsonl", (row.model_dump(exclude_unset=True) for row in gold))
    write_json(folder / "croissant.json", describe(folder, header))
    write_checksums(folder)
    return ["gold.jsonl", "README.md", "croissant.json", "SHA256SUMS"]


def dataset_agreement(folder: Path) -> list[Agreement]:
    """Krippendorff's alpha of the folder's last annotation round, with intervals over statements; of recipes none."""
    annotations, groups, scheme = _annotations(folder)
    return agreement_of(latest_round(annotations), groups, scheme, seed=0)


def recipe_agreement(folder: Path) -> list[Agreement]:
    """Alpha of the label for each recipe that has annotated the folder, with each annotator of the last round, pair by pair.

    Over the units that both have labelled; a pair without any is left out.
    """
    annotations, groups, scheme = _annotations(folder)
    recipes = dict.fromkeys((entry.annotator, entry.round) for entry in annotations if entry.recipe is not None)
    counting = latest_round(annotations)
    found = []
    for name, number in recipes:
        own = {entry.id: entry for entry in annotations if (entry.annotator, entry.round) == (name, number)}
        for other in sorted({entry.annotator for entry in counting}):
            theirs = [entry for entry in counting if entry.annotator == other and entry.id in own]
            if theirs:
                pair = [*theirs, *(own[entry.id] for entry in theirs)]
                units = {entry.id: groups[entry.id] for entry in theirs}
                found.append(pair_agreement(f"label: {name} (round {number}) and {other}", pair, units, scheme, seed=0))
    return found


def _annotations(folder: Path) -> tuple[list[Annotation], dict[str, str], LabelScheme]:
    """A folder's annotations, the statement of each unit, and the label scheme. InputError for labels or units unknown."""
    scheme = scheme_named(read_toml(folder / "dataset.toml", DatasetHeader).scheme)
    groups = {unit.id: unit.group for unit in read_records(folder / "units.jsonl", Unit)}
    numbered, faults = parse_records(folder / "annotations.jsonl", Annotation)
    places = [f"{folder / 'annotations.jsonl'}:{line}" for line, _ in numbered]
    faults += unknown_labels([entry.label for _, entry in numbered], places, scheme)
    pairs = zip(places, numbered, strict=True)
    refuse(faults + [f"{place}: no unit has id {entry.id!r}" for place, (_, entry) in pairs if entry.id not in groups])
    return [entry for _, entry in numbered], groups, scheme


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
