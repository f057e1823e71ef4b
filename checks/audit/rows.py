"""Gaps as rows: one for each way in which a variant differs, in whatever states it does so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import z3

from tcpmc.checks.audit.cases import MAX_SND_WND, SEGMENT, Case, any_host
from tcpmc.checks.audit.differences import Gap
from tcpmc.checks.audit.effects import effect
from tcpmc.checks.audit.words import Where, said
from tcpmc.checks.symbolic.fields import plain
from tcpmc.checks.symbolic.solving import satisfiable
from tcpmc.checks.symbolic.symbolic import Sym
from tcpmc.checks.trace import Trace
from tcpmc.model.endpoint.alternatives import Alternative, Choice
from tcpmc.model.endpoint.profile import Profile
from tcpmc.model.endpoint.rule_requirements import Requirement, RequirementLevel, required
from tcpmc.model.endpoint.rules import ENTRIES
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import UNCONNECTED, State, Step, Tcb

STATES = list(State)
ANY_STATE = re.compile("|".join(sorted(map(str, State), key=len, reverse=True)))
SIZES = ("octets", "queued", "gap", "held", "remembered", "TS.Recent", "SEG.TSval")
OUTPUTS = frozenset(("send", "signals", "timer"))


@dataclass(frozen=True)
class Example:
    """One step in which a row shows, with numbers: the TCB before, what happens, both steps; and
    what the host is, besides its switches."""

    tcb: Tcb
    segment: Segment | None
    octets: int | None
    rfc: Step
    own: Step
    iss: Seq
    remembered: int = 0
    may_open: bool = False
    max_snd_wnd: int | None = None
    """None where it is RCV.WND, as it is in a run."""


@dataclass(frozen=True)
class AuditRow:
    """One way in which a variant differs from the RFC.

    `rule` is the entry of `Rules` at which both part. `unseen` says why nobody can ever observe
    it, if that is so. `trace` is the shortest run of a scope that shows it, with the scope in
    `reached_in`, or why there is none.
    """

    rule: str
    gaps: tuple[Gap, ...]
    requirement: Requirement
    allowed: Choice | Alternative | None = None
    unseen: str = ""
    trace: Trace | None = None
    reached_in: str = ""

    @property
    def level(self) -> RequirementLevel:
        """How binding the requirement is that it breaks."""
        return self.allowed.level if self.allowed is not None else RequirementLevel.MUST

    @property
    def requirement_name(self) -> str:
        """The id of appendix B, or where the sentence stands."""
        return self.allowed.name if self.allowed is not None else self.requirement.name

    @property
    def states(self) -> list[State]:
        """The states in which it differs, in the RFC's order."""
        return sorted({gap.case.state for gap in self.gaps}, key=STATES.index)

    @property
    def event(self) -> str:
        """What happens: "segment", or the call or timeout."""
        return EVENTS.get(self.gaps[0].case.event, "segment")

    @cached_property
    def where(self) -> Where:
        """The control bits and the numbers on which it differs, in words."""
        window = self.gaps[0].window
        return said([(gap.case, gap.when) for gap in self.gaps], window)

    @cached_property
    def rfc_does(self) -> list[str]:
        """What the RFC does, in as many ways as there are."""
        return _ways((gap.case, gap.rfc, gap.own) for gap in self.gaps)

    @cached_property
    def own_does(self) -> list[str]:
        """What the variant does, in as many ways as there are."""
        return _ways((gap.case, gap.own, gap.rfc) for gap in self.gaps)

    @property
    def rfc_label(self) -> str:
        """The label of what the RFC does."""
        return _labels(self.gaps, "rfc")

    @property
    def own_label(self) -> str:
        """The label of what the variant does."""
        return _labels(self.gaps, "own")

    @cached_property
    def example(self) -> Example:
        """One step, with numbers."""
        return example(self.gaps)


EVENTS = {name: str(event) for event, name in ENTRIES.items()} | {
    "receive": "RECEIVE",
    SEGMENT: "segment",
}


def rows(gaps: Iterable[Gap]) -> list[AuditRow]:
    """The gaps, put together where they are the same difference."""
    found: dict[tuple[Any, ...], list[Gap]] = {}
    for gap in gaps:
        found.setdefault(_kind(gap), []).append(gap)
    for kind in [one for one in found if isinstance(one[-1], Alternative) and not one[-1].kept]:
        whole = (*kind[:-1], None)
        if whole in found:  # what goes further than the alternative is not excused in part
            found[whole] += [replace(gap, allowed=None) for gap in found.pop(kind)]
    made = [
        AuditRow(kind[0], tuple(group), _requirement(group), kind[-1])
        for kind, group in found.items()
    ]
    return sorted(made, key=lambda row: (-row.level, STATES.index(row.states[0]), row.rule))


