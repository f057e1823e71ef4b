"""The settings of every command are typed records, made once of what the command line says."""

import ast
from collections.abc import Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import get_type_hints

import click
import pytest

import tcpmc
from tcpmc.cli.command_settings import ScopeBounds, names
from tcpmc.cli.main import cli
from tcpmc.cli.scope_options import OPTIONS
from tcpmc.reports.scope_arguments import FLAGS


def commands(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command, by the words that call it."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")
        else:
            yield f"{path}{name}", command


@pytest.mark.parametrize(("name", "command"), [*commands(cli)])
def test_each_value_of_a_command_is_in_one_record(name: str, command: click.Command) -> None:
    said = {str(one.name) for one in command.params if one.expose_value}
    assert command.callback is not None
    hints = get_type_hints(getattr(command.callback, "__wrapped__", command.callback))
    hints.pop("return")
    taken = [n for k, hint in hints.items() for n in (names(hint) if is_dataclass(hint) else {k})]
    assert len(taken) == len(set(taken))
    assert said <= set(taken), said - set(taken)


def test_each_bound_has_an_option_and_a_field() -> None:
    assert len(OPTIONS) == len(FLAGS)
    assert list(vars(ScopeBounds())) == list(FLAGS)


@pytest.mark.parametrize(("name", "command"), [*commands(cli)])
def test_every_command_that_writes_takes_the_same_words(name: str, command: click.Command) -> None:
    options = {one.name: one for one in command.params}
    if name in ("explore", "list"):
        return
    assert options["output"].multiple and options["output"].metavar == "[FORMAT=]FILE"
    assert {"format", "force"} <= set(options)


@pytest.mark.parametrize(
    "path", sorted((Path(tcpmc.__file__).parent / "cli").glob("*.py")), ids=lambda path: path.name
)
def test_no_command_passes_its_settings_untyped(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert "dict[str, Any]" not in source
    if path.name == "command_settings.py":  # where click's values come in
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            assert node.args.kwarg is None or node.name == "_bound", node.name


@pytest.mark.parametrize(("name", "command"), [*commands(cli)])
def test_help_keeps_the_lines_of_its_examples(name: str, command: click.Command) -> None:
    told = command.get_help(click.Context(command, info_name=name))
    assert "\\b" not in told and "\b" not in told
    examples = [line for line in told.splitlines() if line.lstrip().startswith("tcpmc ")]
    assert all(line.count("tcpmc ") == 1 for line in examples)
