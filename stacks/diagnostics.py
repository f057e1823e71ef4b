"""The kernel's own word on its connections: sock_diag(7) and rtnetlink(7)."""

from __future__ import annotations

import os
import socket
import struct
from dataclasses import dataclass

REQUEST = "=IHHII"
SOCK_DIAG_BY_FAMILY, SOCK_DESTROY, NEW_ROUTE = 20, 21, 24
ERROR, DONE = 2, 3
ASK, ACKNOWLEDGE, DUMP, REPLACE, CREATE = 1, 4, 0x300, 0x100, 0x400
EVERY_STATE = 0xFFFF
NETLINK_SOCK_DIAG, NETLINK_ROUTE = 4, 0
RTA_DST, RTA_OIF, RTA_PREFSRC, RTA_METRICS, RTAX_QUICKACK = 1, 4, 7, 8, 15

STATES = {
    1: "ESTABLISHED",
    2: "SYN-SENT",
    3: "SYN-RECEIVED",
    4: "FIN-WAIT-1",
    5: "FIN-WAIT-2",
    6: "TIME-WAIT",
    7: "CLOSED",
    8: "CLOSE-WAIT",
    9: "LAST-ACK",
    10: "LISTEN",
    11: "CLOSING",
    12: "SYN-RECEIVED",
}
"""include/net/tcp_states.h, as RFC 9293 spells them."""


@dataclass(frozen=True)
class KernelSocket:
    """One socket: its state, ports, the milliseconds that its timer has left, and the kernel's
    name for it."""

    state: str
    local: int
    remote: int
    left: int
    identity: bytes


class Diagnostics:
    """Questions about the sockets of the namespace in which this was made."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG)
        self._socket.bind((0, 0))
        self._number = 0

    def connections(self) -> list[KernelSocket]:
        """All TCP sockets, those of TIME-WAIT and of no process any more among them."""
        asked = self._ask(SOCK_DIAG_BY_FAMILY, ASK | DUMP, b"\0" * 48)
        found: list[KernelSocket] = []
        while True:
            data = self._socket.recv(1 << 17)
            at = 0
            while at < len(data):
                length, kind, _, number, _ = struct.unpack_from(REQUEST, data, at)
                if kind == DONE and number == asked:
                    return found
                if kind == ERROR:
                    raise _error(data, at)
                found.append(_connection(data[at + 16 : at + length]))
                at += (length + 3) & ~3

    def destroy(self, connection: KernelSocket) -> None:
        """Delete it in the kernel, as the end of its timer does where it is in TIME-WAIT."""
        self._ask(SOCK_DESTROY, ASK | ACKNOWLEDGE, connection.identity)
        data = self._socket.recv(1 << 16)
        error = _error(data, 0)
        if error.errno:
            raise error

    def close(self) -> None:
        """Ask no more."""
        self._socket.close()

    def _ask(self, kind: int, flags: int, identity: bytes) -> int:
        self._number += 1
        family, protocol = socket.AF_INET, socket.IPPROTO_TCP
        body = struct.pack("=BBBxI48s", family, protocol, 0, EVERY_STATE, identity)
        head = struct.pack(REQUEST, 16 + len(body), kind, flags, self._number, 0)
        self._socket.send(head + body)
        return self._number


def _connection(body: bytes) -> KernelSocket:
    state = body[1]
    local, remote = struct.unpack_from(">HH", body, 4)
    (left,) = struct.unpack_from("=I", body, 52)
    return KernelSocket(STATES.get(state, str(state)), local, remote, left, body[4:52])


def _error(data: bytes, at: int) -> OSError:
    number = -int(struct.unpack_from("=i", data, at + 16)[0])
    return OSError(number, os.strerror(number))


def acknowledge_at_once(device: str, address: str) -> None:
    """The route of the device sends ACKs without delay (RTAX_QUICKACK), in this namespace."""
    network = socket.inet_aton(address)[:3] + b"\0"
    body = struct.pack("=BBBBBBBBI", socket.AF_INET, 24, 0, 0, 254, 2, 253, 1, 0)
    body += _attribute(RTA_DST, network)
    body += _attribute(RTA_OIF, struct.pack("=I", socket.if_nametoindex(device)))
    body += _attribute(RTA_PREFSRC, socket.inet_aton(address))
    body += _attribute(RTA_METRICS, _attribute(RTAX_QUICKACK, struct.pack("=I", 1)))
    head = struct.pack(
        REQUEST, 16 + len(body), NEW_ROUTE, ASK | ACKNOWLEDGE | REPLACE | CREATE, 1, 0
    )
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE) as route:
        route.send(head + body)
        error = _error(route.recv(1 << 16), 0)
    if error.errno:
        raise error


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value
