"""What the rules do to one end of a closing connection, for every 32-bit ISS, as a finite table.

The numbers of a connection without text stay within two of ISS and IRS. A phase holds them relative
to these; so does a segment. The rules are executed symbolically (King 1976) on `ISS + offset`, both
bases being any 32-bit numbers, and the solver shows that there is one path and that each result is
a base plus a constant again. Comparisons modulo 2**32 depend on differences only, which is why this
succeeds for rules that compare numbers with numbers of the same base. The table is closed: every
phase meets every segment that any phase sends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import MISSING, dataclass, fields, replace
from enum import StrEnum
from functools import cache
from typing import Any, cast

import z3

from tcpmc.checks.symbolic.symbolic import Sym, paths
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import State, Step, Tcb, ack, delete_tcb
from tcpmc.model.endpoint.timeouts import fin_wait_2_timeout, keepalive_probe, keepalive_timeout
from tcpmc.model.timed.timers import TimedChange, TimedEnd
from tcpmc.model.variants.variant import Variant

BITS = 32
PHASE_LIMIT = 64
NUMBERS = {"iss": "iss", "irs": "irs", "snd_una": "iss", "snd_nxt": "iss", "rcv_nxt": "irs"}
"""The fields of a TCB that are numbers, and the base of each."""
BASES = {"iss": z3.BitVec("iss", BITS), "irs": z3.BitVec("irs", BITS)}


class NotFinite(Exception):
    """A rule that leaves the finite table, or depends on the initial sequence numbers."""


class Ending(StrEnum):
    """How a connection came to be CLOSED: TIME-WAIT or FIN-WAIT-2 expired; a segment ended it as it
    should; a reset or a timeout did; or the end vanished."""

    EXPIRED = "expired"
    ACKNOWLEDGED = "acknowledged"
    ABORTED = "aborted"
    VANISHED = "vanished"


@dataclass(frozen=True)
class Phase:
    """Where one end is: its TCB with both bases taken as zero, how it came to be CLOSED, and how
    many keepalive probes are unanswered."""

    tcb: Tcb
    how: Ending | None = None
    probes: int = 0

    @property
    def state(self) -> State:
        """The state of the connection at this end."""
        return self.tcb.state

    @property
    def waits(self) -> bool:
        """Whether something that this end sent is not acknowledged."""
        return self.end.unacknowledged

    @property
    def end(self) -> TimedEnd:
        """As the timers see it."""
        return TimedEnd(self.tcb, self.probes, self.how == Ending.VANISHED)

    def __str__(self) -> str:
        una, nxt, rcv = self.tcb.snd_una.value, self.tcb.snd_nxt.value, self.tcb.rcv_nxt.value
        heading = f"CLOSED({self.how}" if self.how else f"{self.state}({una},{nxt},{rcv}"
        more = [f"probes {self.probes}"] * bool(self.probes)
        more += [
            f"{field.name} {getattr(self.tcb, field.name)}"
            for field in fields(Tcb)
            if field.default is not MISSING and getattr(self.tcb, field.name) != field.default
        ]
        return ",".join((heading, *more)) + ")"


@dataclass(frozen=True)
class PhaseMove:
    """One row of the table: an event, the segment if one is delivered, and what comes of it."""

    before: Phase
    event: EventKind
    arriving: Segment | None
    after: Phase
    sends: tuple[Segment, ...]
    restarts: bool
    rule: str

    @property
    def change(self) -> TimedChange:
        """As the timers see it."""
        return TimedChange(self.event, self.before.end, self.after.end, self.restarts)


@dataclass(frozen=True)
class PhaseTable:
    """All phases of an end, all segments that it sends, and every move."""

    phases: tuple[Phase, ...]
    segments: tuple[Segment, ...]
    moves: tuple[PhaseMove, ...]


@cache
def table(variant: Variant, probes: int = 0) -> PhaseTable:
    """The table of a variant; with probes, that of an open connection which sends so many to keep
    it alive, and which one end may leave without a word. Raises NotFinite."""
    zero, one = Seq(0, BITS), Seq(1, BITS)
    start = Phase(Tcb(State.ESTABLISHED, zero, zero, one, one, one))
    phases, segments, moves = [start], list[Segment](), dict[Any, PhaseMove]()
    while _add_moves(variant, probes, phases, segments, moves):
        if len(phases) > PHASE_LIMIT or len(segments) > PHASE_LIMIT:
            raise NotFinite(f"more than {PHASE_LIMIT} phases or segments")
    changing = (m for m in moves.values() if m.after != m.before or m.sends or m.arriving)
    return PhaseTable(tuple(phases), tuple(segments), tuple(changing))


def _add_moves(
    variant: Variant,
    probes: int,
    phases: list[Phase],
    segments: list[Segment],
    moves: dict[Any, PhaseMove],
) -> bool:
    """Whether there are moves of the known phases that were not there yet: they are added, with the
    phases and the segments that they lead to. One pass of a search for the least fixed point."""
    before = len(moves)
    for phase in tuple(phases):
        for event, arriving in _events(phase, segments, probes):
            if (phase, event, arriving) in moves:
                continue
            move = _move(variant, phase, event, arriving)
            moves[phase, event, arriving] = move
            if move.after not in phases:
                phases.append(move.after)
            segments += [segment for segment in move.sends if segment not in segments]
    return len(moves) > before


def _events(
    phase: Phase, segments: list[Segment], probes: int
) -> Iterator[tuple[EventKind, Segment | None]]:
    if probes:
        yield from _open_events(phase, segments, probes)
        return
    yield EventKind.CLOSE, None
    if phase.waits:
        yield EventKind.RETRANSMISSION_TIMEOUT, None
        yield EventKind.USER_TIMEOUT, None
    if phase.state == State.TIME_WAIT:
        yield EventKind.TIME_WAIT_TIMEOUT, None
    if phase.state == State.FIN_WAIT_2:
        yield EventKind.FIN_WAIT_2_TIMEOUT, None
    for segment in segments:
        yield EventKind.DELIVER, segment  # relative numbers are the same at both ends


def _open_events(
    phase: Phase, segments: list[Segment], probes: int
) -> Iterator[tuple[EventKind, Segment | None]]:
    if phase.state == State.CLOSED:
        return
    if phase.probes < probes:
        yield EventKind.KEEPALIVE_PROBE, None
    else:
        yield EventKind.KEEPALIVE_TIMEOUT, None
    if not phase.probes:  # of the end that sends no probes
        yield EventKind.SENDS_ACK, None
        yield EventKind.VANISHES, None
    for segment in segments:
        yield EventKind.DELIVER, segment


def _move(variant: Variant, phase: Phase, event: EventKind, arriving: Segment | None) -> PhaseMove:
    step = _one_step(variant, phase, event, arriving)
    after, ending = _dropped_tcb(step.tcb), phase.how
    if after.state == State.CLOSED and phase.state != State.CLOSED:
        ending = _ending(event, arriving)
    unanswered = phase.probes + 1 if event == EventKind.KEEPALIVE_PROBE else 0
    sends = tuple(_dropped(segment, "iss", "irs") for segment in step.send)
    then = Phase(after, ending, unanswered)
    return PhaseMove(phase, event, arriving, then, sends, step.starts_time_wait, step.rule)


def _one_step(variant: Variant, phase: Phase, event: EventKind, arriving: Segment | None) -> Step:
    """What the rules do for every ISS. Raises NotFinite where there is more than one way."""
    tcb = _lifted_tcb(phase.tcb)
    host, rules = Host(variant.profile, _number("host.iss")), variant.rules
    calls: dict[EventKind, Callable[[], Step]] = {
        EventKind.CLOSE: lambda: rules.close(host, tcb),
        EventKind.RETRANSMISSION_TIMEOUT: lambda: rules.retransmission_timeout(host, tcb),
        EventKind.USER_TIMEOUT: lambda: rules.user_timeout(host, tcb),
        EventKind.TIME_WAIT_TIMEOUT: lambda: rules.time_wait_timeout(host, tcb),
        EventKind.FIN_WAIT_2_TIMEOUT: lambda: fin_wait_2_timeout(host, tcb),
        EventKind.KEEPALIVE_PROBE: lambda: keepalive_probe(host, tcb),
        EventKind.KEEPALIVE_TIMEOUT: lambda: keepalive_timeout(host, tcb),
        EventKind.SENDS_ACK: lambda: Step(EventKind.SENDS_ACK, tcb, send=(ack(tcb),)),
        EventKind.VANISHES: lambda: Step(EventKind.VANISHES, delete_tcb(tcb)),
        EventKind.DELIVER: lambda: rules.segment_arrives(
            host, tcb, _lifted(cast(Segment, arriving), "irs", "iss")
        ),
    }
    ways = list(paths(calls[event]))
    if len(ways) != 1:
        raise NotFinite(f"{event} in {phase.state} depends on the initial sequence numbers")
    return ways[0].result


def _ending(event: EventKind, arriving: Segment | None) -> Ending:
    """How the event ends a connection, if it does."""
    is_reset = arriving is not None and arriving.RST
    if event == EventKind.VANISHES:
        return Ending.VANISHED
    if is_reset or event in (EventKind.USER_TIMEOUT, EventKind.KEEPALIVE_TIMEOUT):
        return Ending.ABORTED
    if event in (EventKind.TIME_WAIT_TIMEOUT, EventKind.FIN_WAIT_2_TIMEOUT):
        return Ending.EXPIRED
    return Ending.ACKNOWLEDGED


def _number(name: str) -> Seq:
    return Seq(cast(int, Sym(z3.BitVec(name, BITS))), BITS)


def _lift(number: Seq, base: str) -> Seq:
    return Seq(cast(int, Sym(z3.simplify(BASES[base] + number.value))), BITS)


def _drop(number: Seq, base: str) -> Seq:
    value = number.value
    term = value.term if isinstance(value, Sym) else z3.BitVecVal(value, BITS)
    offset = z3.simplify(term - BASES[base])
    if not z3.is_bv_value(offset):
        raise NotFinite(f"{term} is not {base} and a constant")
    return Seq(offset.as_long(), BITS)


def _with(tcb: Tcb, numbers: dict[str, Any]) -> Tcb:
    return replace(tcb, **numbers)


def _lifted_tcb(tcb: Tcb) -> Tcb:
    """The TCB with its bases added; one that does not exist has no numbers."""
    if tcb.state in (State.CLOSED, State.LISTEN):
        return tcb
    return _with(tcb, {name: _lift(getattr(tcb, name), base) for name, base in NUMBERS.items()})


def _dropped_tcb(tcb: Tcb) -> Tcb:
    """The TCB relative to its bases. Raises NotFinite for what is no number beside them."""
    if tcb.state in (State.CLOSED, State.LISTEN):
        if any(isinstance(getattr(tcb, name).value, Sym) for name in NUMBERS):
            raise NotFinite(f"{tcb.state} keeps numbers of a connection")
        return tcb
    for field in fields(Tcb):
        if isinstance(getattr(tcb, field.name), Sym):
            raise NotFinite(f"{field.name} depends on the initial sequence numbers")
    return _with(tcb, {name: _drop(getattr(tcb, name), base) for name, base in NUMBERS.items()})


def _lifted(segment: Segment, seq: str, ack: str) -> Segment:
    """The segment with its bases added; without the ACK bit there is no acknowledgment number."""
    number = _lift(segment.ack, ack) if segment.ACK else segment.ack
    return replace(segment, seq=_lift(segment.seq, seq), ack=number)


def _dropped(segment: Segment, seq: str, ack: str) -> Segment:
    plain = {
        f.name: getattr(segment, f.name) for f in fields(segment) if f.name not in ("seq", "ack")
    }
    for name, value in plain.items():
        if isinstance(value, Sym):
            raise NotFinite(f"{name} of a segment depends on the initial sequence numbers")
    number = _drop(segment.ack, ack) if segment.ACK else segment.ack
    return Segment(_drop(segment.seq, seq), number, **plain)
