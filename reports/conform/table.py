"""The table that people draw by hand: packet by packet the state of each end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap

from tcpmc.captures import Endpoint, Packet
from tcpmc.captures.packet_rows import PacketRows
from tcpmc.checks.conform.conform import ConnectionReport, EndReport
from tcpmc.checks.conform.explaining import ManyTold, Told
from tcpmc.checks.conform.view import segment_of
from tcpmc.model.endpoint.segment import Segment
from tcpmc.reports.conform.relative import Relative

WIDTH = 80
STATE = 12
INDENT = 15
BEGINNING, BESIDE = 12, 2
MOST_SHOWN = 200
"""Of a long connection: packets at each end, beside one that is shown, and changes."""
MIDDLE = WIDTH - INDENT - 2 * STATE - 5


@dataclass(frozen=True)
class Row:
    """One packet: its place, what it is, and what is known of each end after it."""

    place: int
    packet: Packet
    segment: Segment
    told: tuple[Told | None, Told | None]
    text: str


def rows(connection: ConnectionReport) -> Iterator[Row]:
    """The packets in order, with what each end's best explanation says of them; of many, those at
    which something changes."""
    packets = connection.conversation.packets
    if isinstance(packets, PacketRows) and all(_is_of_all(end, packets) for end in connection.ends):
        yield from _of_many(connection, packets)
        return
    known = [_by_packet(end) for end in connection.ends]
    relative = Relative(connection.conversation)
    shown = {id(told.seen.packet): told for side in known for told in side.values()}
    for place, packet in enumerate(packets):
        told = (known[0].get(id(packet)), known[1].get(id(packet)))
        any_told = told[0] or told[1]
        if any_told is None:
            continue
        segment = shown[id(packet)].seen.segment
        relative.follow(packet)
        yield Row(place, packet, segment, told, relative.text(packet, segment))


def _is_of_all(end: EndReport, packets: PacketRows) -> bool:
    """Whether the explanation is of these packets, from the first on."""
    told = end.judgement.best.told
    return not told or (isinstance(told, ManyTold) and told.of_all(packets))


def _of_many(connection: ConnectionReport, packets: PacketRows) -> Iterator[Row]:
    """The packets at which something changes, those beside them, the first, and the last."""
    relative = Relative(connection.conversation)
    places = {*range(BEGINNING), *range(len(packets) - BEGINNING, len(packets))}
    for end in connection.ends:
        told = end.judgement.best.told
        found = told.changes()[:MOST_SHOWN] if isinstance(told, ManyTold) else []
        refused = end.judgement.refused
        for place in [*found, *([] if refused is None else [refused])]:
            places |= set(range(place - BESIDE, place + BESIDE + 1))
    for place in sorted(p for p in places if 0 <= p < len(packets)):
        told_here = [
            end.judgement.best.told[place] if place < len(end.judgement.best.told) else None
            for end in connection.ends
        ]
        packet = packets[place]
        segment = segment_of(packet, None)
        relative.follow(packet)
        yield Row(
            place, packet, segment, (told_here[0], told_here[1]), relative.text(packet, segment)
        )


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
    following = 0
    for row in rows(connection):
        if row.place > following and isinstance(connection.conversation.packets, PacketRows):
            lines.append(f"{'':>{INDENT}}... {row.place - following:,} packets in the same states")
        following = row.place + 1
        shown = []
        for index in (0, 1):
            now = states(row.told[index])
            shown.append(now if now != last[index] else "")
            last[index] = now or last[index]
        arrow = "-->" if row.packet.source == left else "<--"
        mark = "!" if refused & {id(row.packet), row.packet[:2]} else " "
        time = _time(row.packet, begin)
        lines += _line(row, mark, time, shown, arrow)
        for index, name in ((0, "left"), (1, "right")):
            lines += _rules(row.told[index], name, width)
    return "\n".join(lines) + "\n"


def _header(left: Endpoint, right: Endpoint) -> str:
    head = f"{'':>{INDENT}}{left}"
    return f"{head:<{WIDTH - len(str(right)) - 1}} {right}"


def _refused(end: EndReport) -> object:
    """The packet that strictly nothing explains, by identity, or in columns by its number."""
    place = end.judgement.refused
    told = end.judgement.best.told
    if place is None or place >= len(told):
        return None
    packet = told[place].seen.packet
    return packet[:2] if isinstance(told, ManyTold) else id(packet)


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
