"""Words that people search for, explained: who acts, what is asked about it, and what shows it."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class WordMeaning:
    """What a word or a message of a system is about: spellings of it, what it means, who has to
    act, the properties that are about it, and commands that show it. `citation` is its source."""

    names: tuple[str, ...]
    means: str
    acts: str
    properties: tuple[str, ...]
    shown: tuple[str, ...]
    citation: str


STALL = "tcpmc trace reopening-succeeds --variant A=lwip --variant B=linux"
PAIRS = "tcpmc pairs reopening-succeeds"

WORDS = (
    WordMeaning(
        ("RST", "reset", "connection reset by peer", "ECONNRESET"),
        "A segment came for a connection that its host does not have, or a user aborted: the other "
        "end is told so, and its connection is over at once.",
        "Whoever sent the RST: look at what it had no connection for. Nobody, after an abort.",
        ("established-not-reset", "no-old-reset", "graceful-close", "closer-is-told"),
        ("tcpmc trace graceful-close --variant no-time-wait",),
        "RFC 9293, 3.5.2, 3.10.7.1",
    ),
    WordMeaning(
        ("half-open",),
        "One end has a connection that the other has lost, in a crash or by an abort that did not "
        "arrive. Whatever it sends next is answered by RST.",
        "The end that still has it, by sending something: keepalives, if it is idle.",
        ("half-open-discovered", "half-open-old-syn", "vanished-peer-noticed"),
        ("tcpmc trace half-open-old-syn", "tcpmc trace vanished-peer-noticed"),
        "RFC 9293, 3.5.1, Figures 9 and 10",
    ),
    WordMeaning(
        ("simultaneous close",),
        "Both users close before the other's FIN arrives: both ends pass CLOSING.",
        "Nobody: it is in order.",
        ("closing", "closing-both"),
        ("tcpmc trace closing-both",),
        "RFC 9293, 3.6, Figure 13",
    ),
    WordMeaning(
        ("reuse", "port reuse", "address already in use", "EADDRINUSE", "MUST-13"),
        "A connection with the same addresses and ports is in TIME-WAIT still. It lingers for 2 "
        "MSL (MUST-13), so that its segments do not disturb the next one.",
        "The server's user, by SO_REUSEADDR for a listener; a client, by another port; or the end "
        "in TIME-WAIT, by reopening it (MAY-2).",
        ("reopening-succeeds", "no-old-data", "2msl-sufficient"),
        (PAIRS, STALL),
        "RFC 9293, 3.6.1, MUST-13",
    ),
    WordMeaning(
        ("MAY-2", "reopening"),
        "A SYN whose number is beyond all of the old connection opens a new one out of TIME-WAIT.",
        "The end in TIME-WAIT.",
        ("time-wait-reopened", "reopening-succeeds", "reopening-succeeds-any-isn"),
        ("tcpmc trace time-wait-reopened --variant may-2", PAIRS),
        "RFC 9293, 3.6.1, MAY-2; RFC 6191",
    ),
    WordMeaning(
        ("server answers SYN with ACK", "SYN answered by ACK", "challenge ACK"),
        "The server still has a connection with these addresses and ports. The client answers that "
        "ACK by a RST, which ends the old connection, unless the server is in TIME-WAIT and "
        "ignores RST there (fix F1 of RFC 1337): then nothing happens until TIME-WAIT is over.",
        "The server's stack: it reopens by the SYN's number (MAY-2), or obeys the RST.",
        ("reopening-succeeds", "reopening-answered", "half-open-discovered"),
        (STALL, "tcpmc repair reopening-succeeds --variant A=lwip --variant B=linux"),
        "RFC 9293, 3.10.7.4 first and fourth; RFC 5961, 4; RFC 1337",
    ),
    WordMeaning(
        ("tcp_tw_reuse", "net.ipv4.tcp_tw_reuse"),
        "A Linux client may take over a connection of its own in TIME-WAIT for a new one, if both "
        "have timestamps: 2, the default, on loopback only; 1, always.",
        "The end in TIME-WAIT that calls again.",
        ("time-wait-reopened", "no-old-data"),
        ("tcpmc trace time-wait-reopened --variant tw-reuse", "tcpmc pairs --stack linux-tw-reuse"),
        "Linux, net/ipv4/tcp_ipv4.c, tcp_twsk_unique",
    ),
    WordMeaning(
        ("tcp_rfc1337", "net.ipv4.tcp_rfc1337", "TIME-WAIT assassination"),
        "A RST that answers an old segment ends TIME-WAIT early. 1 ignores RST in TIME-WAIT; it is "
        "0 by default.",
        "The end in TIME-WAIT.",
        ("time-wait-not-assassinated", "no-old-reset", "reopening-succeeds"),
        ("tcpmc trace time-wait-not-assassinated", "tcpmc pairs --stack linux-rfc1337"),
        "RFC 1337; Linux, net/ipv4/tcp_minisocks.c, tcp_timewait_state_process",
    ),
    WordMeaning(
        ("tcp_fin_timeout", "net.ipv4.tcp_fin_timeout"),
        "How long Linux keeps FIN-WAIT-2 of a socket that no process has open any more. It is not "
        "how long TIME-WAIT lasts, which is 60 s.",
        "The peer, by its FIN; else the timer.",
        ("close-survives-crash",),
        ("tcpmc check close-survives-crash --variant fin-wait-2-timer",),
        "tcp(7)",
    ),
)


def word_named(name: str) -> WordMeaning | None:
    """The word in any spelling: capitals, hyphens and spaces are all the same."""
    return next((one for one in WORDS if _plain(name) in map(_plain, one.names)), None)


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name.strip()).lower()
