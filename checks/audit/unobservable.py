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
from tcpmc.checks.symbolic.symbolic import MADE_LIMIT, Sym, as_truth, simplified
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import State, Step, Tcb

CANNOT = "the event cannot happen there: its timer does not run"
NEVER_READ = "nobody can observe it: in that state nothing hangs on"
Live = frozenset[str]
Use = tuple[Live, State, dict[str, Live]]


class Unseen:
    """What of a variant's differences nobody can observe."""

    def __init__(self, comparison: VariantComparison) -> None:
        self.comparison = comparison
        self.uses: dict[State, list[Use]] = {}

    def told(self, row: AuditRow) -> AuditRow:
        """The row, with why it cannot be observed, if that is so."""
        if all(self._cannot_happen(gap.case, gap.when) for gap in row.gaps):
            return replace(row, unseen=CANNOT)
        fields = set[str]()
        for gap in row.gaps:
            changed = {name for name, same in parts(gap.rfc, gap.own).items() if same is not True}
            if changed & {"state", "send", "signals", "timer"}:
                return row
            if self._live(gap.own.tcb.state, frozenset(changed)):
                return row
            fields |= changed
        names = " or ".join(NAMES[name] for name in NAMES if name in fields)
        return replace(row, unseen=f"{NEVER_READ} {names}")

    def _cannot_happen(self, case: Case, when: Any) -> bool:
        solver = z3.SolverFor("QF_BV")
        solver.add(when, case.happens)
        return not satisfiable(solver)

    def _live(self, state: State, names: Live) -> bool:
        """Whether one of the fields is live in the state, of the variant's own rules: what is asked
        of a state is asked of the states after it too. Where rules are only tried, it may be."""
        if self.comparison.tried:
            return True
        asked: set[tuple[State, str]] = set()
        todo = {(state, name) for name in names}
        while todo:
            asked |= todo
            after_all = set[tuple[State, str]]()
            for here in {one for one, _ in todo}:
                fields = {name for one, name in todo if one == here}
                for at_once, after, by_field in self._uses(here):
                    if fields & at_once:
                        return True
                    after_all |= {(after, name) for name in NAMES if fields & by_field[name]}
            todo = after_all - asked
        return False

    def _uses(self, state: State) -> list[Use]:
        """For each path from the state: the fields that what is done at once hangs on, the state
        after, and the fields that each field after hangs on."""
        if state not in self.uses:
            self.uses[state] = list(self._found_uses(state))
        return self.uses[state]

    def _found_uses(self, state: State) -> Iterator[Use]:
        own = self.comparison.own
        both = Both(own, own, frozenset())
        rules = ("segment_arrives",) if self.comparison.whole else None
        for case in (*calls_and_timeouts(True, True, True), *arrivals(True, True, True)):
            if case.state != state:
                continue
            free = _Free(case.state, case.event, case.controls, True, case.reopened, True)
            for path in both.paths(free, rules if case.event == SEGMENT else None):
                step = path.own
                at_once = [path.condition, free.happens, *_sent(step)]
                by_field = {name: _fields(getattr(step.tcb, name)) for name in NAMES}
                yield _fields(at_once), step.tcb.state, by_field


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
    names, todo = set[str](), [value]
    while todo:
        one = todo.pop()
        if isinstance(one, Seq):
            todo.append(one.value)
        elif isinstance(one, Sym):
            names |= _constants(simplified(one.term)[0])
        elif isinstance(one, Tcb):
            todo += [getattr(one, name) for name in NAMES]
        elif isinstance(one, list | tuple):
            todo += one
        elif z3.is_expr(one):
            names |= _constants(one)
    return frozenset(field for field, name in NAMES.items() if _hangs_on(field, name, names))


_found: dict[int, tuple[z3.ExprRef, frozenset[str]]] = {}
"""The constants of terms, by the number of the term, which is kept: paths have most in common."""


def _constants(term: z3.ExprRef) -> frozenset[str]:
    """The names of the constants in a term."""
    if len(_found) >= MADE_LIMIT:
        _found.clear()
    todo = [term]
    while todo:
        one = todo[-1]
        parts = one.children()
        open_ = [part for part in parts if part.get_id() not in _found]
        todo += open_
        if not open_:
            todo.pop()
            own = {one.decl().name()} if _is_constant(one) else set[str]()
            names = own.union(*(_found[part.get_id()][1] for part in parts))
            _found[one.get_id()] = one, frozenset(names)
    return _found[term.get_id()][1]


def _is_constant(term: z3.ExprRef) -> bool:
    return bool(z3.is_const(term) and term.decl().kind() == z3.Z3_OP_UNINTERPRETED)


def _hangs_on(field: str, name: str, names: set[str]) -> bool:
    if field == "reopened":
        return any(one.startswith("old ") for one in names)
    return name in names
