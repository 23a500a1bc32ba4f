"""P-Stance: stance of political tweets on three politicians."""

from pathlib import Path
from typing import Any

from stancelab.errors import refuse
from stancelab.importers.card import AUTHOR, Card, Reading, Split
from stancelab.importers.reading import labelled, read_csv, require
from stancelab.tables import missing_columns

CARD = Card(
    name="pstance",
    title="P-Stance: stance in the political domain",
    description="English tweets of 2020, each labelled with its author's stance on one of three politicians.",
    year=2021,
    creators=["Yingjie Li", "Tiberiu Sosea", "Aditya Sawant", "Ajith Jayaraman Nair", "Diana Inkpen", "Cornelia Caragea"],
    citation="Li et al. 2021, P-Stance: A Large Dataset for Stance Detection in Political Domain. 2021.findings-acl.208",
    publisher="https://github.com/chuchun8/PStance",
    licence="MIT (code), research use (data)",
    get="take the raw_*.csv files from its publisher's repository",
    layout="a folder with raw_train_bernie.csv, raw_val_bernie.csv, the same for biden and trump, raw_test_*.csv if you have it",
    scheme="favor-against",
    target="Bernie Sanders, Joe Biden and Donald Trump",
    label_map={"FAVOR": "favor", "AGAINST": "against"},
    splits={
        "train": Split(rows=[17224], use="training"),
        "val": Split(rows=[2193], use="validation"),
        "test": Split(rows=[2157], use="test"),
    },
    faults=[
        "Tweets without a stance were left out by its authors: there are two labels.",
        "HTML entities such as &amp; are kept as they stand.",
        "A tweet may be repeated with another target; rows of one text are one group.",
    ],
)

TARGETS = {"bernie": "Bernie Sanders", "biden": "Joe Biden", "trump": "Donald Trump"}


def read(source: Path) -> Reading:
    """Rows of the raw files of every split that is there. `source`: a folder, see the card's layout."""
    require(source, [f"raw_{part}_{key}.csv" for part in ("train", "val") for key in TARGETS], CARD.layout)
    files = {(part, key): source / f"raw_{part}_{key}.csv" for part in CARD.splits for key in TARGETS}
    files = {which: path for which, path in files.items() if path.exists()}
    notes: list[str] = []
    faults: list[str] = []
    rows: list[dict[str, Any]] = []
    places: list[str] = []
    groups: dict[Any, str] = {}
    for (part, key), path in files.items():
        table, target = read_csv(path, notes), TARGETS[key]
        refuse(missing_columns(table, ["Tweet", "Target", "Stance"]))
        for number, (place, row) in enumerate(zip(table.places, table.rows, strict=True), 1):
            if row["Target"] != target:
                faults.append(f"{place}: target {row['Target']!r}, expected {target!r} in this file")
            name = f"{part}-{key}-{number:04}"
            core = {"id": name, "doc_id": name, "group": groups.setdefault(row["Tweet"], name), "text": row["Tweet"]}
            rows.append({**core, "actor": AUTHOR, "target": target, "label": row["Stance"], "split": part})
        places += table.places
    return Reading(rows=labelled(rows, places, CARD.label_map, faults), places=places, notes=notes, files=list(files.values()))
