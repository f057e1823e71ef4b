"""Connections that are alike: the same packets but for what no rule looks at.

A verdict depends on sequence numbers and timestamps by their differences, and on whether they are
zero; and on times by whether a difference is longer than one of a few limits. So two ends whose
packets agree in all of this have the same verdict, and short connections are mostly of a few kinds.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from tcpmc.captures import Endpoint, Packet
from tcpmc.checks.conform.search import CROSSING_WITHIN, REPLY_WITHIN
from tcpmc.checks.conform.sending import LEAST_IDLE
from tcpmc.checks.conform.stacks import Stack

LONGEST = 40
"""Packets of a connection that is compared with others: long ones are all different."""
SPACE = 2**32
QUIET = 1.0
"""The limit in `receiving.py` of what may be ACKed late."""


def limits(stack: Stack) -> tuple[float, ...]:
    """All limits, in seconds, that a difference of times is compared with."""
    own = [stack.time_wait] + ([] if stack.fin_wait_2 is None else [stack.fin_wait_2])
    return tuple(sorted({CROSSING_WITHIN, LEAST_IDLE, QUIET, REPLY_WITHIN, *own}))


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
    seqs: dict[bool, int] = {}
    stamps: dict[bool, int] = {}
    for p in packets:
        left = p.source == first
        if p.seq is not None:
            seqs.setdefault(left, p.seq)
        if p.ack is not None:
            seqs.setdefault(not left, p.ack)
        if p.tsval:
            stamps.setdefault(left, p.tsval)
        if p.tsecr:
            stamps.setdefault(not left, p.tsecr)
        yield (
            left,
            _from(p.seq, seqs.get(left, 0)),
            _from(p.ack, seqs.get(not left, 0)),
            _from(p.tsval, stamps.get(left, 0)),
            _from(p.tsecr, stamps.get(not left, 0)),
            p[7:18],  # length, control bits, window, MSS, window scale, SACK
            p.checksum,
            p.truncated,
            p.after_gap,
        )


def _from(number: int | None, base: int) -> tuple[int, bool] | None:
    return None if number is None else ((number - base) % SPACE, number == 0)


def _classes(
    times: Sequence[float | None], known: tuple[float, ...], until: float | None
) -> Hashable:
    """Which differences of two times, or of a time and the end, are longer than which limit."""
    there = [time for time in times if time is not None]
    missing = tuple(time is None for time in times)
    if not there:
        return missing
    ending: Hashable = None
    if until is not None:
        if until - there[-1] > known[-1] + (there[-1] - min(there)):
            ending = "long ago"
        else:
            ending = tuple(tuple(until - time >= limit for limit in known) for time in there)
            ending = ending, tuple(tuple(until - time > limit for limit in known) for time in there)
    if max(there) - min(there) < known[0]:
        return missing, ending
    longer = tuple(
        sum((after - before > limit) + (after - before >= limit) for limit in known)
        for place, after in enumerate(there)
        for before in there[:place]
    )
    return missing, ending, longer
