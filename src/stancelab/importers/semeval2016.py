"""SemEval-2016 Task 6A: stance of tweets on five targets, as the organisers' files or in TweetEval's layout."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stancelab.errors import InputError, listing, refuse, suggestion
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
    layout="a folder with AT.train.txt to LA.test.txt and, if you have it, trial_plus_train_2914.txt; or with the organisers' "
    "semeval2016-task6-trainingdata.txt, SemEval2016-Task6-subtaskA-testdata-gold.txt and, if you have it, "
    "semeval2016-task6-trialdata.txt; or with their trainingdata-all-annotations.txt, testdata-taskA-all-annotations.txt and, if "
    "you have it, trialdata-all-annotations.txt; or TweetEval's folder",
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
        "A few tweets of the source hold mojibake and differ between the files: they are kept as they are, a training tweet as "
        "the training files have it.",
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
NAMES = [name for _, name in TARGETS.values()]
TASK_FILES = (
    {
        "train": "semeval2016-task6-trainingdata.txt",
        "test": "SemEval2016-Task6-subtaskA-testdata-gold.txt",
        "trial": "semeval2016-task6-trialdata.txt",
    },
    {
        "train": "trainingdata-all-annotations.txt",
        "test": "testdata-taskA-all-annotations.txt",
        "trial": "trialdata-all-annotations.txt",
    },
)
"""Split -> file, in each set of files that holds all targets in one."""

ANNOTATED = "-all-annotations.txt"
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
    notes: list[str] = []
    faults: list[str] = []
    rows: list[dict[str, Any]] = []
    places: list[str] = []
    files = _files(source)
    for path, part, targets in files:
        annotated = path.name.endswith(ANNOTATED)
        for place, cells in _cells(path, 6 if annotated else 4, notes, faults):
            if cells[1] not in targets:
                faults.append(f"{place}: target {cells[1]!r}, expected {' or '.join(map(repr, targets))} in this file")
            row = _row(cells[0], cells[2], cells[1], cells[3], part)
            rows.append(row | _annotations(place, cells, faults) if annotated else row)
            places.append(place)
    trial = source / TRIAL
    if trial.exists():
        _add_trial(trial, rows, places, notes, faults)
    return _finished(rows, places, notes, faults, [*(path for path, _, _ in files), *([trial] if trial.exists() else [])])


def _files(source: Path) -> list[tuple[Path, str, Sequence[str]]]:
    """Each file with its split and the targets that it may hold."""
    for names in TASK_FILES:
        if any((source / name).exists() for name in names.values()):
            require(source, [names["train"], names["test"]], CARD.layout)
            return [(source / name, part, NAMES) for part, name in names.items() if (source / name).exists()]
    require(source, [f"{key}.{part}.txt" for key in TARGETS for part in ("train", "test")], CARD.layout)
    return [(source / f"{key}.{part}.txt", part, [name]) for part in ("train", "test") for key, (_, name) in TARGETS.items()]


def _add_trial(path: Path, rows: list[dict[str, Any]], places: list[str], notes: list[str], faults: list[str]) -> None:
    """The trial rows, and for all training rows what the file alone has: whom the opinion is about, and the sentiment."""
    known = {row["id"]: (row, place) for row, place in zip(rows, places, strict=True)}
    lines = _cells(path, 6, notes, faults)
    faults += repeated([cells[0] for _, cells in lines], [place for place, _ in lines], "id")
    reworded = []
    for place, cells in lines:
        number, target, text, label = cells[:4]
        if target not in NAMES:
            faults.append(f"{place}: unknown target {target!r}{suggestion(target, NAMES)}")
        annotations = _annotations(place, cells, faults)
        if number not in known:
            known[number] = (_row(number, text, target, label, "trial") | annotations, place)
            rows.append(known[number][0])
            places.append(place)
            continue
        row, first = known[number]
        if row["split"] == "test":
            faults.append(f"{place}: id {number!r} is that of a test row, at {first}; expected trial and training rows")
        elif (target, label) != (row["target"], row["label"]):
            faults.append(f"{place}: id {number!r} has {target!r}, {label!r}, but {row['target']!r}, {row['label']!r} at {first}")
        elif text != row["text"]:
            reworded.append(number)
        row |= annotations
    if reworded:
        notes.append(
            f"{path.name}: {len(reworded)} tweets are worded otherwise than in the training files, whose words are kept: ids "
            f"{listing(reworded)}"
        )


def _annotations(place: str, cells: Sequence[str], faults: list[str]) -> dict[str, str]:
    if cells[5] not in SENTIMENTS:
        faults.append(f"{place}: unknown sentiment {cells[5]!r}{suggestion(cells[5], SENTIMENTS)}; is the file cut off?")
    return {"opinion_towards": cells[4].lower(), "sentiment": cells[5].lower()}


def _cells(path: Path, width: int, notes: list[str], faults: list[str]) -> list[tuple[str, list[str]]]:
    found = []
    for number, (place, line) in enumerate(read_lines(path, notes)):
        cells = line.split("\t")
        if len(cells) != width:
            faults.append(f"{place}: {len(cells)} cells, expected {width} (tab-separated); is the file cut off?")
        elif number or cells[0] != "ID":
            found.append((place, cells))
    if not found:
        faults.append(f"{path}: the file has no rows")
    return found


def _read_tweeteval(source: Path) -> Reading:
    mapping = source / "mapping.txt"
    notes: list[str] = []
    label_map = _mapping(mapping, notes)
    files = [mapping]
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


def _mapping(path: Path, notes: list[str]) -> dict[str, str]:
    if not path.exists():
        raise InputError(
            f"{path}: no such file; TweetEval's labels are bare integers, which mean something else in other corpora, and are "
            "read only with the mapping that was published beside them"
        )
    lines = [(place, line.split()) for place, line in read_lines(path, notes)]
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
