import csv
import io
import json
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.errors import InputError
from stancelab.networks.debate import Choices, Debate, debate
from stancelab.networks.exports import SUMMARY, as_csv, as_gexf, as_graphml, ties_csv, write_folder
from stancelab.networks.figure import picture
from stancelab.networks.graphs import KINDS
from stancelab.networks.results import write_debate
from stancelab.networks.statements import statements_of
from stancelab.tables import Table, read_table

NAMES = st.text(min_size=1, max_size=12).filter(str.strip)
NASTY = [
    '<Ministry> & "Friends"',
    "it's ]]> &amp; &#1;",
    "Radosław 🇵🇱 😀",
    "bell\x07\x00\ufffe\x85\u2028end",
    "\tA\r\nB ",
    "اسم",
    "=1+1",
]


def some_debate(names: list[str], **options: object) -> Debate:
    rows = tuple(
        {
            "id": f"r{number}",
            "doc_id": "d",
            "actor": name,
            "target": names[-1] if number % 2 else "tax & <spend>",
            "label": ("favor", "against", "neutral")[number % 3],
            "date": "2024-01-01" if number else "2024-02-01",
            **({"p_favor": 0.3, "p_against": 0.5, "p_neutral": 0.2} if number % 2 else {}),
        }
        for number, name in enumerate([*names, *names[::-1], *names])
    )
    columns = dict.fromkeys(name for row in rows for name in row)
    table = Table(Path("t.jsonl"), tuple(columns), rows, tuple(map(str, range(len(rows)))))
    return debate(statements_of(table), Choices(KINDS), seed=0, draws=20, **options)


def graphs(names: list[str]) -> list["nx.Graph[str]"]:
    return [network.graph for network in some_debate(names).whole.networks]


def assert_same(found: "nx.Graph[str]", graph: "nx.Graph[str]") -> None:
    """Node by node, tie by tie, attribute by attribute, and of the same types."""
    assert dict(found.nodes) == dict(graph.nodes)
    assert found.number_of_edges() == graph.number_of_edges()
    for a, b, tie in graph.edges(data=True):
        assert found[a][b] == tie
        assert {name: type(value) for name, value in found[a][b].items()} == {name: type(value) for name, value in tie.items()}
    for node, held in graph.nodes(data=True):
        assert {name: type(value) for name, value in found.nodes[node].items()} == {
            name: type(value) for name, value in held.items()
        }


def from_gexf(content: bytes) -> "nx.Graph[str]":
    """Without the number that GEXF gives each tie and the default that networkx adds."""
    found = nx.read_gexf(io.BytesIO(content))
    for *_, tie in found.edges(data=True):
        del tie["id"]
    return found


@pytest.mark.parametrize("kind", range(len(KINDS)))
def test_graphml_comes_back_whole(kind: int):
    graph = graphs(NASTY)[kind]
    assert graph.number_of_edges() > 0
    found = nx.read_graphml(io.BytesIO(as_graphml(graph)))
    assert_same(found, graph)
    assert {name: found.graph[name] for name in graph.graph} == graph.graph


@pytest.mark.parametrize("kind", range(len(KINDS)))
def test_gexf_comes_back_whole(kind: int):
    graph = graphs(NASTY)[kind]
    assert_same(from_gexf(as_gexf(graph)), graph)


@given(st.lists(NAMES, min_size=1, max_size=4, unique=True))
def test_any_names_come_back(names):
    for graph in graphs(names)[:2]:
        assert_same(nx.read_graphml(io.BytesIO(as_graphml(graph))), graph)
        assert_same(from_gexf(as_gexf(graph)), graph)
        read = list(csv.DictReader(io.StringIO(ties_csv(graph).decode(), newline="")))
        assert {(row["source"], row["target"]): float(row["value"]) for row in read} == {
            (a, b): tie["value"] for a, b, tie in graph.edges(data=True)
        }


def test_gexf_is_what_gephi_reads():
    """Declared attributes, unique ids, ends that exist, weights above 0; and not the day it was written."""
    content = as_gexf(graphs(NASTY)[3])
    assert b"lastmodifieddate" not in content
    name = "{http://www.gexf.net/1.2draft}"
    tree = ElementTree.fromstring(content)  # noqa: S314
    nodes, edges = tree.findall(f".//{name}node"), tree.findall(f".//{name}edge")
    assert len({edge.get("id") for edge in edges}) == len(edges)
    assert {edge.get(end) for edge in edges for end in ("source", "target")} <= {node.get("id") for node in nodes}
    assert all(float(edge.get("weight")) > 0 for edge in edges)
    declared = {
        (group.get("class"), entry.get("id")): entry.get("type")
        for group in tree.findall(f".//{name}attributes")
        for entry in group
    }
    assert set(declared.values()) <= {"string", "long", "double", "boolean"}
    for kind, things in (("node", nodes), ("edge", edges)):
        assert {(kind, value.get("for")) for thing in things for value in thing.iter(f"{name}attvalue")} <= set(declared)


