"""The timed system as formulas: initial states, steps, and what breaks a claim."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any

import z3

from tcpmc.checks.timed.timed_system import Action, TimedSystem
from tcpmc.model.timed.theorems import Claim

FRAMES = "0", "1"


class TimedFormulas:
    """Formulas over the parameters and frames of the timed system, by the tag of the frame.

    A step from frame "0" to frame "1" happens at the moment `t` and is one action, whose number is
    given by truths, its bits.
    """

    def __init__(self, system: TimedSystem) -> None:
        self.system = system
        self.parameters = {name: z3.Real(name) for name in system.parameters}
        self.width = len(system.actions).bit_length()
        self.guard, self.reaches = cache(self._guard), cache(self._reaches)
        self.frame, self.choice = cache(self._frame), cache(self._choice)
        self.chosen = cache(self._chosen)
        """Kept once made: a proof asks for them again and again."""

    def _frame(self, tag: str) -> MappingProxyType[str, Any]:
        """Constants for one state."""
        flags = {name: z3.Bool(f"{name}@{tag}") for name in self.system.flags}
        moments = {name: z3.Real(f"{name}@{tag}") for name in self.system.moments}
        return MappingProxyType(flags | moments)

    def moment(self, tag: str) -> Any:
        """The moment at which the step from the frame with this tag happens."""
        return z3.Real(f"t@{tag}")

    def _choice(self, tag: str) -> tuple[z3.BoolRef, ...]:
        """The bits of the number of the action in the step from that frame."""
        return tuple(z3.Bool(f"action.{bit}@{tag}") for bit in range(self.width))

    def _chosen(self, number: int, tag: str) -> z3.BoolRef:
        """The action of that number is the one."""
        bits = enumerate(self.choice(tag))
        return z3.And(*(bit if number >> place & 1 else z3.Not(bit) for place, bit in bits))

    def initial(self, tag: str) -> z3.BoolRef:
        """The frame is an initial state."""
        return self.system.initial(self.frame(tag), self.parameters)

    def _guard(self, action: Action) -> z3.BoolRef:
        """The action can happen in frame "0" at the moment of its step."""
        return z3.And(True, action.guard(self.frame("0"), self.parameters, self.moment("0")))

    def _reaches(self, tag: str) -> z3.BoolRef:
        """The clocks can reach the moment of the step."""
        return self.system.reaches(self.frame(tag), self.parameters, self.moment(tag))

    @cached_property
    def step(self) -> z3.BoolRef:
        """One action leads from frame "0" to frame "1"."""
        state, then, t = self.frame("0"), self.frame("1"), self.moment("0")
        parts, changed = [self.reaches("0")], {name: [] for name in state}  # type: ignore[var-annotated]
        for number, action in enumerate(self.system.actions):
            chosen = self.chosen(number, "0")
            changes = action.changes(state, t)
            does = [then[name] == new for name, new in changes.items()]
            parts.append(z3.Implies(chosen, z3.And(self.guard(action), *does)))
            for name in changes:
                changed[name].append(chosen)
        parts.append(z3.Or(*(self.chosen(n, "0") for n in range(len(self.system.actions)))))
        parts += [z3.Or(*changed[name], then[name] == state[name]) for name in state]
        return z3.And(*parts)

    def at(self, formula: Any, number: int) -> Any:
        """A formula over frames "0" and "1" as one over frames `number` and `number` + 1."""
        pairs = []
        for tag, new in zip(FRAMES, (str(number), str(number + 1)), strict=True):
            old, fresh = self._constants(tag), self._constants(new)
            pairs += [(old[name], fresh[name]) for name in old]
        return z3.substitute(formula, *pairs)

    def _constants(self, tag: str) -> Mapping[str, Any]:
        bits = {f"action.{n}": bit for n, bit in enumerate(self.choice(tag))}
        return self.frame(tag) | bits | {"t": self.moment(tag)}

    def broken(self, claim: Claim, ends: tuple[int, ...] | None = None) -> z3.BoolRef:
        """The claim is broken at the moment of the step from frame "0", at any of the ends that it
        is about, or at one of those given."""
        state, t = self.frame("0"), self.moment("0")
        return z3.And(True, self.system.broken(claim, state, self.parameters, t, ends))

    def premise(self, claim: Claim) -> z3.BoolRef:
        """The claim says something of the moment of the step from frame "0"."""
        state, t = self.frame("0"), self.moment("0")
        return z3.And(True, self.system.premise(claim, state, self.parameters, t))

    @cached_property
    def without_life(self) -> z3.BoolRef:
        """Some segment does not live for any time: of that `copies` says nothing."""
        lives = [
            self.system.lifetime(end, segment, self.parameters)
            for end in (0, 1)
            for segment in self.system.timed_kinds
        ]
        return z3.simplify(z3.Or(False, *(z3.Not(life > 0) for life in lives)))

    def sensible(self) -> z3.BoolRef:
        """What is assumed of the parameters."""
        return z3.And(True, self.system.sensible(self.parameters))
