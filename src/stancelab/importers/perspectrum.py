"""Perspectrum: perspectives that support or undermine a claim."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from stancelab.errors import InputError, refuse, report_of
from stancelab.importers.card import AUTHOR, Card, Reading, Split
from stancelab.importers.reading import blank_cells, mapped, one_line, read_json, require
from stancelab.records import Record
from stancelab.tables import repeated

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
Parsed = TypeVar("Parsed")


class Cluster(Record, extra="ignore"):
    """Perspectives of one meaning under a claim, with their common labels."""

    pids: list[int]
    stance_label_3: str | None
    stance_label_5: str


class Claim(Record, extra="ignore"):
    """One entry of the answers."""

    number: int = Field(alias="cId")
    text: str
    perspectives: list[Cluster]


class Perspective(Record, extra="ignore"):
    """One entry of the pool."""

    number: int = Field(alias="pId")
    text: str


def read(source: Path) -> Reading:
    """One row for each claim and perspective. `source`: a folder, see the card's layout."""
    require(source, FILES, CARD.layout)
    answers, pool, division = (source / name for name in FILES)
    notes: list[str] = []
    claims = _parsed(answers, TypeAdapter(list[Claim]), notes)
    perspectives = _parsed(pool, TypeAdapter(list[Perspective]), notes)
    split_of = _parsed(division, TypeAdapter(dict[str, str]), notes)
    refuse(_repeated_numbers(answers, claims, "cId") + _repeated_numbers(pool, perspectives, "pId"))
    refuse(
        [
            f"{division}: claim {claim.number} is in no split, but in {split_of.get(str(claim.number))!r}"
            for claim in claims
            if split_of.get(str(claim.number)) not in CARD.splits
        ]
    )
    found = _pairs(answers, claims, {entry.number: one_line(entry.text) for entry in perspectives}, split_of)
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
    notes.append(
        f"{answers.name}: {repeats} repeated pairs of claim and perspective dropped, {len(contradicted)} with two labels dropped"
    )
    places = [f"{answers}: claim {row['doc_id']}, row {row['id']}" for row in rows]
    refuse(blank_cells(rows, places, ["target"]))
    return Reading(rows=rows, places=places, notes=notes, files=[answers, pool, division])


def _parsed(path: Path, shape: TypeAdapter[Parsed], notes: list[str]) -> Parsed:
    try:
        return shape.validate_python(read_json(path, notes), strict=True)
    except ValidationError as error:
        faults = [(".".join(map(str, fault["loc"])) or "the top", fault["msg"]) for fault in error.errors()]
        raise InputError(
            report_of([f"{path}: not Perspectrum's structure at {where}: {what}" for where, what in faults])
        ) from None


def _repeated_numbers(path: Path, entries: Sequence[Claim | Perspective], what: str) -> list[str]:
    places = [f"{path}: entry {place}" for place in range(1, len(entries) + 1)]
    return repeated([entry.number for entry in entries], places, what)


def _pairs(answers: Path, claims: Sequence[Claim], texts: Mapping[int, str], split_of: Mapping[str, str]) -> list[dict[str, Any]]:
    rows, faults = [], []
    for claim in claims:
        number = str(claim.number)
        for cluster in claim.perspectives:
            for which in cluster.pids:
                if not texts.get(which):
                    faults.append(f"{answers}: claim {number} names perspective {which}, which the pool lacks or leaves empty")
                core = {"id": f"{number}-{which}", "doc_id": number, "group": f"claim-{number}", "text": texts.get(which)}
                core |= {"actor": AUTHOR, "target": one_line(claim.text), "label": cluster.stance_label_3}
                rows.append({**core, "split": split_of[number], "grade": cluster.stance_label_5.lower()})
    refuse(faults)
    return rows
