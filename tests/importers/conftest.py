"""Corpora of a few invented rows, each in the layout of the real one."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

SEMEVAL = {
    "AT": "Atheism",
    "CC": "Climate Change is a Real Concern",
    "FM": "Feminist Movement",
    "HC": "Hillary Clinton",
    "LA": "Legalization of Abortion",
}
STANCES = ("FAVOR", "AGAINST", "NONE")
TWEETEVAL = {"atheism": "AT", "climate": "CC", "feminist": "FM", "hillary": "HC", "abortion": "LA"}


def put(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def semeval2016(folder: Path) -> None:
    """Three training and two test rows a target; ids count on from 1; the trial file adds rows 901 and 902."""
    number = 0
    trial = ["ID\tTarget\tTweet\tStance\tOpinion towards\tSentiment"]
    for key, target in SEMEVAL.items():
        for part, size in (("train", 3), ("test", 2)):
            lines = []
            for stance in STANCES[:size]:
                number += 1
                lines.append(f"{number}\t{target}\tThe goose of {key} walks for the {number}th time #SemST\t{stance}")
                if part == "train":
                    trial.append(f"{lines[-1]}\t{number % 3 + 1}.  The goose says so.\tPOSITIVE")
            put(folder / f"{key}.{part}.txt", "\n".join(lines) + "\n")
    trial.append("901\tAtheism\tA goose was tried out #SemST\tNONE\t3.  Nothing is said.\tNEITHER")
    trial.append("902\tHillary Clinton\tTwo geese were tried out #SemST\tAGAINST\t1.  It is said.\tNEGATIVE")
    put(folder / "trial_plus_train_2914.txt", "\r\n".join(trial) + "\r\n")


TASK_HEADER = "ID\tTarget\tTweet\tStance"
TASK_PARTS = {"train": range(101, 106), "test": range(10001, 10004), "trial": range(1, 3)}


def task_lines(part: str, extra: str) -> str:
    targets, stances = list(SEMEVAL.values()), [*STANCES, *STANCES]
    lines = [
        f"{number}\t{targets[at]}\tThe heron of {part} stands for the {number}th time #SemST\t{stances[at]}{extra}"
        for at, number in enumerate(TASK_PARTS[part])
    ]
    return "".join(f"{line}\r\n" for line in lines)


def semeval_task(folder: Path) -> None:
    """Five training rows, three test rows and two trial rows, all targets in one file a part."""
    names = ("semeval2016-task6-trainingdata", "SemEval2016-Task6-subtaskA-testdata-gold", "semeval2016-task6-trialdata")
    for name, part in zip(names, TASK_PARTS, strict=True):
        put(folder / f"{name}.txt", f"{TASK_HEADER}\r\n{task_lines(part, '')}")


def semeval_annotated(folder: Path) -> None:
    """The same rows with whom the opinion is towards, and the sentiment."""
    for name, part in zip(("trainingdata", "testdata-taskA", "trialdata"), TASK_PARTS, strict=True):
        lines = task_lines(part, "\tNO ONE\tNEITHER")
        put(folder / f"{name}-all-annotations.txt", f"{TASK_HEADER}\tOpinion towards\tSentiment\r\n{lines}")


def tweeteval(folder: Path) -> None:
    """Three rows of training, one of validation, two of test a target."""
    for name, key in TWEETEVAL.items():
        for part, labels in (("train", "012"), ("val", "1"), ("test", "21")):
            texts = [f"@user the goose of {key} walks, {part} {number} #SemST " for number in range(1, len(labels) + 1)]
            put(folder / name / f"{part}_text.txt", "\n".join(texts) + "\n")
            put(folder / name / f"{part}_labels.txt", "\n".join(labels) + "\n")
    put(folder / "mapping.txt", "0\tnone\n1\tagainst\n2\tfavor")


VAST_HEADER = "author,post,ori_topic,ori_id,new_topic,label,type_idx,new_id,arc_id,text,topic_str,seen?,contains_topic?"
VAST_ROWS = (
    'ann,"Ducks need ponds, and ponds need ducks.",ponds,p0,digging ponds,1,1,1,a1,duck pond,dig pond,1,1',
    'ann,"Ducks need ponds, and ponds need ducks.",ponds,p0,frozen lakes,0,2,2,a1,duck pond,frozen lake,1,0',
    'ann,"Ducks need ponds, and ponds need ducks.",ponds,p0,digging ponds,2,4,3,a1,duck pond,turnip tax,1,0',
    'bob,"Pay the miller ""in full"".\nHe works at night.",miller,p1,paying the miller,1,3,4,a2,pay miller,pay miller,1,1',
)


def vast(folder: Path) -> None:
    """Four training rows in the layout of the first publication (the third is synthetic), three of dev in the repacked one."""
    put(folder / "vast_train.csv", "\n".join([VAST_HEADER, *VAST_ROWS]) + "\n")
    dev = [
        "Tweet,Target 1,Stance 1,seen?",
        "Bread should rise twice.,second rising,FAVOR,0",
        "Bread should rise twice.,rye flour,AGAINST,1",
        "Bread should rise twice.,stone bridges,NONE,0",
    ]
    put(folder / "vast_dev.csv", "\n".join(dev) + "\n")


def pstance(folder: Path) -> None:
    """Three training rows and two of validation a target; the files of training end without a line end."""
    for key, target in {"bernie": "Bernie Sanders", "biden": "Joe Biden", "trump": "Donald Trump"}.items():
        train = [
            "Tweet,Target,Stance",
            f"A heron &amp; a stork like {key} #herons,{target},FAVOR",
            f'"A heron, grey and tall, turns its back on {key}",{target},AGAINST',
            f"A stork brings {key} a fish,{target},FAVOR",
        ]
        put(folder / f"raw_train_{key}.csv", "\n".join(train))
        val = ["Tweet,Target,Stance", f"Herons cannot stand {key},{target},AGAINST", f"Storks stand by {key},{target},FAVOR"]
        put(folder / f"raw_val_{key}.csv", "\n".join(val) + "\n")


def mtsc(number: int, before: str, mention: str, after: str, polarity: int) -> str:
    row = {"sentence": before + mention + after, "mention": mention, "from": len(before), "to": len(before) + len(mention)}
    return json.dumps({**row, "polarity": polarity, "id": f"herald_{number}_0_n_x_{len(before)}"}, ensure_ascii=False)


def newsmtsc(folder: Path) -> None:
    """Three training rows, two of them of one sentence, and one row in each development file."""
    train = [
        mtsc(1, "Für ", "Otto Rabe", " the baker praised Ida Elster.", 0),
        mtsc(1, "Für Otto Rabe the baker praised ", "Ida Elster", ".", 1),
        mtsc(2, "", "The mill", " burned down because nobody cared.", -1),
    ]
    put(folder / "train.jsonl", "\n".join(train) + "\n")
    put(folder / "rw.dev.jsonl", mtsc(3, "Nobody liked ", "the mayor", ".", -1) + "\n")
    put(folder / "mt.dev.jsonl", mtsc(4, "The cook thanked ", "Ida Elster", " again.", 1) + "\n")


def newsmtsc_repository(folder: Path) -> None:
    """The same rows in the layout of the repository, and one row in each test file."""
    newsmtsc(folder)
    for name in ("train", "rw.dev", "mt.dev"):
        kind, part = ("mt", name) if name == "train" else name.split(".")
        (folder / f"newsmtsc-{kind}-hf").mkdir(exist_ok=True)
        (folder / f"{name}.jsonl").rename(folder / f"newsmtsc-{kind}-hf" / f"{part}.jsonl")
    put(folder / "newsmtsc-rw-hf" / "test.jsonl", mtsc(5, "Rain fell on ", "the parade", ".", 0) + "\n")
    put(folder / "newsmtsc-mt-hf" / "test.jsonl", mtsc(6, "", "Otto Rabe", " forgave the miller.", 1) + "\n")


GWSD_COLUMNS = (
    "",
    *("round", "batch", "sent_id", "sentence"),
    *(f"worker_{number}" for number in range(8)),
    *("disagree", "agree", "neutral", "guid", "in_held_out_test"),
)


def gwsd_line(number: int, sent_id: str, sentence: str, posterior: str, *, held_out: str = "False") -> str:
    votes = ["agrees", "neutral"] * 4
    cells = [str(number), "1", "0", sent_id, sentence, *votes, *(posterior.split() or ["", "", ""]), f"1_0_{sent_id}", held_out]
    return "\t".join(cells)


def gwsd(folder: Path) -> None:
    """One screener, then a sentence of each label; posteriors stand as disagree, agree, neutral."""
    lines = [
        "\t".join(GWSD_COLUMNS),
        gwsd_line(0, "s0", "The snail is a slow animal.", ""),
        gwsd_line(1, "t0", "The snail house is warming.", "0.05 0.9 0.05"),
        gwsd_line(2, "t1", "Snails never felt better, said the gardener.", "0.75 0.125 0.125"),
        gwsd_line(3, "t2", "A conference on snails opened on Monday.", "0.1 0.2 0.7"),
    ]
    put(folder / "GWSD_without_held_out.tsv", "\n".join(lines) + "\n")


def cluster(pids: list[int], three: str, five: str) -> dict[str, object]:
    return {"pids": pids, "stance_label_3": three, "stance_label_5": five}


def perspectrum(folder: Path) -> None:
    """Three claims, one a split, and four perspectives; the first pair stands twice."""
    claims = [
        {"cId": 1, "text": "Owls should  work by day", "perspectives": [cluster([10, 11], "SUPPORT", "SUPPORT")]},
        {"cId": 2, "text": "Moles should see", "perspectives": [cluster([12], "UNDERMINE", "MILDLY_UNDERMINE")]},
        {"cId": 3, "text": "Bats should sing", "perspectives": [cluster([13], "SUPPORT", "MILDLY_SUPPORT")]},
    ]
    claims[0]["perspectives"].append(cluster([10], "SUPPORT", "SUPPORT"))
    texts = {10: "Light is\ngood for owls", 11: "Owls get bored at night", 12: "Eyes fill with earth", 13: "Song is for all"}
    pool = [{"pId": which, "text": text} for which, text in texts.items()]
    put(folder / "perspectrum_with_answers_v1.0.json", json.dumps(claims, indent=1))
    put(folder / "perspective_pool_v1.0.json", json.dumps(pool, indent=1))
    put(folder / "dataset_split_v1.0.json", json.dumps({"1": "train", "2": "dev", "3": "test"}, indent=1))


BUILDERS = {
    "semeval2016": semeval2016,
    "semeval-task": semeval_task,
    "semeval-annotated": semeval_annotated,
    "tweeteval": tweeteval,
    "vast": vast,
    "pstance": pstance,
    "newsmtsc": newsmtsc,
    "newsmtsc-repository": newsmtsc_repository,
    "gwsd": gwsd,
    "perspectrum": perspectrum,
}


@pytest.fixture
def corpus(tmp_path: Path) -> Callable[[str], Path]:
    """Name -> the folder of that small corpus."""

    def build(name: str) -> Path:
        BUILDERS[name](tmp_path / name)
        return tmp_path / name

    return build


@pytest.fixture
def swap() -> Callable[[Path, str | bytes, str | bytes], None]:
    """Replace the one place where `old` stands in a file."""

    def replace(path: Path, old: str | bytes, new: str | bytes) -> None:
        content = path.read_bytes()
        before, after = (part if isinstance(part, bytes) else part.encode() for part in (old, new))
        assert content.count(before) == 1
        path.write_bytes(content.replace(before, after))

    return replace


@pytest.fixture
def zipped() -> Callable[[Path], Path]:
    """Put a csv into a zip archive of its name, and take the csv away."""

    def pack(path: Path) -> Path:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(path.name, path.read_bytes())
        path.unlink()
        path.with_suffix(".zip").write_bytes(content.getvalue())
        return path.with_suffix(".zip")

    return pack
