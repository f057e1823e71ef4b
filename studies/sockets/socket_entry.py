"""One socket as a line of a listing says it, and what its words mean in every format."""

from __future__ import annotations

import re
from functools import lru_cache
from socket import AF_INET6, inet_pton
from typing import NamedTuple

from tcpmc.model.endpoint.tcb import State
from tcpmc.studies.explain.states import state_named as any_state_named

Endpoint = tuple[str, str]
"""An address without brackets, and a port: a number, a name, or "*"."""

LONGEST_NUMBER = 12
ANY_ADDRESS = {"tcp4": "0.0.0.0", "IPv4": "0.0.0.0", "tcp6": "::", "IPv6": "::"}
ADDRESS = re.compile(
    r"\*|[\w.-]+(?:%[\w.-]+)?|\[?[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(?:%[\w.-]+)?\]?(?:%[\w.-]+)?"
)
PORT = re.compile(r"\*|[\w.+/-]{1,40}")


class SocketEntry(NamedTuple):
    """One TCP socket. What its listing does not tell is None, or empty.

    receive, send
        Octets of text in the two queues (Recv-Q, Send-Q). Of a listening socket: how many
        connections wait for accept(), and how many may.
    timer, times
        Which timer runs ("on" for retransmissions, "persist" for probes of a zero window,
        "keepalive", "timewait"), and how often what it is about was sent again.
    zero_window
        The peer's window is shut.
    processes
        Who holds it, as "name (pid n)".
    is_named
        The line says itself that it is about TCP.
    """

    state: State
    local: Endpoint
    peer: Endpoint
    receive: int | None = None
    send: int | None = None
    timer: str = ""
    times: int = 0
    zero_window: bool = False
    processes: tuple[str, ...] = ()
    is_named: bool = True


class Refusal(NamedTuple):
    """Why a line gives no socket of TCP: what it is instead (`kind`, such as "udp"), or what is
    wrong with it and which command would help."""

    why: str = ""
    kind: str = ""


Reading = SocketEntry | Refusal | None


@lru_cache(maxsize=512)
def state_named(word: str) -> State | None:
    """The state that a listing means by a word; none for one that is longer than any."""
    return any_state_named(word) if len(word) < 20 else None


def number(word: str) -> int | None:
    """The number that a column has; None where it is none."""
    return int(word) if len(word) <= LONGEST_NUMBER and word.isdecimal() else None


def with_colon(text: str) -> Endpoint | None:
    """An endpoint as "10.0.0.5:22", "[::1]:22", ":::22", "*:22"."""
    address, colon, port = text.rpartition(":")
    if not (colon and address and port):
        return None
    if "[" in address:
        address = address.replace("[", "").replace("]", "")
    return address, port


def is_endpoint(endpoint: Endpoint | None) -> bool:
    """Whether it can be an address and a port."""
    if endpoint is None:
        return False
    return ADDRESS.fullmatch(endpoint[0]) is not None and PORT.fullmatch(endpoint[1]) is not None


def anywhere(endpoint: Endpoint, family: str) -> Endpoint:
    """The endpoint with the wildcards that ss has for that family of addresses; port 0 is any."""
    address, port = endpoint
    if address == "*":
        address = ANY_ADDRESS.get(family, "*")
    return address, "*" if port == "0" else port


def is_whole(address: str) -> bool:
    """Whether an address of IPv6 is not cut off."""
    if ":" not in address:
        return True
    try:
        inet_pton(AF_INET6, address.partition("%")[0])
    except OSError:
        return False
    return True
