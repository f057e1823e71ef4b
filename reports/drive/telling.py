"""One difference of a real stack, told step by step."""

from __future__ import annotations

from tcpmc.captures.packet import Packet
from tcpmc.checks.conform.view import segment_of
from tcpmc.checks.drive.moves import Arrival
from tcpmc.checks.drive.running import Observation
from tcpmc.checks.drive.state_event_table import Cell, Group


def steps(events: tuple[Observation, ...]) -> list[str]:
    """A line for each move, and for each segment of it."""
    lines = []
    for number, event in enumerate(events, 1):
        state = f"  [{event.state}]" if event.state else ""
        refused = f"  refused: {event.refused}" if event.refused else ""
        stood_in = "  (ended by the kernel's own means)" if event.stood_in else ""
        move = f"arrives: {event.move}" if isinstance(event.move, Arrival) else str(event.move)
        lines.append(f"{number}. {move}{refused}{stood_in}{state}")
        lines += [f"     {_arrow(packet)} {shown(packet)}" for packet in event.packets]
    return lines


def _arrow(packet: Packet) -> str:
    return "->" if packet.outbound else "<-"


def shown(packet: Packet) -> str:
    """The segment in the RFC's notation, without timestamps: they are others in each run."""
    return str(segment_of(packet._replace(tsval=None), None))


def headline(cell: Cell) -> str:
    """What differs, in one line."""
    difference = cell.difference
    assert difference is not None
    return f"{cell.place}, {cell.kind}: {difference.observed}; {difference.requirement}"


def tried(group: Group) -> str:
    """What was tried, where it differs."""
    return "; ".join(
        ", then ".join(map(str, cell.moves)) + (" with timestamps" if cell.stamps else "")
        for cell in group.cells
    )
