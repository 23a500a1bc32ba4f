"""Which statements of these tables take a side, whose are they, about what, and how likely is each side?"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stancelab.dataset import load_dataset, scheme_of, unknown_labels
from stancelab.errors import InputError, listing, refuse
from stancelab.labels import AS_FOUND, LabelScheme, scheme_named, smallest_scheme
from stancelab.predictions import SUM_TOLERANCE
from stancelab.tables import Table, empty_cells, missing_columns, read_table, repeated

COLUMNS = ("doc_id", "actor", "target", "label")
PROBABILITY = "p_"
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
FAVOR, AGAINST = 1, -1


@dataclass(frozen=True)
class Statements:
    """n rows that have a label, in an order of their own, so that the order of the tables' rows changes nothing.

    actors, names, targets, documents: what the codes of shape (n,) in `actor`, `target` and `document` stand for; names are what
    actors are called. stance: 1 favor, -1 against, 0 any other label, shape (n,). chances: the probability of favor and of
    against, shape (n, 2); of a row without probabilities its label's is 1. uncertain: which rows have probabilities. rows,
    places: as read. notes: what a user should know.
    """

    scheme: LabelScheme
    actors: tuple[str, ...]
    names: tuple[str, ...]
    targets: tuple[str, ...]
    documents: tuple[str, ...]
    actor: NDArray[np.intp]
    target: NDArray[np.intp]
    document: NDArray[np.intp]
    stance: NDArray[np.int8]
    chances: NDArray[np.float64]
    uncertain: NDArray[np.bool_]
    rows: tuple[dict[str, Any], ...]
    places: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def where(self, chosen: NDArray[np.bool_]) -> "Statements":
        """Some of the rows, by a mask of shape (n,), with only the actors, targets and documents that they name."""
        numbers = np.flatnonzero(chosen)
        actors, actor = np.unique(self.actor[numbers], return_inverse=True)
        targets, target = np.unique(self.target[numbers], return_inverse=True)
        documents, document = np.unique(self.document[numbers], return_inverse=True)
        return replace(
            self,
            actors=tuple(self.actors[code] for code in actors),
            names=tuple(self.names[code] for code in actors),
            targets=tuple(self.targets[code] for code in targets),
            documents=tuple(self.documents[code] for code in documents),
            actor=actor,
            target=target,
            document=document,
            stance=self.stance[numbers],
            chances=self.chances[numbers],
            uncertain=self.uncertain[numbers],
            rows=tuple(self.rows[number] for number in numbers),
            places=tuple(self.places[number] for number in numbers),
        )

    def days(self) -> list[date | None]:
        """Each row's date, None where it has none; InputError for dates that are not written YEAR-MONTH-DAY."""
        found, faults = [], []
        for row, place in zip(self.rows, self.places, strict=True):
            try:
                found.append(date.fromisoformat(str(row["date"])[:10]) if row.get("date") else None)
            except ValueError:
                faults.append(f"{place}: date {row['date']!r} is not written YEAR-MONTH-DAY, like 2024-02-27")
        refuse(faults)
        return found


def read_statements(tables: Sequence[str | Path], *, scheme: str | None = None) -> Statements:
    """The labelled rows of statements tables, of any table with doc_id, actor, target and label, or of datasets.

    An actor is told apart by actor_id where every row has one, else by name. scheme: of the labels; the smallest that holds them
    if not given; it must name two sides. InputError lists missing columns, unknown labels, empty cells, ids that stand twice and
    probabilities that are none.
    """
    return statements_of(_joined([_read(path) for path in tables]), scheme=scheme)


def statements_of(table: Table, *, scheme: str | None = None) -> Statements:
    """The labelled rows of one table, as `read_statements` gives them."""
    refuse(missing_columns(table, COLUMNS))
    chosen = [number for number, label in enumerate(table.column("label")) if label is not None]
    if not chosen:
        raise InputError(f"{table.path}: no row has a label, so there is nobody to connect")
    labelled = replace(table, rows=_of(table.rows, chosen), places=_of(table.places, chosen))
    faults = empty_cells(labelled, ["actor", "target"])
    if "id" in table.columns:
        faults += repeated(labelled.column("id"), labelled.places, "id")
    refuse(faults)
    found = _scheme(labelled, scheme)
    chances, uncertain = _chances(labelled, found)
    return _statements(labelled, found, chances, uncertain, len(table.rows) - len(chosen))


def _of(values: Sequence[Any], numbers: Sequence[int]) -> tuple[Any, ...]:
    return tuple(values[number] for number in numbers)


def _read(path: str | Path) -> Table:
    if not Path(path).is_file():
        dataset = load_dataset(path)
        plain = dataset.rows.astype(object).where(dataset.rows.notna(), None)
        rows = tuple({str(name): value for name, value in row.items()} for row in plain.to_dict("records"))
        table = Table(Path(path), tuple(map(str, plain.columns)), rows, tuple(f"{path}: row {n + 1}" for n in range(len(rows))))
    else:
        table = read_table(Path(path)).with_text_ids()
    refuse(missing_columns(table, COLUMNS))
    return table


