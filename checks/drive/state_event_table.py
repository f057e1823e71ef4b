"""The whole table: every state, and in it every kind of segment, call and timeout."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from tcpmc.checks.conform.stacks import Stack
from tcpmc.checks.drive.moves import Move, kind_of
from tcpmc.checks.drive.oracle import Discrepancy, Judged, Oracle
from tcpmc.checks.drive.plan import StateReached, situations, tried, ways
from tcpmc.checks.drive.running import Observation, Runner
from tcpmc.checks.rule_labels import coverage
from tcpmc.model.endpoint.tcb import State
from tcpmc.stacks.stack import Broken, Impossible, StackUnderTest

if TYPE_CHECKING:
    from tcpmc.checks.drive.random_runs import RandomRun

WORDS = re.compile(r"<[^>]*>|[0-9]+ ?s?$")
"""What differs between two expectations that are the same: segments with their numbers."""

Verdict = Literal["agrees", "differs", "not reachable"]


@dataclass(frozen=True)
class Cell:
    """One experiment: in this state these moves. `way` led there, `moves` were tried; `why` says
    why the state could not be reached, or that a timer was ended by other means."""

    place: StateReached
    moves: tuple[Move, ...]
    verdict: Verdict
    way: tuple[Move, ...] = ()
    stamps: bool = False
    difference: Discrepancy | None = None
    events: tuple[Observation, ...] = ()
    why: str = ""

    @property
    def kind(self) -> str:
        """The column of the table."""
        return kind_of(self.moves[-1])

    def __str__(self) -> str:
        told = ", then ".join(map(str, self.moves))
        return f"{self.place}: {told}{' (timestamps)' if self.stamps else ''}"


@dataclass
class DriveTable:
    """What a stack did, cell by cell, and the labels of the rules that were seen at work.
    `shortest` are the shortest runs of what differs, where they were asked for."""

    name: str
    stack: Stack
    cells: list[Cell] = field(default_factory=list)
    rules: set[str] = field(default_factory=set)
    shortest: list[Cell] = field(default_factory=list)
    coverage_asked: bool = False
    random_runs: int = 0
    at_random: list[RandomRun] = field(default_factory=list)

    def of(self, verdict: Verdict) -> list[Cell]:
        """The cells with a verdict."""
        return [cell for cell in self.cells if cell.verdict == verdict]

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return not self.of("differs") and not self.at_random

    def coverage(self) -> dict[str, list[str]]:
        """The rule labels that were reached, and the others."""
        return coverage([self.stack.variant], self.rules)


@dataclass(frozen=True)
class Group:
    """Cells of one state and kind that differ in the same way."""

    cells: tuple[Cell, ...]

    @property
    def first(self) -> Cell:
        """The first of them, which is told in full."""
        return self.cells[0]


def groups(cells: Sequence[Cell]) -> list[Group]:
    """The cells that differ, by state, kind, and what the rules say of them."""
    found: dict[tuple[object, ...], list[Cell]] = {}
    for one in cells:
        if one.difference is not None:
            rule = WORDS.sub("", one.difference.expected), one.difference.requirement
            found.setdefault((one.place, one.kind, *rule), []).append(one)
    return [Group(tuple(some)) for some in found.values()]


@dataclass(frozen=True)
class Reached:
    """How a state is reached on this stack, or why it is not."""

    place: StateReached
    stamps: bool
    way: tuple[Move, ...] = ()
    why: str = ""


def experiments(
    under_test: StackUnderTest, stack: Stack, found: DriveTable, states: Sequence[State] = ()
) -> Iterator[Cell]:
    """The cells in order, as they are decided; they and the rules are put into `found`. Only those
    of some states, if any are given."""
    oracle = Oracle.for_stack(stack, under_test)
    known = ways(stack.variant)
    for stamps in (False, True):
        for place in situations():
            if states and place.state not in states:
                continue
            reached = reach(under_test, oracle, place, known.get(place, []), stamps)
            for moves in tried(place, stamps, under_test.virtual):
                one, rules = cell(under_test, oracle, reached, moves)
                found.cells.append(one)
                found.rules |= rules
                yield one


def reach(
    under_test: StackUnderTest,
    oracle: Oracle,
    place: StateReached,
    candidates: Sequence[tuple[Move, ...]],
    stamps: bool,
) -> Reached:
    """The shortest way that the stack goes by the rules; else what is in the way."""
    if not candidates:
        return Reached(place, stamps, why=f"{oracle.stack.name} never enters it")
    why = ""
    for way in candidates:
        try:
            events = Runner(under_test, stamps).run(way)
        except (Broken, Impossible) as error:
            why = why or str(error)
            continue
        judged = oracle.judged(events) if events else Judged(None, frozenset())
        state = events[-1].state if events else under_test.state()
        if judged.difference is not None:
            why = why or f"after {way[judged.difference.move]}: {judged.difference.observed}"
        elif state not in (None, str(place.state)):
            why = why or f"the stack is in {state} instead"
        elif stamps and not _stamped(events):
            why = why or "the stack has no timestamps"
        else:
            return Reached(place, stamps, way)
    return Reached(place, stamps, why=why)


def _stamped(events: Sequence[Observation]) -> bool:
    """Whether the stack has agreed to timestamps, or has said nothing yet."""
    sent = [p for event in events for p in event.packets if p.outbound and not p.RST]
    return all(p.tsval is not None for p in sent)


def cell(
    under_test: StackUnderTest, oracle: Oracle, reached: Reached, moves: tuple[Move, ...]
) -> tuple[Cell, frozenset[str]]:
    """Make the moves in that state, and judge what came of it: with the rules that were seen."""
    blank = Cell(reached.place, moves, "not reachable", reached.way, reached.stamps)
    if reached.why:
        return replace(blank, why=reached.why), frozenset()
    try:
        events = tuple(Runner(under_test, reached.stamps).run((*reached.way, *moves)))
    except Impossible as error:
        return replace(blank, why=str(error)), frozenset()
    except Broken as error:
        silent = Discrepancy(len(reached.way) + len(moves) - 1, str(error), "an answer", "3.10")
        return replace(blank, verdict="differs", difference=silent), frozenset()
    judged = oracle.judged(events)
    why = "the timer was ended by the kernel's own means" if events[-1].stood_in else ""
    verdict: Verdict = "agrees" if judged.difference is None else "differs"
    done = replace(blank, verdict=verdict, difference=judged.difference, events=events, why=why)
    return done, frozenset(label for rule in judged.rules for label in rule.split(" + "))
