"""What is written about a debate, and in which files?"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stancelab.networks.debate import Debate, Period, sides
from stancelab.networks.exports import as_csv, as_gexf, as_graphml, statements_csv, ties_csv, write_folder
from stancelab.networks.figure import picture
from stancelab.networks.graphs import Network
from stancelab.networks.uncertainty import Estimate
from stancelab.progress import bar
from stancelab.report.figures import as_pdf, as_svg

CAVEAT = (
    "Intervals hold 95 % of draws of the labels from the classifier's probabilities. They suppose that these are calibrated "
    "and that rows err independently; they say nothing about articles that were not read. A value may lie outside: it takes the "
    "given labels as sure."
)


def write_debate(found: Debate, folder: Path) -> dict[str, Any]:
    """Write every network as graphml, gexf, csv and svg (of all statements also pdf), the rows, and a summary, which is returned.

    InputError where the folder cannot be written; see `write_folder`.
    """
    content: dict[str, bytes] = {"statements.csv": statements_csv(found.whole.statements)}
    drawn = [(period, network) for period in (found.whole, *found.windows) for network in period.networks]
    with bar("files", total=len(drawn)) as advance:
        for period, network in drawn:
            place = "" if period.window is None else f"windows/{period.window}/"
            content |= {place + name: value for name, value in _files(found, period, network).items()}
            advance(1)
    rows = [entry for period in (found.whole, *found.windows) for entry in _polarisation_rows(period)]
    content["polarisation.csv"] = as_csv(
        rows, ("first", "last", "statements", "measure", "target", "value", "mean", "low", "high")
    )
    if found.windows:
        content["polarisation.svg"] = as_svg(polarisation_chart(found)).encode()
    told = summary(found)
    write_folder(folder, content, told)
    return told


def _files(found: Debate, period: Period, network: Network) -> dict[str, bytes]:
    name = network.kind if found.choices.among == "actors" or network.kind == "affiliation" else f"{network.kind}-of-targets"
    svg = picture(network, subtitle(found, period, network))
    pdf = {f"{name}.pdf": as_pdf(svg)} if period.window is None else {}
    return {
        f"{name}.graphml": as_graphml(network.graph),
        f"{name}.gexf": as_gexf(network.graph),
        f"{name}.csv": ties_csv(network.graph),
        f"{name}.svg": svg.encode(),
        **pdf,
    }


def subtitle(found: Debate, period: Period, network: Network) -> str:
    """What a picture is of, in one line."""
    known = period.statements
    parts = [
        f"{period.window.first} to {period.window.last}" if period.window else None,
        f"{counted(known.rows, 'statement')} of {counted(known.actors, 'actor')} on {counted(known.targets, 'target')}",
        f"normalisation {network.graph.graph['normalisation']}" if network.graph.graph["normalisation"] != "no" else None,
        f"duplicates once a {found.choices.duplicates}" if found.choices.duplicates != "all" else None,
        f"{found.draws} draws, seed {found.seed}" if known.uncertain.any() else "no probabilities, so nothing is uncertain",
    ]
    return "; ".join(part for part in parts if part)


def counted(things: Sequence[Any], what: str) -> str:
    """How many there are, in words.

    >>> counted(["a"], "target"), counted([], "actor")
    ('1 target', '0 actors')
    """
    return f"{len(things)} {what}{'' if len(things) == 1 else 's'}"


def summary(found: Debate) -> dict[str, Any]:
    """Everything that was asked, counted and measured, for all statements and each window."""
    choices = found.choices
    asked = {"among": choices.among, "normalisation": choices.normalisation, "duplicates": choices.duplicates}
    whole = found.whole.statements
    notes = list(whole.notes)
    notes += [f"{found.undated} rows have no date and fall into no window"] if found.undated else []
    return {
        "scheme": whole.scheme.name,
        **asked,
        "draws": found.draws if whole.uncertain.any() else 0,
        "seed": found.seed,
        "caveat": CAVEAT,
        "notes": notes,
        "undated": found.undated,
        "all": _period_summary(found.whole),
        "windows": [_period_summary(period) for period in found.windows],
    }


def _period_summary(period: Period) -> dict[str, Any]:
    window = {} if period.window is None else {"first": str(period.window.first), "last": str(period.window.last)}
    networks = [
        {
            "kind": network.kind,
            "nodes": network.graph.number_of_nodes(),
            "ties": sum(1 for *_, tie in network.graph.edges(data=True) if _is_there(tie)),
            "ties_in_draws_only": sum(1 for *_, tie in network.graph.edges(data=True) if not _is_there(tie)),
            "left_out_as_seldom": network.seldom,
        }
        for network in period.networks
    ]
    known = period.statements
    people = {"actors": len(known.actors), "targets": len(known.targets), "articles": len(known.documents)}
    return {**window, **sides(known), **people, "networks": networks, "polarisation": _polarisation_rows(period)}


def _is_there(tie: Mapping[str, Any]) -> bool:
    return bool(tie["value"] != 0 or tie.get("combination", "none") != "none")


def _polarisation_rows(period: Period) -> list[dict[str, Any]]:
    """A row a measure: modularity, then the dispersion on each target; values None where it is not defined."""
    window = {} if period.window is None else {"first": str(period.window.first), "last": str(period.window.last)}
    head = {**window, "statements": len(period.statements.rows)}
    found = period.polarisation
    if found is None:
        return [{**head, "measure": "modularity", "target": None, **_numbers(None)}]
    rows = [{**head, "measure": "modularity", "target": None, **_numbers(found.modularity)}]
    pairs = zip(period.statements.targets, found.dispersion, strict=True)
    return rows + [{**head, "measure": "dispersion", "target": target, **_numbers(entry)} for target, entry in pairs]


def _numbers(found: Estimate | None) -> dict[str, float | None]:
    return {name: None if found is None else getattr(found, name) for name in ("value", "mean", "low", "high")}


def polarisation_chart(found: Debate) -> Any:
    """Each measure over the windows' middles: a line at the given labels, a band over the draws, a panel for each measure."""
    import altair as alt
    import pandas as pd

    rows = []
    for period in found.windows:
        for entry in _polarisation_rows(period):
            if entry["value"] is not None:
                title = entry["measure"] if entry["target"] is None else f"{entry['measure']}: {entry['target']}"
                rows.append({**entry, "panel": title if len(title) <= 70 else f"{title[:69]}…"})
    panels = list(dict.fromkeys(row["panel"] for row in rows))
    frame = pd.DataFrame(rows, columns=["first", "last", "panel", "value", "low", "high"])
    frame["middle"] = pd.to_datetime(frame["first"]) + (pd.to_datetime(frame["last"]) - pd.to_datetime(frame["first"])) / 2
    x = alt.X("middle:T", title="middle of the window")
    low, high = alt.Y("low:Q", title=None, scale=alt.Scale(domain=[0, 1])), alt.Y2("high:Q")
    base = alt.Chart(frame)
    layers = [
        base.mark_area(opacity=0.25, color="#0072B2").encode(x=x, y=low, y2=high),
        base.mark_rule(color="#0072B2", opacity=0.5).encode(x=x, y=low, y2=high),
        base.mark_line(color="#0072B2", point=True).encode(x=x, y="value:Q"),
    ]
    facet = alt.Facet("panel:N", title=None, sort=panels, columns=1, header=alt.Header(labelAnchor="start", labelLimit=680))
    return alt.layer(*layers).properties(width=680, height=120).facet(facet=facet, columns=1)
