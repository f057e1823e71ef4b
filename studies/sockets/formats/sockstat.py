"""sockstat of FreeBSD (-s for the states), and that of Linux."""

from __future__ import annotations

import re

from tcpmc.studies.sockets.socket_entry import (
    Reading,
    Refusal,
    SocketEntry,
    anywhere,
    state_named,
    with_colon,
)

ROW = re.compile(
    r"\s*(?P<user>\S+)\s+(?P<name>\S.*?)\s+(?P<pid>\d{1,10}|\?)\s+(?:(?:\d+|\?|-)\s+)?"
    r"(?P<kind>tcp(?:4|6|46)|udp(?:4|6|46)|sctp\w*|stream|dgram|seqpac\w*|raw\w*|icm\w*)\s+"
    r"(?P<local>\S+)(?:\s+(?P<peer>\S+)(?P<rest>\s.*)?)?"
)
KIND = re.compile(r"\s(?:tcp|udp|sctp|stream|dgram|seqpac|raw|icm)")


def read_sockstat(line: str) -> Reading:
    """A line of sockstat: who holds the socket, its addresses, and its state with -s."""
    match = ROW.fullmatch(line) if KIND.search(line) else None
    if match is None:
        return None
    if not match["kind"].startswith("tcp"):
        return Refusal(kind=match["kind"].rstrip("46"))
    local, peer = with_colon(match["local"]), with_colon(match["peer"] or "")
    if local is None or peer is None:
        return Refusal("it has no two addresses with ports: sockstat -46sw -P tcp shows them")
    words = [word for word in (match["rest"] or "").split() if word.isupper()]
    state = next(filter(None, map(state_named, words)), None)
    if state is None:
        return Refusal("it names no state: sockstat -46s -P tcp shows it")
    is_known = match["pid"] != "?"
    processes = (f"{match['name']} (pid {match['pid']})",) if is_known else ()
    family = match["kind"]
    return SocketEntry(state, anywhere(local, family), anywhere(peer, family), processes=processes)
