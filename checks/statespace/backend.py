"""What expands levels: the compiled kernel where it is installed, or numpy; the same results."""

from __future__ import annotations

import os
from collections.abc import Sized
from typing import Any, Protocol, TypeVar

from tcpmc.checks.statespace.levels import Level
from tcpmc.checks.statespace.machine import Machine
from tcpmc.checks.statespace.table_arrays import FlatTables
from tcpmc.checks.statespace.tables import Ints

States = TypeVar("States", bound=Sized)


class NoKernel(Exception):
    """The kernel was asked for by name and is not installed."""


class Backend(Protocol):
    """The states that have been seen, and those that are candidates for the next level."""

    tables: FlatTables

    def add(self, level: Level) -> None:
        """Make the states candidates."""

    def settle(self) -> Level:
        """The candidates that were not seen before: they are now."""

    def expand(self, level: Level) -> int:
        """Make all successors candidates; returns the number of transitions."""


class Stepwise(Protocol[States]):
    """A backend in this process, which expands as far as the tables are filled in."""

    def form(self, level: Level) -> States:
        """The states in the form in which `step` takes them."""

    def step(self, states: States) -> tuple[int, Ints, States]:
        """The number of transitions, the entries that are missing, as rows (stage, key), and the
        states that need them."""


class LocalBackend(Backend, Stepwise[Any], Protocol):
    """A backend in this process."""


def expanded(backend: Stepwise[States], tables: FlatTables, states: States) -> int:
    """Expand all of the states, filling in what is missing; returns the number of transitions."""
    edges = 0
    while len(states):
        more, missing, states = backend.step(states)
        edges += more
        tables.fill_all(missing)
    return edges


def kernel_is_there() -> bool:
    """Whether the compiled kernel can be imported."""
    try:
        from tcpmc.checks.statespace import _kernel  # noqa: F401
    except ImportError:
        return False
    return True


def threads_available() -> int:
    """How many threads this process may run at once."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def backend_for(machine: Machine, name: str = "auto", threads: int | None = None) -> LocalBackend:
    """A backend that has seen nothing yet. Raises NoKernel."""
    if name == "kernel" and not kernel_is_there():
        raise NoKernel("the compiled kernel is not installed: choose --backend numpy")
    return local_backend(FlatTables(machine), name, threads)


def local_backend(
    tables: FlatTables, name: str = "auto", threads: int | None = None
) -> LocalBackend:
    """The same for tables."""
    if name == "numpy" or not kernel_is_there():
        from tcpmc.checks.statespace.by_numpy import NumpyBackend

        return NumpyBackend(tables)
    from tcpmc.checks.statespace.by_kernel import KernelBackend

    return KernelBackend(tables, threads or threads_available())
