"""How long does an article take from text to written folder, where does the time go, and what do a thousand in a stream need?

usage: python experiments/performance/article.py [ARTICLES]

Articles of 1,000 words are put together from the paragraphs of Cape Tarn's development articles. Stances are given by the cue
lexicon and by a small model trained on Ground Intervention. Seconds are of the clock and of the processor, the best of
REPEATS, and do not hold what is done once: loading the language model, the trained model, the lists of words. Of a stream,
each size is measured in a process of its own; one line of it is broken. Memory is that of the process that reads, judges and
writes (and parses, with one job), as Linux tells it; with more jobs the clock holds the loading in the processes that parse.
"""

import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from stancelab.article import pipeline
from stancelab.article.analysing import analyse_files
from stancelab.article.folder import write_analyses
from stancelab.article.page import article_page
from stancelab.article.pipeline import analyse, analyse_many
from stancelab.article.resolution import read
from stancelab.article.sources import read_sources
from stancelab.article.stances import DEFAULT_MODEL, Question, question, with_stances
from stancelab.article.syntax import parse
from stancelab.article.told import tell
from stancelab.runs import usable_cores
from stancelab.training import train

ARTICLES = Path(__file__).parents[2] / "datasets" / "cape-tarn" / "articles"
TARGET, RECIPE, WORDS, REPEATS, BAR = "the city builds a tram line", "svm-ngrams", 1_000, 5, 2.0

Seconds = tuple[float, float]
"""Of the clock, and of the processor."""


def texts(count: int) -> list[str]:
    """Articles of WORDS words or a few more, each of the next paragraphs of the collection."""
    found = [file.read_text(encoding="utf-8").split("\n\n") for file in sorted(ARTICLES.glob("dev-*.txt"))]
    paragraphs = cycle([paragraph.strip() for _, *body in found for paragraph in body if paragraph.strip()])
    headlines = cycle([headline.strip() for headline, *_ in found])
    return ["\n\n".join([headline, *_enough(paragraphs)]) for headline in islice(headlines, count)]


def _enough(paragraphs: Iterable[str]) -> list[str]:
    taken: list[str] = []
    for paragraph in paragraphs:
        taken.append(paragraph)
        if sum(len(each.split()) for each in taken) >= WORDS:
            break
    return taken


def timed(work: Callable[..., Any], *given: Any, **options: Any) -> tuple[Any, Seconds]:
    """What a piece of work gives, and how long it took."""
    start, own = perf_counter(), process_time()
    found = work(*given, **options)
    return found, (perf_counter() - start, process_time() - own)


def best(work: Callable[[], Any]) -> tuple[Any, Seconds]:
    """What it gives, and the least time it took."""
    tries = [timed(work) for _ in range(REPEATS)]
    clock, processor = (min(times) for times in zip(*(seconds for _, seconds in tries), strict=True))
    return tries[0][0], (clock, processor)


def analysed(file: Path, folder: Path, asked: Question) -> None:
    """The whole way of one article."""
    out = Path(tempfile.mkdtemp(dir=folder)) / "analysis"
    write_analyses(out, analyse_many(read_sources(file), asked=asked), asked=asked, facts={})


def stages(file: Path, folder: Path) -> dict[str, Seconds]:
    """How long each stage takes with the cue lexicon, done alone."""
    nlp, asked, spent = pipeline.loaded(), question(TARGET), {}
    [source], spent["reading"] = best(lambda: list(read_sources(file)))
    parsed, spent["parsing by spaCy"] = best(lambda: parse(source, nlp))
    gazetteer = pipeline.load_gazetteer()
    cast, spent["actors"] = best(lambda: read(parsed, gazetteer))
    _, spent["statements"] = best(lambda: tell(parsed, cast))
    analysis = analyse(source, nlp, gazetteer)
    [judged], spent["stances"] = best(lambda: with_stances([analysis], asked))
    _, spent["page"] = best(lambda: article_page(judged))
    out = map(folder.joinpath, map(str, range(REPEATS)))
    _, pages_too = best(lambda: write_analyses(next(out), [judged], asked=asked, facts={}))
    spent["tables and files"] = tuple(max(0.0, both - page) for both, page in zip(pages_too, spent["page"], strict=True))
    return spent


def streamed(file: Path, out: Path, jobs: int) -> tuple[float, float, list[str]]:
    """Seconds of the clock, MB that this process held at most, and what was not read; loading counts where others parse."""
    if jobs == 1:
        pipeline.loaded()
    written, (clock, _) = timed(analyse_files, [file], out, target=TARGET, jobs=jobs)
    return clock, _most_held(), [f"{entry.where}: {entry.why}" for entry in written.unreadable]


def _most_held() -> float:
    """MB; getrusage would tell the most that the process held from which this one was started."""
    found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) / 1e3 if found else float("nan")


def alone(*given: Any) -> Any:
    """What `streamed` gives in a process of its own, which has no memory of other sizes."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(streamed, *given).result()


def write_stream(file: Path, count: int) -> Path:
    """Articles a line, the last of them cut short."""
    numbers = enumerate(texts(count), 1)
    lines = [json.dumps({"id": f"article-{number}", "text": text}) for number, text in numbers]
    lines[-1] = lines[-1][:40]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def one_article(folder: Path) -> None:
    """Print how long one takes, with both models, and where the time goes."""
    file = folder / "article.txt"
    file.write_text(texts(1)[0], encoding="utf-8")
    train(RECIPE, "ground-intervention", folder / "model", folds=0)
    nlp, loading = timed(pipeline.loaded)
    print(f"language model {nlp.meta['name']}: loaded in {loading[0]:.1f} s\n")
    words = len(file.read_text(encoding="utf-8").split())
    print(f"| {words} words, text to folder | model loaded in | clock | processor | bar |\n|---|---|---|---|---|")
    for name, model in ((DEFAULT_MODEL, None), (f"{RECIPE}, trained", str(folder / "model"))):
        asked, (opening, _) = timed(question, TARGET, model)
        _, (clock, processor) = best(partial(analysed, file, folder, asked))
        held = "held" if clock < BAR else "MISSED"
        print(f"| {name} | {opening:.2f} s | {clock:.2f} s | {processor:.2f} s | {BAR:.0f} s: {held} |")
    spent = stages(file, folder)
    whole = sum(processor for _, processor in spent.values())
    print("\n| stage | processor | share |\n|---|---|---|")
    for stage, (_, processor) in spent.items():
        print(f"| {stage} | {processor * 1000:.0f} ms | {processor / whole:.0%} |")


def stream(folder: Path, count: int) -> None:
    """Print how fast articles go by and how much memory they take, for growing numbers and with all cores."""
    sizes = [(count // 10, 1), (count // 2, 1), (count, 1), (count, usable_cores())]
    print("\n| articles | jobs | a second | peak memory |\n|---|---|---|---|")
    for size, jobs in dict.fromkeys(sizes):
        file = write_stream(folder / f"{size}.jsonl", size)
        clock, held, unreadable = alone(file, folder / f"{size}-{jobs}", jobs)
        print(f"| {size:,} | {jobs} | {size / clock:.1f} | {held:.0f} MB |", flush=True)
    print("\nnot read: " + "; ".join(unreadable))


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        one_article(Path(folder))
        stream(Path(folder), count)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
