"""Every way in which a variant differs from RFC 9293 in one step, at 32 bits, reachable or not.

First each rule by itself, on anything that it may be given: where it does the same as the RFC's it
need not be looked at again. Then every case that leads through one of the others, from the TCB
before to the TCB after; a path on which both end differently is a gap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import z3

from tcpmc.checks.audit.cases import (
    RULES,
    SEGMENT,
    Case,
    any_host,
    arrivals,
    calls_and_timeouts,
    entered_with,
)
from tcpmc.checks.audit.joint import Both, Path, Stack, equal, every, parts
from tcpmc.checks.symbolic.solving import satisfiable
from tcpmc.checks.symbolic.symbolic import as_truth, truth_of
from tcpmc.model.endpoint.alternatives import ALTERNATIVES, CHOICES, Alternative, Choice, permitted
from tcpmc.model.endpoint.profile import Profile
from tcpmc.model.endpoint.rules import Rules
from tcpmc.model.endpoint.tcb import Step
from tcpmc.model.variants.variant import RFC9293, Variant


@dataclass(frozen=True)
class Gap:
    """One path on which a variant does something else: the case, the rule at which it parts from
    the RFC, what each does there and in all, when, and the choice or alternative that allows it."""

    case: Case
    rule: str
    rfc_here: Step
    own_here: Step
    rfc: Step
    own: Step
    when: z3.BoolRef
    window: int
    allowed: Choice | Alternative | None = None

    @property
    def parts(self) -> frozenset[str]:
        """What is different: "state", "send", "signals", "timer", or a field of the TCB."""
        return frozenset(
            name for name, term in parts(self.rfc, self.own).items() if term is not True
        )


class Comparison:
    """A variant beside the RFC with those of its switches that are permitted."""

    def __init__(self, variant: Variant) -> None:
        self.variant = variant
        self.profile, self.choices = permitted(variant.profile)
        self.stamps = variant.profile.timestamps or variant.profile.tw_recycle
        reopens = variant.rules.check_reopening is not RFC9293.check_reopening
        self.reopened = reopens or variant.profile.reopening != "no"
        self.rfc = Stack(RFC9293, any_host(self.profile))
        self.own = Stack(variant.rules, any_host(variant.profile))

    @property
    def whole(self) -> bool:
        """Whether SEGMENT ARRIVES is replaced as a whole, by a class of its own."""
        return type(self.variant.rules) is not Rules

    def suspects(self) -> list[str]:
        """The rules that may do something else than the RFC's."""
        switched = self.profile != self.variant.profile
        return [
            name
            for name in RULES
            if switched or getattr(self.variant.rules, name) is not getattr(RFC9293, name)
        ]

    def gaps(self) -> Iterator[Gap]:
        """Every gap. Raises whatever a rule raises that cannot be run on symbols."""
        suspects = set(self.suspects())
        for case in calls_and_timeouts(self.stamps, self.reopened):
            if case.event in suspects:
                yield from self._gaps(Both(self.rfc, self.own), case)
        if self.whole:
            for case in arrivals(self.stamps, self.reopened):
                yield from self._gaps(Both(self.rfc, self.own), case, ("segment_arrives",))
            return
        apart = frozenset(self.apart(suspects))
        controls = {one for _, _, one in apart}
        both = Both(self.rfc, self.own, apart)
        for case in arrivals(self.stamps, self.reopened):
            if case.controls in controls:
                yield from self._gaps(both, case)

    def apart(self, suspects: set[str]) -> Iterator[tuple[Any, ...]]:
        """The rules for segments, with the states and control bits in which they, by themselves, do
        not always the same as the RFC's."""
        both = Both(self.rfc, self.own)
        for rule in RULES:
            if rule in suspects:
                for case in entered_with(rule, self.stamps, self.reopened):
                    if any(_possible(path) for path in both.paths(case, (rule,))):
                        yield rule, case.state, case.controls

    def _gaps(self, both: Both, case: Case, rules: Sequence[str] | None = None) -> Iterator[Gap]:
        for path in both.paths(case, rules):
            if path.parting is not None and _possible(path):
                yield from self._judged(path)

    def _judged(self, path: Path) -> Iterator[Gap]:
        """The gap, in parts where something allows a part of it."""
        parting = path.parting
        assert parting is not None
        here = (path.case, parting.rule, parting.rfc, parting.own, path.rfc, path.own)
        window = self.variant.profile.window
        left = path.differs
        for allowed, condition in self._allowing(path):
            if _open(z3.And(left, condition)):
                yield Gap(*here, z3.simplify(z3.And(left, condition)), window, allowed)
                left = z3.And(left, z3.Not(condition))
                if not _open(left):
                    return
        yield Gap(*here, z3.simplify(left), window)

    def _allowing(self, path: Path) -> Iterator[tuple[Choice | Alternative, z3.BoolRef]]:
        """What may allow the gap, and when it does."""
        parting = path.parting
        assert parting is not None
        seg = path.case.segment if path.case.event == SEGMENT else None
        for one in ALTERNATIVES:
            if parting.rule in one.rules:
                allows = one.allows
                allowed = truth_of(lambda: allows(seg, path.rfc, path.own))  # noqa: B023
                left = parts(path.rfc, path.own) | {"send": True, "signals": True}
                kept = as_truth(every(left.values())) if one.kept else z3.BoolVal(True)
                yield one, z3.And(allowed, kept)
        for choice in CHOICES:
            if parting.rule in choice.rules or parting.rule == "segment_arrives":
                switched = self._switched(choice)
                if switched is not None:
                    yield choice, self._does(switched, path)

    def _switched(self, choice: Choice) -> Profile | None:
        if getattr(self.profile, choice.switch, choice.value) == choice.value:
            return None
        try:
            return replace(self.profile, **{choice.switch: choice.value})
        except (TypeError, ValueError):  # a value that the switch does not have any more
            return None

    def _does(self, profile: Profile, path: Path) -> z3.BoolRef:
        """When one's own step is the RFC's with this profile."""
        stack = Stack(RFC9293, any_host(profile))
        run = (
            stack.rules.segment_arrives
            if path.case.event == SEGMENT
            else getattr(stack.rules, path.case.event)
        )
        host, case = stack.host, path.case
        assumed = z3.And(path.condition, case.domain)
        return truth_of(
            lambda: as_truth(equal(run(host, case.tcb, *case.arguments), path.own)), assumed
        )


def _possible(path: Path) -> bool:
    return path.parting is not None and _open(path.differs)


def _open(term: z3.BoolRef) -> bool:
    """Whether the condition can hold."""
    term = z3.simplify(term)
    if z3.is_true(term) or z3.is_false(term):
        return bool(z3.is_true(term))
    solver = z3.SolverFor("QF_BV")
    solver.add(term)
    return satisfiable(solver)
