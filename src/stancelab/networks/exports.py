"""How do networks become files that Gephi, networkx, R and a spreadsheet read, all of them or none?"""

import csv
import io
import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stancelab.errors import InputError
from stancelab.networks.statements import Statements
from stancelab.records import make_folder, read_text

if TYPE_CHECKING:
    import networkx as nx

SUMMARY = "networks.json"
DATE = re.compile(r' lastmodifieddate="[^"]*"')


def as_graphml(graph: "nx.Graph[str]") -> bytes:
    """GraphML with every attribute of graph, nodes and ties; networkx and Gephi read it back."""
    import networkx as nx

    lines = nx.generate_graphml(graph.copy())
    return ("<?xml version='1.0' encoding='utf-8'?>\n" + "\n".join(lines) + "\n").encode()


def as_gexf(graph: "nx.Graph[str]") -> bytes:
    """GEXF 1.2, for Gephi, with every attribute of nodes and ties; without the day it is written, which would change the file."""
    import networkx as nx

    lines = nx.generate_gexf(graph)
    return ("<?xml version='1.0' encoding='utf-8'?>\n" + DATE.sub("", "\n".join(lines)) + "\n").encode()


def as_csv(rows: Sequence[Mapping[str, Any]], columns: Iterable[str]) -> bytes:
    """A csv with text in quotes and numbers without; nothing where a row has no value."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: value for name, value in row.items() if value is not None} for row in rows)
    return text.getvalue().encode()


def ties_csv(graph: "nx.Graph[str]") -> bytes:
    """A row a tie: both ends, their names, and the tie's attributes."""
    rows = [
        {"source": a, "source_label": graph.nodes[a]["label"], "target": b, "target_label": graph.nodes[b]["label"], **tie}
        for a, b, tie in graph.edges(data=True)
    ]
    columns = dict.fromkeys(name for row in rows for name in row)
    return as_csv(rows, columns or ("source", "source_label", "target", "target_label", "value", "weight"))


def statements_csv(statements: Statements) -> bytes:
    """The rows that the networks are made of, the nodes that their actors and targets became, and the stance 1, -1 or 0."""
    probabilities = [f"p_{label}" for label in statements.scheme.labels]
    kept = [name for name in ("id", "doc_id", "group", "text", "date", "label") if any(name in row for row in statements.rows)]
    kept += [name for name in probabilities if any(name in row for row in statements.rows)]
    rows = [
        {
            **{name: row.get(name) for name in kept},
            "actor": statements.names[actor],
            "actor_node": f"actor:{statements.actors[actor]}",
            "target": statements.targets[target],
            "target_node": f"target:{statements.targets[target]}",
            "stance": int(stance),
        }
        for row, actor, target, stance in zip(
            statements.rows, statements.actor, statements.target, statements.stance, strict=True
        )
    ]
    return as_csv(rows, [*kept, "actor", "actor_node", "target", "target_node", "stance"])


def write_folder(folder: Path, content: Mapping[str, bytes], summary: Mapping[str, Any]) -> None:
    """Write the files, by their paths below a folder, and a summary that lists them.

    Nothing changes there before all are written elsewhere; then files of an earlier summary that are no more are removed.
    InputError where the folder holds other things without such a summary, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / SUMMARY).exists())):
        raise InputError(f"{folder}: holds other files; name a folder that is new, empty or of earlier networks")
    earlier = json.loads(read_text(folder / SUMMARY)).get("files", []) if (folder / SUMMARY).exists() else []
    told = json.dumps({**summary, "files": sorted(content)}, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    make_folder(folder)
    try:
        temporary = Path(tempfile.mkdtemp(dir=folder, prefix=f".{SUMMARY}."))
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror}") from None
    try:
        _place(temporary, folder, {**content, SUMMARY: told.encode()})
        for name in set(earlier) - set(content):
            (folder / name).unlink(missing_ok=True)
        for emptied in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
            if emptied != temporary and not any(emptied.iterdir()):
                emptied.rmdir()
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror}") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _place(temporary: Path, folder: Path, content: Mapping[str, bytes]) -> None:
    for name, value in content.items():
        (temporary / name).parent.mkdir(parents=True, exist_ok=True)
        (temporary / name).write_bytes(value)
    for name in content:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (temporary / name).replace(folder / name)