def test_the_same_debate_is_the_same_files(tmp_path: Path):
    for name in ("a", "b"):
        write_debate(some_debate(NASTY), tmp_path / name)
    for path in sorted((tmp_path / "a").iterdir()):
        if path.suffix != ".pdf":
            assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_a_folder_holds_each_network_and_a_summary_of_all(tmp_path: Path):
    told = write_debate(some_debate(NASTY, window=20), tmp_path / "out")
    files = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    expected = {f"{kind}.{suffix}" for kind in KINDS for suffix in ("graphml", "gexf", "csv", "svg", "pdf")}
    assert expected | {"statements.csv", "polarisation.csv", "polarisation.svg", SUMMARY} <= files
    assert f"windows/{told['windows'][0]['first']}--{told['windows'][0]['last']}/subtract.graphml" in files
    summary = json.loads((tmp_path / "out" / SUMMARY).read_text(encoding="utf-8"))
    assert set(summary["files"]) | {SUMMARY} == files
    assert summary["all"]["rows"] == 21
    assert read_table(tmp_path / "out" / "statements.csv").column("stance").count("0") == summary["all"]["other"]


def test_statements_lead_to_their_nodes(tmp_path: Path):
    found = some_debate(NASTY)
    write_debate(found, tmp_path / "out")
    table = read_table(tmp_path / "out" / "statements.csv")
    affiliation = found.whole.networks[0].graph
    for row in table.rows:
        assert affiliation.nodes[row["actor_node"]]["label"] == row["actor"]
        assert affiliation.nodes[row["target_node"]]["label"] == row["target"]


def test_earlier_networks_are_replaced_and_nothing_else_is_touched(tmp_path: Path):
    folder = tmp_path / "out"
    write_folder(folder, {"a.csv": b"1", "windows/w/b.csv": b"2"}, {"seed": 0})
    (folder / "notes.txt").write_text("mine")
    write_folder(folder, {"a.csv": b"3"}, {"seed": 1})
    assert sorted(path.name for path in folder.iterdir()) == ["a.csv", SUMMARY, "notes.txt"]
    assert (folder / "a.csv").read_bytes() == b"3"


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path):
    (tmp_path / "thesis.doc").write_text("mine")
    with pytest.raises(InputError, match="holds other files"):
        write_folder(tmp_path, {"a.csv": b"1"}, {})
    with pytest.raises(InputError, match="holds other files"):
        write_folder(tmp_path / "thesis.doc", {"a.csv": b"1"}, {})
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.doc"]


def test_a_failure_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_folder(tmp_path, {"a.csv": b"1"}, {})
    written = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if path.name == "b.csv":
            raise OSError(28, "No space left on device")
        return written(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match="No space left"):
        write_folder(tmp_path, {"a.csv": b"2", "b.csv": b"2"}, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", SUMMARY]
    assert (tmp_path / "a.csv").read_bytes() == b"1"


def test_a_missing_value_is_an_empty_cell():
    assert as_csv([{"a": None, "b": 0.1}, {"a": "x"}], ["a", "b"]) == b'"a","b"\n"",0.1\n"x",""\n'


SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("kind", range(len(KINDS)))
def test_a_picture_names_every_node_with_ties_and_no_name_covers_another(kind: int):
    network = some_debate([*NASTY, *(f"actor {number}" for number in range(25))]).whole.networks[kind]
    tree = ElementTree.fromstring(picture(network, "a & b"))  # noqa: S314
    tied = {network.graph.nodes[node]["label"] for node, degree in network.graph.degree() if degree}
    named = {re.sub(r": \d+ in favor.*", "", group.find(f"{SVG}title").text) for group in tree.iter(f"{SVG}g")}
    assert named == tied
    labels = [
        (float(text.get("x")) < 500, float(text.get("y"))) for group in tree.iter(f"{SVG}g") for text in group.iter(f"{SVG}text")
    ]
    for side in (True, False):
        heights = sorted(y for left, y in labels if left == side)
        assert all(later - earlier >= 15.9 for earlier, later in pairwise(heights))
    assert max(y for _, y in labels) < float(tree.get("height"))


def test_ties_are_told_apart_by_colour_and_dashes():
    network = some_debate(["Ann", "Bo", "Cy", "Di"]).whole.networks[3]
    tree = ElementTree.fromstring(picture(network, ""))  # noqa: S314
    drawn = [path for path in tree.iter(f"{SVG}path") if path.find(f"{SVG}title") is not None]
    assert len(drawn) == network.graph.number_of_edges()
    styles = {(path.get("stroke"), path.get("stroke-dasharray")) for path in drawn}
    assert len({colour for colour, _ in styles}) == len({dashes for _, dashes in styles}) == len(styles) > 1


def test_a_tie_that_the_draws_doubt_is_fainter():
    network = some_debate(["Ann", "Bo", "Cy", "Di"]).whole.networks[1]
    tree = ElementTree.fromstring(picture(network, ""))  # noqa: S314
    seen = []
    for path in tree.iter(f"{SVG}path"):
        title = path.find(f"{SVG}title")
        if title is not None:
            seen.append((int(re.search(r"shown in (\d+)%", title.text)[1]), float(path.get("stroke-opacity"))))
    assert len({opacity for _, opacity in seen}) > 1
    assert sorted(seen) == sorted(seen, key=lambda entry: entry[1])


def test_a_large_network_says_what_it_leaves_out():
    network = some_debate([f"actor {number}" for number in range(100)]).whole.networks[3]
    text = picture(network, "")
    assert text.count("<path") < 210
    assert re.search(r"Shown: the strongest \d+ of \d+ ties and 80 of 100 nodes with ties\.", text)


def test_nobody_with_ties_is_a_picture_too():
    network = some_debate(["Ann"]).whole.networks[1]
    assert "Without ties: Ann." in picture(network, "")
