"""What does a network look like, so that a person can read it?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten, wrap
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from stancelab.errors import listing
from stancelab.networks.graphs import Network

if TYPE_CHECKING:
    import networkx as nx

WIDTH, TOP, BOTTOM, MARGIN = 1000, 96, 118, 300
ROW, TALL_ROW, BOW = 24, 52, 70
MOST_NODES, MOST_TIES = 40, 200
STYLES = {1: ("#0072B2", None), -1: ("#D55E00", "9 5"), 0: ("#777777", "2 4")}
"""Colour (of Okabe and Ito 2008, told apart by the colour-blind) and dashes of a tie by its sign."""
TITLES = {
    "affiliation": "Who takes which side on what",
    "congruence": "Who agrees with whom",
    "conflict": "Who disagrees with whom",
    "subtract": "Who agrees more than disagrees with whom, and who less",
    "ignore": "Who speaks about the same",
}
SIGNS = {
    "affiliation": {1: "more in favor", -1: "more against", 0: "as often in favor as against, or in draws only"},
    "congruence": {1: "same side", 0: "in draws only"},
    "conflict": {-1: "opposite sides", 0: "in draws only"},
    "subtract": {
        1: "more often the same side",
        -1: "more often opposite sides",
        0: "as often one as the other, or in draws only",
    },
    "ignore": {1: "same subject", 0: "in draws only"},
}


@dataclass(frozen=True)
class Place:
    """Where a node stands, in pixels; side: -1 in the left column, 1 in the right one."""

    x: float
    y: float
    side: int


def picture(network: Network, subtitle: str) -> str:
    """The network as SVG: two columns of nodes, names outside, ties between; the same network gives the same picture.

    Actors on the left and targets on the right, or the two camps, strongest nodes on top, so that no name covers another whatever
    the ties are. A tie's sign shows in its colour and its dashes, its weight in its width, and the share of draws that agree with
    its sign in its opacity. The strongest 40 nodes of a column and 200 ties are drawn; what is left out is said below.
    """
    graph = network.graph
    columns, headings = _columns(network)
    shown = [node for column in columns for node in column]
    ties = sorted(
        ((a, b, tie) for a, b, tie in graph.edges(data=True) if a in shown and b in shown),
        key=lambda entry: (-entry[2]["weight"] * _shown(network.kind, entry[2])[1], entry[0], entry[1]),
    )
    places, height = _places(graph, columns)
    greatest = max((tie["weight"] for _, _, tie in ties), default=1.0)
    drawn = [_line(network, (a, b), tie, places, greatest) for a, b, tie in ties[:MOST_TIES]]
    parts = [
        _text(24, 34, _title(network), size=19, weight="bold"),
        _text(24, 56, subtitle, size=12, fill="#555555"),
        *(
            _text(x, TOP - 12, heading, size=12, fill="#555555", anchor=anchor, weight="bold")
            for x, heading, anchor in zip((MARGIN, WIDTH - MARGIN), headings, ("end", "start"), strict=True)
        ),
        *reversed(drawn),
        *(_node(graph.nodes[node], places[node]) for node in shown),
        *_legend(network, height, greatest, len(ties), len(shown)),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}" viewBox="0 0 {WIDTH} {height:.0f}" '
        f'font-family="DejaVu Sans, Liberation Sans, Arial, sans-serif"><rect width="100%" height="100%" fill="#ffffff"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _title(network: Network) -> str:
    """In words; targets have no opinions, but what the same actors take the same side on goes together."""
    if all(_is_target(network.graph, node) for node in network.graph):
        return f"Targets by what actors say of both: {network.kind}"
    return TITLES[network.kind]


def _strength(graph: "nx.Graph[str]") -> Mapping[str, float]:
    return dict(graph.degree(weight="weight"))


def _columns(network: Network) -> tuple[list[list[str]], tuple[str, str]]:
    """The nodes with ties that are drawn, left and right, and what stands above."""
    graph, strength = network.graph, _strength(network.graph)
    tied = sorted((node for node in graph if strength[node] > 0), key=lambda node: (-strength[node], node))
    if network.kind == "affiliation":
        actors = [node for node in tied if graph.nodes[node]["mode"] == "actor"][:MOST_NODES]
        actors.sort(key=lambda node: (-graph.nodes[node].get("position", 0), node))
        return [actors, [node for node in tied if _is_target(graph, node)][:MOST_NODES]], ("Actors", "Targets")
    camps = [[node for node in tied if graph.nodes[node].get("camp") == camp][:MOST_NODES] for camp in (1, 2)]
    if all(camps):
        return camps, ("Camp 1", "Camp 2")
    chosen = tied[: 2 * MOST_NODES]
    return [chosen[::2], chosen[1::2]], ("", "")


def _is_target(graph: "nx.Graph[str]", node: str) -> bool:
    return bool(graph.nodes[node]["mode"] == "target")


def _places(graph: "nx.Graph[str]", columns: Sequence[Sequence[str]]) -> tuple[dict[str, Place], float]:
    """Where the nodes stand: each column bent outwards, both centred; and how high the picture is."""
    steps = [TALL_ROW if any(_is_target(graph, node) for node in column) else ROW for column in columns]
    room = max(200, *(step * len(column) for step, column in zip(steps, columns, strict=True)))
    places = {}
    for side, column, step in zip((-1, 1), columns, steps, strict=True):
        stretch = max(step, min(2.2 * step, 0.8 * room / max(1, len(column))))
        for number, node in enumerate(column):
            y = TOP + room / 2 + (number - (len(column) - 1) / 2) * stretch
            inward = BOW * ((y - TOP - room / 2) / (room / 2)) ** 2
            x = MARGIN + inward if side < 0 else WIDTH - MARGIN - inward
            places[node] = Place(x, y, side)
    return places, TOP + room + BOTTOM


def _shown(kind: str, tie: Mapping[str, Any]) -> tuple[int, float]:
    """The sign that the tie is drawn with, and the share of draws that agree: without a sign, those in which it is there."""
    sign = (tie["value"] > 0) - (tie["value"] < 0)
    return -sign if kind == "conflict" else sign, float({1: tie["positive"], -1: tie["negative"], 0: tie["share"]}[sign])


def _line(network: Network, ends: tuple[str, str], tie: Mapping[str, Any], places: Mapping[str, Place], greatest: float) -> str:
    (sign, agreement), (a, b) = _shown(network.kind, tie), (places[end] for end in ends)
    inward = 0.0 if a.side != b.side else -a.side * min(30 + 0.7 * abs(a.y - b.y), 330)
    names = " – ".join(network.graph.nodes[end]["label"] for end in ends)
    told = f"{names}: {tie['value']:.3g}, draws {tie['low']:.3g} to {tie['high']:.3g}, as shown in {agreement:.0%} of them"
    return (
        f'<path d="M{a.x:.1f} {a.y:.1f}Q{(a.x + b.x) / 2 + inward:.1f} {(a.y + b.y) / 2:.1f} {b.x:.1f} {b.y:.1f}" fill="none" '
        f'{_stroke(sign)} stroke-width="{0.7 + 3.8 * tie["weight"] / greatest:.2f}" '
        f'stroke-opacity="{0.15 + 0.75 * agreement:.2f}"><title>{escape(told)}</title></path>'
    )


def _stroke(sign: int) -> str:
    colour, dashes = STYLES[sign]
    return f'stroke="{colour}"' + (f' stroke-dasharray="{dashes}"' if dashes else "")


def _node(held: Mapping[str, Any], place: Place) -> str:
    said = held["favor"] + held["against"]
    size = min(4 + said**0.5, 10)
    if held["mode"] == "target":
        mark = f'<rect x="{place.x - 6:.1f}" y="{place.y - 6:.1f}" width="12" height="12" fill="#222222"/>'
        lines = wrap(held["label"], 36, max_lines=3, placeholder=" …")
    else:
        mark = f'<circle cx="{place.x:.1f}" cy="{place.y:.1f}" r="{size:.1f}" fill="#222222" stroke="#ffffff"/>'
        lines = [held["label"] if len(held["label"]) <= 38 else shorten(held["label"], 38, placeholder=" …")]
    x, anchor = place.x + place.side * 16, "end" if place.side < 0 else "start"
    first = place.y + 4.5 - 8 * (len(lines) - 1)
    names = "".join(_text(x, first + 16 * number, line, size=13, anchor=anchor) for number, line in enumerate(lines))
    told = f"{held['label']}: {held['favor']} in favor, {held['against']} against, {held['other']} other"
    return f"<g><title>{escape(told)}</title>{mark}{names}</g>"


def _text(
    x: float, y: float, text: str, *, size: int, fill: str = "#111111", anchor: str = "start", weight: str = "normal"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill={quoteattr(fill)} text-anchor="{anchor}" '
        f'font-weight="{weight}">{escape(text)}</text>'
    )


def _legend(network: Network, height: float, greatest: float, ties: int, nodes: int) -> list[str]:
    """The lines' meaning, and what the picture leaves out."""
    graph, base, x = network.graph, height - BOTTOM + 34, 24.0
    present = {_shown(network.kind, tie)[0] for _, _, tie in graph.edges(data=True)}
    parts = []
    for sign, meaning in SIGNS[network.kind].items():
        if sign in present:
            parts.append(f'<path d="M{x:.0f} {base - 4}h44" {_stroke(sign)} stroke-width="3"/>')
            parts.append(_text(x + 52, base, meaning, size=12))
            x += 82 + 7.2 * len(meaning)
    how = f"Width: strength, the widest {greatest:.3g}. Opacity: the share of draws of the labels in which the tie is as shown."
    strength = _strength(graph)
    tied = sum(value > 0 for value in strength.values())
    alone = sorted(graph.nodes[node]["label"] for node, value in strength.items() if value == 0)
    left = [f"the strongest {min(ties, MOST_TIES)} of {graph.number_of_edges()} ties"] if ties > MOST_TIES or tied > nodes else []
    left += [f"{nodes} of {tied} nodes with ties"] if tied > nodes else []
    lines = [how, f"Shown: {' and '.join(left)}." if left else "", f"Without ties: {listing(alone, most=6)}." if alone else ""]
    return parts + [
        _text(24, base + 24 + 20 * number, shorten(line, 150, placeholder=" …"), size=12, fill="#555555")
        for number, line in enumerate(filter(None, lines))
    ]
