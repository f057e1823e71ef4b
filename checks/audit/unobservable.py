"""Differences that nobody can ever observe: on the wire, as a user, or by a timer.

A field of the TCB is *live* in a state if something that can happen there hangs on it: what is
sent or told, which way is taken, or a field that is live in the state after. What a variant leaves
in a field that is not live is never seen: two TCBs that agree on all live fields do the same on
everything that happens, and agree on all live fields afterwards (a bisimulation).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

import z3

from tcpmc.checks.audit.cases import (
    NAMES,
    SEGMENT,
    Case,
    any_tcb,
    arrivals,
    calls_and_timeouts,
)
from tcpmc.checks.audit.differences import VariantComparison
from tcpmc.checks.audit.joint import Both, parts
from tcpmc.checks.audit.numbers import number, sequence
from tcpmc.checks.audit.rows import AuditRow
from tcpmc.checks.symbolic.fields import SEQUENCE_FIELDS
from tcpmc.checks.symbolic.solving import satisfiable
from tcpmc.checks.symbolic.symbolic import Sym, as_truth, simplified
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import State, Step, Tcb

CANNOT = "the event cannot happen there: its timer does not run"
NEVER_READ = "nobody can observe it: in that state nothing hangs on"
Live = frozenset[str]


class Unseen:
    """What of a variant's differences nobody can observe."""

    def __init__(self, comparison: VariantComparison) -> None:
        self.comparison = comparison

    def told(self, row: AuditRow) -> AuditRow:
        """The row, with why it cannot be observed, if that is so."""
        if all(self._cannot_happen(gap.case, gap.when) for gap in row.gaps):
            return replace(row, unseen=CANNOT)
        fields = set[str]()
        for gap in row.gaps:
            changed = {name for name, same in parts(gap.rfc, gap.own).items() if same is not True}
            if changed & {"state", "send", "signals", "timer"}:
                return row
            if changed & self.live[gap.own.tcb.state]:
                return row
            fields |= changed
        names = " or ".join(NAMES[name] for name in NAMES if name in fields)
        return replace(row, unseen=f"{NEVER_READ} {names}")

    def _cannot_happen(self, case: Case, when: Any) -> bool:
        solver = z3.SolverFor("QF_BV")
        solver.add(when, case.happens)
        return not satisfiable(solver)

    @cached_property
    def live(self) -> dict[State, Live]:
        """The fields that are live in each state, of the variant's own rules."""
        uses = list(self._uses())
        live: dict[State, Live] = {state: frozenset() for state in State}
        while True:
            found = dict(live)
            for state, at_once, after, by_field in uses:
                more = at_once.union(*(by_field[name] for name in live[after]))
                found[state] |= more
            if found == live:
                return live
            live = found

    def _uses(self) -> Iterator[tuple[State, Live, State, dict[str, Live]]]:
        """For each path: the state, the fields that what is done at once hangs on, the state after,
        and the fields that each field after hangs on."""
        own = self.comparison.own
        both = Both(own, own, frozenset())
        rules = ("segment_arrives",) if self.comparison.whole else None
        for case in (*calls_and_timeouts(True, True, True), *arrivals(True, True, True)):
            free = _Free(case.state, case.event, case.controls, True, case.reopened, True)
            for path in both.paths(free, rules if case.event == SEGMENT else None):
                step = path.own
                at_once = [path.condition, free.happens, *_sent(step)]
                by_field = {name: _fields(getattr(step.tcb, name)) for name in NAMES}
                yield case.state, _fields(at_once), step.tcb.state, by_field


class _Free(Case):
    """A case in which every field is a number by itself, and CLOSED and LISTEN have a TCB left over
    from before."""

    @cached_property
    def tcb(self) -> Tcb:
        """Any TCB."""
        written: dict[str, Any] = {name: sequence(NAMES[name]) for name in SEQUENCE_FIELDS}
        old = any_tcb(State.TIME_WAIT, True, prefix="old ") if self.reopened else None
        full = any_tcb(State.ESTABLISHED, True, holds=True)
        return replace(full, **written, state=self.state, reopened=old)

    @cached_property
    def segment(self) -> Segment:
        """Any segment."""
        seq, ack = sequence("SEG.SEQ"), sequence("SEG.ACK")
        syn, acks, fin, rst = self.controls
        stamp = number("SEG.TSval")
        return Segment(seq, ack, number("octets"), syn, acks, fin, rst, stamp)

    @cached_property
    def happens(self) -> z3.BoolRef:
        """As the model has it: the retransmission timer runs while something is outstanding."""
        if self.event in ("retransmission_timeout", "user_timeout"):
            return as_truth(self.tcb.snd_una != self.tcb.snd_nxt)
        return z3.BoolVal(True)


def _sent(step: Step) -> Iterator[Any]:
    for segment in step.send:
        yield from (getattr(segment, name) for name in Segment.__dataclass_fields__)


def _fields(value: Any) -> Live:
    """The fields of the TCB before that a value hangs on."""
    names, seen, todo = set[str](), set[int](), [value]
    while todo:
        one = todo.pop()
        if isinstance(one, Seq):
            todo.append(one.value)
        elif isinstance(one, Sym):
            todo.append(simplified(one.term)[0])
        elif isinstance(one, Tcb):
            todo += [getattr(one, name) for name in NAMES]
        elif isinstance(one, list | tuple):
            todo += one
        elif z3.is_expr(one) and one.get_id() not in seen:
            seen.add(one.get_id())
            if z3.is_const(one) and one.decl().kind() == z3.Z3_OP_UNINTERPRETED:
                names.add(one.decl().name())
            todo += one.children()
    return frozenset(field for field, name in NAMES.items() if _hangs_on(field, name, names))


def _hangs_on(field: str, name: str, names: set[str]) -> bool:
    if field == "reopened":
        return any(one.startswith("old ") for one in names)
    return name in names
