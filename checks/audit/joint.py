"""Two stacks run side by side, rule by rule, on the same case.

As long as both have done the same they share a path, and a rule that they share is run once. Where
a rule makes them part, that rule is the way in which they differ: what follows is run for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import z3

from tcpmc.checks.audit.cases import NAMES, QUEUE, Case
from tcpmc.checks.audit.numbers import Number, all_known, same, wanted
from tcpmc.checks.symbolic.symbolic import paths
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.rules import Rules
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.segment_arrives import followed_by_queue
from tcpmc.model.endpoint.tcb import Step, Tcb, continue_processing

SEGMENT_FIELDS = tuple(field.name for field in fields(Segment))


@dataclass(frozen=True)
class RulesOnHost:
    """The rules of a variant, and the host that they run on."""

    rules: Rules
    host: Host

    def run(self, rule: str, step: Step, arguments: Sequence[Any]) -> Step:
        """What a rule makes of what the ones before it left."""
        return getattr(self.rules, rule)(self.host, step.tcb, *arguments)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Parting:
    """The rule at which two stacks part, and what each of them does there."""

    rule: str
    rfc: Step
    own: Step


@dataclass(frozen=True)
class JointPath:
    """One path of both: its condition, where they part, and what each does in all."""

    case: Case
    condition: z3.BoolRef
    parting: Parting | None
    rfc: Step
    own: Step

    @property
    def parts(self) -> z3.BoolRef:
        """When both part at a rule, be it only that one goes on and the other is done."""
        return z3.And(self.condition, self.case.domain, z3.BoolVal(self.parting is not None))

    @property
    def differs(self) -> z3.BoolRef:
        """When both are not the same in the end."""
        if self.parting is None:
            return z3.BoolVal(False)
        return z3.And(self.condition, self.case.domain, z3.Not(equal(self.rfc, self.own)))


@dataclass(frozen=True)
class Both:
    """The RFC's stack and one's own. `apart` are the rules, states and control bits in which they
    may differ; in all else a rule is run once."""

    rfc: RulesOnHost
    own: RulesOnHost
    apart: frozenset[tuple[Any, ...]] | None = None

    def paths(self, case: Case, rules: Sequence[str] | None = None) -> Iterator[JointPath]:
        """Every path of the case through these rules, or all of its rules. Some of them are
        infeasible. Raises PathLimit, and whatever a rule raises that cannot be run on symbols."""
        names = case.rules if rules is None else rules
        wanted.clear()
        for path in paths(lambda: self.run(case, names), prune=False):
            all_known()
            yield JointPath(case, path.condition, *path.result)

    def run(self, case: Case, names: Sequence[str]) -> tuple[Parting | None, Step, Step]:
        """Both, once: where they part, and what each does in all."""
        rfc = own = continue_processing(case.tcb)
        parting = None
        for name in names:
            if parting is not None:
                rfc, own = self.rfc_next(case, name, rfc), _next(self.own, case, name, own)
                continue
            here = _alone(self.rfc, case, name, rfc)
            if here is None or not self._may_differ(case, name, rfc.tcb):
                rfc = own = _next(self.rfc, case, name, rfc, here)
                continue
            mine = _alone(self.own, case, name, own)
            assert mine is not None
            alike = here.done == mine.done and equal(here, mine)
            before = rfc
            rfc = own = _next(self.rfc, case, name, before, here)
            if not (alike if type(alike) is bool else Number(alike)):
                parting = Parting(name, here, mine)
                own = _next(self.own, case, name, before, mine)
        return parting, rfc, own

    def rfc_next(self, case: Case, name: str, step: Step) -> Step:
        """The RFC's step, continued."""
        return _next(self.rfc, case, name, step)

    def _may_differ(self, case: Case, name: str, tcb: Tcb) -> bool:
        if self.apart is not None:
            return (name, tcb.state, case.controls) in self.apart
        return name != QUEUE


def _alone(stack: RulesOnHost, case: Case, name: str, step: Step) -> Step | None:
    """What the rule does by itself; None where it is not come to."""
    if name == QUEUE or step.done:
        return None
    return stack.run(name, step, case.arguments)


def _next(stack: RulesOnHost, case: Case, name: str, step: Step, here: Step | None = None) -> Step:
    """The step, continued by the rule (which did `here`)."""
    if name == QUEUE:
        return followed_by_queue(step, stack.rules.send_queued(stack.host, step.tcb))
    here = here or _alone(stack, case, name, step)
    return step if here is None else step.then(here)


def equal(a: Step, b: Step) -> z3.BoolRef | bool:
    """When two steps do the same, whatever they are called."""
    return every(parts(a, b).values())


def parts(a: Step, b: Step) -> dict[str, z3.BoolRef | bool]:
    """When two steps do the same in each of what they do: the state, each number of the TCB, what
    is sent, what the user is told, the timer of TIME-WAIT."""
    found: dict[str, z3.BoolRef | bool] = {"state": a.tcb.state == b.tcb.state}
    found |= {name: _same_field(name, a.tcb, b.tcb) for name in NAMES}
    found["send"] = _same_segments(a.send, b.send)
    found["signals"] = a.signals == b.signals
    found["timer"] = a.starts_time_wait == b.starts_time_wait
    return found


def every(terms: Any) -> z3.BoolRef | bool:
    """Whether all of these hold."""
    open_ = []
    for term in terms:
        if term is False:
            return False
        if term is not True:
            open_.append(term)
    return z3.And(*open_) if len(open_) > 1 else open_[0] if open_ else True


def _same_field(name: str, a: Tcb, b: Tcb) -> z3.BoolRef | bool:
    left, right = getattr(a, name), getattr(b, name)
    if name != "reopened" or left is None or right is None:
        return left == right if name == "reopened" else same(left, right)
    return left.state == right.state and every(_same_field(one, left, right) for one in NAMES)


def _same_segments(a: Sequence[Segment], b: Sequence[Segment]) -> z3.BoolRef | bool:
    if len(a) != len(b):
        return False
    return every(
        same(getattr(mine, name), getattr(theirs, name))
        for mine, theirs in zip(a, b, strict=True)
        for name in SEGMENT_FIELDS
    )
