"""The output of ss (iproute2) on TCP sockets, read line by line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from tcpmc.model.endpoint.tcb import State
from tcpmc.reports.layout import printable
from tcpmc.studies.explain.states import state_named

HEADER = re.compile(r"\s*(Netid\s+)?(State\s+)?Recv-Q\s+Send-Q\s", re.IGNORECASE)
SOCKET = re.compile(
    r"(?:(?P<net>[a-z][\w]*)\s+)?(?P<state>[A-Z][A-Z0-9-]*)\s+(?P<receive>\d+)\s+(?P<send>\d+)\s+"
    r"(?P<local>\S+)\s+(?P<peer>\S+)(?P<rest>\s.*)?"
)
STATELESS = re.compile(r"\s*\d+\s+\d+\s+\S+:\S+\s+\S+:\S+")
ENDPOINT = re.compile(r"(?P<address>.+):(?P<port>[^:]+)")
PROCESS = re.compile(r'\("(?P<name>(?:[^"\\]|\\.)*)",pid=(?P<pid>\d+)')
TIMER = re.compile(r"timer:\((?P<kind>\w+),(?P<left>[^,()]*),(?P<times>\d{1,9})\)")
PORT = re.compile("[0-9]{1,5}")
LONGEST = 80


@dataclass(frozen=True)
class Socket:
    """One TCP socket. `processes` are those that hold it, as "name (pid n)"; `retried` is how often
    what it waits for was sent again, where ss says so (-o)."""

    state: State
    local: str
    peer: str
    processes: tuple[str, ...] = ()
    retried: int | None = None


@dataclass
class Listing:
    """What a listing has: its sockets, and by number of the line what could not be read and why."""

    sockets: list[Socket] = field(default_factory=list)
    unread: dict[int, str] = field(default_factory=dict)


def read(lines: Iterable[str]) -> Listing:
    """Read lines of `ss -tan`, with or without a header, and with what -p, -o, -e and -i add. A
    line that begins with blanks belongs to the socket before it."""
    found = Listing()
    for number, line in enumerate(lines, 1):
        if not line.strip() or HEADER.match(line):
            continue
        match = SOCKET.fullmatch(line.strip())
        if match and not line[0].isspace():
            wrong = _add(found, match)
        elif line[0].isspace() and found.sockets and not STATELESS.match(line):
            found.sockets[-1] = _detailed(found.sockets[-1], line)
            wrong = ""
        elif STATELESS.match(line):
            wrong = "it names no state: leave the filter `state ...` out of the command"
        else:
            wrong = f"it is no line of ss -tan: {_short(line)}"
        if wrong:
            found.unread[number] = wrong
    return found


def _add(found: Listing, match: re.Match[str]) -> str:
    """Add the socket of a line; what is wrong with it otherwise."""
    if match["net"] not in (None, "tcp", "mptcp"):
        return f"it is a {_short(match['net'])} socket, not one of TCP"
    state = state_named(match["state"])
    if state is None:
        return f"{_short(match['state'])} is no state of TCP"
    if not (ENDPOINT.fullmatch(match["local"]) and ENDPOINT.fullmatch(match["peer"])):
        return f"it has no two addresses with ports: {_short(match[0])}"
    socket = Socket(state, printable(match["local"]), printable(match["peer"]))
    found.sockets.append(_detailed(socket, match["rest"] or ""))
    return ""


def _detailed(socket: Socket, text: str) -> Socket:
    """The socket with the processes and the timer that the text tells of."""
    processes = [f"{printable(m['name'])} (pid {m['pid']})" for m in PROCESS.finditer(text)]
    timer = TIMER.search(text)
    retried = int(timer["times"]) if timer and timer["kind"] in ("on", "persist") else None
    return replace(
        socket,
        processes=tuple(dict.fromkeys([*socket.processes, *processes])),
        retried=socket.retried if retried is None else retried,
    )


def _short(text: str) -> str:
    shown = printable(text.strip())
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}..."


@dataclass(frozen=True)
class SocketGroup:
    """Sockets in one state with the same service: at this host, or at a peer (`to`)."""

    state: State
    to: bool
    service: str
    sockets: tuple[Socket, ...]

    @property
    def processes(self) -> Counter[str]:
        """How many of the sockets each process holds."""
        return Counter(process for socket in self.sockets for process in socket.processes)

    @property
    def retried(self) -> int:
        """How often, at most, something was sent again."""
        return max((socket.retried or 0 for socket in self.sockets), default=0)


def grouped(sockets: Iterable[Socket]) -> list[SocketGroup]:
    """The sockets by state and service, the largest groups of each state first."""
    sockets = list(sockets)
    listening = {_port(s.local) for s in sockets if s.state == State.LISTEN}
    groups: dict[tuple[State, bool, str], list[Socket]] = {}
    for socket in sockets:
        to = _to_peer(socket, listening)
        service = socket.peer if to else socket.local
        groups.setdefault((socket.state, to, service), []).append(socket)
    found = [SocketGroup(*key, tuple(members)) for key, members in groups.items()]
    order = list(State)
    return sorted(found, key=lambda g: (order.index(g.state), -len(g.sockets), g.service))


def _to_peer(socket: Socket, listening: set[str]) -> bool:
    """Whether the service is the peer's: not where this host listens, nor at the lower port."""
    local, peer = _port(socket.local), _port(socket.peer)
    if local in listening or socket.state == State.LISTEN:
        return False
    if PORT.fullmatch(local) and PORT.fullmatch(peer):
        return int(peer) <= int(local)
    return True


def _port(endpoint: str) -> str:
    return endpoint.rpartition(":")[2]
