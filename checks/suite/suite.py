"""All scripts of a suite: each read and judged, and what they reach together."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Literal

from tcpmc.captures.text.line import NotRead
from tcpmc.captures.text.packetdrill_script import LONGEST, read_script
from tcpmc.checks.conform.stacks import Stack
from tcpmc.checks.drive.moves import KINDS
from tcpmc.checks.rule_labels import coverage
from tcpmc.checks.suite.claims import ScriptClaim, aimed_at, by_bits, unkept
from tcpmc.checks.suite.demands import OutsideSubset, demands_of
from tcpmc.checks.suite.judging import Fault, ScriptJudgement, Verdict, judged
from tcpmc.errors import BadInput
from tcpmc.model.endpoint.tcb import State

SUFFIX = ".pkt"
CONTROL_BITS = tuple(kind for kind in KINDS if kind != "text")
"""The kinds of segments by their control bits alone."""

ScriptVerdict = Literal[Verdict, "not judged", "not read"]
VERDICTS: tuple[ScriptVerdict, ...] = (
    *("passes", "left open", "forbidden", "not decided", "not judged", "not read"),
)
Cell = tuple[State, str]


@dataclass(frozen=True)
class ScriptResult:
    """A script, and what is said of it. `why` says why it was not judged, or not read."""

    path: str
    verdict: ScriptVerdict
    judgement: ScriptJudgement = ScriptJudgement("not decided")
    vacuous: tuple[tuple[ScriptClaim, str], ...] = ()
    why: str = ""

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What it asks for that not every conforming stack does."""
        return self.judgement.faults


@dataclass
class SuiteReport:
    """What was found: each script, and the rules that they are held against. `written` are the
    files of scripts for what is missing."""

    stack: Stack
    scripts: list[ScriptResult] = field(default_factory=list)
    written: list[str] = field(default_factory=list)

    def of(self, verdict: ScriptVerdict) -> list[ScriptResult]:
        """The scripts with a verdict."""
        return [script for script in self.scripts if script.verdict == verdict]

    @property
    def vacuous(self) -> list[ScriptResult]:
        """The scripts that do not reach what they say."""
        return [script for script in self.scripts if script.vacuous]

    @property
    def judged(self) -> list[ScriptResult]:
        """The scripts with a verdict that tells something."""
        return [s for s in self.scripts if s.verdict in ("passes", "left open", "forbidden")]

    def covered(self) -> dict[Cell, int]:
        """How many scripts there are for each state and kind of segment that arrives in it: where
        the state is not certain, the segment counts in none."""
        found: dict[Cell, int] = {}
        for script in self.judged:
            cells = {
                (state, event.kind)
                for event in script.judgement.events
                if event.kind and len(event.states) == 1
                for state in event.states
            }
            for cell in cells:
                found[cell] = found.get(cell, 0) + 1
        return found

    def empty(self) -> list[Cell]:
        """The cells that no script covers."""
        covered = self.covered()
        return [(state, kind) for state in State for kind in KINDS if (state, kind) not in covered]

    def aims(self) -> dict[Cell, int]:
        """How many scripts are about each cell by their names, by control bits alone."""
        found: dict[Cell, int] = {}
        for script in self.scripts:
            cell = aimed_at(script.path)
            if cell is not None:
                found[cell] = found.get(cell, 0) + 1
        return found

    def without_script(self) -> list[tuple[Cell, bool]]:
        """The cells, by control bits alone, that no script is about, and whether others cover them
        on their way; none where few names say what a script is about."""
        aims = self.aims()
        by_the_way = {(state, by_bits(kind)) for state, kind in self.covered()}
        return [
            ((state, kind), (state, kind) in by_the_way)
            for state in State
            for kind in CONTROL_BITS
            if 2 * sum(aims.values()) >= len(self.scripts) and (state, kind) not in aims
        ]

    def states(self) -> dict[State, int]:
        """How many scripts reach each state."""
        return {s: sum(s in one.judgement.states for one in self.judged) for s in State}

    def coverage(self) -> dict[str, list[str]]:
        """The rule labels that the scripts reach, and the others."""
        reached = {label for script in self.judged for label in script.judgement.rules}
        return coverage([self.stack.variant], reached)


def scripts_in(places: Sequence[str]) -> list[str]:
    """The files of scripts: those named, and those below a folder, in order. Raises BadInput for
    what is not there, and for a folder that has none."""
    found: list[str] = []
    for place in places:
        path = Path(place)
        if path.is_dir():
            below = [
                str(Path(folder) / name)
                for folder, _, names in os.walk(path)
                for name in names
                if name.endswith(SUFFIX)
            ]
            if not below:
                raise BadInput(f"{place}: no file in it ends in {SUFFIX}")
            found += sorted(below)
        elif path.exists():
            found.append(place)
        else:
            raise BadInput(f"{place}: no such file or folder")
    return list(dict.fromkeys(found))


def results(paths: Sequence[str], stack: Stack, seconds: float | None) -> Iterator[ScriptResult]:
    """The verdict on each script, in order; each may take so many seconds."""
    for path in paths:
        yield result_of(path, stack, seconds)


def result_of(path: str, stack: Stack, seconds: float | None = None) -> ScriptResult:
    """The verdict on one script."""
    try:
        with Path(path).open("rb") as file:
            text = file.read(LONGEST + 1).decode("utf-8", "replace")
        script = read_script(text)
        demands = demands_of(script)
    except OSError as error:
        return ScriptResult(path, "not read", why=error.strerror or str(error))
    except NotRead as error:
        return ScriptResult(path, "not read", why=str(error))
    except OutsideSubset as error:
        return ScriptResult(path, "not judged", why=str(error))
    deadline = None if seconds is None else monotonic() + seconds
    judgement = judged(demands, stack, deadline)
    if judgement.verdict == "not decided":
        return ScriptResult(path, "not decided", judgement, why=judgement.why)
    vacuous = tuple(unkept(path, script.comments, judgement))
    return ScriptResult(path, judgement.verdict, judgement, vacuous)
