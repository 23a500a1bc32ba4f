"""Which labelled rows does this dataset hold, and in which scheme?"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from stancelab.adjudication import latest_round
from stancelab.catalog import locate
from stancelab.errors import InputError, refuse, suggestion
from stancelab.labels import AS_FOUND, LabelScheme, crosswalk_between, scheme_named, schemes, smallest_scheme
from stancelab.records import Actor, Annotation, Article, GoldRow, Record, parse_records, read_text
from stancelab.tables import Table, empty_cells, missing_columns, read_table, repeated
from stancelab.toml_files import read_toml
from stancelab.votes import GIVEN, VOTES, mapped, named, sha_of

if TYPE_CHECKING:
    import datasets
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

INPUT_COLUMNS = ("text", "actor", "target")
CORE_COLUMNS = ("id", "text", "actor", "target", "label")
ROWS = "rows.jsonl"
"""The rows of an imported dataset folder; an annotated one has gold.jsonl, which follows from its annotations."""


class DatasetHeader(Record):
    """dataset.toml: what the dataset is, in which scheme it is labelled, under which licence.

    annotators: who they are, in words, to be shown wherever their agreement or their scores are.
    """

    name: str
    title: str
    version: str
    description: str
    language: str
    target: str
    scheme: str
    licence: str
    creators: list[str]
    year: int | None = None
    codebook: str
    keywords: list[str]
    annotators: str = ""


@dataclass(frozen=True)
class Dataset:
    """Labelled rows: one (text, actor, target) and its label each; rows of one `group` share a statement.

    codebook: the written rules that annotators followed, empty where there are none. annotators: who they are, in words, empty
    where the dataset does not say.
    """

    name: str
    version: str
    scheme: LabelScheme
    rows: "pd.DataFrame"
    codebook: str = ""
    annotators: str = ""

    @property
    def X(self) -> "pd.DataFrame":  # noqa: N802
        """What classifiers read: text, actor and target, shape (n, 3)."""
        return columns_of(self.rows, INPUT_COLUMNS)

    @property
    def voted(self) -> "pd.DataFrame":
        """X, and beside it how many annotators gave each label: the columns votes_LABEL. InputError where nobody's are known."""
        names = named(self.rows, VOTES)
        if not names:
            raise InputError(f"dataset {self.name!r} has no annotators' votes: neither annotations nor columns {VOTES}LABEL")
        return self.rows[[*INPUT_COLUMNS, *names]]

    @property
    def given(self) -> "pd.DataFrame":
        """The label that each annotator gave, a column each, shape (n, annotators); no column where nobody's are known."""
        return self.rows[named(self.rows, GIVEN)].rename(columns=lambda name: name.removeprefix(GIVEN))

    @cached_property
    def votes_sha(self) -> str:
        """sha256 over the id and the votes of every row, in order."""
        return sha_of(self.rows, VOTES)

    @cached_property
    def given_sha(self) -> str:
        """sha256 over the id and each annotator's label of every row, in order."""
        return sha_of(self.rows, GIVEN)

    @property
    def y(self) -> "pd.Series[str]":
        """The gold labels, shape (n,)."""
        return self.rows["label"]

    @property
    def groups(self) -> "pd.Series[str]":
        """The statement each row belongs to, shape (n,)."""
        return self.rows["group"]

    @cached_property
    def sha(self) -> str:
        """sha256 over id, group, text, actor, target and label of every row, in order, whatever file they came from."""
        columns = ["id", "group", *INPUT_COLUMNS, "label"]
        rows = self.rows[columns].astype(str).values.tolist()
        return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()

    @property
    def signature(self) -> str:
        """The dataset's name and the first eight digits of its checksum."""
        return f"{self.name}@{self.sha[:8]}"

    def only(self, rows: "NDArray[np.bool_]") -> "Dataset":
        """Some of the rows, by a mask of shape (n,)."""
        return replace(self, rows=self.rows[rows].reset_index(drop=True))

    def with_scheme(self, name: str) -> "Dataset":
        """The rows with labels mapped by the declared crosswalk; rows without a value in that scheme are left out.

        A scheme that holds every label of the rows as it stands needs no crosswalk.
        """
        if name == self.scheme.name:
            return self
        if set(self.y) <= set(scheme_named(name).labels):
            return replace(self, scheme=scheme_named(name))
        walk = crosswalk_between(self.scheme.name, name)
        labels = self.rows["label"].map(lambda label: walk(str(label)))
        rows = mapped(self.rows, walk).assign(label=labels)[labels.notna()].reset_index(drop=True)
        return replace(self, scheme=scheme_named(name), rows=rows)

    def to_pandas(self) -> "pd.DataFrame":
        """A copy of all columns, one row a (statement, actor) pair."""
        return self.rows.copy()

    def to_hf(self) -> "datasets.Dataset":
        """The rows as a `datasets.Dataset`."""
        import datasets

        return datasets.Dataset.from_pandas(self.rows, preserve_index=False)


