"""Are the commands that the command line lists those that there are, and does the page that lists them look as typer's?"""

import inspect
import os
from importlib import import_module

import pytest
import typer
import typer.main
import typer.rich_utils

from stancelab.cli import COMMANDS, app


def command(name):
    return getattr(import_module(f"stancelab.cli.{COMMANDS[name][0]}"), name)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_of_a_command_is_the_first_of_its_own_help(name):
    found = command(name)
    told = found.info.help if isinstance(found, typer.Typer) else inspect.getdoc(found)
    assert COMMANDS[name][1] == told.split("\n\n")[0].replace("\n", " ")


def test_every_command_of_the_modules_is_listed():
    modules = {module for module, _ in COMMANDS.values()}
    loaded = [import_module(f"stancelab.cli.{module}") for module in modules]
    public = {
        name
        for module in loaded
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (isinstance(value, typer.Typer) or (inspect.isfunction(value) and value.__module__ == module.__name__))
    }
    assert {name for name in public if "_" not in name} == set(COMMANDS)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_page_of_all_commands_looks_as_typer_has_it(call, capsys, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    group = typer.main.get_command(app)
    for name in group.commands:
        group.commands[name] = group.commands[name].loaded()
    with group.make_context("stancelab", [], resilient_parsing=True) as ctx:
        typer.rich_utils.rich_format_help(obj=group, ctx=ctx, markup_mode="rich")
    expected = capsys.readouterr().out + "\n"
    assert call("--help") == (0, expected, "")


def test_without_words_the_same_page_comes_with_exit_code_2(call):
    code, out, _ = call()
    assert (code, out) == (2, call("--help")[1].removesuffix("\n"))


def test_a_command_that_does_not_exist_is_told_the_nearest(call):
    code, out, err = call("scroe")
    assert (code, out) == (2, "")
    assert "No such command 'scroe'. Did you mean 'score'?" in err.replace("│", "").replace(os.linesep, " ")
