"""How does what was found in articles, and corrected by hand, become a dataset like any other?"""

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stancelab.article.actor_counts import CountedActor
from stancelab.article.corrections import KEPT, Corrected, Row, faults_of, read_corrected
from stancelab.checksums import write_checksums
from stancelab.dataset import ROWS, DatasetHeader
from stancelab.errors import InputError, listing, refuse
from stancelab.labels import AS_FOUND, LabelScheme, scheme_named, smallest_scheme
from stancelab.markdown import table
from stancelab.records import Actor, new_folder, parse_records, read_text, write_json_lines, write_text
from stancelab.toml_files import toml_line

UNDETERMINED = "und"
"""ISO 639 for a language that is not known."""

WARNING = (
    "A label that nobody has read is a machine's answer, not gold: score nothing against it, and train on it only if you mean to "
    "learn from that machine. Column `corrected` says which rows a hand has changed or added; that somebody has read the others "
    "and found them right, it cannot say."
)


@dataclass(frozen=True)
class Adopted:
    """A dataset that was made of a folder of articles: how many rows, and how many of them are as the machine gave them.

    corrected: rows that a hand changed or added; None where that cannot be known, as is removed: rows that are gone.
    """

    folder: Path
    rows: int
    labels: Mapping[str, int]
    corrected: int | None
    added: int | None
    removed: int | None

    @property
    def provenance(self) -> str:
        """What is gold about the rows, in a sentence."""
        if self.corrected is None:
            return f"Which of the {self.rows} rows were corrected by hand is not known: no table is as the machine wrote it."
        return (
            f"{self.corrected} of {self.rows} rows were corrected or added by hand ({self.added} added; {self.removed} removed); "
            f"{self.rows - self.corrected} are as the machine gave them."
        )


def adopt(folder: Path, out: Path, *, title: str | None = None, licence: str = "unknown", language: str | None = None) -> Adopted:
    """Make a new dataset folder, whole or not at all, of one that `stancelab article` wrote and somebody may have corrected.

    title: the folder's name if None. language: the articles' if None. InputError: every fault of the rows, with its line; labels
    that are missing; an `out` that is there already.
    """
    facts = _facts(folder / "analysis.json")
    corrected = read_corrected(folder)
    scheme = _scheme(corrected, facts)
    actors, faults = parse_records(folder / "actors.jsonl", CountedActor)
    refuse(faults_of(corrected, scheme) + faults)
    known = [actor for _, actor in actors]
    rows = [_adopted(row, corrected.changes(row), known) for row in corrected.table.rows]
    done = _counted(out, rows, corrected)
    spoken = {article.get("language") for article in facts.get("articles", [])} - {None}
    header = DatasetHeader(
        name=out.resolve().name,
        title=title or out.resolve().name,
        version=f"adopted-{hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()[:8]}",
        description="Statements found in articles, adopted as a dataset.",
        language=language or (spoken.pop() if len(spoken) == 1 else UNDETERMINED),
        target=_one_of([row["target"] for row in rows], "targets"),
        scheme=scheme.name,
        licence=licence,
        creators=["unknown"],
        codebook="none",
        keywords=["stance classification", "adopted"],
        annotators=f"A machine ({facts.get('model') or 'unknown'}), corrected by hand. {done.provenance}",
    )
    used = {row["actor_id"] for row in rows}
    with new_folder(out) as made:
        write_json_lines(made / ROWS, rows)
        plain = ({name: getattr(actor, name) for name in Actor.model_fields} for actor in known if actor.id in used)
        write_json_lines(made / "actors.jsonl", plain)
        write_text(made / "dataset.toml", "".join(toml_line(key, value) for key, value in header if value is not None))
        write_text(made / "README.md", _card(header, done, rows, corrected))
        write_checksums(made)
    return done


def _facts(path: Path) -> dict[str, Any]:
    """What analysis.json says of the making; nothing where there is none."""
    if not path.exists():
        return {}
    try:
        facts = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: not JSON: {error}") from None
    if not isinstance(facts, dict):
        raise InputError(f"{path}: expected a JSON object")
    return facts


def _scheme(corrected: Corrected, facts: Mapping[str, Any]) -> LabelScheme:
    """The machine's scheme; the smallest that holds the labels where it gave none."""
    name = facts.get("scheme")
    if name == AS_FOUND:
        return LabelScheme(AS_FOUND, tuple(facts.get("labels") or ()))
    if name is not None:
        return scheme_named(name, where="analysis.json")
    return smallest_scheme({row["label"] for row in corrected.table.rows if isinstance(row["label"], str)})


def _adopted(row: Row, changes: Sequence[str] | None, actors: Sequence[CountedActor]) -> Row:
    """A row of the dataset: what is kept, the actor that its name means, and whether a hand has been at it."""
    actor = _actor(row, actors)
    plain = {name: row[name] for name in KEPT}
    plain |= {"actor_id": actor.id if actor else slug(row["actor"]), "actor_kind": actor.kind if actor else None}
    return plain | {"corrected": None if changes is None else bool(changes)}


def _actor(row: Row, actors: Sequence[CountedActor]) -> CountedActor | None:
    """The actor whose name or alias the row has: the one of its own id first."""
    named = [actor for actor in actors if row["actor"] in (actor.name, *actor.aliases)]
    return next((actor for actor in named if actor.id == row["actor_id"]), named[0] if named else None)


def slug(name: str) -> str:
    """An id from a name that was written by hand.

    >>> slug("Élise Brandt-Øst")
    'elise-brandt-st'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "actor"


def _one_of(values: Sequence[str], what: str) -> str:
    found = list(dict.fromkeys(values))
    return found[0] if len(found) == 1 else f"{len(found)} {what}"


def _counted(out: Path, rows: Sequence[Row], corrected: Corrected) -> Adopted:
    labels = dict(Counter(row["label"] for row in rows))
    if corrected.original is None:
        return Adopted(out, len(rows), labels, None, None, None)
    added = sum(corrected.is_new(row) for row in rows)
    return Adopted(out, len(rows), labels, sum(row["corrected"] for row in rows), added, corrected.removed)


def _card(header: DatasetHeader, done: Adopted, rows: Sequence[Row], corrected: Corrected) -> str:
    changed = Counter(name for row in corrected.table.rows if not corrected.is_new(row) for name in corrected.changes(row) or ())
    strangers = list(dict.fromkeys(row["actor"] for row in rows if row["actor_kind"] is None))
    sizes = [len({row[name] for row in rows}) for name in ("group", "doc_id", "actor_id")]
    parts = [
        f"# {header.title}",
        f"**{done.provenance}** {WARNING}",
        f"- Target: {header.target}\n- Label scheme: {header.scheme}\n- Language: {header.language}\n- Licence: {header.licence}",
        "## Rows",
        table(["label", "rows", "corrected or added by hand"], _by_label(done, rows)),
        f"{sizes[0]} statements of {sizes[1]} articles, {sizes[2]} actors."
        + (f" Of no known kind, because a hand has named them: {listing(strangers)}." if strangers else ""),
        "## What was changed by hand",
        table(["column", "rows"], [[name, str(count)] for name, count in changed.most_common()])
        if changed
        else "Nothing is known of.",
        f"Adopted by `stancelab data adopt`, from {corrected.table.path.name}.",
    ]
    return "\n\n".join(parts) + "\n"


def _by_label(done: Adopted, rows: Sequence[Row]) -> list[list[str]]:
    by_hand = Counter(row["label"] for row in rows if row["corrected"])
    return [
        [label, str(count), "unknown" if done.corrected is None else str(by_hand[label])] for label, count in done.labels.items()
    ]