def columns_of(rows: "pd.DataFrame", names: Sequence[str]) -> "pd.DataFrame":
    """Some columns, by their places: pandas takes several times as long to find a list of names."""
    places = [rows.columns.get_loc(name) for name in names]
    return rows.take(cast("list[int]", places), axis="columns")


def pool(datasets: Sequence[Dataset], *, name: str) -> Dataset:
    """Several datasets of one scheme as one, with a column `corpus`; ids and groups are prefixed with the dataset's name.

    Beside these and what classifiers read, a pool has the column `split`. InputError for one name twice, for several schemes.
    """
    import pandas as pd

    names = [dataset.name for dataset in datasets]
    refuse([f"dataset {name!r} stands twice in a pool" for name in dict.fromkeys(names) if names.count(name) > 1])
    first = datasets[0]
    refuse(
        [
            f"a pool has one label scheme: {other.name!r} is in {other.scheme.name!r} ({', '.join(other.scheme.labels)}), "
            f"{first.name!r} in {first.scheme.name!r} ({', '.join(first.scheme.labels)})"
            for other in datasets
            if other.scheme != first.scheme
        ]
    )
    parts = []
    for dataset in datasets:
        rows = dataset.rows.assign(corpus=dataset.name)
        for column in ("id", "group"):
            rows[column] = dataset.name + ":" + rows[column].astype(str)
        parts.append(rows.assign(split=rows.get("split")))
    columns = ["id", "group", *INPUT_COLUMNS, "label", "split", "corpus"]
    rows = pd.concat([part[columns] for part in parts], ignore_index=True)
    return Dataset(name, "", first.scheme, rows)


def unknown_labels(labels: Iterable[Any], places: Sequence[str], scheme: LabelScheme) -> list[str]:
    """One fault for each label that the scheme does not hold."""
    return [
        f"{place}: unknown label {label!r} in scheme {scheme.name!r}{suggestion(str(label), scheme.labels)}"
        for label, place in zip(labels, places, strict=True)
        if label not in scheme.labels
    ]


def scheme_of(table: Table, declared: str | None = None) -> tuple[LabelScheme, list[str]]:
    """The scheme of a table's labels, and a fault for each label that is out of place.

    The declared one, which may be "as-found"; else the smallest scheme that holds them all; where most rows, but not all, fit
    one, that one, and the rest are faults; else the labels as found.
    """
    labels = [label for label in table.column("label") if isinstance(label, str)]
    if declared == AS_FOUND:
        return LabelScheme(AS_FOUND, tuple(sorted(set(labels)))), []
    if declared is not None:
        return scheme_named(declared), unknown_labels(table.column("label"), table.places, scheme_named(declared))
    found = smallest_scheme(labels)
    closest = max(schemes().values(), key=lambda known: sum(label in known.labels for label in labels))
    if found.name != AS_FOUND or 2 * sum(label in closest.labels for label in labels) <= len(labels):
        return found, []
    return closest, unknown_labels(table.column("label"), table.places, closest)


def load_dataset(name_or_path: str | Path) -> Dataset:
    """A dataset by name, by folder, or from a csv, tsv, jsonl or parquet file with the core columns.

    A file without a `group` column groups the rows that share a text. InputError lists every faulty line.

    >>> load_dataset("ground-intervention").scheme.name
    'favor-against-neutral-unrelated'
    """
    path = locate("datasets", name_or_path)
    return _load_folder(path) if path.is_dir() else _load_file(path)