def _joined(tables: Sequence[Table]) -> Table:
    columns = dict.fromkeys(chain.from_iterable(table.columns for table in tables))
    rows = tuple(chain.from_iterable(table.rows for table in tables))
    return Table(tables[0].path, tuple(columns), rows, tuple(chain.from_iterable(table.places for table in tables)))


def _scheme(table: Table, declared: str | None) -> LabelScheme:
    """The labels' scheme, which names two sides and holds every label and every column of probabilities."""
    labels, columns = table.column("label"), [name for name in table.columns if name.startswith(PROBABILITY)]
    asked = [name.removeprefix(PROBABILITY) for name in columns]
    found = scheme_named(declared) if declared else smallest_scheme([*map(str, labels), *asked])
    if found.name == AS_FOUND:
        found = scheme_of(table)[0]
    if found.favor is None or found.against is None:
        raise InputError(
            f"{table.path}: labels {listing(sorted(set(map(str, labels))))} are of no scheme with two sides; --scheme names one"
        )
    refuse(unknown_labels([*labels, *asked], [*table.places, *(f"{table.path}: column {name!r}" for name in columns)], found))
    return found


def _chances(table: Table, scheme: LabelScheme) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The probability of the two sides, shape (n, 2), and which rows have probabilities."""
    names = [PROBABILITY + label for label in scheme.labels if PROBABILITY + label in table.columns]
    sides = [PROBABILITY + side for side in (scheme.favor or "", scheme.against or "")]
    chances, uncertain = np.zeros((len(table.rows), 2)), np.zeros(len(table.rows), dtype=bool)
    faults = []
    for number, (row, place) in enumerate(zip(table.rows, table.places, strict=True)):
        cells = [row.get(name) for name in names]
        if all(cell is None or cell != cell for cell in cells):
            chances[number] = [row["label"] == scheme.favor, row["label"] == scheme.against]
            continue
        try:
            given = {name: float(cell) for name, cell in zip(names, cells, strict=True)}  # type: ignore[arg-type]
        except (TypeError, ValueError):
            faults.append(f"{place}: probabilities {cells} are not all numbers")
            continue
        total = sum(given.values())
        if not (all(value >= 0 for value in given.values()) and abs(total - 1) <= SUM_TOLERANCE):
            faults.append(f"{place}: probabilities {list(given.values())} are not between 0 and 1 with sum 1")
            continue
        chances[number], uncertain[number] = [given.get(name, 0.0) / total for name in sides], True
    refuse(faults)
    return chances, uncertain


def tidy(text: str) -> str:
    r"""A name as every file can hold it: white space made single, and U+FFFD for what XML has no way to write.

    >>> tidy("Ministry\tof  War\x00")
    'Ministry of War�'
    """
    return NOT_IN_XML.sub("\ufffd", " ".join(text.split()))


def _statements(
    table: Table, scheme: LabelScheme, chances: NDArray[np.float64], uncertain: NDArray[np.bool_], unlabelled: int
) -> Statements:
    names = [tidy(row["actor"]) for row in table.rows]
    identified = all(row.get("actor_id") not in (None, "") for row in table.rows)
    actors = [tidy(str(row["actor_id"])) for row in table.rows] if identified else names
    targets = [tidy(row["target"]) for row in table.rows]
    documents = [str(row.get("doc_id")) for row in table.rows]
    stance = [(row["label"] == scheme.favor) * FAVOR + (row["label"] == scheme.against) * AGAINST for row in table.rows]
    keys = [
        (actors[n], targets[n], documents[n], str(row.get("date")), stance[n], *chances[n], names[n], str(row.get("id")))
        for n, row in enumerate(table.rows)
    ]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    called: dict[str, str] = {}
    for (actor, name), _ in sorted(Counter(zip(actors, names, strict=True)).items(), key=lambda entry: (-entry[1], entry[0])):
        called.setdefault(actor, name)
    coded = {
        kind: np.unique([values[n] for n in order], return_inverse=True)
        for kind, values in (("actor", actors), ("target", targets), ("document", documents))
    }
    return Statements(
        scheme,
        tuple(sorted(called)),
        tuple(called[actor] for actor in sorted(called)),
        tuple(map(str, coded["target"][0])),
        tuple(map(str, coded["document"][0])),
        coded["actor"][1],
        coded["target"][1],
        coded["document"][1],
        np.array([stance[n] for n in order], dtype=np.int8),
        chances[order],
        uncertain[order],
        _of(table.rows, order),
        _of(table.places, order),
        _notes(table, identified, unlabelled, uncertain),
    )


def _notes(table: Table, identified: bool, unlabelled: int, uncertain: NDArray[np.bool_]) -> tuple[str, ...]:
    notes = []
    if unlabelled:
        notes.append(f"{unlabelled} rows without a label are left out")
    if not identified and "actor_id" in table.columns:
        notes.append("not every row has an actor_id, so actors are told apart by name")
    changed = sum(tidy(row[name]) != row[name] for row in table.rows for name in ("actor", "target"))
    if changed:
        notes.append(f"{changed} names have white space or characters that files of networks cannot hold; they are tidied")
    certain = int((~uncertain).sum())
    if certain:
        notes.append(f"{certain} of {len(uncertain)} rows have no probabilities and count as certain")
    return tuple(notes)
