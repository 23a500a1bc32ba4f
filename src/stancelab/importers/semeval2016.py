"""SemEval-2016 Task 6A: stance of tweets on five targets, as the organisers' files or in TweetEval's layout."""

from pathlib import Path
from typing import Any

from stancelab.errors import InputError, refuse
from stancelab.importers.card import AUTHOR, Card, Reading, Split
from stancelab.importers.reading import blank_cells, mapped, read_lines
from stancelab.tables import repeated

CARD = Card(
    name="semeval2016",
    title="SemEval-2016 Task 6A: stance in tweets",
    description="English tweets of 2015, each labelled with its author's stance on one of five targets.",
    year=2016,
    creators=["Saif Mohammad", "Svetlana Kiritchenko", "Parinaz Sobhani", "Xiaodan Zhu", "Colin Cherry"],
    citation="Mohammad et al. 2016, SemEval-2016 Task 6: Detecting Stance in Tweets. S16-1003",
    publisher="https://www.saifmohammad.com/WebPages/StanceDataset.htm",
    licence="none stated (tweets; research use)",
    get="download the stance dataset from its publisher, or TweetEval's datasets/stance from github.com/cardiffnlp/tweeteval",
    layout="a folder with AT.train.txt to LA.test.txt and, if you have it, trial_plus_train_2914.txt; or TweetEval's folder",
    scheme="favor-against-none",
    target="five targets",
    label_map={"FAVOR": "favor", "AGAINST": "against", "NONE": "none"},
    splits={
        "trial": Split(rows=[100], use="given out before the task; the 2,914 training rows of its paper are trial and train"),
        "train": Split(rows=[2814, 2620], use="training"),
        "val": Split(rows=[294], use="validation, TweetEval only: drawn from trial and training rows"),
        "test": Split(rows=[1249], use="test of subtask A"),
    },
    faults=[
        "Files mix Windows-1252 and UTF-8, line by line: each line is read as UTF-8 where it is, else as Windows-1252.",
        "Some copies of a file have a header line and others none: both are read.",
        "TweetEval writes labels as integers, 0 none, 1 against, 2 favor, which collide with VAST's (0 con): they are read only "
        "through the mapping.txt that lies beside them, and refused without it.",
        "Every tweet ends in #SemST, the collectors' mark; it is kept.",
    ],
)

TARGETS = {
    "AT": ("atheism", "Atheism"),
    "CC": ("climate", "Climate Change is a Real Concern"),
    "FM": ("feminist", "Feminist Movement"),
    "HC": ("hillary", "Hillary Clinton"),
    "LA": ("abortion", "Legalization of Abortion"),
}
TRIAL = "trial_plus_train_2914.txt"


def read(source: Path) -> Reading:
    """Rows of the organisers' files, or of TweetEval's layout if `source` holds mapping.txt or one of its folders."""
    if not source.is_dir():
        raise InputError(f"{source}: no such folder; expected {CARD.layout}")
    if (source / "mapping.txt").exists() or (source / "abortion").is_dir():
        return _read_tweeteval(source)
    return _read_official(source)


def _read_official(source: Path) -> Reading:
    missing = [
        f"{key}.{part}.txt" for key in TARGETS for part in ("train", "test") if not (source / f"{key}.{part}.txt").exists()
    ]
    if missing:
        raise InputError(f"{source}: holds no {', '.join(missing)}; expected {CARD.layout}")
    notes: list[str] = []
    faults: list[str] = []
    rows: list[dict[str, Any]] = []
    places: list[str] = []
    trial = source / TRIAL
    files = [(source / f"{key}.{part}.txt", part, target) for part in ("train", "test") for key, (_, target) in TARGETS.items()]
    for path, part, target in files:
        for place, cells in _cells(path, 4, notes, faults):
            if cells[1] != target:
                faults.append(f"{place}: target {cells[1]!r}, expected {target!r} in this file")
            rows.append(_row(cells[0], cells[2], target, cells[3], part))
            places.append(place)
    if trial.exists():
        _add_trial(trial, rows, places, notes, faults)
    return _finished(rows, places, notes, faults)


def _add_trial(path: Path, rows: list[dict[str, Any]], places: list[str], notes: list[str], faults: list[str]) -> None:
    """The trial rows, and for all training rows what the file alone has: whom the opinion is about, and the sentiment."""
    known = {row["id"]: row for row in rows}
    for place, cells in _cells(path, 6, notes, faults):
        if cells[0] not in known:
            known[cells[0]] = _row(cells[0], cells[2], cells[1], cells[3], "trial")
            rows.append(known[cells[0]])
            places.append(place)
        known[cells[0]] |= {"opinion_towards": cells[4].lower(), "sentiment": cells[5].lower()}


def _cells(path: Path, width: int, notes: list[str], faults: list[str]) -> list[tuple[str, list[str]]]:
    found = []
    for place, line in read_lines(path, notes):
        cells = line.split("\t")
        if len(cells) != width:
            faults.append(f"{place}: {len(cells)} cells, expected {width} (tab-separated); is the file cut off?")
        elif cells[0] != "ID":
            found.append((place, cells))
    return found


def _read_tweeteval(source: Path) -> Reading:
    label_map = _mapping(source / "mapping.txt")
    notes: list[str] = []
    faults: list[str] = []
    rows: list[dict[str, Any]] = []
    places: list[str] = []
    for part in ("train", "val", "test"):
        for folder, target in TARGETS.values():
            texts = read_lines(source / folder / f"{part}_text.txt", notes)
            labels = read_lines(source / folder / f"{part}_labels.txt", notes)
            if len(texts) != len(labels):
                faults.append(f"{source / folder}: {len(texts)} lines in {part}_text.txt, but {len(labels)} in {part}_labels.txt")
                continue
            for number, ((place, text), (where, label)) in enumerate(zip(texts, labels, strict=True), 1):
                if label.strip() not in label_map:
                    faults.append(f"{where}: label {label!r} is not in mapping.txt")
                name = label_map.get(label.strip(), "NONE")
                rows.append(_row(f"{folder}-{part}-{number:04}", text.strip(), target, name, part))
                places.append(place)
    return _finished(rows, places, notes, faults)


def _mapping(path: Path) -> dict[str, str]:
    if not path.exists():
        raise InputError(
            f"{path}: no such file; TweetEval's labels are bare integers, which mean something else in other corpora, and are "
            "read only with the mapping that was published beside them"
        )
    pairs = [line.split() for _, line in read_lines(path, [])]
    if any(len(pair) != 2 or pair[1].upper() not in CARD.label_map for pair in pairs):
        raise InputError(f"{path}: expected lines like '1<TAB>against'")
    return {number: name.upper() for number, name in pairs}


def _row(number: str, text: str, target: str, label: str, split: str) -> dict[str, Any]:
    core = {"id": number, "doc_id": number, "group": number, "text": text, "actor": AUTHOR, "target": target, "label": label}
    return {**core, "split": split}


def _finished(rows: list[dict[str, Any]], places: list[str], notes: list[str], faults: list[str]) -> Reading:
    labels, unknown = mapped([row["label"] for row in rows], places, CARD.label_map)
    faults += unknown + repeated([row["id"] for row in rows], places, "id") + blank_cells(rows, places, ["id", "text", "target"])
    refuse(faults)
    rows = [{**row, "label": label} for row, label in zip(rows, labels, strict=True)]
    return Reading(rows=rows, places=places, notes=notes)
