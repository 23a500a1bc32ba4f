"""What does the page look like that lists all commands?

As typer has it, whose own module for this loads a Markdown parser and a syntax highlighter: they take longer than all the rest.
"""

from typing import Any

from rich.console import Console
from rich.highlighter import RegexHighlighter
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from rich.theme import Theme
from typer.core import TyperGroup

STYLES = {"option": "bold cyan", "usage": "yellow", "types": "bold yellow"}


class Marked(RegexHighlighter):
    """Options and the word Usage."""

    highlights = (r"(^|\W)(?P<option>\-\-[\w\-]+)(?![a-zA-Z0-9])", r"(?P<types>\<[^\>]+\>)", r"(?P<usage>Usage: )")


def print_overview(group: TyperGroup, ctx: Any) -> None:
    """Print usage, options and commands of a group whose options have no values."""
    marked = Marked()
    console = Console(theme=Theme(STYLES), highlighter=marked)
    console.print(Padding(marked(group.get_usage(ctx)), 1), style="bold")
    console.print(Padding(marked(group.help or ""), (0, 1, 1, 1)))
    options = _table()
    for option in group.get_params(ctx):
        names = marked(",".join(option.opts))
        options.add_row(names, "", "", "", Text("<bool>", style="bold yellow"), marked(getattr(option, "help", "") or ""))
    commands = _table()
    commands.add_column(style="bold cyan", no_wrap=True, width=max(map(len, group.commands)))
    for name, command in group.commands.items():
        commands.add_row(name, marked(command.help or ""))
    for title, table in (("Options", options), ("Commands", commands)):
        console.print(Panel(table, border_style="dim", title=title, title_align="left"))


def _table() -> Table:
    return Table(highlight=False, show_header=False, box=None, pad_edge=False, padding=(0, 1))
