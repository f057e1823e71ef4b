"""Captures in which one packet of one end is wrong, to be refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from tcpmc.captures import Endpoint, Packet

MODULUS = 2**32
Mutant = tuple[str, int, list[Packet]]


def changed(packets: Sequence[Packet], place: int, **fields: Any) -> list[Packet]:
    return [*packets[:place], packets[place]._replace(**fields), *packets[place + 1 :]]


def inserted(packets: Sequence[Packet], place: int, packet: Packet) -> list[Packet]:
    return [*packets[:place], packet, *packets[place:]]


def mutants(packets: Sequence[Packet], end: Endpoint) -> Iterator[Mutant]:
    """What kind, the place of the packet that is wrong, and all packets."""
    for place, packet in enumerate(packets):
        if packet.source != end:
            continue
        yield from _numbers(packets, place)
        if packet.FIN:
            yield from _after_fin(packets, place)
            yield "FIN bit off", place, changed(packets, place, FIN=False)


def _numbers(packets: Sequence[Packet], place: int) -> Iterator[Mutant]:
    packet = packets[place]
    seq, ack = packet.seq or 0, packet.ack or 0
    for step in (1, -1):
        moved = (ack + step) % MODULUS
        if packet.ACK and packet.FIN:
            yield "ACK of a FIN +-1", place, changed(packets, place, ack=moved)
        if packet.ACK and packet.SYN:
            yield "ACK of a SYN,ACK +-1", place, changed(packets, place, ack=moved)
        kind = "ISS +-1" if packet.SYN else "SEQ +-1"
        yield kind, place, changed(packets, place, seq=(seq + step) % MODULUS)
    if packet.ACK:
        yield "ACK +1", place, changed(packets, place, ack=(ack + 1) % MODULUS)
        if not packet.RST:
            yield "ACK bit off", place, changed(packets, place, ACK=False, ack=None)


def _after_fin(packets: Sequence[Packet], place: int) -> Iterator[Mutant]:
    packet = packets[place]
    assert packet.seq is not None
    assert packet.length is not None
    assert packet.time is not None
    beyond = (packet.seq + packet.length + 1) % MODULUS
    after = packet._replace(seq=beyond, time=packet.time + 1000)
    text = after._replace(FIN=False, length=5)
    yield "text after FIN", place + 1, inserted(packets, place + 1, text)
    yield "second FIN", place + 1, inserted(packets, place + 1, after._replace(length=0))


def reset_ignored(packets: Sequence[Packet], end: Endpoint) -> Iterator[Mutant]:
    """An exact RST arrives before each segment that the end sends, and changes nothing."""
    for place, packet in enumerate(packets):
        if packet.source != end or packet.RST or not packet.ACK:
            continue
        assert packet.time is not None
        nothing = packet._replace(SYN=False, ACK=False, FIN=False, RST=True, ack=None, length=0)
        came = nothing._replace(source=packet.destination, destination=end, seq=packet.ack)
        came = came._replace(time=packet.time - 1000)
        yield "RST ignored", place + 1, inserted(packets, place, came)


def as_a_whole(packets: Sequence[Packet], end: Endpoint) -> Iterator[Mutant]:
    """What only both ends together can tell: a FIN bit off, a segment not sent, two swapped."""
    for place, packet in enumerate(packets):
        if packet.source == end:
            if packet.FIN:
                yield "FIN bit off", place, changed(packets, place, FIN=False)
            if len(packets) > 1:
                yield "not sent", place, [*packets[:place], *packets[place + 1 :]]
    for place, (one, two) in enumerate(pairwise(packets)):
        if one._replace(time=0, number=0) != two._replace(time=0, number=0):
            later = one._replace(time=two.time, number=two.number)
            sooner = two._replace(time=one.time, number=one.number)
            yield "swapped", place, [*packets[:place], sooner, later, *packets[place + 2 :]]
