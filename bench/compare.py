"""What is measured, in which order, and that all tools count the same."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.measure import Contestant, Failed, Run, Size, run
from bench.ours import KERNEL, NUMPY, TWO_THREADS, Ours
from bench.peers import (
    BREADTH_FIRST,
    MURPHI,
    QUICKLY_BUILT,
    TUNED,
    TWO_CORES,
    Spin,
    missing,
    versions,
)
from bench.sizes import SIZES

Say = Callable[[str], None]
GOAL_SIZE, GOAL_DEPTH = (2, 2), 18
ONCE_ABOVE = 100_000  # states: Murphi is slow enough there that one run says all
QUICK_BELOW = 100_000  # states: there compiling without optimisation may win the whole pipeline
SCOPES = ("small", "default", "large")


@dataclass
class Comparison:
    """All runs: the searches of everything by size and contestant, the searches for the goal by
    contestant, our own model's by scope and backend, and its catalogue's seconds."""

    rounds: int
    machine: str
    tools: list[str]
    searches: dict[Size, dict[str, list[Run]]] = field(default_factory=dict)
    goals: dict[str, list[Run]] = field(default_factory=dict)
    scopes: dict[str, dict[str, list[Run]]] = field(default_factory=dict)
    verdicts: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def compare(
    sizes: Sequence[Size], rounds: int, peers_wanted: str, directory: Path, say: Say
) -> Comparison:
    """Measure everything. Raises Failed if a tool fails or counts something else."""
    found = Comparison(
        rounds, machine(), [own_version(), *(versions() if peers_wanted != "none" else [])]
    )
    ours, peers = our_contestants(found.notes), peer_contestants(peers_wanted, found.notes)
    for size in sizes:
        found.searches[size] = _search(size, [*ours, *peers], rounds, directory, say)
    if GOAL_SIZE in sizes:
        spin = [BREADTH_FIRST] if TUNED in peers else []
        found.goals = _search_goal([*ours, *spin], rounds, directory, say)
    for scope in SCOPES:
        found.scopes[scope] = _explore_scope(scope, ours, rounds, say)
    for what in ("catalogue", *SCOPES):
        found.verdicts[what] = _verdict(what, rounds, directory, say)
    return found


def machine() -> str:
    """What runs all this."""
    processor = platform.processor() or platform.machine()
    for line in _lines(Path("/proc/cpuinfo")):
        if line.startswith("model name"):
            processor = line.partition(":")[2].strip()
            break
    return f"{os.cpu_count()} cores, {processor}, {platform.system()}"


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def own_version() -> str:
    """This package and what it runs on."""
    from importlib.metadata import version

    return f"tcpmc {version('tcpmc')}, Python {platform.python_version()}, numpy {version('numpy')}"


def our_contestants(notes: list[str]) -> list[Ours]:
    """The backends that are installed."""
    from importlib.util import find_spec

    if find_spec("tcpmc.checks.statespace._kernel") is None:
        notes.append("The compiled kernel is not installed: numpy only.")
        return [NUMPY]
    return [KERNEL, TWO_THREADS, NUMPY]


def peer_contestants(wanted: str, notes: list[str]) -> list[Contestant]:
    """The peers that are wanted and installed: auto (all), spin or none."""
    peers: list[Contestant] = []
    choice: dict[str, list[Contestant]] = {
        "spin": [TUNED, TWO_CORES, QUICKLY_BUILT],
        "rumur": [MURPHI],
    }
    for program, contestants in choice.items():
        if wanted not in ("auto", program):
            continue
        absent = missing(program, "gcc")
        if absent:
            notes.append(f"Without {program}: {', '.join(absent)} not installed (apt install).")
        else:
            peers += contestants
    return peers


def _search(
    size: Size, contestants: Sequence[Contestant], rounds: int, directory: Path, say: Say
) -> dict[str, list[Run]]:
    """Every contestant in each round, one after the other."""
    states, transitions = SIZES[size]
    runs: dict[str, list[Run]] = {}
    for number in range(rounds):
        for contestant in contestants:
            if contestant is QUICKLY_BUILT and states > QUICK_BELOW:
                continue
            if contestant is MURPHI and states > ONCE_ABOVE and number:
                continue
            one = contestant.run(size, directory)
            expected = Spin.expected(size) if isinstance(contestant, Spin) else f"{transitions}"
            if (one.states, one.transitions) != (states, expected):
                raise Failed(
                    f"{contestant.name} counts {one.states} states and {one.transitions} "
                    f"transitions at {size}; {states} and {expected} were expected"
                )
            runs.setdefault(contestant.name, []).append(one)
            say(f"{size} {number + 1}/{rounds} {contestant.name}: {one.search:.3f} s")
    return runs


def _search_goal(
    contestants: Sequence[Contestant], rounds: int, directory: Path, say: Say
) -> dict[str, list[Run]]:
    runs: dict[str, list[Run]] = {}
    for number in range(rounds):
        for contestant in contestants:
            one = contestant.run(GOAL_SIZE, directory, goal=True)
            if one.depth != GOAL_DEPTH:
                raise Failed(f"{contestant.name} finds the goal at {one.depth}, not {GOAL_DEPTH}")
            runs.setdefault(contestant.name, []).append(one)
            say(f"goal {number + 1}/{rounds} {contestant.name}: {one.search:.3f} s")
    return runs


def _explore_scope(
    scope: str, contestants: Sequence[Ours], rounds: int, say: Say
) -> dict[str, list[Run]]:
    runs: dict[str, list[Run]] = {}
    for number in range(rounds):
        for contestant in contestants:
            one = contestant.explore(["scope", scope])
            runs.setdefault(contestant.name, []).append(one)
            say(f"scope {scope} {number + 1}/{rounds} {contestant.name}: {one.search:.3f} s")
    return runs


def _verdict(what: str, rounds: int, directory: Path, say: Say) -> float:
    """Seconds of `tcpmc check` as a whole: one property in a scope, or the catalogue."""
    asked = [] if what == "catalogue" else ["synchronized", "--scope", what]
    command = [sys.executable, "-m", "tcpmc", "check", *asked, "--engine", "explicit", "--quiet"]
    seconds = median(run(command, directory).wall for _ in range(rounds))
    say(f"tcpmc check {' '.join(asked) or '(catalogue)'}: {seconds:.2f} s")
    return seconds
