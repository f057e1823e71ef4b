"""A trace as two packetdrill scripts, one for each end (syntax: google/packetdrill, parser.y).

The kernel under test plays one end, the script its user and the network. Where the socket interface
has no call for what a user does in the model, a comment says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tcpmc.checks.labels import ENDS
from tcpmc.checks.running.jobs import Result
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import State
from tcpmc.model.network.product import End
from tcpmc.reports.evidence import command, shown
from tcpmc.reports.layout import printable, wrapped
from tcpmc.reports.packets import absolute
from tcpmc.reports.story import FATES, Moment, moments, title, trace_of

WIDTH = 96
WINDOW = 65_535
"""What the script advertises: in the model, SND.WND is large enough."""
AT_ONCE, LATER, ANY_TIME, FIRST = "+0", "+.01", "*", "0"
NOTHING = f"{FIRST} `true`"
FLAGS = {"FIN": "F", "SYN": "S", "RST": "R", "text": "P", "ACK": "."}
ABORTING = "{onoff=1, linger=0}"


def packetdrill(result: Result) -> dict[str, str]:
    """The script of each end, by the part of its file's name."""
    return {f"-{name}": "\n".join(_script(result, end)) + "\n" for end, name in enumerate(ENDS)}


@dataclass
class Sockets:
    """The file descriptors of one end: of what listens, and of the connection."""

    listener: int | None = None
    connection: int | None = None
    last: int = 2

    def new(self) -> int:
        """The next file descriptor."""
        self.last += 1
        return self.last


def _script(result: Result, end: int) -> Iterator[str]:
    trace = trace_of(result)
    about = [
        title(result),
        f"TCP Peer {ENDS[end]} is the kernel under test; the script is its user and the network.",
        "Sequence numbers count from each end's ISS.",
        shown(result, trace),
    ]
    yield from _comment(*about)
    yield f"// Again: {printable(command(result.job))}"
    start, sockets = trace.states[0].ends[end], Sockets()
    if not all(map(_can_begin, trace.states[0].ends)):
        yield from _comment("This is one step from where no script can lead.")
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
    yield from _comment("The handshake, before the trace begins")
    if end == 0:
        yield from _connect(sockets)
        yield f"{AT_ONCE} > S 0:0(0) <...>"
        yield f"{LATER} < S. 0:0(0) ack 1 win {WINDOW} <mss 1000>"
        yield f"{AT_ONCE} > . 1:1(0) ack 1 <...>"
    else:
        yield from _listen(sockets)
        yield f"{LATER} < S 0:0(0) win {WINDOW} <mss 1000>"
        yield f"{AT_ONCE} > S. 0:0(0) ack 1 <...>"
        yield f"{LATER} < . 1:1(0) ack 1 win {WINDOW}"
        yield from _accept(sockets)


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
    yield from _comment(who, *(f"  {rule}" for rule in moment.rules))
    after = moment.after.ends[end]
    if after.dropped_inward or event.kind == EventKind.FORGET:
        return  # at the middlebox: the kernel sees nothing of it
    if event.flight is not None:
        yield f"{LATER} < {_packet(event.flight.segment, 1 - end, iss)} win {WINDOW}" + (
            " <mss 1000>" if event.flight.segment.SYN else ""
        )
    else:
        yield from _call(event.kind, before, sockets)
    when = ANY_TIME if event.kind == EventKind.RETRANSMISSION_TIMEOUT else AT_ONCE
    swallowed = () if after.dropped is None else (after.dropped.segment,)
    for segment in (*step.send, *swallowed):
        yield f"{when} > {_packet(segment, end, iss)} <...>"
    if _may_be_accepted(moment, sockets):
        yield from _accept(sockets)
    if after.state == State.CLOSED:
        sockets.connection = None


def _network(moment: Moment, end: int) -> Iterator[str]:
    if moment.event.kind == EventKind.TICK:
        yield from _comment(f"step {moment.number}: time {moment.time}")
    elif moment.flow is not None:
        to = "from here" if moment.flow.sender == end else "to here"
        told = f"{moment.flow.segment} {to} is {FATES[moment.event.kind]}"
        yield from _comment(f"step {moment.number}: {told}")


