"""The table that people draw by hand: packet by packet the state of each end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap

from tcpmc.captures import Endpoint, Packet
from tcpmc.checks.conform.conform import ConnectionReport, EndReport
from tcpmc.checks.conform.judge import Told
from tcpmc.model.endpoint.segment import Segment
from tcpmc.reports.conform.relative import Relative

WIDTH = 80
STATE = 12
INDENT = 15
MIDDLE = WIDTH - INDENT - 2 * STATE - 5


@dataclass(frozen=True)
class Row:
    """One packet: what it is, and what is known of each end after it."""

    packet: Packet
    segment: Segment
    told: tuple[Told | None, Told | None]
    text: str


def rows(connection: ConnectionReport) -> Iterator[Row]:
    """The packets in order, with what each end's best explanation says of them."""
    known = [_by_packet(end) for end in connection.ends]
    relative = Relative(connection.conversation)
    shown = {id(told.seen.packet): told for side in known for told in side.values()}
    for packet in connection.conversation.packets:
        told = (known[0].get(id(packet)), known[1].get(id(packet)))
        any_told = told[0] or told[1]
        if any_told is None:
            continue
        segment = shown[id(packet)].seen.segment
        relative.follow(packet)
        yield Row(packet, segment, told, relative.text(packet, segment))


def _by_packet(end: EndReport) -> dict[int, Told]:
    return {id(told.seen.packet): told for told in end.judgement.best.told}


def states(told: Told | None) -> str:
    """The states in which the end can be: one, or several with a stroke between."""
    return "" if told is None else "|".join(told.states)


def table(connection: ConnectionReport, width: int = WIDTH) -> str:
    """The rows as text; states and rules are shown where they change."""
    left, right = connection.conversation.ends
    refused = {_refused(end) for end in connection.ends}
    lines = [_header(left, right)]
    begin = next((p.time for p in connection.conversation.packets if p.time is not None), None)
    last = ["", ""]
    for row in rows(connection):
        shown = []
        for index in (0, 1):
            now = states(row.told[index])
            shown.append(now if now != last[index] else "")
            last[index] = now or last[index]
        arrow = "-->" if row.packet.source == left else "<--"
        mark = "!" if id(row.packet) in refused else " "
        time = _time(row.packet, begin)
        lines += _line(row, mark, time, shown, arrow)
        for index, name in ((0, "left"), (1, "right")):
            lines += _rules(row.told[index], name, width)
    return "\n".join(lines) + "\n"


def _header(left: Endpoint, right: Endpoint) -> str:
    head = f"{'':>{INDENT}}{left}"
    return f"{head:<{WIDTH - len(str(right)) - 1}} {right}"


def _refused(end: EndReport) -> int | None:
    """The packet that strictly nothing explains, by identity."""
    place = end.judgement.refused
    told = end.judgement.best.told
    if place is None or place >= len(told):
        return None
    return id(told[place].seen.packet)


def _time(packet: Packet, begin: int | None) -> str:
    if packet.time is None or begin is None:
        return ""
    return f"{(packet.time - begin) / 1e9:.6f}"[:8]


def _line(row: Row, mark: str, time: str, shown: list[str], arrow: str) -> list[str]:
    """One row; states that do not fit go on on lines of their own."""
    left, right = shown[0].split("|"), shown[1].split("|")
    text = f"{mark}{row.packet.number:>4} {time:>8} {left[0]:<{STATE}}{arrow} {row.text:<{MIDDLE}}"
    if len(row.text) > MIDDLE:
        right.insert(0, "")
    lines = [f"{text} {right[0]}".rstrip()]
    for more in range(1, max(len(left), len(right))):
        one = left[more] if more < len(left) else ""
        two = right[more] if more < len(right) else ""
        lines.append(f"{'':>{INDENT}}{one:<{STATE}}{'':<{MIDDLE + 5}}{two}".rstrip())
    return lines


def _rules(told: Told | None, side: str, width: int) -> list[str]:
    """The rules that one end went by, and what was taken for granted."""
    if told is None:
        return []
    said = list(told.rules[:3])
    said += [f"({note.text})" for note in told.granted if note.kind != "silent"][:2]
    said = [text for text in said if text and not text.startswith("3.10.7.4: nothing new")]
    if not said:
        return []
    text = f"{side}: " + "; ".join(said)
    return wrap(
        text,
        width,
        initial_indent=" " * INDENT,
        subsequent_indent=" " * (INDENT + 2),
        break_on_hyphens=False,
    )
