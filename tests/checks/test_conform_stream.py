"""Connections of a capture as it is read: alike ones are judged once, with the same verdicts."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from checkout import TESTS
from tcpmc.captures import Capture, Endpoint, Packet, read
from tcpmc.captures.packet_table import PacketTable
from tcpmc.checks.conform.alike import shape
from tcpmc.checks.conform.conform import ConnectionReport, conform
from tcpmc.checks.conform.stacks import STACKS
from tcpmc.checks.conform.stream import Progress, Settings, reports

TRUTH = sorted((TESTS / "captures/truth").glob("*.A.pcap"))
RFC = STACKS["rfc9293"]
SPACE = 2**32


class Given(Capture):
    """A capture of these packets."""

    packets: Sequence[Packet] = ()

    def tables(self) -> Iterator[PacketTable]:
        """One table."""
        yield PacketTable.of(self.packets)


def given(packets: Sequence[Packet]) -> Given:
    capture = Given(["given"])
    capture.packets = packets
    return capture


def moved(packets: Sequence[Packet], seed: int) -> list[Packet]:
    """The packets with other addresses, ISNs, timestamps' clocks, and a later time."""
    chance = random.Random(seed)
    ends = sorted({packet.source for packet in packets} | {p.destination for p in packets})
    numbers = {end: chance.randrange(SPACE) for end in ends}
    stamps = {end: chance.randrange(SPACE) for end in ends}
    names = {end: Endpoint(f"10.1.{seed // 250}.{seed % 250}", 1000 + end.port) for end in ends}
    later = chance.randrange(10**9)

    def add(value: int | None, what: int) -> int | None:
        # A number that was zero stays zero, and no other becomes it.
        return value if not value else (value + what) % SPACE or 1

    return [
        packet._replace(
            source=names[packet.source],
            destination=names[packet.destination],
            time=None if packet.time is None else packet.time + later,
            seq=add(packet.seq, numbers[packet.source]),
            ack=add(packet.ack, numbers[packet.destination]),
            tsval=add(packet.tsval, stamps[packet.source]),
            tsecr=add(packet.tsecr, stamps[packet.destination]),
        )
        for packet in packets
    ]


def told(report: ConnectionReport) -> list[object]:
    """The verdicts, and the states after each packet."""
    return [
        (
            end.judgement.verdict,
            end.judgement.strict.verdict,
            [told.states for told in end.judgement.best.told],
        )
        for end in report.ends
    ]


def short(paths: Sequence[Path]) -> Iterator[list[Packet]]:
    for path in paths:
        packets = list(read([str(path)])) if path.stat().st_size > 24 else []
        if 0 < len(packets) <= 12 and len({frozenset(p[3:5]) for p in packets}) == 1:
            yield packets


@pytest.mark.parametrize("seed", range(3))
def test_verdicts_do_not_depend_on_the_isn_and_the_clock(seed: int) -> None:
    for packets in [*short(TRUTH)][seed::6]:
        first, second = (
            conform(p, RFC, "both").connections for p in (packets, moved(packets, seed))
        )
        assert [told(one) for one in first] == [told(one) for one in second]


def test_alike_connections_have_the_same_shape_and_others_another() -> None:
    packets = next(short(TRUTH))
    ends = packets[0].source, packets[0].destination
    known = shape(packets, ends, RFC, None)
    other = moved(packets, 1)
    there = other[0].source, other[0].destination
    assert shape(other, there, RFC, None) == known
    for place, packet in enumerate(other):
        if packet.ack is None:
            continue
        changed = [*other]
        changed[place] = packet._replace(ack=(packet.ack + 1) % SPACE)
        assert shape(changed, there, RFC, None) != known


@pytest.mark.exhaustive
def test_what_is_judged_once_is_told_as_if_judged_by_itself() -> None:
    some = [*short(TRUTH)][:8]
    packets = [
        packet
        for index, one in enumerate([*some, *some])
        for packet in moved(one, index)
    ]  # fmt: skip
    packets.sort(key=lambda packet: packet.time or 0)
    once = reports(given(packets), Settings(RFC), Progress())
    each = reports(given(packets), Settings(RFC, compare=False), Progress())
    pairs = list(zip(once, each, strict=True))
    assert any(one.like for one, _ in pairs)
    for one, other in pairs:
        assert told(one) == told(other)
        assert one.incarnations == other.incarnations
