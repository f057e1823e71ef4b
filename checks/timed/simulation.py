"""Random timed runs, on integers: they propose what may be invariant, and prove nothing."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from tcpmc.checks.timed.timed_system import Action, TimedSystem, is_sending, phase_name

Location = tuple[int, int]
"""The phases of both ends, as indices into the table."""
UNIT = 4
LARGEST = 9
LENGTH = 24


def points(
    system: TimedSystem, region: Callable[[Any], Any], count: int, choose: random.Random
) -> list[dict[str, int]]:
    """Values of the parameters in the region, in quarters, at most `count`."""
    chosen: list[dict[str, int]] = []
    said = _said(system)
    for _ in range(200 * count):
        drawn = {name: UNIT * choose.randint(0, LARGEST) for name in system.parameters}
        drawn |= said
        if "D" in drawn:  # what is watched is often longer than all else
            drawn["D"] += choose.randint(0, LARGEST) * max(drawn.values())
        if len(chosen) < count and system.sensible(drawn) and region(drawn):
            chosen.append(drawn)
    return chosen


def _said(system: TimedSystem) -> dict[str, int]:
    """The parameters that are said to be a number: no draw would hit it."""
    equations = system.circumstances.where
    return {
        equation.left.names[0]: equation.right.at({})
        for equation in equations
        if equation.relation == "=" and len(equation.left.terms) == 1 and not equation.right.names
    }


class Runs:
    """Random runs of a system from its initial state."""

    def __init__(self, system: TimedSystem, seed: int = 9293) -> None:
        self.system, self.choose = system, random.Random(seed)
        self.by_phase: dict[tuple[int, int], list[Action]] = {}
        index = {phase: number for number, phase in enumerate(system.table.phases)}
        for action in system.actions:
            key = action.end, index[action.move.before]
            self.by_phase.setdefault(key, []).append(action)
        self.index = index

    def start(self, parameters: dict[str, int]) -> dict[str, Any]:
        """The initial state: what was never sent is older than any lifetime."""
        system = self.system
        old = -(1 + max(parameters.values())) * 3
        state: dict[str, Any] = dict.fromkeys(system.flags, False)
        state |= {name: old if is_sending(name) else 0 for name in system.moments}
        return state | {phase_name(end, system.table.phases[0]): True for end in (0, 1)}

    def run(self, parameters: dict[str, int]) -> Iterator[tuple[Location, dict[str, Any]]]:
        """The states of one run, with the phases of both ends."""
        state, here = self.start(parameters), [0, 0]
        yield (0, 0), state
        for _ in range(LENGTH):
            for _attempt in range(6):
                t = self._moment(state, parameters)
                able = [
                    action
                    for end in (0, 1)
                    for action in self.by_phase.get((end, here[end]), ())
                    if action.guard(state, parameters, t)
                ]
                if able and self.system.reaches(state, parameters, t):
                    break
            else:
                return
            action = self.choose.choice(able)
            here[action.end] = self.index[action.move.after]
            state = state | action.changes(state, t)
            yield (here[0], here[1]), state

    def _moment(self, state: dict[str, Any], parameters: dict[str, int]) -> int:
        """A moment from now on, often one at which or just before which something is due."""
        now: int = state["now"]
        kind = self.choose.random()
        if kind < 0.35:
            return now + self.choose.choice((0, 0, 1, 2))
        name = self.choose.choice(self.system.moments)
        due = int(state[name] + self.choose.choice(list(parameters.values())))
        return max(now, due - self.choose.choice((0, 1)))
