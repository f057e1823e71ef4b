"""What makes an endpoint change its state, read off its rules by symbolic execution.

For each state the rules run on a TCB whose numbers are symbols, on every user call, every timeout
and every combination of control bits. What is assumed of the TCB is what holds of every TCB in
that state once something has led there, its numbers being relative to ISS and IRS:

* CLOSED and LISTEN: nothing is remembered.
* SYN-SENT: SND.UNA = ISS, SND.NXT = ISS + 1, nothing received; text may be queued.
* SYN-RECEIVED: the same, and RCV.NXT = IRS + 1; if text is queued, CLOSE may be as well. Where a
  SYN can reopen a connection, it may have come from TIME-WAIT, with nothing queued.
* ESTABLISHED, FIN-WAIT-1 and FIN-WAIT-2: where segments are held out of order, any amount of text
  may be, and FIN.
* These and all others: SND.UNA > ISS and RCV.NXT > IRS, and any amount of text is outstanding. A
  FIN that was sent is outstanding too in FIN-WAIT-1, CLOSING and LAST-ACK, and in FIN-WAIT-2 and
  TIME-WAIT all is acknowledged (SND.UNA = SND.NXT). RCV.NXT covers a FIN that was received.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import z3

from tcpmc.checks.labels import kind
from tcpmc.checks.symbolic.symbolic import Sym, as_truth, paths
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import (
    FIN_TAKEN,
    FIN_UNACKNOWLEDGED,
    TAKES_TEXT,
    State,
    Step,
    Tcb,
    empty_tcb,
)
from tcpmc.model.network.product import Event
from tcpmc.model.variants.variant import Variant

FIN_ACKNOWLEDGED_STATES = (State.FIN_WAIT_2, State.TIME_WAIT)

CONTROLS = frozenset(("SYN", "ACK", "FIN", "RST"))
ACK_OF_SYN, ACK_OF_FIN = "ACK of SYN", "ACK of FIN"
AFTER_PASSIVE_OPEN, CLOSE_QUEUED = "after passive OPEN", "CLOSE queued"
REOPENED, FIN_HELD = "reopened", "FIN held"
CREATE, DELETE = "create TCB", "delete TCB"
TIMEOUTS = {"TIME-WAIT timeout": "Timeout=2MSL"}
"""What the state diagram calls an event of the model, where it has another name for it."""

Happening = Callable[[], tuple[set[str], Step]]


@dataclass(frozen=True)
class Cause:
    """What leads from one state to another and what is done then, as sets that can be compared.

    `needs` holds the name of a call or timeout, or the control bits of a segment and what it
    acknowledges; and what has to be so in the TCB besides.
    """

    source: State
    target: State
    needs: frozenset[str]
    does: frozenset[str]

    def covers(self, other: Cause) -> bool:
        """Whether the other cause is this one with something added, a SYN apart."""
        ends = (self.source, self.target) == (other.source, other.target)
        kind = ("SYN" in self.needs) == ("SYN" in other.needs)
        less = self.needs <= other.needs and self.does <= other.does
        return ends and kind and less and self != other


def causes(variant: Variant, state: State) -> Iterator[Cause]:
    """Every path of every rule that leads from `state` to another."""
    bits = max(10, variant.profile.window.bit_length() + 4)
    host = Host(variant.profile, _number("ISS to select", bits), may_open=True)
    for tcb in _tcbs(variant, state, bits):
        assumed = [as_truth(tcb.queued != 0)] if tcb.close_queued else []
        for happens in (*_calls(variant, host, tcb), *_segments(variant, host, tcb, bits)):
            for path in paths(happens, *assumed):
                needs, step = path.result
                if step.tcb.state != state:
                    yield _cause(tcb, needs, step)


def cause_of(tcb: Tcb, event: Event, step: Step) -> Cause:
    """What led from this TCB, whose numbers are known, to the state after the step."""
    if event.flight is None:
        return _cause(tcb, {TIMEOUTS.get(event.kind, event.kind)}, step)
    return _cause(tcb, _needs(tcb, event.flight.segment, step), step)


def _cause(tcb: Tcb, needs: set[str], step: Step) -> Cause:
    given = {AFTER_PASSIVE_OPEN} if tcb.passive else set()
    given |= {CLOSE_QUEUED} if tcb.close_queued else set()
    given |= {REOPENED} if tcb.reopened is not None else set()
    given |= {FIN_HELD} if tcb.held_fin else set()
    does = _done(tcb.state, needs, step)
    return Cause(tcb.state, step.tcb.state, frozenset(needs | given), does)


def _tcbs(variant: Variant, state: State, bits: int) -> Iterator[Tcb]:
    """Any TCB in that state; what is no number is given, not a symbol."""
    first, queued = Seq(0, bits), _octets("queued", bits)
    if state in (State.CLOSED, State.LISTEN):
        yield empty_tcb(state, bits)
    elif state == State.SYN_SENT:
        yield Tcb(state, first, first, first, first + 1, first, queued=queued)
    elif state == State.SYN_RECEIVED:
        for passive, close_queued in product((False, True), repeat=2):
            numbers = (first, first, first, first + 1, first + 1)
            yield Tcb(state, *numbers, passive, queued, close_queued)
        if variant.profile.reopening != "no":
            yield Tcb(state, *numbers, reopened=empty_tcb(State.TIME_WAIT, bits))
    else:
        una = first + 1 + _octets("acknowledged", bits) + (state in FIN_ACKNOWLEDGED_STATES)
        nxt = una + _octets("outstanding", bits) + (state in FIN_UNACKNOWLEDGED)
        nxt = una if state in FIN_ACKNOWLEDGED_STATES else nxt
        rcv_nxt = first + 1 + _octets("received", bits) + (state in (*FIN_TAKEN, State.TIME_WAIT))
        tcb = Tcb(state, first, first, una, nxt, rcv_nxt)
        yield tcb
        if variant.profile.out_of_order == "hold" and state in TAKES_TEXT:
            gap, held = 1 + _octets("missing", bits), _octets("held", bits)
            yield from (replace(tcb, gap=gap, held=held, held_fin=fin) for fin in (False, True))


def _calls(variant: Variant, host: Host, tcb: Tcb) -> Iterator[Happening]:
    """The user calls, and the timeouts that can be due."""
    rules = variant.rules
    named: dict[str, Callable[[], Step]] = {
        "passive OPEN": lambda: rules.open_passive(host, tcb),
        "active OPEN": lambda: rules.open_active(host, tcb),
        "SEND": lambda: rules.send(host, tcb, 1),
        "RECEIVE": lambda: rules.receive(host, tcb),
        "CLOSE": lambda: rules.close(host, tcb),
        "ABORT": lambda: rules.abort(host, tcb),
    }
    if tcb.state == State.TIME_WAIT:
        named[TIMEOUTS["TIME-WAIT timeout"]] = lambda: rules.time_wait_timeout(host, tcb)
    elif tcb.state not in (State.CLOSED, State.LISTEN, State.FIN_WAIT_2):
        named["retransmission timeout"] = lambda: rules.retransmission_timeout(host, tcb)
        named["user timeout"] = lambda: rules.user_timeout(host, tcb)
    for name, rule in named.items():
        yield lambda name=name, rule=rule: ({name}, rule())  # type: ignore[misc]


def _segments(variant: Variant, host: Host, tcb: Tcb, bits: int) -> Iterator[Happening]:
    """A segment with any numbers, for every combination of control bits."""
    for controls in product((False, True), repeat=4):
        text = _octets("text", bits)
        seg = Segment(_number("SEG.SEQ", bits), _number("SEG.ACK", bits), text, *controls)

        def arrives(seg: Segment = seg) -> tuple[set[str], Step]:
            step = variant.rules.segment_arrives(host, tcb, seg)
            return _needs(tcb, seg, step), step

        yield arrives


def _needs(tcb: Tcb, seg: Segment, step: Step) -> set[str]:
    """The control bits of a segment, and what of ours it acknowledges."""
    needs = set(seg.controls.split(",")) & CONTROLS
    if step.tcb.state != tcb.state and seg.ACK and seg.ack == tcb.snd_nxt:
        needs |= {ACK_OF_SYN} if tcb.state == State.SYN_RECEIVED else set()
        needs |= {ACK_OF_FIN} if tcb.state in FIN_UNACKNOWLEDGED else set()
    return needs


def _number(name: str, bits: int) -> Seq:
    number: Any = Sym(z3.BitVec(name, bits))
    return Seq(number, bits)


def _octets(name: str, bits: int) -> Any:
    """A number of octets: more than the window holds, far less than half the sequence space."""
    return Sym(z3.ZeroExt(3, z3.BitVec(name, bits - 3)))


def _done(before: State, needs: set[str], step: Step) -> frozenset[str]:
    """What is done: segments sent, text aside, which carries an ACK as well; and for a call or
    timeout the TCB created or deleted."""
    done = {f"snd {kind(replace(segment, length=0))}" for segment in step.send}
    if before == State.CLOSED:
        done.add(CREATE)
    if step.tcb.state == State.CLOSED and not needs & CONTROLS:
        done.add(DELETE)
    return frozenset(done)
