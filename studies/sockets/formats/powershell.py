"""Get-NetTCPConnection of PowerShell, as the table that it prints."""

from __future__ import annotations

import re

from tcpmc.model.endpoint.tcb import State
from tcpmc.studies.sockets.socket_entry import (
    Endpoint,
    Reading,
    Refusal,
    SocketEntry,
    anywhere,
    is_whole,
    state_named,
)

ADDRESS = r"(?P<{0}>[\w:.%*-]+?(?P<{0}_cut>\.\.\.|…)?)\s+(?P<{0}_port>\d{{1,5}})"
ROW = re.compile(
    rf"\s*{ADDRESS.format('local')}\s+{ADDRESS.format('peer')}\s+(?P<state>[A-Za-z]\w*?\d?)"
    r"(?:\s+(?P<setting>[A-Za-z]\w*))?(?:\s+(?P<pid>\d{1,10}))?\s*"
)
WIDER = (
    "an address is cut off: Get-NetTCPConnection | Format-Table -AutoSize | Out-String -Width 200"
)


def read_powershell(line: str) -> Reading:
    """A row of the table."""
    match = ROW.fullmatch(line)
    if match is None:
        return None
    state = state_named(match["state"])
    if state is None:
        return Refusal(f"{match['state']} is no state of TCP")
    if match["local_cut"] or match["peer_cut"]:
        return Refusal(WIDER)
    if not (is_whole(match["local"]) and is_whole(match["peer"])):
        return None
    return _entry(match, state)


def _entry(match: re.Match[str], state: State) -> SocketEntry:
    local: Endpoint = match["local"], match["local_port"]
    peer: Endpoint = match["peer"], match["peer_port"]
    pid = match["pid"]
    processes = (f"pid {pid}",) if pid and pid != "0" else ()
    return SocketEntry(state, anywhere(local, ""), anywhere(peer, ""), processes=processes)
