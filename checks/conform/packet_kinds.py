"""Kinds of packets that no rule can tell apart, as far as a steady stretch goes.

The key of a packet has, for each two numbers that a rule compares, whether they are the same, next
to each other, or further apart, and which comes first; whether each time is beyond its limit; and
which number of the packet or of the hypothesis before it each number after it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcpmc.captures.modular import SPACE, signed
from tcpmc.checks.conform.columns import NONE, ViewBlock
from tcpmc.checks.conform.hypothesis import MOST_CREDITS
from tcpmc.checks.conform.receiving import FIRST_WINDOW, LATELY
from tcpmc.checks.conform.search import REPLY_WITHIN, RESENT_WITHIN
from tcpmc.checks.conform.sending import LEAST_IDLE
from tcpmc.checks.conform.view import LARGEST_WINDOW

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcpmc.checks.conform.stacks import Stack
    from tcpmc.checks.conform.steady import Guess

    Numbers = NDArray[np.int64]
WORD = 2**62
"""A word of a key is less than this."""
FURTHER = 2
"""Numbers that are so far apart are as good as any that are further apart."""

Feature = tuple["Numbers", int]
"""For each packet a number, and what all are less than."""


def keys(part: ViewBlock, guess: Guess, stack: Stack, times: Numbers) -> Numbers:
    """The key of each packet: a row of words. `times` are those of the packets due, in seconds."""
    features = [*_numbers(part, guess), *_after(part, guess), *_times(part, guess, stack, times)]
    words: list[Numbers] = []
    most = WORD
    for values, count in features:
        if most * count >= WORD:
            words.append(np.zeros(len(part), np.int64))
            most = 1
        words[-1] = words[-1] * count + values
        most *= count
    return np.stack(words)


def _lie(number: Numbers, other: Numbers) -> Feature:
    """How one number lies to another."""
    return np.clip(signed(number - other), -FURTHER, FURTHER) + FURTHER, 2 * FURTHER + 1


def _numbers(part: ViewBlock, guess: Guess) -> list[Feature]:
    """How the numbers of the packet lie to those of the hypothesis."""
    una, nxt, rcv = guess.una[:-1], guess.nxt[:-1], guess.rcv[:-1]
    sent, seq, end, ack = part.sent, part.seq, part.end, part.ack
    acked = guess.acked[:-1]
    known = part.edge != NONE
    window = np.where(known, part.edge - rcv & SPACE - 1, FIRST_WINDOW)
    shut = window > LARGEST_WINDOW
    window = np.where(shut, 0, window)
    edge = rcv + window
    most = np.where(part.max_snd_wnd == 0, FIRST_WINDOW, part.max_snd_wnd)
    first, last, empty = _held(guess)
    low, high = part.merged_low, part.merged_high

    def either(if_sent: tuple[Numbers, Numbers], if_came: tuple[Numbers, Numbers]) -> Feature:
        return _lie(np.where(sent, if_sent[0], if_came[0]), np.where(sent, if_sent[1], if_came[1]))

    return [
        (sent.astype(np.int64), 2),
        (np.minimum(part.length, 2), 3),
        _lie(nxt, una),
        either((seq, una), (ack, una)),
        either((seq, nxt), (ack, nxt)),
        either((end, una), (ack + most, una)),
        either((end, nxt), (seq, edge)),
        either((ack, rcv), (seq, rcv)),
        either((ack, acked), (end, rcv)),
        either((acked, rcv), (end, edge)),
        either((ack, low), (seq, last)),
        either((ack, high), (first, rcv)),
        either((low, rcv), (first, guess.rcv[1:])),
        either((rcv, high), (part.tsval, guess.stamp[:-1])),
        (np.where(sent, high == NONE, empty).astype(np.int64), 2),
        (np.where(sent, acked == NONE, known).astype(np.int64), 2),
        (np.where(window == 0, 0, 1 + shut), 3),
        (part.stamped.astype(np.int64), 2),
    ]


def _held(guess: Guess) -> tuple[Numbers, Numbers, Numbers]:
    """Where what is held begins and ends, and whether nothing is, before each packet."""
    base = guess.begun.tcb.rcv_nxt.value
    begins = base + np.array([ranges[0][0] if ranges else 0 for ranges in guess.ranges])
    ends = base + np.array([ranges[-1][1] if ranges else 0 for ranges in guess.ranges])
    empty = np.array([not ranges for ranges in guess.ranges])
    held = guess.held[:-1]
    return begins[held], ends[held], empty[held]


def _after(part: ViewBlock, guess: Guess) -> list[Feature]:
    """Which number each number after the packet is."""
    own = np.where(part.sent, part.end, part.ack)
    other = np.where(part.sent, part.ack, part.end)
    return [
        *_which(guess.una, own),
        *_which(guess.nxt, own),
        *_which(guess.rcv, other),
        *_which(guess.acked, other),
        *_which(guess.stamp, part.tsval),
        (_flag(guess.held[1:] != guess.held[:-1]), 2),
        (_flag(guess.resent[1:]), 2),
        (_flag(guess.resent[:-1]), 2),
        (np.clip(guess.credits[1:] - guess.credits[:-1], -2, 2) + 2, 5),
        (_class(guess.credits[:-1]), 3),
    ]


def _which(numbers: Numbers, told: Numbers) -> list[Feature]:
    """Whether a number stays as it is, and whether it is the one that the packet tells."""
    return [(_flag(numbers[1:] == numbers[:-1]), 2), (_flag(numbers[1:] == told), 2)]


def _flag(truths: NDArray[np.bool_]) -> Numbers:
    return truths.astype(np.int64)


def _class(credits: Numbers) -> Numbers:
    return np.where(credits == 0, 0, np.where(credits < MOST_CREDITS, 1, 2))


def _times(part: ViewBlock, guess: Guess, stack: Stack, times: Numbers) -> list[Feature]:
    """What times say, and what is due."""
    due, after = guess.due[:-1], guess.due[1:]
    places = part.begin + np.arange(len(part))
    overdue = (due != NONE) & (part.time - times > REPLY_WITHIN)
    since = guess.begun.since
    elapsed = np.full(len(part), np.inf) if since is None else part.time - since
    ended = stack.fin_wait_2 is not None and elapsed >= stack.fin_wait_2
    later = np.zeros(len(part), bool)
    owns = np.flatnonzero(part.sent)
    if len(owns):
        later[: owns[-1]] = True
    become = np.select([after == NONE, after == due, after == places], [0, 1, 2], 3)
    return [
        (_flag(part.idle >= LEAST_IDLE), 2),
        (_flag((part.idle > RESENT_WITHIN) & (part.idle < np.inf)), 2),
        (_flag(part.shut), 2),
        (_flag(part.window_moved), 2),
        (_flag(part.quiet < LATELY), 2),
        (np.where(due == NONE, 0, 1 + overdue), 3),
        (become, 4),
        (_flag(elapsed >= stack.time_wait), 2),
        (_flag(np.broadcast_to(ended, len(part))), 2),
        (_flag(later), 2),
    ]
