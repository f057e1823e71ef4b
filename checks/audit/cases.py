"""Every TCB, and everything that can happen to it: a segment, a call, a timeout.

State, control bits and the event are given, all else is a number of which nothing is known. In
CLOSED and LISTEN there is no TCB, so nothing is in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import product
from typing import Any

import z3

from tcpmc.checks.audit.numbers import BITS, flag, number, sequence
from tcpmc.checks.symbolic.fields import CONTROLS
from tcpmc.checks.symbolic.symbolic import as_truth
from tcpmc.model.endpoint.profile import Host, Profile
from tcpmc.model.endpoint.rules import CHECKS, Rules
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import UNCONNECTED, State, Tcb, empty_tcb

LONGEST = 65_535
"""Octets of text in the longest segment that fits in a datagram."""

LARGEST_WINDOW = 2**30
"""What window scaling can say (RFC 7323, 2.3)."""
MAX_SND_WND = "MAX.SND.WND"

SEGMENT = "segment"
CALLS = ("open_active", "open_passive", "send", "receive", "close", "abort")
TIMEOUTS = ("retransmission_timeout", "time_wait_timeout", "user_timeout")
ALL_CONTROLS = tuple(product((False, True), repeat=len(CONTROLS)))
QUEUE = "send_queued"
"""What SYN-SENT and SYN-RECEIVED end with. Where a variant replaces it, SEGMENT ARRIVES is compared
as a whole: it is no check that stands for itself."""


@dataclass(frozen=True)
class Case:
    """What happens in which state: a segment with these control bits, or the call or timeout of
    that rule. `stamps` says whether there are timestamps, `reopened` that the connection came out
    of TIME-WAIT (MAY-2), `holds` whether what is out of order is held (SHLD-31)."""

    state: State
    event: str
    controls: tuple[bool, ...] = ()
    stamps: bool = False
    reopened: bool = False
    holds: bool = False

    @cached_property
    def tcb(self) -> Tcb:
        """Any TCB in the state."""
        return any_tcb(self.state, self.stamps, self.reopened, self.holds)

    @cached_property
    def segment(self) -> Segment:
        """Any segment with the control bits."""
        tcb = self.tcb
        seq, ack = sequence("SEG.SEQ", tcb.rcv_nxt), sequence("SEG.ACK", tcb.snd_una)
        stamp = number("SEG.TSval") if self.stamps else 0
        syn, acks, fin, rst = self.controls
        return Segment(seq, ack, number("octets"), syn, acks, fin, rst, stamp)

    @cached_property
    def arguments(self) -> tuple[Any, ...]:
        """What the rule is given besides the host and the TCB."""
        if self.event == SEGMENT:
            return (self.segment,)
        return (number("octets"),) if self.event == "send" else ()

    @cached_property
    def domain(self) -> z3.BoolRef:
        """What is assumed of the numbers."""
        octets = z3.BitVec("octets", BITS)
        if self.event == SEGMENT:
            return z3.And(
                z3.ULE(octets, LONGEST), z3.ULE(z3.BitVec(MAX_SND_WND, BITS), LARGEST_WINDOW)
            )
        if self.event == "send":
            return z3.And(octets != 0, z3.ULE(octets, LONGEST))
        return z3.BoolVal(True)

    @cached_property
    def happens(self) -> z3.BoolRef:
        """When the event can occur at all: a timer runs only where there is something to time."""
        tcb = self.tcb
        if self.event in TIMEOUTS and self.state in UNCONNECTED:
            return z3.BoolVal(False)
        if self.event == "time_wait_timeout":
            return z3.BoolVal(self.state == State.TIME_WAIT)
        if self.event in TIMEOUTS:
            return as_truth(tcb.snd_una != tcb.snd_nxt)
        return z3.BoolVal(True)

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that the event runs through, one after the other."""
        if self.event != SEGMENT:
            return (self.event,)
        match self.state:
            case State.CLOSED:
                return ("segment_in_closed",)
            case State.LISTEN:
                return ("segment_in_listen",)
            case State.SYN_SENT:
                return ("segment_in_syn_sent", QUEUE)
            case State.SYN_RECEIVED:
                return (*CHECKS, QUEUE)
            case _:
                return CHECKS


def any_tcb(
    state: State, stamps: bool, reopened: bool = False, holds: bool = False, prefix: str = ""
) -> Tcb:
    """A TCB in that state with every number open."""
    if state in UNCONNECTED:
        return empty_tcb(state, BITS)
    iss, irs = sequence(f"{prefix}ISS"), sequence(f"{prefix}IRS")
    una = sequence(f"{prefix}SND.UNA", iss)
    return Tcb(
        state,
        iss,
        irs,
        snd_una=una,
        snd_nxt=sequence(f"{prefix}SND.NXT", una),
        rcv_nxt=sequence(f"{prefix}RCV.NXT", irs),
        passive=flag(f"{prefix}passive"),
        queued=number(f"{prefix}queued"),
        close_queued=flag(f"{prefix}CLOSE queued"),
        ts_recent=number(f"{prefix}TS.Recent") if stamps else 0,
        reopened=any_tcb(State.TIME_WAIT, stamps, prefix="old ") if reopened else None,
        gap=number(f"{prefix}gap") if holds else 0,
        held=number(f"{prefix}held") if holds else 0,
        held_fin=flag(f"{prefix}held FIN") if holds else False,
    )


NAMES = {
    "iss": "ISS",
    "irs": "IRS",
    "snd_una": "SND.UNA",
    "snd_nxt": "SND.NXT",
    "rcv_nxt": "RCV.NXT",
    "ts_recent": "TS.Recent",
    "passive": "passive",
    "queued": "queued",
    "close_queued": "CLOSE queued",
    "reopened": "reopened",
    "gap": "gap",
    "held": "held",
    "held_fin": "held FIN",
}
"""What the fields of a TCB are called, in words and in formulas: all but the state."""


def any_host(profile: Profile) -> Host:
    """A host with these switches, and anything else that it may be."""
    iss = sequence("ISS to select")
    return Host(profile, iss, number("remembered"), flag("may open"), number(MAX_SND_WND))


def calls_and_timeouts(stamps: bool, reopened: bool, holds: bool) -> Iterator[Case]:
    """Every call and timeout in every state."""
    for event in (*CALLS, *TIMEOUTS):
        for state in State:
            for again in _shapes(state, reopened):
                yield Case(state, event, (), stamps, again, holds)


def arrivals(stamps: bool, reopened: bool, holds: bool) -> Iterator[Case]:
    """Every combination of control bits in every state."""
    for state in State:
        for controls in ALL_CONTROLS:
            for again in _shapes(state, reopened):
                yield Case(state, SEGMENT, controls, stamps, again, holds)


def _shapes(state: State, reopened: bool) -> tuple[bool, ...]:
    return (False, True) if reopened and state == State.SYN_RECEIVED else (False,)


def entered_with(rule: str, stamps: bool, reopened: bool, holds: bool) -> Iterator[Case]:
    """The cases that a rule for segments can be entered with."""
    for case in arrivals(stamps, reopened, holds):
        if rule in case.rules:
            yield case


RULES = tuple(field.name for field in fields(Rules) if field.name != QUEUE)
"""The rules that are compared by themselves."""
