"""A packetdrill script for a cell of states against events that a suite does not cover."""

from __future__ import annotations

from collections.abc import Iterator

from tcpmc.captures.packet import Packet
from tcpmc.checks.drive.moves import UserCall
from tcpmc.checks.drive.running import ISS, PEER_ISS, Observation
from tcpmc.checks.suite.missing import MissingRun
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.tcb import State
from tcpmc.reports.formats.packetdrill_lines import (
    AT_ONCE,
    FIRST,
    LATER,
    WINDOW,
    Sockets,
    accept_lines,
    call_lines,
    comment_lines,
    packet_text,
)

UNCONNECTED = (State.CLOSED, State.LISTEN, State.SYN_RECEIVED)


def name_of(run: MissingRun) -> str:
    """The name of the file, which says what it is about: rcv-rst-ack-time-wait.pkt."""
    kind = "ack-with-data" if run.kind == "text" else run.kind.lower().replace(",", "-")
    return f"rcv-{kind}-{run.state.lower()}.pkt"


def script_of(run: MissingRun, stack: str) -> str:
    """The script: what the rules of `stack` do with this segment in this state."""
    events = [*_events(run)]
    first = next(n for n, line in enumerate(events) if not line.startswith("//"))
    events[first] = f"{FIRST} {events[first].split(' ', 1)[1]}"
    about = f"{run.kind} arrives in {run.state}: what the rules of {stack} do with it."
    lines = [*comment_lines(about, "Written by tcpmc suite --generate."), *events]
    return "\n".join(lines) + "\n"


def _events(run: MissingRun) -> Iterator[str]:
    sockets = Sockets()
    state = State.CLOSED
    packets = [packet for event in run.events for packet in event.packets]
    own = ISS if any(packet.SYN and packet.outbound for packet in packets) else 0
    if run.state == State.CLOSED:
        fd = sockets.new()
        yield f"{LATER} socket(..., SOCK_STREAM, IPPROTO_TCP) = {fd}"
        yield f"{AT_ONCE} bind({fd}, ..., ...) = 0"
    for number, event in enumerate(run.events):
        if number == run.tried:
            yield from comment_lines(f"Now it is in the {run.state} state.")
        elif number > run.tried:
            yield from comment_lines("It has sent nothing: the next is the answer to this.")
        if isinstance(event.move, UserCall):
            yield from call_lines(EventKind(event.move.call), state, sockets)
        yield from _packets(event, own)
        state = State(event.state or state)
        waits = sockets.listener is not None and sockets.connection is None
        if waits and number < run.tried and state not in UNCONNECTED:
            yield from accept_lines(sockets)


def _packets(event: Observation, own: int) -> Iterator[str]:
    for packet in event.packets:
        mine, other = (own, PEER_ISS) if packet.outbound else (PEER_ISS, own)
        seq = (packet.seq - mine) % 2**32 if packet.seq else 0
        ack = None if packet.ack is None else (packet.ack - other) % 2**32
        text = packet_text(_flags(packet), seq, packet.length or 0, ack)
        options = " <mss 1000>" if packet.SYN else ""
        if packet.outbound:
            yield f"{AT_ONCE} > {text} <...>"
        else:
            yield f"{LATER} < {text} win {WINDOW}{options}"


def _flags(packet: Packet) -> list[str]:
    flags = [bit for bit in ("FIN", "SYN", "RST", "ACK") if getattr(packet, bit)]
    return [*flags, "text"] if packet.length else flags
