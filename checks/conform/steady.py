"""Steady stretches: what the numbers of an end are before each of many packets, as a guess.

The guess is made for all packets together, and may be wrong: `stretch_proof` proves it, or finds
packets for which it does not hold.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from tcpmc.captures.modular import HALF, SPACE, latest, signed
from tcpmc.checks.conform.columns import NONE, Columns, ViewBlock
from tcpmc.checks.conform.hypothesis import BITS, MOST_CREDITS, Hypothesis
from tcpmc.checks.conform.hypothesis import Block as Range
from tcpmc.checks.conform.receiving import LATELY
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import SYNCHRONIZED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Truths = NDArray[np.bool_]

MOST_OCTETS = 2**29
"""Octets of text in a stretch, so that its numbers are closer than half of the space."""


Ranges = tuple[tuple[int, int, bool], ...]
"""What is held: where each range begins and ends, and whether FIN is its end."""


@dataclass(frozen=True)
class Guess:
    """The numbers of an end before each packet of a stretch, and after the last: modulo 2**32,
    `NONE` for none. `held` has the index of what is held in `ranges`, relative to RCV.NXT at the
    beginning, and `due` a place."""

    begun: Hypothesis
    una: Numbers
    nxt: Numbers
    rcv: Numbers
    acked: Numbers
    stamp: Numbers
    credits: Numbers
    due: Numbers
    resent: Truths
    held: Numbers
    ranges: list[Ranges]

    def at(self, index: int) -> Hypothesis:
        """The hypothesis before a packet of the stretch."""
        tcb = replace(
            self.begun.tcb,
            snd_una=Seq(int(self.una[index]), BITS),
            snd_nxt=Seq(int(self.nxt[index]), BITS),
            rcv_nxt=Seq(int(self.rcv[index]), BITS),
            ts_recent=int(self.stamp[index]),
        )
        acked, due = int(self.acked[index]), int(self.due[index])
        return replace(
            self.begun,
            tcb=tcb,
            credits=int(self.credits[index]),
            due=None if due == NONE else due,
            acked=None if acked == NONE else Seq(acked, BITS),
            held=self.held_in(self.ranges[int(self.held[index])]),
            resent=bool(self.resent[index]),
        )

    def held_in(self, ranges: Ranges) -> tuple[Range, ...]:
        """The ranges as a hypothesis has them."""
        base = self.begun.tcb.rcv_nxt
        return tuple(Range(base + low, high - low - fin, fin) for low, high, fin in ranges)


def may_begin(hypothesis: Hypothesis) -> bool:
    """Whether a stretch can begin with this hypothesis."""
    return (
        hypothesis.state in SYNCHRONIZED
        and hypothesis.numbered
        and not (hypothesis.owed or hypothesis.pending or hypothesis.mute)
        and not (hypothesis.tcb.gap or hypothesis.tcb.held_fin)
    )


def without_numbers(begun: Hypothesis) -> Hypothesis:
    """What all hypotheses of a stretch have in common."""
    zero = Seq(0, BITS)
    tcb = replace(begun.tcb, iss=zero, irs=zero, snd_una=zero, snd_nxt=zero, rcv_nxt=zero)
    tcb = replace(tcb, ts_recent=0)
    return replace(
        begun, tcb=tcb, credits=0, due=None, acked=None, held=(), since=None, resent=False
    )


def part_of(view: Columns, begin: int, size: int) -> ViewBlock:
    """The packets from a place on which a stretch can have: up to a marked one, or the end of the
    block, or too much text."""
    block = view.block(begin)
    low = begin - block.begin
    high = min(low + size, len(block))
    marks = np.flatnonzero(block.marked[low:high])
    if len(marks):
        high = low + int(marks[0])
    octets = np.cumsum(block.length[low:high])
    return block.cut(low, low + int(np.searchsorted(octets, MOST_OCTETS)))


def guessed(begun: Hypothesis, part: ViewBlock) -> Guess:
    """The guess, for as many of the packets as it can be made for."""
    text = _reassembled(begun, part)
    rcv = text.rcv
    part = part.cut(0, len(rcv) - 1)
    sent, came = part.sent, ~part.sent
    tcb = begun.tcb
    una0, nxt0, rcv0 = tcb.snd_una.value, tcb.snd_nxt.value, tcb.rcv_nxt.value
    nxt = _greatest(np.where(sent, signed(part.end - nxt0), 0))
    acks = signed(part.ack - una0)
    may = came & (signed(part.ack - nxt0) <= nxt[:-1])
    una = _greatest(np.where(may, acks, 0))
    seq, end = signed(part.seq - rcv0), signed(part.end - rcv0)
    acked = latest(part.ack, sent, NONE if begun.acked is None else begun.acked.value)
    in_order = came & (seq <= rcv[:-1])
    new = in_order & ((end > rcv[:-1]) | ((part.length == 0) & (seq == rcv[:-1])))
    stamp = latest(part.tsval, part.stamped & new, tcb.ts_recent)
    answered = came & ((part.length > 0) | (seq < rcv[:-1]))
    own = signed(part.seq - nxt0)
    pure = sent & (part.length == 0) & (own == nxt[:-1])
    steps = answered.astype(np.int64) - pure
    np.add.at(steps, [place for place in text.released if place < len(steps)], 1)
    again = sent & (part.length > 0) & (signed(part.end - nxt0) <= nxt[:-1])
    again &= signed(part.seq - una0) >= una[:-1]
    moved = una[1:] != una[:-1]
    due = _due(begun, part, answered & ((rcv[1:] != rcv[:-1]) | (part.quiet >= LATELY)))
    return Guess(
        begun,
        una=una0 + una & SPACE - 1,
        nxt=nxt0 + nxt & SPACE - 1,
        rcv=rcv0 + rcv & SPACE - 1,
        acked=acked,
        stamp=stamp,
        credits=np.array(list(accumulate(steps.tolist(), _credits, initial=begun.credits))),
        due=due,
        resent=latest(again.astype(np.int64), again | moved, int(begun.resent)) != 0,
        held=text.held,
        ranges=text.ranges,
    )


def _greatest(values: Numbers) -> Numbers:
    return np.maximum.accumulate(np.concatenate([[0], values]))


def _credits(now: int, step: int) -> int:
    return min(max(now + step, 0), MOST_CREDITS)


def _due(begun: Hypothesis, part: ViewBlock, sets: Truths) -> Numbers:
    """The place of the oldest packet whose ACK is due: the first since this end sent one."""
    size = len(part)
    places = np.arange(size)
    first = np.full(size + 1, size)
    first[:size] = np.minimum.accumulate(np.where(sets, places, size)[::-1])[::-1]
    since = latest(places + 1, part.sent, 0)
    found = first[since]
    due = np.where(found < np.arange(size + 1), part.begin + found, NONE)
    return due if begun.due is None else np.where(since == 0, begun.due, due)


@dataclass(frozen=True)
class Reassembled:
    """RCV.NXT, relative to that of the beginning, and the index of what is held, before each packet
    and after the last; what is held; and for each range that becomes next, at which packet."""

    rcv: Numbers
    held: Numbers
    ranges: list[Ranges]
    released: list[int]


def _reassembled(begun: Hypothesis, part: ViewBlock) -> Reassembled:
    """What becomes of text, until something is to be held that is not behind all else."""
    size = len(part)
    base = begun.tcb.rcv_nxt.value
    places = np.flatnonzero(~part.sent & (part.length > 0))
    seq, end = signed(part.seq[places] - base), signed(part.end[places] - base)
    there = np.ones(len(places), bool)
    ranges, released = [_relative(begun)], list[int]()
    if not begun.held and bool((seq == np.concatenate([[0], end[:-1]])[: len(seq)]).all()):
        rcv = latest(end, there, 0)[_count(places, size)]
        return Reassembled(rcv, np.zeros(size + 1, np.int64), ranges, released)
    now, held = 0, ranges[0]
    values, kinds = np.zeros(len(places), np.int64), np.zeros(len(places), np.int64)
    for index, (low, high) in enumerate(zip(seq.tolist(), end.tolist(), strict=True)):
        if low > now:
            after = with_last(held, low, high)
            if after is None:
                size = int(places[index])
                break
            held = after
            ranges.append(held)
        elif high > now:
            now = high
            while held and held[0][0] <= now and not held[0][2]:
                now = max(now, held[0][1])
                held = held[1:]
                released.append(int(places[index]))
            if held != ranges[-1]:
                ranges.append(held)
        values[index], kinds[index] = now, len(ranges) - 1
    count = _count(places, size)
    rcv, of = latest(values, there, 0)[count], latest(kinds, there, 0)[count]
    return Reassembled(rcv, of, ranges, released)


def _relative(begun: Hypothesis) -> Ranges:
    base = begun.tcb.rcv_nxt
    found = []
    for block in begun.held:
        low = (block.seq - base + HALF) % SPACE - HALF
        found.append((low, low + block.length + block.fin, block.fin))
    return tuple(found)


def _count(places: Numbers, size: int) -> Numbers:
    """How many of the places are before each packet, and after the last."""
    return np.searchsorted(places, np.arange(size + 1), side="left")


def with_last(held: Ranges, low: int, high: int) -> Ranges | None:
    """What is held with a range behind all others, or next to the last; None if it is elsewhere."""
    if not held:
        return ((low, high, False),)
    begin, end, fin = held[-1]
    if fin or low < end:
        return None
    return (*held[:-1], (begin, high, False)) if low == end else (*held, (low, high, False))
