"""Captures of both ends held against each other: what arrived at one end, the other has sent.

A packet that arrived and is not among those sent was missed by the capture at its sender, or the
network has it from elsewhere: it was forged, or is left from an earlier connection. The rules tell
which: the sender's view is explained with it, or is not.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace

from tcpmc.captures import Endpoint, Packet
from tcpmc.captures.modular import HALF, SPACE
from tcpmc.checks.conform.explaining import Explanation
from tcpmc.checks.conform.hypothesis import Note
from tcpmc.checks.conform.judge import Judgement
from tcpmc.checks.conform.taps import identity

MOST = 256
"""Packets of a capture that are compared."""
MOST_MISSING = 8
MISSED = "sent and not in the capture at this end, or forged"
CHANGED = "sent, but not as the capture at this end has it"
Gap = tuple[range, Packet]
"""The places in the sender's view at which a packet can have been sent, and the packet."""


def missed(own: Sequence[Packet], there: Sequence[Packet], end: Endpoint) -> list[Gap]:
    """What arrived `there` from this end and is not in its own capture. Where the
    captures have no packet in common, the way between changes numbers, and nothing is told."""
    sent: dict[Hashable, int] = {}
    for index, packet in enumerate(own):
        if packet.source == end:
            sent.setdefault(identity(packet), index)
    text = [(p.seq, p.length) for p in own if p.source == end and p.length]
    arrived = [p for p in there if p.source == end]
    found: list[Gap] = []
    begin = 0
    waiting: list[Packet] = []
    for packet in arrived:
        place = sent.get(identity(packet))
        if place is None and not _is_part(packet, text):
            waiting.append(packet)
            continue
        if place is None or place < begin:
            continue  # packaged otherwise, duplicated or overtaken: it tells no place
        found += [(range(begin, place + 1), one) for one in waiting]
        begin, waiting = place + 1, []
    found += [(range(begin, len(own) + 1), one) for one in waiting]
    return found if {*map(identity, own)} & {*map(identity, there)} else []


def _is_part(packet: Packet, text: Sequence[tuple[int | None, int | None]]) -> bool:
    """Whether it has text only that was sent, packaged in another way (offload): each octet."""
    if packet.SYN or packet.FIN or packet.RST or not packet.length or packet.seq is None:
        return False
    reached = 0
    for seq, length in sorted(text, key=lambda one: _from(packet.seq, one[0])):
        offset = _from(packet.seq, seq)
        if offset <= reached:
            reached = max(reached, offset + (length or 0))
    return reached >= packet.length


def _from(zero: int | None, number: int | None) -> int:
    """How far a number is beyond another, or negative: before it."""
    return ((number or 0) - (zero or 0) + HALF) % SPACE - HALF


def with_what_arrived(
    judgement: Judgement,
    own: Sequence[Packet],
    there: Sequence[Packet],
    end: Endpoint,
    explained: Callable[[Sequence[Packet]], Explanation | None],
) -> Judgement:
    """The judgement of an end that conforms, once it is known what arrived at the other one:
    INCOMPLETE, if this end can have sent something that its own capture misses."""
    if judgement.strict.verdict != "CONFORMS" or max(len(own), len(there)) > MOST:
        return judgement
    gaps = missed(own, there, end)
    if not gaps or len(gaps) > MOST_MISSING:
        return judgement
    strict = judgement.strict

    def explains(packets: Sequence[Packet]) -> bool:
        """Whether the rules explain them as well, without taking more for granted."""
        found = explained(packets)
        return found is not None and found.cost.assumptions <= strict.cost.assumptions

    arrived = {*map(identity, there)}
    packets, shown, forged, added = list(own), list[tuple[int, Note]](), list[str](), 0
    for gap, packet in gaps:
        places = range(gap.start + added, gap.stop + added)
        never = [p for p in places if p < len(packets) and _is_lone(packets[p], end, arrived)]
        tried = [*((place, 0) for place in places), *((place, 1) for place in never)]
        fits = next((one for one in tried if explains(_with(packets, packet, *one))), None)
        if fits is None:
            forged.append(f"arrived, and this end cannot have sent it: {_named(packet)}")
            continue
        place, instead = fits
        packets = _with(packets, packet, place, instead)
        what = f"{CHANGED if instead else MISSED}: {_named(packet)}"
        shown.append((min(place - added, len(own) - 1), Note(what, "unseen")))
        added += 1 - instead
    told = replace(judgement, notes=(*judgement.notes, *forged))
    if not shown:
        return told
    best = _incomplete(strict, tuple(shown))
    return replace(told, strict=best, best=best, refused=shown[0][0])


def _is_lone(packet: Packet, end: Endpoint, arrived: set[Hashable]) -> bool:
    """Whether this end sent the packet, and nothing like it arrived."""
    return packet.source == end and identity(packet) not in arrived


def _with(packets: list[Packet], packet: Packet, place: int, instead: int) -> list[Packet]:
    """The packets with one more, or with it `instead` of one, at the time of that beside it."""
    beside = packets[min(place, len(packets) - 1)]
    return [*packets[:place], packet._replace(time=beside.time), *packets[place + instead :]]


def _named(packet: Packet) -> str:
    return f"packet {packet.number} of the other ({packet.controls or 'no bits'})"


def _incomplete(strict: Explanation, missing: tuple[tuple[int, Note], ...]) -> Explanation:
    cost = strict.cost._replace(assumptions=strict.cost.assumptions + len(missing))
    return replace(strict, verdict="INCOMPLETE", cost=cost, assumed=(*strict.assumed, *missing))
