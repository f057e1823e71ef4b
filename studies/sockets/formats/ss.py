"""ss (iproute2), with any of -a -n -t -p -o -e -i -H, in old versions and new ones."""

from __future__ import annotations

import re

from tcpmc.model.endpoint.tcb import State
from tcpmc.studies.sockets.socket_entry import (
    Reading,
    Refusal,
    SocketEntry,
    number,
    with_colon,
)

TCP = ("tcp", "mptcp")
KINDS = {
    *("tcp", "mptcp", "udp", "raw", "icmp6", "dccp", "sctp", "u_str", "u_dgr", "u_seq", "nl"),
    *("p_raw", "p_dgr", "v_str", "v_dgr", "v_???", "tipc", "xdp", "???"),
}
"""What ss has in its column Netid."""
WORD = re.compile(r"[A-Z][A-Z0-9-]*")
PROCESS = re.compile(r'\("((?:[^"\\]|\\.)*)",(?:pid=)?(\d{1,10}),')
TIMER = re.compile(r"timer:\((?P<kind>\w+),(?P<left>[^,()]*),(?P<times>\d{1,9})\)")
NAMES = {
    "CLOSE-WAIT": State.CLOSE_WAIT,
    "CLOSING": State.CLOSING,
    "ESTAB": State.ESTABLISHED,
    "FIN-WAIT-1": State.FIN_WAIT_1,
    "FIN-WAIT-2": State.FIN_WAIT_2,
    "LAST-ACK": State.LAST_ACK,
    "LISTEN": State.LISTEN,
    "SYN-RECV": State.SYN_RECEIVED,
    "NEW-SYN-RECV": State.SYN_RECEIVED,
    "SYN-SENT": State.SYN_SENT,
    "TIME-WAIT": State.TIME_WAIT,
    "UNCONN": State.CLOSED,
    "BOUND-INACTIVE": State.CLOSED,
}
DETAIL = re.compile(
    r"users:\(|timer:\(|\b(?:skmem|ino|uid|sk|rto|rtt|mss|cwnd|bytes_\w+|segs_\w+|wscale|"
    r"cgroup|lastsnd|pacing_rate|rcv_space|snd_wnd|fwmark|ulp|subflow\w*):"
)
SHUT = re.compile(r"\bsnd_wnd:0\b")


def read_ss(line: str) -> Reading:
    """A line of ss. (Recv-Q and Send-Q of a listening socket: connections that wait for accept(),
    and how many may.)"""
    words = line.split(None, 5)
    if len(words) < 4:
        return None
    state = NAMES.get(words[0])
    if state is None or len(words) < 5:
        return _looked_into(line, words)
    return _entry(state, words, is_named=False)


def _looked_into(line: str, words: list[str]) -> Reading:
    """A line that begins with the kind of socket, or with no state that ss has."""
    if words[0] not in KINDS:
        return _without_state(words)
    kind, *words = line.split(None, 6)
    if len(words) < 4 or number(words[1]) is None:
        return None
    if kind not in TCP:
        return Refusal(kind=kind)
    state = NAMES.get(words[0])
    return _without_state(words) if state is None else _entry(state, words, is_named=True)


def _entry(state: State, words: list[str], is_named: bool) -> Reading:
    """From the state on."""
    receive, send = number(words[1]), number(words[2])
    if receive is None or send is None or len(words) < 5:
        return None
    local, peer = with_colon(words[3]), with_colon(words[4])
    if local is None or peer is None:
        return Refusal("it has no two addresses with ports")
    processes: tuple[str, ...] = ()
    timer, times, is_shut = "", 0, False
    if len(words) > 5:
        timer, times, is_shut, processes = _about(words[5])
    return SocketEntry(
        state, local, peer, receive, send, timer, times, is_shut, processes, is_named
    )


def _without_state(words: list[str]) -> Reading:
    """Where a filter by state has left the state out, or it is none of TCP."""
    is_state = WORD.fullmatch(words[0]) is not None
    counts = words[1:3] if is_state else words[:2]
    ends = words[3:5] if is_state else words[2:4]
    if None in map(number, counts) or None in map(with_colon, ends) or len(ends) < 2:
        return None
    if is_state:
        return Refusal(f"{words[0]} is no state of TCP")
    return Refusal("it names no state: leave the filter `state ...` out of the command")


def is_detail(line: str) -> bool:
    """Whether the line tells more about the socket before it (-i, -e, -m)."""
    return DETAIL.search(line) is not None


def detailed(entry: SocketEntry, text: str) -> SocketEntry:
    """The socket with the processes, the timer and the window that the text tells of."""
    timer, times, is_shut, processes = _about(text)
    held = tuple(dict.fromkeys([*entry.processes, *processes])) if processes else entry.processes
    if timer:
        entry = entry._replace(timer=timer, times=times)
    return entry._replace(zero_window=entry.zero_window or is_shut, processes=held)


def _about(text: str) -> tuple[str, int, bool, tuple[str, ...]]:
    """The timer, how often it expired, whether the window is shut, and the processes."""
    kind, times = "", 0
    processes: tuple[str, ...] = ()
    if "timer:(" in text and (timer := TIMER.search(text)):
        kind, times = timer["kind"], int(timer["times"])
    if "users:(" in text:
        found = [f"{name} (pid {pid})" for name, pid in PROCESS.findall(text)]
        processes = tuple(dict.fromkeys(found)) if len(found) > 1 else tuple(found)
    return kind, times, "snd_wnd:0" in text and SHUT.search(text) is not None, processes
