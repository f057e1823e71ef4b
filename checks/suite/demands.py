"""What a script asks of the end that it tests: packets, the calls before each, and states.

A script's calls are those of the socket interface; those of RFC 9293, 3.10, are OPEN, SEND, CLOSE
and ABORT. A script tests one connection.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from tcpmc.captures.packet import Packet
from tcpmc.captures.text.packetdrill_script import (
    Code,
    OtherPacket,
    Script,
    ScriptPacket,
    Shell,
    SocketCall,
)
from tcpmc.model.endpoint.tcb import State

ASSERTED = re.compile(r"tcpi_state\s*==\s*(?:TCPI?_)?(\w+)")
COUNTED = re.compile(r"\bgrep\s+(?:-c\s+)?([A-Z][A-Z0-9_]+)\s*\|\s*grep\s+1\b")
"""How FreeBSD's suite asserts a state: sockstat has to list one such socket."""
STATES = {
    "CLOSE": State.CLOSED,
    "SYN_RECV": State.SYN_RECEIVED,
    "SYN_RCVD": State.SYN_RECEIVED,
    "FIN_WAIT1": State.FIN_WAIT_1,
    "FIN_WAIT2": State.FIN_WAIT_2,
    **{state.name: state for state in State},
}
"""As Linux (tcp_states.h) and FreeBSD (tcp_fsm.h) call them."""

SENDS = ("write", "writev", "send", "sendto", "sendmsg", "sendmmsg", "sendfile", "splice")
READS = ("read", "readv", "recv", "recvfrom", "recvmsg", "recvmmsg")
NOT_BEGUN = (
    "EADDRINUSE",
    "EADDRNOTAVAIL",
    "EALREADY",
    "EISCONN",
    "EINVAL",
    "EBADF",
    "EAFNOSUPPORT",
)
"""Errors of connect() that say that it did not begin an OPEN."""

OUTSIDE = (
    (re.compile(r"/udp\("), "TCP over UDP (RFC 6951)"),
    (re.compile(r"<[^>]*\b(?:FO|exp-FO|FOEXP|EXP-FASTOPEN)\b", re.I), "TCP Fast Open (RFC 7413)"),
    (re.compile(r"<[^>]*\bmd5\b", re.I), "the MD5 option (RFC 2385)"),
    (re.compile(r"<[^>]*\b(?:mp_\w+|mpcapable|dss|add_address)\b", re.I), "Multipath TCP"),
    (re.compile(r"<[^>]*\btcp_ao\b", re.I), "the TCP-AO option (RFC 5925)"),
)
"""What is no part of RFC 9293, by the text of a packet."""

OUTSIDE_OPTIONS = ("TCP_FASTOPEN", "TCP_REPAIR", "TCP_MD5SIG", "TCP_AO", "TCP_ULP", "UDP_ENCAPS")


