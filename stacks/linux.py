"""The kernel of this machine, in a network namespace of its own, by a TUN device.

A write to the device runs the kernel's whole input path before it returns, and what is sent in
answer can be read at once; the same holds for calls. So a step takes no time, and only the kernel's
timers do.
"""

from __future__ import annotations

import errno
import fcntl
import os
import platform
import select
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress

from tcpmc.captures.packet import Endpoint
from tcpmc.stacks.datagram_codec import packet_of
from tcpmc.stacks.diagnostics import Diagnostics, KernelSocket, acknowledge_at_once
from tcpmc.stacks.namespaces import entered, made, set_switch
from tcpmc.stacks.stack import Call, Impossible, NotHere, StackUnderTest

DEVICE = b"tun0"
TUN = "/dev/net/tun"
TUNSETIFF, SET_ADDRESS, SET_MASK, SET_FLAGS = 0x400454CA, 0x8916, 0x891C, 0x8914
TUN_WITHOUT_HEADER, UP_RUNNING = 0x1001, 0x41
TCP_REPAIR = 19
FIRST_PORT, LAST_PORT = 20000, 60000
REMOTE_PORT = 5000

SWITCHES = {
    "tcp_congestion_control": "reno",  # others pace what they send
    "tcp_sack": "0",
    "tcp_window_scaling": "0",
    "tcp_ecn": "0",
    "tcp_fastopen": "0",
    "tcp_early_retrans": "0",
    "tcp_recovery": "0",
    "tcp_invalid_ratelimit": "0",  # else a second ACK within 500 ms is left out
    "tcp_challenge_ack_limit": "2147483647",  # a limit for the host, not for a connection
    "tcp_no_metrics_save": "1",
    "tcp_tw_reuse": "0",
    "tcp_rto_min_us": "200000",  # less than that can pass between two steps
}
"""What makes steps repeatable. Timestamps are left on: the other end decides on them."""


