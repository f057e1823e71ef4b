"""lsof -nP -iTCP."""

from __future__ import annotations

import re

from tcpmc.model.endpoint.tcb import State
from tcpmc.studies.sockets.socket_entry import (
    Reading,
    Refusal,
    SocketEntry,
    anywhere,
    number,
    state_named,
    with_colon,
)

ROW = re.compile(
    r"\s*(?P<name>\S+)\s+(?P<pid>\d{1,10})\s+.*?\s(?P<family>IPv[46]|inet)\s.*?\s(?P<kind>TCP|UDP)\s+"
    r"(?P<local>\S+?)(?:->(?P<peer>\S+))?(?:\s+\((?P<about>[^()]*)\))?\s*"
)
QUEUES = re.compile(r"Q([RS])=(\d{1,12})")


def read_lsof(line: str) -> Reading:
    """A line of lsof about an open socket: one for each descriptor."""
    if " TCP " not in line and " UDP " not in line:
        return None
    match = ROW.fullmatch(line)
    if match is None:
        return None
    if match["kind"] == "UDP":
        return Refusal(kind="udp")
    if not match["about"]:
        return Refusal("it names no state: lsof -nP -iTCP shows it")
    return _entry(match)


def _entry(match: re.Match[str]) -> Reading:
    family = match["family"]
    name = match["about"].split()[0].removeprefix("ST=")
    state = state_named(name)
    if state is None:
        return Refusal(f"{name} is no state of TCP")
    local, peer = with_colon(match["local"]), with_colon(match["peer"] or "*:*")
    if local is None or peer is None:
        return Refusal("it has no address with a port: lsof -nP -iTCP shows it")
    queues = {side: number(count) for side, count in QUEUES.findall(match["about"])}
    send = None if state == State.LISTEN else queues.get("S")
    holder = f"{match['name']} (pid {match['pid']})"
    return SocketEntry(
        state, anywhere(local, family), anywhere(peer, family),
        queues.get("R"), send, processes=(holder,),
    )  # fmt: skip
