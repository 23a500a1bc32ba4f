"""How does the command line know its commands without loading them?"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group


class Listed(TyperCommand):
    """A command of which name and line are known; its module is imported when it is called, or asked for its own help."""

    def __init__(self, name: str, module: str, line: str) -> None:
        super().__init__(name=name, help=line)
        self.module = module

    def loaded(self) -> Any:
        """The command itself, or the group of commands."""
        name = str(self.name)
        found = getattr(import_module(f"stancelab.cli.{self.module}"), name)
        alone = typer.Typer()
        if isinstance(found, typer.Typer):
            alone.add_typer(found, name=name)
        else:
            alone.command(name)(found)
        return get_group(alone).commands[name]

    def make_context(self, *args: Any, **others: Any) -> Any:
        """What the command itself makes of the words after its name."""
        return self.loaded().make_context(*args, **others)


def group_of(commands: Mapping[str, tuple[str, str]]) -> type[TyperGroup]:
    """The class of a group of these commands, in this order: the module of each, and the line that says what it does."""

    class Group(TyperGroup):
        def __init__(self, **others: Any) -> None:
            super().__init__(**others)
            self.commands = {name: Listed(name, module, line) for name, (module, line) in commands.items()}

        def format_help(self, ctx: Any, formatter: Any) -> None:
            from stancelab.cli.overview import print_overview

            print_overview(self, ctx)

    return Group