class Linux(StackUnderTest):
    """The kernel's TCP. CLOSE is shutdown(SHUT_WR): RFC 9293's CLOSE still receives. Raises NotHere
    without root or TUN."""

    def __init__(self, address: str = "10.0.0.1", remote: str = "10.0.0.2") -> None:
        self.name = f"linux {platform.release()}"
        self.local = Endpoint(address, FIRST_PORT)
        self.remote = Endpoint(remote, REMOTE_PORT)
        self._namespace = made()
        self._open: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self._connected: socket.socket | None = None
        try:
            with entered(self._namespace):
                self._tun = _interface(address)
                self._diagnostics = Diagnostics()
        except BaseException:
            os.close(self._namespace)
            raise

    def fresh(self, local: Endpoint | None = None, remote: Endpoint | None = None) -> None:
        """Sockets vanish without a segment (TCP_REPAIR), TIME-WAIT by the kernel's own means; the
        next connection has another port."""
        for one in self._open:
            with suppress(OSError):
                one.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
            one.close()
        self._open, self._listener, self._connected = [], None, None
        for left in self._own():
            with suppress(OSError):
                self._diagnostics.destroy(left)
        self._read()
        port = self.local.port + 1 if self.local.port < LAST_PORT else FIRST_PORT
        self.local = local or self.local._replace(port=port)
        self.remote = remote or self.remote

    def call(self, call: Call, octets: int = 1) -> str:
        """The socket call for it; what the kernel says against it is the name of its errno."""
        try:
            return self._call(call, octets)
        except OSError as error:
            return errno.errorcode.get(error.errno or 0, str(error))

    def _call(self, call: Call, octets: int) -> str:
        self._accept()
        user = self._connected or self._listener
        match call:
            case "passive OPEN":
                user = self._let_go(user)
                if user is not None:
                    return "in use"
                self._listener = self._bound()
                self._listener.listen(8)
            case "active OPEN":
                if self._let_go(self._connected) is not None:
                    return "in use"
                self._end_listener()
                self._connected = self._bound()
                with suppress(BlockingIOError):
                    self._connected.connect(self.remote)
            case "SEND":
                self._has_user()
                if self._connected is None:
                    return "no connection"
                self._connected.send(b"x" * octets)
            case "CLOSE":
                self._has_user()
                if self._connected is not None:
                    self._connected.shutdown(socket.SHUT_WR)
                elif self._listener is None:
                    return "no connection"
                self._end_listener()
            case "ABORT":
                self._has_user()
                if self._connected is not None:
                    self._linger()
                elif self._listener is None:
                    return "no connection"
                self._end_listener()
        return ""

    def _let_go(self, user: socket.socket | None) -> socket.socket | None:
        """A socket whose connection is over is closed, so that another can be opened."""
        if user is None or self.state() not in ("CLOSED", "TIME-WAIT"):
            return user
        user.close()
        self._connected = self._listener = None
        return None

    def _has_user(self) -> None:
        """Before a connection of a listener is established nobody can make a call on it."""
        if self._connected is None and self._listener is not None and self.state() != "LISTEN":
            raise Impossible("a connection that was not accepted yet has no user")

    def _bound(self) -> socket.socket:
        with entered(self._namespace):
            one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._open.append(one)
        one.setblocking(False)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        one.bind(self.local)
        return one

    def _linger(self) -> None:
        """close(2) with SO_LINGER of 0 is ABORT."""
        one, self._connected = self._connected, None
        if one is not None:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one.close()

    def _end_listener(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _accept(self) -> None:
        """A listener serves one connection here, as RFC 9293's passive OPEN does: once there is
        one, it is closed."""
        if self._listener is None or self._connected is not None:
            return
        with suppress(BlockingIOError):
            self._connected, _ = self._listener.accept()
            self._open.append(self._connected)
            self._connected.setblocking(False)
            self._connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._end_listener()

    def deliver(self, datagram: bytes) -> None:
        """Write it to the device; what the user can read is read, so that the window stays."""
        os.write(self._tun, datagram)
        self._accept()
        if self._connected is not None:
            with suppress(OSError):
                self._connected.recv(1 << 16)

    def emitted(self) -> Sequence[bytes]:
        """What the kernel has written to the device of this connection."""
        return [data for data in self._read() if self._is_ours(data)]

    def _read(self) -> list[bytes]:
        found = []
        with suppress(BlockingIOError):
            while True:
                found.append(os.read(self._tun, 1 << 16))
        return found

    def _is_ours(self, data: bytes) -> bool:
        packet = packet_of(data)
        return packet is not None and packet.source == self.local

    def wait(self, seconds: float) -> None:
        """Real time."""
        select.select([self._tun], [], [], seconds)

    def _own(self) -> list[KernelSocket]:
        port = self.local.port
        return [c for c in self._diagnostics.connections() if c.local == port]

    def without_timestamps(self) -> None:
        """A switch of this namespace."""
        super().without_timestamps()
        with entered(self._namespace):
            set_switch("tcp_timestamps", "0")

    def state(self) -> str:
        """The state of the connection, or of the listener where there is none yet."""
        self._accept()
        own = [c for c in self._own() if c.state != "CLOSED"]
        for one in own:
            if one.remote == self.remote.port:
                return one.state
        return own[0].state if own else "CLOSED"

    def end_time_wait(self) -> bool:
        """The end of 60 s in TIME-WAIT, which no switch shortens: the kernel deletes the entry now,
        which from outside is the same."""
        waiting = [c for c in self._own() if c.state == "TIME-WAIT"]
        for one in waiting:
            self._diagnostics.destroy(one)
        return bool(waiting)

    def close(self) -> None:
        """Everything goes with the last open file."""
        for one in self._open:
            with suppress(OSError):
                one.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
            one.close()
        self._diagnostics.close()
        os.close(self._tun)
        os.close(self._namespace)


def _interface(address: str) -> int:
    """The TUN device of this namespace, with its address: a file that is read and written."""
    for name, value in SWITCHES.items():
        set_switch(name, value)
    set_switch("../ipv6/conf/all/disable_ipv6", "1")
    try:
        tun = os.open(TUN, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise NotHere(f"{TUN}: {error.strerror}: load the module (modprobe tun)") from error
    try:
        fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", DEVICE, TUN_WITHOUT_HEADER))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            for what, value in ((SET_ADDRESS, address), (SET_MASK, "255.255.255.0")):
                where = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(value))
                fcntl.ioctl(control, what, struct.pack("16s", DEVICE) + where)
            for device in (b"lo", DEVICE):
                fcntl.ioctl(control, SET_FLAGS, struct.pack("16sH14x", device, UP_RUNNING))
        acknowledge_at_once(DEVICE.decode(), address)
    except BaseException:
        os.close(tun)
        raise
    return tun
