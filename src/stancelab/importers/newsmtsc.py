"""NewsMTSC: sentiment of political news sentences toward the people and organisations that they mention."""

from pathlib import Path
from typing import Any

from stancelab.importers.card import AUTHOR, Card, Reading, Split
from stancelab.importers.reading import labelled, require
from stancelab.records import read_json_lines

CARD = Card(
    name="newsmtsc",
    title="NewsMTSC: target-dependent sentiment in political news",
    description="Sentences of US news, each labelled with the sentiment toward one person or organisation that it mentions.",
    year=2021,
    creators=["Felix Hamborg", "Karsten Donnay"],
    citation="Hamborg and Donnay 2021, NewsMTSC: A Dataset for (Multi-)Target-dependent Sentiment Classification in Political "
    "News Articles. 2021.eacl-main.142",
    publisher="https://github.com/fhamborg/NewsMTSC",
    licence="MIT",
    get="take the jsonl files from its publisher's repository (folder NewsSentiment/experiments/default/datasets)",
    layout="a folder with train.jsonl, rw.dev.jsonl, mt.dev.jsonl and, if you have them, rw.test.jsonl, mt.test.jsonl; or the "
    "repository's, with newsmtsc-mt-hf/ (train.jsonl, dev.jsonl, test.jsonl) and newsmtsc-rw-hf/ (dev.jsonl, test.jsonl)",
    scheme="positive-negative-neutral",
    target="the mention",
    label_map={"1": "positive", "-1": "negative", "0": "neutral"},
    splits={
        "train": Split(rows=[8739], use="training"),
        "rw-dev": Split(rows=[343], use="development, real-world distribution"),
        "mt-dev": Split(rows=[442], use="development, sentences with two targets or more"),
        "rw-test": Split(rows=[1146], use="test, real-world distribution"),
        "mt-test": Split(rows=[1476], use="test, sentences with two targets or more"),
    },
    faults=[
        "Sentiment toward a mention, not stance: the target is the mention as it is worded, often a pronoun or a surname.",
        "`mention_start` and `mention_end` are code points into the text, end-exclusive; each is checked against the mention.",
        "Sentences of one article may stand in different splits; one training sentence also stands in rw-dev.",
    ],
)

FILES = {name: f"{name.replace('-', '.')}.jsonl" for name in CARD.splits}
IN_REPOSITORY = {
    "train": "newsmtsc-mt-hf/train.jsonl",
    "rw-dev": "newsmtsc-rw-hf/dev.jsonl",
    "mt-dev": "newsmtsc-mt-hf/dev.jsonl",
    "rw-test": "newsmtsc-rw-hf/test.jsonl",
    "mt-test": "newsmtsc-mt-hf/test.jsonl",
}
KEYS = {"sentence": str, "mention": str, "from": int, "to": int, "polarity": int, "id": str}


def read(source: Path) -> Reading:
    """Rows of every file that is there, train and the two dev sets at least. `source`: a folder, see the card's layout."""
    names = IN_REPOSITORY if (source / "newsmtsc-mt-hf").is_dir() or (source / "newsmtsc-rw-hf").is_dir() else FILES
    require(source, [names[split] for split in ("train", "rw-dev", "mt-dev")], CARD.layout)
    files = {split: source / name for split, name in names.items() if (source / name).exists()}
    rows: list[dict[str, Any]] = []
    places: list[str] = []
    faults: list[str] = []
    groups: dict[str, str] = {}
    for split, path in files.items():
        for number, found in read_json_lines(path):
            place = f"{path}:{number}"
            wrong = [
                f"{place}: key {key!r}: expected {kind.__name__}, got {found.get(key)!r}"
                for key, kind in KEYS.items()
                if not isinstance(found.get(key), kind)
            ]
            if wrong:
                faults += wrong
                continue
            text, start, end = found["sentence"], found["from"], found["to"]
            if not 0 <= start < end <= len(text):
                faults.append(f"{place}: from {start} to {end}, expected 0 <= from < to <= {len(text)}, the sentence's length")
            elif text[start:end] != found["mention"]:
                faults.append(f"{place}: the sentence holds {text[start:end]!r} at {start}-{end}, not {found['mention']!r}")
            group = groups.setdefault(text, found["id"])
            core = {"id": found["id"], "doc_id": "_".join(found["id"].split("_")[:3]), "group": group, "text": text}
            core |= {"actor": AUTHOR, "target": found["mention"], "label": str(found["polarity"]), "split": split}
            rows.append({**core, "mention_start": start, "mention_end": end})
            places.append(place)
    return Reading(rows=labelled(rows, places, CARD.label_map, faults), places=places, notes=[], files=list(files.values()))