class OutsideSubset(Exception):
    """The script asks for what is no part of connection management: the line, and what it is."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")


@dataclass
class Demands:
    """What the end is asked to do.

    `packets` in order, and `lines` where each is written; `calls` those made before the packet of
    that place (its length: after the last one), with `call_lines` the line of each; `states` those
    that the script asserts before that place, with the line. `half_closes`: the user has called
    close(), and does not read any more.
    """

    packets: list[Packet] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    calls: dict[int, tuple[str, ...]] = field(default_factory=dict)
    states: list[tuple[int, tuple[str, ...], int, State]] = field(default_factory=list)
    written: dict[int, int] = field(default_factory=dict)
    half_closes: bool = False

    @property
    def sent(self) -> list[int]:
        """The places of the packets that the end has to send."""
        return [place for place, packet in enumerate(self.packets) if packet.outbound]


def demands_of(script: Script) -> Demands:
    """What a script asks. Raises OutsideSubset."""
    reader = _Reader()
    for number, statement in enumerate(script.statements):
        match statement:
            case ScriptPacket():
                reader.packet(statement)
            case SocketCall():
                reader.call(statement, script, number)
            case Code():
                reader.asserts(statement.line, ASSERTED.search(statement.text))
            case Shell():
                reader.asserts(statement.line, COUNTED.search(statement.command))
            case OtherPacket():
                raise OutsideSubset(statement.line, "a packet that is not TCP")
    if not reader.demands.packets:
        raise OutsideSubset(script.statements[-1].line, "no packet of TCP")
    return reader.demands


@dataclass
class _Reader:
    demands: Demands = field(default_factory=Demands)
    listener: str | None = None
    connection: str | None = None
    lingering: Counter[str] = field(default_factory=Counter)
    closed: bool = False
    unread: int = 0
    written: int = 0

    def packet(self, statement: ScriptPacket) -> None:
        for pattern, what in OUTSIDE:
            if pattern.search(statement.text):
                raise OutsideSubset(statement.line, what)
        packet = statement.packet
        if not packet.outbound:
            self.unread += packet.length or 0
        self.demands.packets.append(packet)
        self.demands.lines.append(statement.line)

    def asserts(self, line: int, found: re.Match[str] | None) -> None:
        """A state that is asserted."""
        if found and found[1] in STATES:
            place = len(self.demands.packets)
            made = self.demands.calls.get(place, ())
            self.demands.states.append((place, made, line, STATES[found[1]]))

    def call(self, call: SocketCall, script: Script, number: int) -> None:
        """A call of the socket interface as calls of RFC 9293."""
        descriptor = call.arguments[0] if call.arguments else ""
        name, result = call.name, call.result
        if name == "socket":
            self._socket(call)
        elif name == "setsockopt":
            self._option(call, descriptor)
        elif name == "listen" and result == 0 and self.listener != descriptor:
            self._one_only(call.line)
            self.listener = descriptor
            self._made("passive OPEN")
        elif name == "connect" and descriptor != self.connection and call.error not in NOT_BEGUN:
            self._one_only(call.line)
            self.connection = descriptor
            self._made("active OPEN")
        elif name == "accept" and result is not None and result >= 0:
            if self.connection is not None:
                raise OutsideSubset(call.line, "a second connection")
            self.connection = str(result)
        elif name in SENDS and result is not None and result > 0:
            if "MSG_FASTOPEN" in " ".join(call.arguments):
                raise OutsideSubset(call.line, "TCP Fast Open (RFC 7413)")
            self.written += result
            self._made("SEND")
        elif name in READS and result is not None and result > 0:
            self.unread -= result
        elif name == "shutdown" and result == 0:
            self._shutdown(descriptor, call.arguments)
        elif name == "close" and result == 0:
            self._close(descriptor, self._next_sent(script, number))

    def _socket(self, call: SocketCall) -> None:
        told = " ".join(call.arguments)
        if "SOCK_STREAM" not in told or re.search(r"SCTP|MPTCP|UDP", told):
            raise OutsideSubset(call.line, f"socket({told})")

    def _option(self, call: SocketCall, descriptor: str) -> None:
        told = " ".join(call.arguments)
        if "SO_LINGER" in told:
            aborts = re.search(r"onoff\s*=\s*[1-9]", told) and re.search(r"linger\s*=\s*0\b", told)
            self.lingering[descriptor] = 1 if aborts else 0
        for word in OUTSIDE_OPTIONS:
            if word in told:
                raise OutsideSubset(call.line, f"the socket option {word}")

    def _one_only(self, line: int) -> None:
        if self.listener is not None or self.connection is not None:
            raise OutsideSubset(line, "a second connection")

    def _made(self, call: str) -> None:
        place = len(self.demands.packets)
        self.demands.calls[place] = (*self.demands.calls.get(place, ()), call)
        if call in ("CLOSE", "ABORT"):
            self.demands.written[place] = self.written

    def _next_sent(self, script: Script, number: int) -> ScriptPacket | None:
        """The packet that the end has to send directly after a call."""
        for statement in script.statements[number + 1 :]:
            if isinstance(statement, ScriptPacket):
                return statement if statement.packet.outbound else None
        return None

    def _shutdown(self, descriptor: str, arguments: tuple[str, ...]) -> None:
        how = arguments[1] if len(arguments) > 1 else ""
        if descriptor == self.connection and how not in ("SHUT_RD", "0") and not self.closed:
            self.closed = True
            self._made("CLOSE")

    def _close(self, descriptor: str, following: ScriptPacket | None) -> None:
        """close(): CLOSE; or ABORT, where SO_LINGER says so, or where octets that nobody has read
        make a stack show by a reset that they are lost (3.6.1, SHLD-3)."""
        resets = following is not None and following.packet.RST
        if descriptor == self.connection:
            self.demands.half_closes = True
            if self.lingering[descriptor] or (self.unread > 0 and resets):
                self._made("ABORT")
            elif not self.closed:
                self._made("CLOSE")
            self.closed = True
        elif descriptor == self.listener and self.connection is None:
            arrived = any(not packet.outbound for packet in self.demands.packets)
            if not arrived:
                self._made("CLOSE")
            elif resets:
                self._made("ABORT")
