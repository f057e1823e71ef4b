"""netstat of Linux, busybox, macOS, FreeBSD, OpenBSD, NetBSD, Windows and Solaris."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from tcpmc.model.endpoint.tcb import State
from tcpmc.studies.sockets.socket_entry import (
    Endpoint,
    Reading,
    Refusal,
    SocketEntry,
    anywhere,
    is_endpoint,
    is_whole,
    number,
    state_named,
)

PROTOCOLS = {"tcp", "tcp4", "tcp6", "tcp46", "tcp64", "TCP", "mptcp"}
OTHERS = re.compile(r"(udp|raw|icm|sctp|dccp|div|unix|mptcp|ipv6-icmp)[\w-]*", re.IGNORECASE)
KERNEL_ADDRESS = re.compile(r"(0x)?[0-9a-f]{8,16}")
QUEUE = re.compile(r"(\d{1,9})/\d{1,9}/(\d{1,9})")
TIMERS = {"probe": "persist", "off": ""}
TIMER = re.compile(r"\b(off|on|keepalive|timewait|probe)\d? \([\d.,]+/(\d{1,9})/(\d{1,9})\)")
PROGRAM = re.compile(
    r"(?:^|\s)(\d{1,10})/(\S.*?)\s*(?=$|\s(?:off|on|keepalive|timewait|probe)\d? \()"
)
APPLE = re.compile(r"(?:\d+\s+){2,4}(\D.*?)\s*:(\d{1,10})\s+[0-9a-f]{4,5}\b")
OLD_APPLE = re.compile(r"(?:\d+\s+){2,4}?(\d{1,10})\s+\d+(?:\s+(?:0x)?[0-9a-f]{4,5}\b|$)")
CUT = (
    "an address is cut off: netstat with -W (Linux, FreeBSD), -l (macOS) or -v (OpenBSD) shows all"
)


def read_netstat(line: str) -> Reading:
    """A line of netstat that begins with the protocol, or with -A with the kernel's address."""
    words = line.split()
    if len(words) > 1 and words[1] in PROTOCOLS and KERNEL_ADDRESS.fullmatch(words[0]):
        del words[0]
    if len(words) < 3:
        return None
    family, *rest = words
    if family not in PROTOCOLS:
        other = OTHERS.fullmatch(family)
        return Refusal(kind=other[1].lower()) if other and len(rest) > 2 else None
    queue = QUEUE.fullmatch(rest[0])
    if queue:
        return _listen_queue(family, rest[1], int(queue[1]), int(queue[2]))
    counts = [*takewhile(lambda count: count is not None, map(number, rest[:3]))]
    if not counts:
        return _windows(rest)
    if len(counts) == 1:
        return None
    return _unix(family, rest[len(counts) :], counts if len(counts) == 2 else (None, None))


def _unix(family: str, words: Sequence[str], queues: Sequence[int | None]) -> Reading:
    """From the addresses on: two of them, the state, and what some options add."""
    if len(words) < 3:
        return Refusal("it names no state: netstat -an shows it")
    local, peer = _endpoint(words[0], family), _endpoint(words[1], family)
    if local is None or peer is None or _is_dotted(words[0]) != _is_dotted(words[1]):
        return Refusal(CUT)
    state = state_named(words[2])
    if state is None:
        return Refusal(f"{words[2]} is no state of TCP")
    receive, send = queues
    entry = SocketEntry(state, local, peer, receive, None if state == State.LISTEN else send)
    return _detailed(entry, " ".join(words[3:])) if len(words) > 3 else entry


def _detailed(entry: SocketEntry, rest: str) -> SocketEntry:
    """With the process (-p of Linux, -v of macOS) and the timer (-o of Linux)."""
    timer = TIMER.search(rest)
    if timer:
        kind = TIMERS.get(timer[1], timer[1])
        times = int(timer[3] if kind in ("persist", "keepalive") else timer[2])
        entry = entry._replace(timer=kind, times=times)
    program = PROGRAM.search(rest)
    if program:
        return entry._replace(processes=(f"{program[2]} (pid {program[1]})",))
    apple = APPLE.match(rest)
    if apple:
        return entry._replace(processes=(f"{apple[1]} (pid {apple[2]})",))
    old = OLD_APPLE.match(rest)
    return entry._replace(processes=(f"pid {old[1]}",)) if old and old[1] != "0" else entry


def _listen_queue(family: str, address: str, waiting: int, most: int) -> Reading:
    """netstat -L of the BSDs: how many connections wait for accept(), and how many may."""
    local = _endpoint(address, family)
    if local is None:
        return Refusal(CUT)
    return SocketEntry(State.LISTEN, local, anywhere(("*", "*"), family), waiting, most)


def _windows(words: Sequence[str]) -> Reading:
    """netstat -ano of Windows: no queues, and the process by its number."""
    if len(words) < 3:
        return None
    local, peer = _endpoint(words[0], "TCP"), _endpoint(words[1], "TCP")
    if local is None or peer is None:
        return None
    state = state_named(words[2])
    if state is None:
        return Refusal(
            f"{words[2]} is no state of TCP in English: Get-NetTCPConnection names it so"
        )
    is_held = len(words) > 3 and number(words[3]) not in (None, 0)
    return SocketEntry(state, local, peer, processes=(f"pid {words[3]}",) if is_held else ())


def read_solaris(line: str) -> Reading:
    """A line of Solaris: two addresses, the windows and queues of both directions, the state."""
    words = line.split(None, 7)
    if len(words) < 7:
        return _idle(words)
    counts = [number(word) for word in words[2:6]]
    local, peer = _endpoint(words[0], "solaris"), _endpoint(words[1], "solaris")
    if None in counts or local is None or peer is None:
        return None
    state = state_named(words[6])
    if state is None:
        return Refusal(f"{words[6]} is no state of TCP")
    window, send, _, receive = counts
    shut = window == 0 and state not in (State.LISTEN, State.CLOSED, State.TIME_WAIT)
    send = None if state == State.LISTEN else send
    return SocketEntry(state, local, peer, receive, send, zero_window=shut)


def _idle(words: Sequence[str]) -> Reading:
    """A socket of UDP on Solaris."""
    is_idle = len(words) in (2, 3) and words[-1] in ("Idle", "Unbound", "Connected")
    return Refusal(kind="udp") if is_idle and _is_dotted(words[0]) else None


def read_program(line: str) -> str:
    """The program that netstat -b of Windows names in the line after a socket."""
    text = line.strip()
    return text[1:-1] if text.startswith("[") and text.endswith("]") and " " not in text else ""


def _is_dotted(text: str) -> bool:
    """Whether a dot is before the port, as in "10.0.0.5.22"."""
    return text.rfind(".") > text.rfind(":")


def _endpoint(text: str, family: str) -> Endpoint | None:
    """An endpoint with a colon or a dot before its port, whichever comes last."""
    at = max(text.rfind("."), text.rfind(":"))
    if at <= 0:
        return None
    endpoint = text[:at].replace("[", "").replace("]", ""), text[at + 1 :]
    if not is_endpoint(endpoint) or not is_whole(endpoint[0]):
        return None
    return anywhere(endpoint, "tcp4" if family == "tcp" and _is_dotted(text) else family)
