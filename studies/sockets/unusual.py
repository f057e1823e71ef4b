"""What is unusual about sockets: the causes that a state alone does not show.

Each cause has its place in the rules: who has to act, when it ends, and a trace of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpmc.model.endpoint.tcb import State
from tcpmc.studies.explain.meanings import MEANINGS, Hint
from tcpmc.studies.sockets.socket_table import (
    ANY_PORT,
    FIRST_TEXT,
    PORT_BITS,
    STATE_NUMBERS,
    TIMERS,
    SocketTable,
)

Flags = NDArray[np.bool_]
Numbers = NDArray[Any]

R1 = 3
"""Retransmissions after which TCP reports that a peer may be gone (RFC 9293, 3.8.3, SHLD-10)."""
ANY_IPV4, ANY_IPV6 = 0, "::"
LOOPBACK = 127


@dataclass(frozen=True)
class SocketCause:
    """Why sockets wait: what for, who has to act, when it ends, what to look for, and the command
    that shows a trace. `word` names it; of a state's own cause it is empty."""

    word: str
    waits: str
    acts: str
    ends: str
    look: tuple[Hint, ...]
    trace: str
    is_usual: bool = False


class SocketColumns:
    """The columns of a table as arrays."""

    def __init__(self, table: SocketTable) -> None:
        self.table = table
        self.state = _array(table.state, np.uint8)
        self.local, self.peer = _array(table.local, np.int64), _array(table.peer, np.int64)
        self.receive, self.send = _array(table.receive, np.int64), _array(table.send, np.int64)
        self.timer, self.times = _array(table.timer, np.uint8), _array(table.times, np.int64)
        self.zero_window = _array(table.zero_window, np.uint8) > 0
        self.holders = _array(table.holders, np.int32)

    def is_in(self, *states: State) -> Flags:
        """Which sockets are in one of these states."""
        found: Flags = np.isin(self.state, [STATE_NUMBERS[state] for state in states])
        return found

    def runs(self, timer: str) -> Flags:
        """Of which sockets that timer runs."""
        found: Flags = self.timer == TIMERS.index(timer)
        return found


def _array(column: Any, kind: Any) -> Numbers:
    return np.frombuffer(column, kind) if len(column) else np.empty(0, kind)


def _is_itself(sockets: SocketColumns) -> Flags:
    """A connection from an endpoint to the same endpoint."""
    port = sockets.local & (1 << PORT_BITS) - 1
    found: Flags = (sockets.local == sockets.peer) & (port != ANY_PORT)
    return found


def _has_lost_its_mirror(sockets: SocketColumns) -> Flags:
    """ESTABLISHED with an address of this host, at which no socket is the other end."""
    here = _addresses_here(sockets)
    both_here = np.isin(sockets.peer >> PORT_BITS, here) & ~sockets.is_in(
        State.LISTEN, State.CLOSED
    )
    lost = np.zeros(len(both_here), bool)
    rows = np.flatnonzero(both_here)
    ends, numbers = np.unique(
        np.concatenate([sockets.local[rows], sockets.peer[rows]]), return_inverse=True
    )
    local, peer = numbers[: len(rows)], numbers[len(rows) :]
    lost[rows] = ~np.isin(local * len(ends) + peer, peer * len(ends) + local)
    found: Flags = lost & sockets.is_in(State.ESTABLISHED)
    return found


def _addresses_here(sockets: SocketColumns) -> Numbers:
    """The addresses of this host: those at which it has sockets, and 127.0.0.0/8."""
    local = np.unique(sockets.local >> PORT_BITS)
    text = sockets.table.endpoints.addresses
    wild = [ANY_IPV4, *(text[name] for name in (ANY_IPV6, "*") if name in text)]
    peers = np.unique(sockets.peer >> PORT_BITS)
    loopback = peers[(peers < FIRST_TEXT) & (peers >> 24 == LOOPBACK)]
    return np.setdiff1d(np.union1d(local, loopback), wild)


def _is_shut(sockets: SocketColumns) -> Flags:
    """Text waits, and the peer's window is 0. (In CLOSE-WAIT the application here comes first.)"""
    waiting = sockets.is_in(State.ESTABLISHED, State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK)
    shut: Flags = waiting & (sockets.runs("persist") | sockets.zero_window)
    return shut


def _is_sent_again(sockets: SocketColumns) -> Flags:
    """ESTABLISHED, and the same text was sent again R1 times."""
    again: Flags = sockets.is_in(State.ESTABLISHED) & sockets.runs("on") & (sockets.times >= R1)
    return again


def _is_undrained(sockets: SocketColumns) -> Flags:
    """Closed here, and more than FIN is unacknowledged."""
    closing = sockets.is_in(State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK)
    more: Flags = closing & (sockets.send > 1)
    return more


