"""VAST: stance of reader comments on thousands of topics, some of them never seen in training."""

from pathlib import Path
from typing import Any

from stancelab.errors import refuse
from stancelab.importers.card import AUTHOR, Card, Reading, Split
from stancelab.importers.reading import first_existing, labelled, read_csv, unzip
from stancelab.tables import Table, missing_columns

CODED = {"0": "con", "1": "pro", "2": "neutral"}
NAMED = {"FAVOR": "pro", "AGAINST": "con", "NONE": "neutral"}

CARD = Card(
    name="vast",
    title="VAST: varied stance topics",
    description="Comments of readers of the New York Times, each paired with topics and labelled with its stance on them.",
    year=2020,
    creators=["Emily Allaway", "Kathleen McKeown"],
    citation="Allaway and McKeown 2020, Zero-Shot Stance Detection: A Dataset and Model using Generalized Topic Representations. "
    "2020.emnlp-main.717",
    publisher="https://github.com/emilyallaway/zero-shot-stance",
    licence="none stated (reader comments; research use)",
    get="take data/VAST from its publisher's repository",
    layout="a folder with vast_train.csv or vast_train.zip, vast_dev.csv and, if you have it, vast_test.csv",
    scheme="pro-con-neutral",
    target="some 5,600 topics",
    label_map=CODED | NAMED,
    splits={
        "train": Split(rows=[13477], use="training"),
        "dev": Split(rows=[2062], use="development"),
        "test": Split(rows=[3006], use="test"),
    },
    faults=[
        "The labels of the first publication are integers, 0 con, 1 pro, 2 neutral, which collide with TweetEval's (0 none); "
        "this importer reads them by the declared map and no other does. Other copies write FAVOR, AGAINST, NONE.",
        "In the first publication `new_topic` is the topic as it was written, save in synthetic neutral rows (type_idx 4), where "
        "it still names the topic that was replaced. The one that was put in stands in `topic_str`: tokenized, in lower case and "
        "the singular, without stop words, as the targets of the repacked development rows are. All topics are read from there; "
        "read from `new_topic` wherever that is right, their form alone would tell most neutral rows. In the form read here, 467 "
        "pairs of a comment and a topic have several labels.",
        "In training, topics that several workers listed repeat: kept.",
        "A comment is paired with up to dozens of topics: rows of one comment are one group.",
        "`seen`: true where the topic also stands in training (few-shot), false where it does not (zero-shot).",
    ],
)

SYNTHETIC_NEUTRAL = "4"
FIRST_PUBLICATION = {"text": "post", "target": "topic_str", "label": "label", "seen": "seen?"}
REPACKED = {"text": "Tweet", "target": "Target 1", "label": "Stance 1", "seen": "seen?"}
CODES = {"type_idx": ("1", "2", "3", SYNTHETIC_NEUTRAL), "seen?": ("0", "1"), "contains_topic?": ("0", "1")}


def read(source: Path) -> Reading:
    """Rows of vast_train, vast_dev and, where it is there, vast_test. `source`: a folder, see the card's layout."""
    notes: list[str] = []
    train = first_existing(source, ["vast_train.csv", "vast_train.zip"], CARD.layout)
    dev = first_existing(source, ["vast_dev.csv"], CARD.layout)
    content = unzip(train, "vast_train.csv") if train.suffix == ".zip" else None
    tables = {"train": read_csv(train, notes, content=content), "dev": read_csv(dev, notes)}
    test = source / "vast_test.csv"
    if test.exists():
        tables["test"] = read_csv(test, notes)
    refuse([fault for table in tables.values() for fault in _code_faults(table)])
    rows: list[dict[str, Any]] = []
    documents: dict[str, str] = {}
    for split, table in tables.items():
        rows += _rows(table, split, documents)
    places = [place for table in tables.values() for place in table.places]
    return Reading(rows=rows, places=places, notes=notes, files=[train, dev, *([test] if test.exists() else [])])


def _code_faults(table: Table) -> list[str]:
    faults = []
    for place, row in zip(table.places, table.rows, strict=True):
        faults += [
            f"{place}: column {name!r} holds {row[name]!r}, expected one of {', '.join(allowed)}; is the file cut off?"
            for name, allowed in CODES.items()
            if name in row and row[name] not in allowed
        ]
        if row.get("type_idx") == SYNTHETIC_NEUTRAL and CODED.get(row.get("label") or "") in ("pro", "con"):
            faults.append(
                f"{place}: label {row['label']!r} for a synthetic neutral row (type_idx {SYNTHETIC_NEUTRAL}), expected 2"
            )
    return faults


def _rows(table: Table, split: str, documents: dict[str, str]) -> list[dict[str, Any]]:
    """The labelled rows of one file. documents: the comments that were met, with their names; it grows."""
    first = "post" in table.columns
    names = FIRST_PUBLICATION if first else REPACKED
    refuse(missing_columns(table, [*names.values(), *(["type_idx"] if first else [])]))
    rows = []
    for number, row in enumerate(table.rows, 1):
        text, target, label, seen = (row[names[key]] for key in ("text", "target", "label", "seen"))
        document = documents.setdefault(str(text), f"{split}-{len(documents) + 1:04}")
        core = {"id": f"{split}-{row.get('new_id') or f'{number:05}'}", "doc_id": document, "group": document}
        core |= {"text": text, "actor": AUTHOR, "target": target, "label": label, "split": split}
        rows.append({**core, "seen": seen == "1"})
    return labelled(rows, table.places, CODED if first else NAMED)
