"""The settings of a command: frozen records, made once of what the command line says.

A command declares its options to click, and takes records of them: `@typed` makes each record of
the values that bear its fields' names. From there on settings are attributes with a type.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import wraps
from typing import Any, TextIO, cast, get_type_hints

from tcpmc.checks.running.monitor import GIGABYTE, Limits, default_memory
from tcpmc.checks.verdict import Word


@dataclass(frozen=True)
class ScopeBounds:
    """The bounds of a scope that were given; None for one that was not. `retransmissions` is -1
    for "forever"."""

    bits: int | None = None
    channel: str | None = None
    capacity: int | None = None
    loss: str | None = None
    duplication: bool | None = None
    reordering: bool | None = None
    data: int | None = None
    opens: int | None = None
    crashes: int | None = None
    aborts: bool | None = None
    isn: str | None = None
    sender: str | None = None
    closer: str | None = None
    shared_address: bool | None = None
    listener: str | None = None
    attacks: int | None = None
    retransmissions: int | None = None
    prompt: bool | None = None
    start: str | None = None
    clock: bool | None = None
    msl: int | None = None
    time_wait: int | None = None
    rto: int | None = None

    def given(self) -> dict[str, int | str]:
        """The bounds that were given, by name."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class ScopeSettings:
    """A named scope, and what is changed of it."""

    scope: str
    bounds: ScopeBounds


@dataclass(frozen=True)
class LimitSettings:
    """When a run stops (`max_memory` in GB, `timeout` in seconds), and whether it tells of itself
    meanwhile."""

    max_states: int | None
    max_memory: float | None
    timeout: float | None
    quiet: bool

    def limits(self) -> Limits:
        """The limits of a run."""
        memory = self.max_memory
        bytes_ = default_memory() if memory is None else int(memory * GIGABYTE)
        return Limits(self.max_states, bytes_, self.timeout)

    @property
    def progress(self) -> TextIO | None:
        """Where progress is shown."""
        return None if self.quiet else sys.stderr


@dataclass(frozen=True)
class ExploringSettings:
    """How the explicit engine explores: see `checks.explicit.settings.Exploring`; and whether
    answers of earlier runs are left aside."""

    backend: str = "auto"
    threads: int | None = None
    checkpoint: str | None = None
    resume: str | None = None
    cluster: str | None = None
    no_cache: bool = False


@dataclass(frozen=True)
class RunSettings:
    """What properties are decided with: bounds, fairness, limits. `every` is for properties
    outside of the catalogue as well, `expect` the variant whose verdicts are expected, and
    `expectations` the words that are expected of single properties."""

    scope: ScopeSettings
    limits: LimitSettings
    fairness: tuple[str, ...] = ()
    exploring: ExploringSettings = field(default_factory=ExploringSettings)
    every: bool = False
    expect: str | None = None
    thorough: bool = False
    next_capacity: bool = False
    expectations: tuple[tuple[str, Word], ...] = ()


@dataclass(frozen=True)
class OutputSettings:
    """What `-o` and `--format` say; `outputs` says what that means."""

    format: str | None
    output: tuple[str, ...]
    force: bool


def typed(command: Callable[..., int]) -> Callable[..., int]:
    """The command, called with click's values: a parameter that is a record takes those that its
    fields name (a field that is a record likewise), any other the value of its own name."""

    @wraps(command)
    def run(**given: object) -> int:
        hints = get_type_hints(command)
        hints.pop("return")
        return command(**{name: _made(hint, name, given) for name, hint in hints.items()})

    # Click's mark for a paragraph that keeps its lines; docstrings are raw, and write it as \\b.
    run.__doc__ = (command.__doc__ or "").replace("\\b\n", "\b\n")
    return run


def names(record: Any) -> set[str]:
    """The names of all values that a record is made of."""
    hints = get_type_hints(record)
    return {
        name
        for field in fields(record)
        for name in (names(hints[field.name]) if is_dataclass(hints[field.name]) else {field.name})
    }


def _made(kind: Any, name: str, given: Mapping[str, object]) -> object:
    if not is_dataclass(kind):
        return given[name]
    hints = get_type_hints(kind)
    values = {
        part: _made(hints[part], part, given)
        for part in (field.name for field in fields(kind))
        if is_dataclass(hints[part]) or part in given
    }
    return cast("Callable[..., object]", kind)(**values)
