"""Sockets in columns: a million of them take some 40 MB."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from ipaddress import IPv4Address
from socket import AF_INET, inet_pton

from tcpmc.model.endpoint.tcb import State
from tcpmc.studies.sockets.socket_entry import Endpoint, SocketEntry

STATES = tuple(State)
STATE_NUMBERS = {state: number for number, state in enumerate(STATES)}
PORT_BITS = 21
ANY_PORT, FIRST_NAME = 1 << 16, (1 << 16) + 1
MOST_NAMES = (1 << PORT_BITS) - FIRST_NAME - 1
FIRST_TEXT = 1 << 32
"""Addresses: those of IPv4 are their own numbers, and any other text is numbered from here on."""
TIMERS = ("", "on", "persist", "keepalive", "timewait", "another")
TIMER_NUMBERS = {timer: number for number, timer in enumerate(TIMERS)}
LONGEST_PORT = 5
UNKNOWN = -1


class Endpoints:
    """Endpoints as numbers: the address above, the port in the low `PORT_BITS` bits."""

    def __init__(self) -> None:
        self.addresses: dict[str, int] = {"0.0.0.0": 0}
        self.ports: dict[str, int] = {"*": ANY_PORT}
        self.address_texts: list[str] = []
        self.port_texts: list[str] = []

    def number(self, endpoint: Endpoint) -> int:
        """The number of an endpoint, the same for equal ones."""
        address, port = endpoint
        high = self.addresses.get(address)
        if high is None:
            high = _of_ipv4(address) or self._address(address)
        low = self.ports.get(port)
        return high << PORT_BITS | (self._port(port) if low is None else low)

    def _address(self, text: str) -> int:
        """The number of an address that is new, and none of IPv4."""
        number = self.addresses[text] = FIRST_TEXT + len(self.address_texts)
        self.address_texts.append(text)
        return number

    def _port(self, text: str) -> int:
        """The number of a port that is new."""
        if text.isdecimal() and len(text) <= LONGEST_PORT and int(text) < ANY_PORT:
            number = int(text)
        else:
            number = FIRST_NAME + min(len(self.port_texts), MOST_NAMES)
            self.port_texts.append(text)
        if number < FIRST_NAME + MOST_NAMES:
            self.ports[text] = number
        return number

    def text(self, number: int) -> str:
        """The endpoint as ss writes it, such as "[::1]:22"."""
        address = self.address(number)
        return (
            f"[{address}]:{self.port(number)}"
            if ":" in address
            else f"{address}:{self.port(number)}"
        )

    def address(self, number: int) -> str:
        """The address of an endpoint."""
        high = number >> PORT_BITS
        return (
            str(IPv4Address(high)) if high < FIRST_TEXT else self.address_texts[high - FIRST_TEXT]
        )

    def port(self, number: int) -> str:
        """The port of an endpoint: a number, a name, or "*"."""
        low = number & (1 << PORT_BITS) - 1
        if low >= FIRST_NAME:
            return self.port_texts[low - FIRST_NAME]
        return "*" if low == ANY_PORT else str(low)


def _of_ipv4(address: str) -> int:
    """An address of IPv4 as a number; 0 for any other text."""
    try:
        return int.from_bytes(inet_pton(AF_INET, address))
    except (OSError, ValueError):
        return 0


class SocketTable:
    """Sockets by columns, in the order in which they were listed."""

    def __init__(self) -> None:
        self.endpoints = Endpoints()
        self.state = array("B")
        self.local, self.peer = array("q"), array("q")
        self.receive, self.send = array("q"), array("q")
        self.timer, self.times = array("B"), array("q")
        self.zero_window = array("B")
        self.holders = array("i")
        self.processes: list[tuple[str, ...]] = [()]
        self._holders: dict[tuple[str, ...], int] = {(): 0}

    def __len__(self) -> int:
        return len(self.state)

    def __iter__(self) -> Iterator[SocketEntry]:
        return (self[row] for row in range(len(self)))

    def add(self, entry: SocketEntry) -> None:
        """One socket more."""
        state, local, peer, receive, send, timer, times, is_shut, processes, _ = entry
        self.state.append(STATE_NUMBERS[state])
        self.local.append(self.endpoints.number(local))
        self.peer.append(self.endpoints.number(peer))
        self.receive.append(UNKNOWN if receive is None else receive)
        self.send.append(UNKNOWN if send is None else send)
        self.timer.append(TIMER_NUMBERS.get(timer, len(TIMERS) - 1))
        self.times.append(times)
        self.zero_window.append(is_shut)
        self.holders.append(self._holder(processes) if processes else 0)

    def _holder(self, processes: tuple[str, ...]) -> int:
        found = self._holders.get(processes)
        if found is None:
            found = self._holders[processes] = len(self.processes)
            self.processes.append(processes)
        return found

    def __getitem__(self, row: int) -> SocketEntry:
        endpoints, receive, send = self.endpoints, self.receive[row], self.send[row]
        local, peer = self.local[row], self.peer[row]
        return SocketEntry(
            STATES[self.state[row]],
            (endpoints.address(local), endpoints.port(local)),
            (endpoints.address(peer), endpoints.port(peer)),
            None if receive == UNKNOWN else receive,
            None if send == UNKNOWN else send,
            TIMERS[self.timer[row]],
            self.times[row],
            bool(self.zero_window[row]),
            self.processes[self.holders[row]],
        )

    def forget(self, first: int) -> None:
        """Leave out what was added from that row on."""
        for column in self._columns():
            del column[first:]

    def add_holders(self, row: int, processes: tuple[str, ...]) -> None:
        """More processes that hold the socket."""
        known = self.processes[self.holders[row]]
        self.holders[row] = self._holder(tuple(dict.fromkeys([*known, *processes])))

    def _columns(self) -> Iterator[array[int]]:
        yield from (self.state, self.local, self.peer, self.receive, self.send)
        yield from (self.timer, self.times, self.zero_window, self.holders)
