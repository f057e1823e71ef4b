"""Run a command and measure the whole of it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Protocol

Size = tuple[int, int]  # connections, capacity


class Failed(Exception):
    """A tool did not do what it was asked."""


@dataclass(frozen=True)
class Process:
    """A finished process: seconds by the clock and of the processors, the most memory it held at
    once in bytes, and its stdout."""

    wall: float
    cpu: float
    peak: int
    output: str


def run(command: Sequence[str], directory: Path) -> Process:
    """Run it to its end. Raises Failed if it says that it failed."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = perf_counter()
        child = subprocess.Popen(command, cwd=directory, stdout=out, stderr=err)
        _, status, usage = os.wait4(child.pid, 0)
        wall = perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if child.returncode:
            raise Failed(f"{' '.join(command)}: {err.read().strip()[-500:] or child.returncode}")
        unit = 1 if sys.platform == "darwin" else 1024
        return Process(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit, out.read())


@dataclass(frozen=True)
class Run:
    """One search. In seconds: of the search alone by the clock, and of the processors; of the whole
    process; of what comes before: generating and compiling a verifier, or filling in tables; and of
    the path to the goal. Bytes held at most. What was counted, and the length of that path."""

    search: float
    cpu: float
    process: float
    peak: int
    states: int
    transitions: str
    build: float = 0.0
    tables: float = 0.0
    trace: float = 0.0
    depth: int | None = None

    @property
    def pipeline(self) -> float:
        """Seconds from nothing but the model to the answer."""
        return self.build + self.process


class Contestant(Protocol):
    """A tool with its settings."""

    @property
    def name(self) -> str: ...

    def run(self, size: Size, directory: Path, goal: bool = False) -> Run:
        """Build what is to be built, and search everything or until the goal. Raises Failed."""
        ...


def middle(runs: Sequence[Run], figure: str) -> float:
    """The median of a figure."""
    return float(median(getattr(one, figure) for one in runs))
