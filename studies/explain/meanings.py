"""What each state means to whoever operates a host: the prose of `tcpmc explain`.

Meanings follow RFC 9293, 3.3.2. What ss shows is that of Linux: ss(8), tcp(7), and
Documentation/networking/ip-sysctl.rst of the kernel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tcpmc.model.endpoint.tcb import State


@dataclass(frozen=True)
class Hint:
    """What to look for in a list of sockets; it `needs` that the list shows "queues" or "timers",
    or that it has no "processes"."""

    text: str
    needs: Literal["", "queues", "timers", "no processes"] = ""


@dataclass(frozen=True)
class Meaning:
    """One state: what it means, what it is waiting for as seen from a list of sockets, who has to
    act, when it ends, what to look for in a list, and where that is said. A `usual` state is
    nothing to look into by itself."""

    meaning: str
    waits: str
    acts: str
    ends: str
    look: tuple[Hint, ...]
    citation: str
    usual: bool = False


MEANINGS = {
    State.CLOSED: Meaning(
        meaning="There is no connection: nothing is remembered, and a segment is answered by RST.",
        waits="there is no connection",
        acts="Nobody.",
        ends="With OPEN.",
        look=(Hint("No line; UNCONN is a socket that neither listens nor is connected."),),
        citation="RFC 9293, 3.3.2, 3.10.7.1; ss(8)",
        usual=True,
    ),
    State.LISTEN: Meaning(
        meaning="A server waits for connection requests from anywhere.",
        waits="it waits for connection requests",
        acts="A client, by connecting; then the server's application, by accept().",
        ends="When the application closes it.",
        look=(
            Hint(
                "Recv-Q is how many connections wait for accept(), Send-Q how many may. Recv-Q "
                "above Send-Q: the application accepts too slowly, and SYNs are dropped.",
                "queues",
            ),
        ),
        citation="RFC 9293, 3.3.2; ss(8)",
        usual=True,
    ),
    State.SYN_SENT: Meaning(
        meaning="This end has sent SYN and waits for the peer's.",
        waits="the peer has not answered this host's SYN",
        acts="The peer, or what drops segments on the way there. A closed port would answer RST: "
        "silence is a firewall, a host that is down, or a wrong route.",
        ends="With the peer's SYN,ACK or RST, or when SYN has been sent again often enough: on "
        "Linux tcp_syn_retries times (6, about two minutes).",
        look=(Hint("timer:(on,...,N): SYN was sent again N times.", "timers"),),
        citation="RFC 9293, 3.3.2; tcp(7); ss(8)",
    ),
    State.SYN_RECEIVED: Meaning(
        meaning="Both SYNs are sent, and the peer has yet to acknowledge this end's.",
        waits="the peer has not acknowledged this host's SYN,ACK",
        acts="The peer, by an ACK. If many never come: a SYN flood with forged addresses, or "
        "SYN,ACKs that are lost on the way back (asymmetric routing, firewalls).",
        ends="With the peer's ACK or RST, or when SYN,ACK has been sent again often enough: on "
        "Linux tcp_synack_retries times (5).",
        look=(
            Hint(
                "ss calls it SYN-RECV. With tcp_syncookies Linux keeps no state once the queue is "
                "full."
            ),
        ),
        citation="RFC 9293, 3.3.2; RFC 4987; tcp(7)",
    ),
    State.ESTABLISHED: Meaning(
        meaning="The connection is open: both users can send.",
        waits="it is open",
        acts="The applications.",
        ends="When an application closes it.",
        look=(
            Hint("ss calls it ESTAB."),
            Hint(
                "Send-Q that stays above 0: the peer does not acknowledge; Recv-Q that stays: the "
                "application here does not read.",
                "queues",
            ),
            Hint(
                "A peer that has vanished is not noticed while nothing is sent, unless keepalive "
                "is on: timer:(keepalive,...).",
                "timers",
            ),
        ),
        citation="RFC 9293, 3.3.2, 3.5.1, 3.8.4; ss(8)",
        usual=True,
    ),
    State.FIN_WAIT_1: Meaning(
        meaning="The user here has closed; FIN is sent and not yet acknowledged.",
        waits="this host has closed, and the peer has not acknowledged its FIN",
        acts="The peer's TCP, by an ACK. Text that is still to be sent goes before FIN: a peer "
        "whose application does not read keeps the window shut, and this state open.",
        ends="With the ACK of FIN or a RST, or when FIN has been sent again often enough: on Linux "
        "tcp_orphan_retries times, where no process holds the socket.",
        look=(
            Hint("Send-Q above 1: text is still unacknowledged.", "queues"),
            Hint("timer:(on,...,N): sent again N times.", "timers"),
        ),
        citation="RFC 9293, 3.3.2, 3.6; tcp(7)",
    ),
    State.FIN_WAIT_2: Meaning(
        meaning="The user here has closed, and the peer has acknowledged it and may still send.",
        waits="this host has closed, the peer's application has not",
        acts="The peer's application, by close(): over there the connection is in CLOSE-WAIT.",
        ends="With the peer's FIN or RST. RFC 9293 has no timer for it; where no process holds the "
        "socket, Linux ends it after tcp_fin_timeout (60 s). With a process here that has called "
        "shutdown() only it may last for ever.",
        look=(
            Hint(
                "timer:(timewait,...): no process holds it, and tcp_fin_timeout runs; without a "
                "timer a process has called shutdown() only.",
                "timers",
            ),
        ),
        citation="RFC 9293, 3.3.2, 3.6; tcp(7)",
    ),
    State.CLOSE_WAIT: Meaning(
        meaning="The peer has closed; the user here may still send, and has yet to close.",
        waits="the peer has closed, this host's application has not called close()",
        acts="The application on this host, by close().",
        ends="With close(), or with the process. No timer ends this state.",
        look=(
            Hint(
                "A count that only grows is a leak of descriptors in the process that holds them."
            ),
            Hint(
                "Recv-Q: 1 is the peer's FIN, more is text before it that has not been read "
                "either.",
                "queues",
            ),
        ),
        citation="RFC 9293, 3.3.2, 3.6; ss(8)",
    ),
    State.CLOSING: Meaning(
        meaning="Both users closed at the same time: each FIN was sent before the other arrived. "
        "This end's is not yet acknowledged.",
        waits="both ends have closed, and the peer has not acknowledged this host's FIN",
        acts="The peer's TCP, by an ACK; FIN is sent again until it comes.",
        ends="With the ACK of FIN or a RST, or when FIN has been sent again often enough.",
        look=(
            Hint("Rare and short. Many that stay: ACKs from there are lost, or the peer is gone."),
        ),
        citation="RFC 9293, 3.3.2, 3.6, Figure 13",
    ),
    State.LAST_ACK: Meaning(
        meaning="The peer closed first, then the user here, whose FIN is not yet acknowledged.",
        waits="both ends have closed, and the peer has not acknowledged this host's FIN",
        acts="The peer's TCP, by an ACK: from TIME-WAIT, or, had that ended too early, by a RST. A "
        "peer that is gone and silent leaves it here until FIN has been sent again often enough.",
        ends="With the ACK of FIN or a RST, or when FIN has been sent again often enough: on Linux "
        "tcp_orphan_retries times.",
        look=(Hint("timer:(on,...,N): FIN was sent again N times.", "timers"),),
        citation="RFC 9293, 3.3.2, 3.6; tcp(7)",
    ),
    State.TIME_WAIT: Meaning(
        meaning="Both ends have closed: this one first, or both at once. It waits 2 MSL, so that "
        "it can acknowledge the peer's FIN again and that old segments are gone before the next "
        "connection.",
        waits="both ends have closed, and 2 MSL have to pass",
        acts="Nobody: it ends by itself. It belongs to the end that closes first, and to both "
        "where they close at once.",
        ends="After 2 MSL: 60 s on Linux.",
        look=(
            Hint("timer:(timewait,T,0): T is left.", "timers"),
            Hint(
                "It costs an ephemeral port towards the same peer and port (on Linux there are "
                "28,232 by default): reuse connections, or let the peer close first."
            ),
        ),
        citation="RFC 9293, 3.3.2, 3.6.1, MUST-13; RFC 6191; tcp(7)",
    ),
}
