"""/proc/net/tcp and tcp6 of Linux (proc(5)); its octets are taken to be little-endian."""

from __future__ import annotations

import re
from socket import AF_INET, AF_INET6, inet_ntop

from tcpmc.model.endpoint.tcb import State
from tcpmc.studies.sockets.socket_entry import Endpoint, Reading, Refusal, SocketEntry, anywhere

ROW = re.compile(
    r"\s*\d{1,9}: (?P<local>[0-9A-F]{8}(?:[0-9A-F]{24})?:[0-9A-F]{4})"
    r" (?P<peer>[0-9A-F]{8}(?:[0-9A-F]{24})?:[0-9A-F]{4}) (?P<state>[0-9A-F]{2})"
    r" (?P<send>[0-9A-F]{8}):(?P<receive>[0-9A-F]{8}) (?P<timer>[0-9A-F]{2}):[0-9A-F]{8,16}"
    r" (?P<again>[0-9A-F]{8,16})\s+\d+\s+(?P<probes>\d{1,9})\s"
)
STATES = {
    "01": State.ESTABLISHED,
    "02": State.SYN_SENT,
    "03": State.SYN_RECEIVED,
    "04": State.FIN_WAIT_1,
    "05": State.FIN_WAIT_2,
    "06": State.TIME_WAIT,
    "07": State.CLOSED,
    "08": State.CLOSE_WAIT,
    "09": State.LAST_ACK,
    "0A": State.LISTEN,
    "0B": State.CLOSING,
    "0C": State.SYN_RECEIVED,
}
TIMERS = {"01": "on", "02": "keepalive", "03": "timewait", "04": "persist"}
WORD = 4
"""Octets of an address that are printed as one number, the last octet first."""


def read_proc_net(line: str) -> Reading:
    """A line of /proc/net/tcp: everything is hexadecimal, but for the count of probes."""
    match = ROW.match(line)
    if match is None:
        return None
    state = STATES.get(match["state"])
    if state is None:
        return Refusal(f"{match['state']} is no state of TCP")
    timer = TIMERS.get(match["timer"], "")
    times = int(match["probes"]) if timer in ("persist", "keepalive") else int(match["again"], 16)
    send = None if state == State.LISTEN else int(match["send"], 16)
    return SocketEntry(
        state, _endpoint(match["local"]), _endpoint(match["peer"]),
        int(match["receive"], 16), send, timer, times, is_named=False,
    )  # fmt: skip


def _endpoint(text: str) -> Endpoint:
    address, _, port = text.partition(":")
    octets = bytes.fromhex(address)
    words = [octets[at : at + WORD][::-1] for at in range(0, len(octets), WORD)]
    family = AF_INET if len(words) == 1 else AF_INET6
    return anywhere((inet_ntop(family, b"".join(words)), str(int(port, 16))), "")
