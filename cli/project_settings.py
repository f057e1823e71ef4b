"""What a stack's repository asks of `tcpmc check`: the table [tool.tcpmc] of its pyproject.toml."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct, ValidationError, convert

from tcpmc.checks.running.loading import find_property
from tcpmc.checks.running.stacks_of_ends import with_files
from tcpmc.checks.verdict import Word
from tcpmc.cli.command_settings import RunSettings
from tcpmc.errors import BadInput

FILE = "pyproject.toml"
LARGEST = 10_000_000
"""Of a file that is read, in octets."""


class ProjectSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The table. What the command line says comes before it."""

    variant: Annotated[
        str | tuple[str, ...], Meta(description="a name or a Python file, from this file's folder")
    ] = ()
    properties: tuple[str, ...] = ()
    scope: str | None = None
    expect: Annotated[
        str | None, Meta(description="the variant whose verdicts are expected, as --expect")
    ] = None
    expectations: Annotated[
        dict[str, Word], Meta(description="the verdict that is expected of a property")
    ] = {}

    @property
    def variants(self) -> tuple[str, ...]:
        """All variants that are named."""
        return (self.variant,) if isinstance(self.variant, str) else self.variant

    def __str__(self) -> str:
        settings = {
            "variant": self.variants,
            "properties": self.properties,
            "scope": (self.scope,) if self.scope else (),
            "expect": (self.expect,) if self.expect else (),
            "expectations": tuple(self.expectations),
        }
        return "; ".join(f"{name} {', '.join(of)}" for name, of in settings.items() if of)


def project_settings(folder: Path) -> tuple[Path, ProjectSettings] | None:
    """The nearest pyproject.toml of this folder and those above, and its table; None where it has
    none. A variant's file is relative to it. Raises BadInput."""
    for place in (folder, *folder.parents):
        path = place / FILE
        if path.is_file():
            table = _table(path)
            return None if table is None else (path, _settings(path, table))
    return None


def _table(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            return tomllib.loads(file.read(LARGEST).decode()).get("tool", {}).get("tcpmc")
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError, AttributeError) as error:
        raise BadInput(f"{path}: invalid TOML: {error}") from error


def _settings(path: Path, table: Any) -> ProjectSettings:
    try:
        settings = convert(table, ProjectSettings)
    except ValidationError as error:
        raise BadInput(f"{path}: [tool.tcpmc]: {error}") from error
    for name in settings.expectations:
        find_property(name)
    files = tuple(
        with_files(variant, lambda file: _from_here(path.parent / file))
        for variant in settings.variants
    )
    return ProjectSettings(
        files, settings.properties, settings.scope, settings.expect, settings.expectations
    )


def _from_here(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def with_project(project: ProjectSettings, settings: RunSettings, scope_given: bool) -> RunSettings:
    """The settings of a run, and where the command line says nothing those of the project."""
    scope = settings.scope
    if project.scope and not scope_given:
        scope = replace(scope, scope=project.scope)
    return replace(
        settings,
        scope=scope,
        expect=settings.expect or project.expect,
        expectations=tuple(project.expectations.items()),
    )