def _call(kind: EventKind, before: End, sockets: Sockets) -> Iterator[str]:
    """A user call as calls of the socket interface; a timeout is none."""
    state, fd, listener = before.state, sockets.connection, sockets.listener
    match kind:
        case EventKind.PASSIVE_OPEN:
            yield from _listen(sockets)
        case EventKind.ACTIVE_OPEN if state == State.CLOSED:
            yield from _connect(sockets)
        case EventKind.SEND if fd is not None and state in (State.ESTABLISHED, State.CLOSE_WAIT):
            yield f"{LATER} write({fd}, ..., 1) = 1"
        case EventKind.CLOSE | EventKind.ABORT if listener is not None and state == State.LISTEN:
            yield f"{LATER} close({listener}) = 0"
            sockets.listener = None
        case EventKind.CLOSE if fd is not None and state == State.SYN_SENT:
            yield f"{LATER} close({fd}) = 0"
        case EventKind.CLOSE if fd is not None:
            # RFC 9293, 3.6: CLOSE says that there is no more to send, and goes on receiving.
            yield f"{LATER} shutdown({fd}, SHUT_WR) = 0"
        case EventKind.ABORT if fd is not None:
            yield f"{LATER} setsockopt({fd}, SOL_SOCKET, SO_LINGER, {ABORTING}, 8) = 0"
            yield f"{AT_ONCE} close({fd}) = 0"
        case EventKind.ACTIVE_OPEN | EventKind.SEND | EventKind.CLOSE | EventKind.ABORT:
            yield from _comment(f"no call of the socket interface does this: {kind} in {state}")


def _may_be_accepted(moment: Moment, sockets: Sockets) -> bool:
    """Whether the connection that a listener waits for is synchronized now."""
    was, now = (system.ends[moment.event.end] for system in (moment.before, moment.after))
    opened = moment.event.kind == EventKind.DELIVER and was.state in (
        State.LISTEN,
        State.SYN_RECEIVED,
    )
    there = now.state not in (State.CLOSED, State.LISTEN, State.SYN_RECEIVED)
    return opened and there and sockets.listener is not None and sockets.connection is None


def _listen(sockets: Sockets) -> Iterator[str]:
    if sockets.listener is not None:
        yield f"{LATER} close({sockets.listener}) = 0"
    fd = sockets.listener = sockets.new()
    yield f"{LATER} socket(..., SOCK_STREAM, IPPROTO_TCP) = {fd}"
    yield f"{AT_ONCE} setsockopt({fd}, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0"
    yield f"{AT_ONCE} bind({fd}, ..., ...) = 0"
    yield f"{AT_ONCE} listen({fd}, 1) = 0"


def _connect(sockets: Sockets) -> Iterator[str]:
    fd = sockets.connection = sockets.new()
    yield f"{LATER} socket(..., SOCK_STREAM, IPPROTO_TCP) = {fd}"
    yield f"{AT_ONCE} fcntl({fd}, F_SETFL, O_RDWR|O_NONBLOCK) = 0"
    yield f"{AT_ONCE} connect({fd}, ..., ...) = -1 EINPROGRESS (Operation now in progress)"


def _accept(sockets: Sockets) -> Iterator[str]:
    fd = sockets.connection = sockets.new()
    yield f"{AT_ONCE} accept({sockets.listener}, ..., ...) = {fd}"


def _packet(segment: Segment, sender: int, iss: tuple[int, int]) -> str:
    """Flags, numbers from each end's ISS, and octets: "F. 1:1(0) ack 1"."""
    flags = "".join(flag for name, flag in FLAGS.items() if getattr(segment, name, segment.length))
    first = (absolute(segment.seq, iss[sender]) - iss[sender]) % 2**32
    if segment.RST and segment.ACK and segment.seq.value == 0:
        first = 0  # RFC 9293, 3.10.7.1: "sequence number zero is used", not one from an ISS
    text = f"{flags} {first}:{first + segment.length}({segment.length})"
    if segment.ACK:
        text += f" ack {(absolute(segment.ack, iss[1 - sender]) - iss[1 - sender]) % 2**32}"
    return text


def _comment(*texts: str) -> Sequence[str]:
    return [f"// {line}" for text in texts for line in wrapped(printable(text), WIDTH)]
