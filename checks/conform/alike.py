"""Connections that are alike: the same packets but for what no rule looks at.

A verdict depends on sequence numbers and timestamps by their differences, and on whether they are
zero; and on times by whether a difference is longer than one of a few limits. So two ends that
conform, and whose packets agree in all of this, have the same verdict, and short connections are
mostly of a few kinds.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from tcpmc.captures import Endpoint, Packet
from tcpmc.checks.conform.receiving import LATELY
from tcpmc.checks.conform.search import REPLY_WITHIN, RESENT_WITHIN
from tcpmc.checks.conform.sending import LEAST_IDLE
from tcpmc.checks.conform.stacks import Stack

LONGEST = 40
"""Packets of a connection that is compared with others: long ones are all different."""
SPACE = 2**32


def limits(stack: Stack) -> tuple[float, ...]:
    """All limits, in seconds, that a difference of the times of two packets is compared with on
    the way to CONFORMS. (`CROSSING_WITHIN` is for what does not conform.)"""
    own = [stack.time_wait] + ([] if stack.fin_wait_2 is None else [stack.fin_wait_2])
    return tuple(sorted({LEAST_IDLE, LATELY, REPLY_WITHIN, RESENT_WITHIN, *own}))


def shape(
    packets: Sequence[Packet], ends: tuple[Endpoint, Endpoint], stack: Stack, until: float | None
) -> Hashable | None:
    """What the verdicts on both ends depend on; None for a connection that is too long to be like
    another. `until` is when the capture ended, in seconds."""
    if len(packets) > LONGEST:
        return None
    times = [None if p.time is None else p.time / 1e9 for p in packets]
    return tuple(_seen(packets, ends[0])), _classes(times, limits(stack), until)


def _seen(packets: Sequence[Packet], first: Endpoint) -> Iterator[Hashable]:
    """Each packet, with numbers counted from the first of its sender's."""
    seqs: list[int | None] = [None, None]
    stamps: list[int | None] = [None, None]
    for packet in packets:
        own = 0 if packet[3] == first else 1
        other, seq, ack, stamp, echo = 1 - own, packet[5], packet[6], packet[18], packet[19]
        if seqs[own] is None:
            seqs[own] = seq
        if seqs[other] is None:
            seqs[other] = ack
        if not stamps[own]:
            stamps[own] = stamp
        if not stamps[other]:
            stamps[other] = echo
        yield (
            own,
            seq and (seq - (seqs[own] or 0)) % SPACE + 1,
            ack and (ack - (seqs[other] or 0)) % SPACE + 1,
            stamp and (stamp - (stamps[own] or 0)) % SPACE + 1,
            echo and (echo - (stamps[other] or 0)) % SPACE + 1,
            packet[7:18],  # length, control bits, window, MSS, window scale, SACK
            packet[21:23],  # checksum, truncated
            packet[25],  # after a gap
        )


def _classes(
    times: Sequence[float | None], known: tuple[float, ...], until: float | None
) -> Hashable:
    """Which differences of two times, or of a time and the end, are longer than which limit."""
    there = [time for time in times if time is not None]
    missing = tuple(time is None for time in times)
    if not there:
        return missing
    ending: Hashable = None
    if until is not None:  # it is asked for what is overdue in the end, and nothing else
        ending = (
            until - there[-1] > RESENT_WITHIN,
            *(until - time > REPLY_WITHIN for time in there),
        )
    if max(there) - min(there) < known[0]:
        return missing, ending
    longer = tuple(
        sum((after - before > limit) + (after - before >= limit) for limit in known)
        for place, after in enumerate(there)
        for before in there[:place]
    )
    return missing, ending, longer
