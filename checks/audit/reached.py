"""Whether a run comes to a difference: between two such stacks, or one such and one of RFC 9293.

The explorer goes through small scopes at 32 bits, with text, ABORT and the user timeout; a step of
an end belongs to a row if its numbers meet the row's condition.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import z3

from tcpmc.checks.audit.cases import MAX_SND_WND, SEGMENT, Case
from tcpmc.checks.audit.differences import VariantComparison
from tcpmc.checks.audit.numbers import BITS
from tcpmc.checks.audit.rows import EVENTS, AuditRow
from tcpmc.checks.audit.samples import Values, model_of
from tcpmc.checks.explicit.first import Test, first_runs
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.own_rules.rule_guard import EndlessRule
from tcpmc.checks.statespace import TooLarge, explore
from tcpmc.checks.symbolic.fields import controls as controls_of
from tcpmc.checks.trace import Trace
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import UNCONNECTED, Tcb
from tcpmc.model.network.incarnations import About
from tcpmc.model.network.product import End, Event, Move
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.variants.variant import Variant

SCOPES = (
    Scope("audit-1", bits=BITS, data=1, capacity=1, aborts=True, retransmissions=1),
    Scope("audit-2", bits=BITS, data=0, capacity=2),
)
NOT_REACHED = (
    "no run comes to it between two such stacks, or one and RFC 9293, with 1 octet and 1 segment "
    "in flight each way, or without text and 2; whether a longer one does is not known"
)
CUT_OFF = "no run is known: the small scopes in which one is looked for have too many states"


class Against(Model):
    """A model whose end A has the rules of one variant, and end B those of another."""

    def __init__(self, a: Variant, b: Variant, scope: Scope) -> None:
        self.sides = (Model(a, scope), Model(b, scope))
        super().__init__(a, scope, (self.sides[0].hosts[0], self.sides[1].hosts[1]))

    def own_moves(self, which: int, end: End) -> Iterator[Move]:
        """As the side's own model has it."""
        return self.sides[which].own_moves(which, end)

    def own_move(self, event: EventKind, which: int, end: End, offset: int = 0) -> Move | None:
        """As the side's own model has it."""
        return self.sides[which].own_move(event, which, end, offset)

    def receive(self, which: int, end: End, segment: Segment, about: About = (0, 0)) -> Move:
        """As the side's own model has it."""
        return self.sides[which].receive(which, end, segment, about)


def reached(rows: Sequence[AuditRow], comparison: VariantComparison) -> list[AuditRow]:
    """The rows, each with the shortest run of the first scope that comes to it."""
    found: dict[int, tuple[Trace, str]] = {}
    missed = NOT_REACHED
    for model, told in _models(comparison):
        left = {str(n): _test(row, model) for n, row in enumerate(rows) if n not in found}
        if not left:
            break
        try:
            table = TabulatedModel(model)
            runs = first_runs(table, explore(table), left)
        except (TooLarge, ValueError, EndlessRule):  # more states than fit, or a rule hangs
            missed = CUT_OFF
            continue
        found |= {int(name): (trace, told) for name, trace in runs.items()}
    return [
        replace(row, trace=found[n][0], reached_in=found[n][1])
        if n in found
        else replace(row, reached_in=missed)
        for n, row in enumerate(rows)
    ]


def _models(comparison: VariantComparison) -> Iterator[tuple[Model, str]]:
    """The models to look in, the smaller first, and who the ends are."""
    variant = comparison.variant
    rfc = Variant("rfc9293", profile=comparison.profile)
    for scope in SCOPES:
        yield Model(variant, scope), "between two such stacks"
    for scope in SCOPES:
        yield Against(variant, rfc, scope), "A such a stack, B RFC 9293"


def _test(row: AuditRow, model: Model) -> Test:
    """Whether a step of an end is one of the row."""
    gaps: dict[Case, list[z3.BoolRef]] = {}
    for gap in row.gaps:
        gaps.setdefault(gap.case, []).append(gap.when)
    kinds = {(case.state, case.event, case.controls): case for case in gaps}
    names = {told: event for event, told in EVENTS.items()}

    def test(which: int, end: End, event: Event) -> bool:
        if isinstance(model, Against) and which == 1:
            return False
        flight = event.flight
        kind = SEGMENT if flight is not None else names.get(event.kind, "")
        bits = controls_of(flight.segment) if flight is not None else ()
        case = kinds.get((end.state, kind, bits))
        if case is None:
            return False
        seg = flight.segment if flight is not None else None
        values = model_of(values_of(model.host(which, end), end.tcb, seg))
        return any(z3.is_true(values.eval(when, model_completion=True)) for when in gaps[case])

    return test


def values_of(host: Host, tcb: Tcb, seg: Segment | None) -> Values:
    """What the names of a case stand for, where these are the TCB and the segment."""
    blank = tcb.state in UNCONNECTED
    values = {
        "ISS to select": host.iss.value,
        "remembered": host.remembered,
        "may open": host.may_open,
        MAX_SND_WND: host.profile.window if host.max_snd_wnd is None else host.max_snd_wnd,
        "octets": 1 if seg is None else seg.length,
        "ISS": tcb.iss.value,
        "IRS": tcb.irs.value,
        "SND.UNA": tcb.snd_una - tcb.iss,
        "SND.NXT": tcb.snd_nxt - tcb.snd_una,
        "RCV.NXT": tcb.rcv_nxt - tcb.irs,
        "passive": tcb.passive,
        "queued": tcb.queued,
        "CLOSE queued": tcb.close_queued,
        "TS.Recent": tcb.ts_recent,
        "gap": tcb.gap,
        "held": tcb.held,
        "held FIN": tcb.held_fin,
    }
    if seg is not None:
        values["SEG.SEQ"] = seg.seq.value if blank else seg.seq - tcb.rcv_nxt
        values["SEG.ACK"] = seg.ack.value if blank else seg.ack - tcb.snd_una
        values["SEG.TSval"] = seg.stamp
    return values
