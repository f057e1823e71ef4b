"""A trace as two packetdrill scripts, one for each end (syntax: google/packetdrill, parser.y).

The kernel under test plays one end, the script its user and the network. Where the socket interface
has no call for what a user does in the model, a comment says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from tcpmc.checks.labels import ENDS
from tcpmc.checks.running.jobs import Result
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import State
from tcpmc.model.network.product import End
from tcpmc.reports.evidence import command, shown
from tcpmc.reports.formats.packetdrill_lines import (
    ANY_TIME,
    AT_ONCE,
    FIRST,
    FLAGS,
    LATER,
    NOTHING,
    WINDOW,
    Sockets,
    accept_lines,
    call_lines,
    comment_lines,
    connect_lines,
    listen_lines,
    packet_text,
)
from tcpmc.reports.layout import printable
from tcpmc.reports.packets import absolute
from tcpmc.reports.story import FATES, Moment, moments, title, trace_of


def packetdrill(result: Result) -> dict[str, str]:
    """The script of each end, by the part of its file's name."""
    return {f"-{name}": "\n".join(_script(result, end)) + "\n" for end, name in enumerate(ENDS)}


def _script(result: Result, end: int) -> Iterator[str]:
    trace = trace_of(result)
    about = [
        title(result),
        f"TCP Peer {ENDS[end]} is the kernel under test; the script is its user and the network.",
        "Sequence numbers count from each end's ISS.",
        shown(result, trace),
    ]
    yield from comment_lines(*about)
    yield f"// Again: {printable(command(result.job))}"
    start, sockets = trace.states[0].ends[end], Sockets()
    if not all(map(_can_begin, trace.states[0].ends)):
        yield from comment_lines("This is one step from where no script can lead.")
        yield NOTHING
        return
    events = [*_handshake(end, start, sockets)]
    for moment in moments(result):
        events += _step(moment, end, sockets, result.job.scope.iss)
    first = next((n for n, line in enumerate(events) if not line.startswith("//")), None)
    if first is None:
        events.append(NOTHING)
    else:
        events[first] = f"{FIRST} {events[first].split(' ', 1)[1]}"
    yield from events


def _can_begin(start: End) -> bool:
    """Whether a script can lead to that state: nothing has happened, or only a handshake."""
    tcb = start.tcb
    fresh = tcb.snd_una == tcb.snd_nxt == tcb.iss + 1 and tcb.rcv_nxt == tcb.irs + 1
    return start.state == State.CLOSED or (start.state == State.ESTABLISHED and fresh)


def _handshake(end: int, start: End, sockets: Sockets) -> Iterator[str]:
    """What a trace that begins in ESTABLISHED leaves out; A opens actively."""
    if start.state == State.CLOSED:
        return
    yield from comment_lines("The handshake, before the trace begins")
    if end == 0:
        yield from connect_lines(sockets)
        yield f"{AT_ONCE} > S 0:0(0) <...>"
        yield f"{LATER} < S. 0:0(0) ack 1 win {WINDOW} <mss 1000>"
        yield f"{AT_ONCE} > . 1:1(0) ack 1 <...>"
    else:
        yield from listen_lines(sockets)
        yield f"{LATER} < S 0:0(0) win {WINDOW} <mss 1000>"
        yield f"{AT_ONCE} > S. 0:0(0) ack 1 <...>"
        yield f"{LATER} < . 1:1(0) ack 1 win {WINDOW}"
        yield from accept_lines(sockets)


def _step(moment: Moment, end: int, sockets: Sockets, iss: tuple[int, int]) -> Iterator[str]:
    """What one step of the trace is to one end."""
    event, step = moment.event, moment.step
    if event.kind == EventKind.TICK or event.kind in FATES:
        yield from _network(moment, end)
        return
    if event.end != end or step is None:
        return
    state = "" if moment.entered is None else f" -> {moment.entered}"
    before = moment.before.ends[end]
    who = f"step {moment.number}: {ENDS[end]} {event.kind}, {before.state}{state}"
    yield from comment_lines(who, *(f"  {rule}" for rule in moment.rules))
    after = moment.after.ends[end]
    if after.dropped_inward or event.kind == EventKind.FORGET:
        return  # at the middlebox: the kernel sees nothing of it
    if event.flight is not None:
        yield f"{LATER} < {_packet(event.flight.segment, 1 - end, iss)} win {WINDOW}" + (
            " <mss 1000>" if event.flight.segment.SYN else ""
        )
    else:
        yield from call_lines(event.kind, before.state, sockets)
    when = ANY_TIME if event.kind == EventKind.RETRANSMISSION_TIMEOUT else AT_ONCE
    swallowed = () if after.dropped is None else (after.dropped.segment,)
    for segment in (*step.send, *swallowed):
        yield f"{when} > {_packet(segment, end, iss)} <...>"
    if _may_be_accepted(moment, sockets):
        yield from accept_lines(sockets)
    if after.state == State.CLOSED:
        sockets.connection = None


def _network(moment: Moment, end: int) -> Iterator[str]:
    if moment.event.kind == EventKind.TICK:
        yield from comment_lines(f"step {moment.number}: time {moment.time}")
    elif moment.flow is not None:
        to = "from here" if moment.flow.sender == end else "to here"
        remark = f"{moment.flow.segment} {to} is {FATES[moment.event.kind]}"
        yield from comment_lines(f"step {moment.number}: {remark}")


def _may_be_accepted(moment: Moment, sockets: Sockets) -> bool:
    """Whether the connection that a listener waits for is synchronized now."""
    was, now = (system.ends[moment.event.end] for system in (moment.before, moment.after))
    opened = moment.event.kind == EventKind.DELIVER and was.state in (
        State.LISTEN,
        State.SYN_RECEIVED,
    )
    there = now.state not in (State.CLOSED, State.LISTEN, State.SYN_RECEIVED)
    return opened and there and sockets.listener is not None and sockets.connection is None


def _packet(segment: Segment, sender: int, iss: tuple[int, int]) -> str:
    """Flags, numbers from each end's ISS, and octets: "F. 1:1(0) ack 1"."""
    flags = [name for name in FLAGS if getattr(segment, name, segment.length)]
    first = (absolute(segment.seq, iss[sender]) - iss[sender]) % 2**32
    if segment.RST and segment.ACK and segment.seq.value == 0:
        first = 0  # RFC 9293, 3.10.7.1: "sequence number zero is used", not one from an ISS
    other = iss[1 - sender]
    ack = (absolute(segment.ack, other) - other) % 2**32 if segment.ACK else None
    return packet_text(flags, first, segment.length, ack)
