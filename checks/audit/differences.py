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
    QUEUE,
    RULES,
    SEGMENT,
    Case,
    any_host,
    arrivals,
    calls_and_timeouts,
    entered_with,
)
from tcpmc.checks.audit.joint import Both, JointPath, RulesOnHost, equal, every, parts
from tcpmc.checks.audit.tried import Tried, columns, host_at, points
from tcpmc.checks.own_rules.asked_again import asked_of
from tcpmc.checks.own_rules.hangs_on import hangs_on
from tcpmc.checks.own_rules.line_budget import LINES
from tcpmc.checks.own_rules.rule_guard import EndlessRule
from tcpmc.checks.symbolic.evaluated import holds_at
from tcpmc.checks.symbolic.solving import satisfiable
from tcpmc.checks.symbolic.symbolic import as_truth, truth_of
from tcpmc.errors import one_line
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


WHOLE = "segment_arrives"
ENDLESS = 8
SHOWN = 2
"""So many gaps of a kind are shown of those that are only tried."""


class VariantComparison:
    """A variant beside the RFC with those of its switches that are permitted."""

    def __init__(self, variant: Variant) -> None:
        self.variant = variant
        self.profile, self.choices = permitted(variant.profile)
        self.stamps = variant.profile.timestamps or variant.profile.tw_recycle
        reopens = variant.rules.check_reopening != RFC9293.check_reopening
        self.reopened = reopens or variant.profile.reopening != "no"
        holds = "hold" in (variant.profile.out_of_order, self.profile.out_of_order)
        self.kind = (self.stamps, self.reopened, holds)
        self.rfc = RulesOnHost(RFC9293, any_host(self.profile))
        self.own = RulesOnHost(variant.rules, any_host(variant.profile))
        self.tried = self._foreign()
        self.endless = 0

    def _foreign(self) -> dict[str, str]:
        """The rules that hang on more than their arguments."""
        rules = self.variant.rules
        found = {name: hangs_on(getattr(rules, name)) for name in self.suspects()}
        if self.whole:
            found[WHOLE] = hangs_on(getattr(rules, "whole", rules.segment_arrives))
            found[WHOLE] = found[WHOLE] or hangs_on(rules.send_queued)
        return {name: why for name, why in found.items() if why}

    @property
    def whole(self) -> bool:
        """Whether SEGMENT ARRIVES is compared as a whole: a class of its own replaces it, or what
        it ends with is replaced."""
        return type(self.variant.rules) is not Rules or self._own(QUEUE)

    def suspects(self) -> list[str]:
        """The rules that may do something else than the RFC's."""
        switched = self.profile != self.variant.profile
        return [name for name in RULES if switched or self._own(name)]

    def _own(self, rule: str) -> bool:
        """Whether the rule is not the RFC's function."""
        return bool(getattr(self.variant.rules, rule) != getattr(RFC9293, rule))

    def gaps(self) -> Iterator[Gap]:
        """Every gap. What a rule does that cannot be run on symbols is tried with numbers, and
        told in `tried`. Raises BadInput for a rule that goes wrong with numbers too."""
        self.tried = self._foreign()
        found = list(self._by_proof())
        yield from found
        yield from self._by_numbers(found)
        for asked in asked_of(self.variant.rules):
            asked.once_more()
            if asked.unsteady:
                self.tried.setdefault(asked.name, asked.unsteady)

    def _by_proof(self) -> Iterator[Gap]:
        """The gaps that are found on symbols."""
        suspects = set(self.suspects())
        for case in calls_and_timeouts(*self.kind):
            if case.event in suspects:
                yield from self.gaps_of(Both(self.rfc, self.own), case)
        if self.whole:
            for case in arrivals(*self.kind):
                yield from self.gaps_of(Both(self.rfc, self.own), case, (WHOLE,))
            return
        apart = frozenset(self.apart(suspects))
        controls = {one for _, _, one in apart}
        both = Both(self.rfc, self.own, apart)
        for case in arrivals(*self.kind):
            if case.controls in controls:
                yield from self.gaps_of(both, case)

    def apart(self, suspects: set[str]) -> Iterator[tuple[Any, ...]]:
        """The rules for segments, with the states and control bits in which they, by themselves, do
        not always the same as the RFC's."""
        both = Both(self.rfc, self.own)
        for rule in RULES:
            if rule in suspects:
                for case in entered_with(rule, *self.kind):
                    try:
                        differs = any(_parts(path) for path in both.paths(case, (rule,)))
                    except Exception as error:  # it wants numbers, not symbols
                        self.tried.setdefault(rule, one_line(error))
                        break
                    if differs:
                        yield rule, case.state, case.controls

    def gaps_of(self, both: Both, case: Case, rules: Sequence[str] | None = None) -> Iterator[Gap]:
        """The gaps of one case, found on symbols."""
        try:
            for path in both.paths(case, rules):
                if path.parting is not None and _possible(path):
                    yield from self._judged(path)
        except Exception as error:  # it wants numbers, not symbols
            names = (case.event,) if case.event != SEGMENT else rules or case.rules
            for rule in names:
                if rule == WHOLE or (rule in RULES and self._own(rule)):
                    self.tried.setdefault(rule, one_line(error))

    def _by_numbers(self, found: Sequence[Gap]) -> Iterator[Gap]:
        """The gaps of rules that are only tried; and those at a few numbers of every other rule
        that is the user's, which there should be none of: the same is found on symbols, if nothing
        in the rule can tell a symbol from a number."""
        known: dict[tuple[Any, ...], list[z3.BoolRef]] = {}
        for gap in found:
            known.setdefault(_key(gap.case), []).append(gap.when)
        suspects = {name for name in self.suspects() if self._own(name)}
        calls = calls_and_timeouts(*self.kind)
        shown: dict[tuple[Any, ...], int] = {}
        self.endless = 0
        for case in (*calls, *arrivals(*self.kind)):
            rules = (WHOLE,) if self.whole and case.event == SEGMENT else case.rules
            tried = bool(self.tried.keys() & set(rules))
            if not tried and rules != (WHOLE,) and not suspects & set(rules):
                continue
            tries = points(case, self.variant.profile.window, few=not tried)
            here = [
                (point, other) for point in tries if (other := self._at(point, rules)) is not None
            ]
            for gap in _unknown(here, known.get(_key(case), [])):
                self.tried.setdefault(
                    gap.rule, "it does something else with numbers than on symbols"
                )
                kind = (gap.rule, _key(case), gap.rfc.rule, gap.own.rule)
                shown[kind] = shown.get(kind, 0) + 1
                if shown[kind] <= SHOWN:
                    yield gap

    def _at(self, point: Tried, rules: Sequence[str]) -> Gap | None:
        """The gap at that point, if there is one. A rule that does not end there is told in
        `tried`; when that has been seen often it is given no more large numbers."""
        if self.endless >= ENDLESS and max(map(int, point.values.values())) > LINES:
            return None
        try:
            return self._gap_at(point, rules)
        except EndlessRule as error:
            self.endless += 1
            self.tried[error.name] = one_line(error).partition(": in rule ")[2]
            return None

    def _gap_at(self, point: Tried, rules: Sequence[str]) -> Gap | None:
        hosts = (host_at(profile, point.values) for profile in (self.profile, self.variant.profile))
        rfc_host, own_host = hosts
        both = Both(RulesOnHost(RFC9293, rfc_host), RulesOnHost(self.variant.rules, own_host))
        parting, rfc, own = both.run(point, rules)
        if parting is None or equal(rfc, own) is True:
            return None
        window = self.variant.profile.window
        here = (parting.rule, parting.rfc, parting.own, rfc, own)
        return Gap(point, *here, point.where, window)

    def _judged(self, path: JointPath) -> Iterator[Gap]:
        """The gap, in parts where something allows a part of it."""
        parting = path.parting
        assert parting is not None
        here = (path.case, parting.rule, parting.rfc, parting.own, path.rfc, path.own)
        window = self.variant.profile.window
        left = path.differs
        for allowed, condition in self._allowing(path):
            if is_open(z3.And(left, condition)):
                yield Gap(*here, z3.simplify(z3.And(left, condition)), window, allowed)
                left = z3.And(left, z3.Not(condition))
                if not is_open(left):
                    return
        yield Gap(*here, z3.simplify(left), window)

    def _allowing(self, path: JointPath) -> Iterator[tuple[Choice | Alternative, z3.BoolRef]]:
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
            if parting.rule in choice.rules or parting.rule == WHOLE:
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

    def _does(self, profile: Profile, path: JointPath) -> z3.BoolRef:
        """When one's own step is the RFC's with this profile."""
        stack = RulesOnHost(RFC9293, any_host(profile))
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


def _key(case: Case) -> tuple[Any, ...]:
    return case.state, case.event, case.controls, case.reopened


def _unknown(found: Sequence[tuple[Tried, Gap]], conditions: Sequence[z3.BoolRef]) -> Iterator[Gap]:
    """The gaps at points where none of the conditions holds."""
    if not found:
        return
    known = holds_at(z3.Or(*conditions), columns([point for point, _ in found]), len(found))
    for (_, gap), met in zip(found, known.tolist(), strict=True):
        if not met:
            yield gap


def _possible(path: JointPath) -> bool:
    return path.parting is not None and is_open(path.differs)


def _parts(path: JointPath) -> bool:
    return path.parting is not None and is_open(path.parts)


def is_open(term: z3.BoolRef) -> bool:
    """Whether the condition can hold."""
    term = z3.simplify(term)
    if z3.is_true(term) or z3.is_false(term):
        return bool(z3.is_true(term))
    solver = z3.SolverFor("QF_BV")
    solver.add(term)
    return satisfiable(solver)
