"""SemEval-2016 Task 6A: stance of tweets on five targets, as the organisers' files or in TweetEval's layout."""

from pathlib import Path
from typing import Any

from stancelab.errors import InputError, refuse, suggestion
from stancelab.importers.card import AUTHOR, Card, Reading, Split
from stancelab.importers.reading import decode, labelled, read_bytes, read_lines, require
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

Lines = list[tuple[str, str]]
TARGETS = {
    "AT": ("atheism", "Atheism"),
    "CC": ("climate", "Climate Change is a Real Concern"),
    "FM": ("feminist", "Feminist Movement"),
    "HC": ("hillary", "Hillary Clinton"),
    "LA": ("abortion", "Legalization of Abortion"),
}
TRIAL = "trial_plus_train_2914.txt"
SENTIMENTS = ("POSITIVE", "NEGATIVE", "NEITHER")


def read(source: Path) -> Reading:
    """Rows of the organisers' files, or of TweetEval's layout if `source` holds mapping.txt or one of its folders."""
    if not source.is_dir():
        raise InputError(f"{source}: no such folder; expected {CARD.layout}")
    if (source / "mapping.txt").exists() or (source / "abortion").is_dir():
        return _read_tweeteval(source)
    return _read_official(source)


def _read_official(source: Path) -> Reading:
    require(source, [f"{key}.{part}.txt" for key in TARGETS for part in ("train", "test")], CARD.layout)
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
    read_files = [*(path for path, _, _ in files), *([trial] if trial.exists() else [])]
    return _finished(rows, places, notes, faults, read_files)


def _add_trial(path: Path, rows: list[dict[str, Any]], places: list[str], notes: list[str], faults: list[str]) -> None:
    """The trial rows, and for all training rows what the file alone has: whom the opinion is about, and the sentiment."""
    known = {row["id"]: row for row in rows}
    names = [name for _, name in TARGETS.values()]
    for place, cells in _cells(path, 6, notes, faults):
        if cells[1] not in names:
            faults.append(f"{place}: unknown target {cells[1]!r}{suggestion(cells[1], names)}")
        if cells[5] not in SENTIMENTS:
            faults.append(f"{place}: unknown sentiment {cells[5]!r}{suggestion(cells[5], SENTIMENTS)}; is the file cut off?")
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
    if not found:
        faults.append(f"{path}: the file has no rows")
    return found


def _read_tweeteval(source: Path) -> Reading:
    mapping = source / "mapping.txt"
    label_map = _mapping(mapping)
    files = [mapping]
    notes: list[str] = []
    faults: list[str] = []
    rows: list[dict[str, Any]] = []
    places: list[str] = []
    for part in ("train", "val", "test"):
        for folder, target in TARGETS.values():
            text_path, label_path = (source / folder / f"{part}_{what}.txt" for what in ("text", "labels"))
            texts, labels = read_lines(text_path, notes), read_lines(label_path, notes)
            files += [text_path, label_path]
            apart = _apart(text_path, label_path, texts, labels)
            faults += apart
            if apart:
                continue
            for number, ((place, text), (where, label)) in enumerate(zip(texts, labels, strict=True), 1):
                if label.strip() not in label_map:
                    faults.append(f"{where}: label {label!r} is not in mapping.txt")
                name = label_map.get(label.strip(), "NONE")
                rows.append(_row(f"{folder}-{part}-{number:04}", text.strip(), target, name, part))
                places.append(place)
    return _finished(rows, places, notes, faults, files)


def _apart(text: Path, label: Path, texts: Lines, labels: Lines) -> list[str]:
    """A fault where two files do not go together line by line, or the texts end in the middle of a line."""
    if not decode(read_bytes(text), text, []).endswith("\n"):
        return [f"{texts[-1][0]}: the last line has no end; is the file cut off?"]
    here, there = ([place.rpartition(":")[2] for place, _ in lines] for lines in (texts, labels))
    if here == there:
        return []
    first = min({*here} ^ {*there}, key=int)
    full, lacking = (text, label) if first in here else (label, text)
    return [
        f"{lacking}:{first}: nothing stands on this line, but something on that of {full.name} ({len(texts)} texts, "
        f"{len(labels)} labels); is the file cut off?"
    ]


def _mapping(path: Path) -> dict[str, str]:
    if not path.exists():
        raise InputError(
            f"{path}: no such file; TweetEval's labels are bare integers, which mean something else in other corpora, and are "
            "read only with the mapping that was published beside them"
        )
    lines = [(place, line.split()) for place, line in read_lines(path, [])]
    wrong = [(place, pair) for place, pair in lines if len(pair) != 2 or pair[1].upper() not in CARD.label_map]
    refuse(
        [f"{place}: expected a line like '1<TAB>against', got {' '.join(pair)!r}; is the file cut off?" for place, pair in wrong]
    )
    refuse(repeated([number for _, (number, _) in lines], [place for place, _ in lines], "number"))
    found = {number: name.upper() for _, (number, name) in lines}
    lacking = [name for name in CARD.label_map if name not in found.values()]
    if lacking:
        raise InputError(f"{lines[-1][0]}: the file ends without a line for {', '.join(lacking)}; is it cut off?")
    return found


def _row(number: str, text: str, target: str, label: str, split: str) -> dict[str, Any]:
    core = {"id": number, "doc_id": number, "group": number, "text": text, "actor": AUTHOR, "target": target, "label": label}
    return {**core, "split": split}


def _finished(rows: list[dict[str, Any]], places: list[str], notes: list[str], faults: list[str], files: list[Path]) -> Reading:
    return Reading(rows=labelled(rows, places, CARD.label_map, faults), places=places, notes=notes, files=files)