def _kind(gap: Gap) -> tuple[Any, ...]:
    """What is the same for all gaps of one row: the rule, what it does instead of what, and, where
    it has no label of its own, in what they differ."""
    rfc, own = (general(_last(step)) for step in (gap.rfc_here, gap.own_here))
    what = gap.parts & {"state", *OUTPUTS} or gap.parts
    relabelled = own != rfc
    return gap.rule, gap.case.event, rfc, own, None if relabelled else what, gap.allowed


def _last(step: Step) -> str:
    """The last label of several that one rule gave: what it came to."""
    return step.rules[-1] if step.rules else ""


def general(label: str) -> str:
    """The label without the names of states, in which the same may be done."""
    head, colon, rest = label.partition(": ")
    return f"{head}: {ANY_STATE.sub('...', rest)}" if colon else ANY_STATE.sub("...", label)


def _requirement(gaps: Sequence[Gap]) -> Requirement:
    """The sentence that the gaps are about: of what the RFC does at the rule, or else next."""
    gap = gaps[0]
    here = gap.rfc_here.rules
    labels = [*reversed(here), *_since(gap.rfc.rules, here)]
    parts = {part for gap in gaps for part in gap.parts}
    return required(labels, parts if "state" not in parts else {"state"})


def _since(labels: Sequence[str], here: Sequence[str]) -> Sequence[str]:
    """The labels from the last of those here on; all of them where it is not among them."""
    return labels[labels.index(here[-1]) :] if here and here[-1] in labels else labels


def _labels(gaps: Sequence[Gap], whose: str) -> str:
    """The labels at the rule; where there is none, of what is done in the end."""
    here = dict.fromkeys(_last(getattr(gap, f"{whose}_here")) for gap in gaps)
    known = [label for label in here if label]
    if not known:
        known = list(dict.fromkeys(getattr(gap, whose).rule for gap in gaps))[:1]
    return known[0] + (f" (and {len(known) - 1} more)" if len(known) > 1 else "")


def _ways(steps: Iterable[tuple[Case, Step, Step]]) -> list[str]:
    return list(dict.fromkeys(effect(*one) for one in steps))


def example(gaps: Sequence[Gap]) -> Example:
    """A step of the first gap: one that a run could have, if there is one."""
    gap = gaps[0]
    solver = z3.SolverFor("QF_BV")
    solver.add(gap.when, gap.case.domain)
    for wishes in _wishes(gap.case, gap.window):
        for wish in wishes:
            solver.push()
            solver.add(wish)
            if satisfiable(solver):
                break
            solver.pop()
    satisfiable(solver)
    solution = solver.model()

    def value(old: Any) -> Any:
        if isinstance(old, Seq):
            return Seq(value(old.value), old.bits)
        if isinstance(old, Sym):
            return plain(solution.eval(old.term, model_completion=True))
        if isinstance(old, Tcb | Segment):
            names = type(old).__dataclass_fields__
            return replace(old, **{name: value(getattr(old, name)) for name in names})
        return old

    def step(old: Step) -> Step:
        return replace(old, tcb=value(old.tcb), send=tuple(map(value, old.send)))

    case = gap.case
    seg = value(case.segment) if case.event == SEGMENT else None
    octets = value(case.arguments[0]) if case.event == "send" else None
    host = any_host(Profile())
    largest = value(host.max_snd_wnd)
    known = (value(host.iss), value(host.remembered), value(host.may_open))
    return Example(
        value(case.tcb),
        seg,
        octets,
        step(gap.rfc),
        step(gap.own),
        *known,
        None if largest == gap.window else largest,
    )


def _wishes(case: Case, window: int) -> list[list[Any]]:
    """What makes the numbers of an example easy to read, the more important first: of each list the
    first that can be. They leave hardly anything to the solver, which would choose otherwise
    another time."""

    def number(name: str) -> Any:
        """A number, or how far it is beyond the one that it is written from."""
        return z3.BitVec(name, 32)

    near, sizes = (0, 1, 2, 3, 4, -1, -2, -3, -4, -5), (0, 1, 2, 5)
    wishes: list[list[Any]] = [
        [z3.And(number("ISS") == 100, number("IRS") == 300, number("ISS to select") == 100)],
        [number(MAX_SND_WND) == window],
        [number("SND.UNA") == 1, number("SND.UNA") == 0],
        [number("SND.NXT") == distance for distance in (0, 1, 2)],
        [number("RCV.NXT") == distance for distance in (1, 2)],
        [number("SEG.ACK") == number("SND.NXT")],
        *([number(name) == one for one in near] for name in ("SEG.SEQ", "SEG.ACK")),
        *([number(name) == one for one in sizes] for name in SIZES),
        *([z3.Not(z3.Bool(name))] for name in ("passive", "CLOSE queued", "held FIN", "may open")),
    ]
    if case.state in UNCONNECTED:
        wishes.insert(0, [z3.And(number("SEG.SEQ") == 300, number("SEG.ACK") == 101)])
    return wishes


__all__ = ["EVENTS", "AuditRow", "Example", "rows"]
