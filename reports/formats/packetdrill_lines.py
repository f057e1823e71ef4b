"""Lines of packetdrill scripts: the calls of the model's user, and packets, as scripts write them
(syntax: google/packetdrill, parser.y)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.tcb import State
from tcpmc.reports.layout import printable, wrapped

WIDTH = 96
WINDOW = 65_535
"""What a script advertises: in the model, SND.WND is large enough."""
AT_ONCE, LATER, ANY_TIME, FIRST = "+0", "+.01", "*", "0"
NOTHING = f"{FIRST} `true`"
FLAGS = {"FIN": "F", "SYN": "S", "RST": "R", "text": "P", "ACK": "."}
ABORTING = "{onoff=1, linger=0}"


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


def call_lines(kind: EventKind, state: State, sockets: Sockets) -> Iterator[str]:
    """A user call as calls of the socket interface; a timeout is none."""
    fd, listener = sockets.connection, sockets.listener
    match kind:
        case EventKind.PASSIVE_OPEN:
            yield from listen_lines(sockets)
        case EventKind.ACTIVE_OPEN if state == State.CLOSED:
            yield from connect_lines(sockets)
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
            yield from comment_lines(
                f"no call of the socket interface does this: {kind} in {state}"
            )


def listen_lines(sockets: Sockets) -> Iterator[str]:
    """A passive OPEN."""
    if sockets.listener is not None:
        yield f"{LATER} close({sockets.listener}) = 0"
    fd = sockets.listener = sockets.new()
    yield f"{LATER} socket(..., SOCK_STREAM, IPPROTO_TCP) = {fd}"
    yield f"{AT_ONCE} setsockopt({fd}, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0"
    yield f"{AT_ONCE} bind({fd}, ..., ...) = 0"
    yield f"{AT_ONCE} listen({fd}, 1) = 0"


def connect_lines(sockets: Sockets) -> Iterator[str]:
    """An active OPEN."""
    fd = sockets.connection = sockets.new()
    yield f"{LATER} socket(..., SOCK_STREAM, IPPROTO_TCP) = {fd}"
    yield f"{AT_ONCE} fcntl({fd}, F_SETFL, O_RDWR|O_NONBLOCK) = 0"
    yield f"{AT_ONCE} connect({fd}, ..., ...) = -1 EINPROGRESS (Operation now in progress)"


def accept_lines(sockets: Sockets) -> Iterator[str]:
    """The connection that has come to a listener."""
    fd = sockets.connection = sockets.new()
    yield f"{AT_ONCE} accept({sockets.listener}, ..., ...) = {fd}"


def comment_lines(*texts: str) -> Sequence[str]:
    """Comments, in lines that are not too long."""
    return [f"// {line}" for text in texts for line in wrapped(printable(text), WIDTH)]


def packet_text(flags: Sequence[str], seq: int, length: int, ack: int | None) -> str:
    """A packet by the names of its flags, "text" among them: "F. 1:1(0) ack 1"."""
    letters = "".join(letter for name, letter in FLAGS.items() if name in flags)
    text = f"{letters} {seq}:{seq + length}({length})"
    return text if ack is None else f"{text} ack {ack}"
