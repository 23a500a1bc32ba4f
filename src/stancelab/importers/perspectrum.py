"""Perspectrum: perspectives that support or undermine a claim."""

from pathlib import Path
from typing import Any

from stancelab.errors import InputError, refuse
from stancelab.importers.card import AUTHOR, Card, Reading, Split
from stancelab.importers.reading import blank_cells, mapped, one_line, read_json, require

CARD = Card(
    name="perspectrum",
    title="Perspectrum: perspectives on claims",
    description="Claims of debate sites, each with sentences that support or undermine it.",
    year=2019,
    creators=["Sihao Chen", "Daniel Khashabi", "Wenpeng Yin", "Chris Callison-Burch", "Dan Roth"],
    citation="Chen et al. 2019, Seeing Things from a Different Angle: Discovering Diverse Perspectives about Claims. N19-1053",
    publisher="https://github.com/CogComp/perspectrum",
    licence="CC-BY-SA-4.0",
    get="take data/dataset from its publisher's repository",
    layout="a folder with perspectrum_with_answers_v1.0.json, perspective_pool_v1.0.json and dataset_split_v1.0.json",
    scheme="support-undermine",
    target="907 claims",
    label_map={"SUPPORT": "support", "UNDERMINE": "undermine"},
    splits={
        "train": Split(rows=[6963], use="training, 541 claims"),
        "dev": Split(rows=[2070], use="development, 139 claims"),
        "test": Split(rows=[2772], use="test, 227 claims"),
    },
    faults=[
        "Split by claim: a group is a claim. A perspective may stand under claims of different splits.",
        "A perspective that is listed twice under one claim with one label is kept once; with two labels, both are dropped.",
        "`grade` is the five-way label; where workers found no majority among five, the three-way label stands.",
    ],
)

FILES = ("perspectrum_with_answers_v1.0.json", "perspective_pool_v1.0.json", "dataset_split_v1.0.json")


def read(source: Path) -> Reading:
    """One row for each claim and perspective. `source`: a folder, see the card's layout."""
    require(source, FILES, CARD.layout)
    answers, pool, split_of = (source / name for name in FILES)
    try:
        found = _pairs(answers, read_json(answers), read_json(pool), read_json(split_of))
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{answers}: not Perspectrum's structure ({type(error).__name__}: {error}); expected {CARD.layout}"
        ) from None
    labels, faults = mapped([row["label"] for row in found], [row["id"] for row in found], CARD.label_map)
    refuse([f"{answers}: {fault}" for fault in faults])
    by_id: dict[str, dict[str, Any]] = {}
    contradicted = set()
    for row, label in zip(found, labels, strict=True):
        first = by_id.setdefault(row["id"], {**row, "label": label})
        if first["label"] != label:
            contradicted.add(row["id"])
    rows = [row for name, row in by_id.items() if name not in contradicted]
    repeats = len(found) - len(by_id)
    notes = [
        f"{answers.name}: {repeats} repeated pairs of claim and perspective dropped, {len(contradicted)} with two labels dropped"
    ]
    places = [f"{answers}: claim {row['doc_id']}, row {row['id']}" for row in rows]
    refuse(blank_cells(rows, places, ["target"]))
    return Reading(rows=rows, places=places, notes=notes, files=[answers, pool, split_of])


def _pairs(answers: Path, claims: Any, pool: Any, split_of: Any) -> list[dict[str, Any]]:
    texts = {entry["pId"]: one_line(entry["text"]) for entry in pool}
    rows, faults = [], []
    for claim in claims:
        number = str(claim["cId"])
        if split_of.get(number) not in CARD.splits:
            faults.append(f"{answers}: claim {number} is in no split, but in {split_of.get(number)!r}")
        for cluster in claim["perspectives"]:
            for which in cluster["pids"]:
                if not texts.get(which):
                    faults.append(f"{answers}: claim {number} names perspective {which}, which the pool lacks or leaves empty")
                core = {"id": f"{number}-{which}", "doc_id": number, "group": f"claim-{number}", "text": texts.get(which)}
                core |= {"actor": AUTHOR, "target": one_line(claim["text"]), "label": cluster["stance_label_3"]}
                rows.append({**core, "split": split_of.get(number), "grade": cluster["stance_label_5"].lower()})
    refuse(faults)
    return rows