def _is_full(sockets: SocketColumns) -> Flags:
    """As many connections wait for accept() as may."""
    full = (sockets.send >= 0) & (sockets.receive > 0) & (sockets.receive >= sockets.send)
    found: Flags = full & sockets.is_in(State.LISTEN)
    return found


CAUSES: dict[Callable[[SocketColumns], Flags], SocketCause] = {
    _is_itself: SocketCause(
        "connected to itself",
        waits="it is connected to itself: a simultaneous open with its own SYN",
        acts="The application on this host, by close(). It called a port of this host at which "
        "nothing listened, and the kernel gave it that port for its own.",
        ends="With close(): its FIN comes back to it, and it passes CLOSING and TIME-WAIT.",
        look=(
            Hint(
                "Both addresses of the line are the same. The server that it wants cannot start "
                "while it holds the port."
            ),
        ),
        trace="tcpmc trace simultaneous-open",
    ),
    _has_lost_its_mirror: SocketCause(
        "half-open",
        waits="it is open, and its other end, which was on this host too, is gone",
        acts="The application on this host, by sending: what is sent to a connection that is gone "
        "is answered by RST.",
        ends="With the RST (connection reset), or when keepalive notices. An end that only waits "
        "to read waits for ever.",
        look=(
            Hint(
                "No line has these two addresses in the other order. Unless the list was "
                "filtered, or the other end is in another network namespace (a container), it is "
                "half-open."
            ),
        ),
        trace="tcpmc trace half-open-active-side",
    ),
    _is_shut: SocketCause(
        "zero window",
        waits="text waits here, and the peer's window is 0",
        acts="The peer's application, by reading: its buffer is full.",
        ends="When the peer opens its window. It may last for ever while the peer answers the "
        "probes of its window (RFC 9293, 3.8.6.1, MUST-37).",
        look=(
            Hint("Send-Q is what waits.", "queues"),
            Hint("timer:(persist,...,N): N probes of the window, not retransmissions.", "timers"),
        ),
        trace="tcpmc explain '3.10.7.4 first: unacceptable, ACK sent'",
    ),
    _is_sent_again: SocketCause(
        "text sent again",
        waits="it is open, and the peer does not acknowledge the text that was sent",
        acts="The peer's host, or what drops segments on the way: the peer is gone without a word, "
        "or the route is broken.",
        ends="With an ACK or a RST, or when the text has been sent again often enough (R2; RFC "
        "9293, 3.8.3): on Linux tcp_retries2 times (15, 13 to 30 minutes). Then the application is "
        "told.",
        look=(
            Hint("Send-Q is what is unacknowledged.", "queues"),
            Hint("timer:(on,...,N): sent again N times.", "timers"),
        ),
        trace="tcpmc explain '3.10.8: text retransmitted'",
    ),
    _is_undrained: SocketCause(
        "text before FIN",
        waits="this host has closed, and text before its FIN is not acknowledged",
        acts="The peer: its TCP by an ACK, and its application by reading if its window is 0.",
        ends="When text and FIN are acknowledged, with a RST, or when they have been sent again "
        "often enough: on Linux tcp_orphan_retries times, where no process holds the socket.",
        look=(
            Hint(
                "Send-Q is the text, and 1 for FIN. Seen again with the same Send-Q, it does "
                "not drain.",
                "queues",
            ),
        ),
        trace="tcpmc trace 2msl-text-outstanding",
    ),
    _is_full: SocketCause(
        "full queue",
        waits="as many connections as may wait for accept(): the SYN of the next one is dropped",
        acts="The application on this host, by accept(); or a larger backlog (listen(), and on "
        "Linux net.core.somaxconn).",
        ends="When the application accepts. Until then clients send SYN again, and give up.",
        look=(Hint("Recv-Q is how many wait, Send-Q how many may.", "queues"),),
        trace="tcpmc explain '3.10.8: SYN retransmitted'",
    ),
}
"""What is unusual, by how it is seen: the first that fits a socket is its cause."""

BY_STATE = [
    SocketCause(
        "", about.waits, about.acts, about.ends, about.look, f"tcpmc explain {state}", about.usual
    )
    for state, about in MEANINGS.items()
]
ALL_CAUSES: tuple[SocketCause, ...] = (*CAUSES.values(), *BY_STATE)


def causes(sockets: SocketColumns) -> NDArray[np.uint8]:
    """The cause of each socket, as a number in `ALL_CAUSES`: the first that fits, or its
    state's."""
    states = [*MEANINGS]
    of_state = np.array([states.index(state) for state in STATE_NUMBERS], np.uint8)
    found = of_state[sockets.state] + np.uint8(len(CAUSES))
    for number, fits in reversed([*enumerate(CAUSES)]):
        found[fits(sockets)] = number
    return found