def _load_folder(folder: Path) -> Dataset:
    import pandas as pd

    if not (folder / "dataset.toml").exists():
        raise InputError(f"{folder}: not a dataset folder, dataset.toml is missing")
    header = read_toml(folder / "dataset.toml", DatasetHeader)
    if (folder / ROWS).exists():
        return replace(_load_file(folder / ROWS, scheme=header.scheme), name=header.name, version=header.version)
    scheme = scheme_named(header.scheme, where=f"{folder / 'dataset.toml'}")
    gold, faults = parse_records(folder / "gold.jsonl", GoldRow)
    articles, article_faults = parse_records(folder / "articles.jsonl", Article)
    places = [f"{folder / 'gold.jsonl'}:{line}" for line, _ in gold]
    faults += article_faults
    faults += repeated([row.id for _, row in gold], places, "id")
    faults += unknown_labels([row.label for _, row in gold], places, scheme)
    by_id = {article.doc_id: article for _, article in articles}
    pairs = zip(places, gold, strict=True)
    faults += [f"{place}: doc_id {row.doc_id!r} is not in articles.jsonl" for place, (_, row) in pairs if row.doc_id not in by_id]
    refuse(faults)
    rows = pd.DataFrame([row.model_dump(exclude_unset=True) for _, row in gold])
    rows["date"] = [by_id[doc].date for doc in rows["doc_id"]]
    rows["source"] = [by_id[doc].outlet for doc in rows["doc_id"]]
    if any(article.split for article in by_id.values()):
        rows["split"] = [by_id[doc].split for doc in rows["doc_id"]]
    kinds, kind_faults = _kinds_of_actors(folder / "actors.jsonl")
    if kinds:
        rows["actor_kind"] = [kinds.get(actor) for actor in rows["actor_id"]]
    given, annotation_faults = _annotated(folder / "annotations.jsonl", scheme)
    refuse(kind_faults + annotation_faults)
    rows = rows.join(given.reindex(rows["id"]).reset_index(drop=True))
    votes = named(rows, VOTES)
    rows[votes] = rows[votes].fillna(0).astype(int)
    return Dataset(header.name, header.version, scheme, rows, read_text(folder / "codebook.md"), header.annotators)


def _kinds_of_actors(path: Path) -> tuple[dict[str, str], list[str]]:
    """Whether each actor, by id, is a person, a country, an organisation or a group; and a fault for each line that is faulty."""
    numbered, faults = parse_records(path, Actor) if path.exists() else ([], [])
    return {actor.id: actor.kind for _, actor in numbered}, faults


def _annotated(path: Path, scheme: LabelScheme) -> tuple["pd.DataFrame", list[str]]:
    """What the annotators of the last round gave, a row for each unit: votes for each label, then each annotator's label.

    And a fault for each label that is unknown.
    """
    import pandas as pd

    if not path.exists():
        return pd.DataFrame(), []
    numbered, faults = parse_records(path, Annotation)
    places = [f"{path}:{line}" for line, _ in numbered]
    faults += unknown_labels([entry.label for _, entry in numbered], places, scheme)
    last = latest_round([entry for _, entry in numbered])
    counts = pd.crosstab([entry.id for entry in last], [entry.label for entry in last])
    votes = counts.reindex(columns=list(scheme.labels), fill_value=0).add_prefix(VOTES)
    given: dict[str, dict[str, str]] = {}
    for entry in last:
        given.setdefault(GIVEN + entry.annotator, {})[entry.id] = entry.label
    return votes.join(pd.DataFrame(dict(sorted(given.items())), index=votes.index)), faults


def filled_columns(table: Table) -> list[str]:
    """The columns of a table of labelled rows in which no cell may be empty."""
    return [*CORE_COLUMNS, *(name for name in ("group", "actor_id") if name in table.columns)]


def _load_file(path: Path, *, scheme: str | None = None) -> Dataset:
    table = read_table(path).with_text_ids()
    refuse(missing_columns(table, CORE_COLUMNS))
    refuse(empty_cells(table, filled_columns(table)))
    found, unknown = scheme_of(table, scheme)
    refuse(repeated(table.column("id"), table.places, "id") + unknown + _unknown_given(table, found))
    frame = table.frame()
    if "group" not in frame:
        frame["group"] = frame["text"]
    return Dataset(path.stem, "", found, frame)


def _unknown_given(table: Table, scheme: LabelScheme) -> list[str]:
    """A fault for each label of an annotator, in a column label_by_NAME, that the scheme does not hold."""
    faults = []
    for name in (name for name in table.columns if name.startswith(GIVEN)):
        cells = zip(table.column(name), table.places, strict=True)
        filled = [(label, place) for label, place in cells if label is not None and label == label]
        faults += unknown_labels([label for label, _ in filled], [f"{place}: {name}" for _, place in filled], scheme)
    return faults
