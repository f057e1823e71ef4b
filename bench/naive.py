"""The reference: the same model written by hand, explored by a dict and a list.

It shares nothing with the table of rules or with any tool: what it counts is what all must count.
`python -m bench.naive K C` prints it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from bench.ir import (
    CLOSE_WAIT,
    CLOSED,
    CLOSING,
    ESTABLISHED,
    FIN_WAIT_1,
    FIN_WAIT_2,
    LAST_ACK,
    LISTEN,
    SENT,
    SYN_RECEIVED,
    SYN_SENT,
    TIME_WAIT,
    Endpoint,
    Segment,
)

ACK, SYN, FIN, RST = range(4)

Contents = tuple[Segment, ...]
State = tuple[Endpoint, Endpoint, Contents, Contents]
Reaction = tuple[Endpoint, Segment | None]

INITIAL: State = (Endpoint(), Endpoint(), (), ())


def arrive(end: Endpoint, seg: Segment, connections: int) -> Reaction:
    """The endpoint after the segment, and the answer."""
    if end.st == CLOSED:
        return end, _reset(seg)
    if end.st == LISTEN:
        return _listen(end, seg, connections)
    if end.st == SYN_SENT:
        return _syn_sent(end, seg)
    return _synchronized(end, seg)


def _iss(end: Endpoint) -> int:
    return 3 * (end.inc - 1)


def _nxt(end: Endpoint) -> int:
    return _iss(end) + SENT[end.st]


def _closed(end: Endpoint) -> Endpoint:
    return Endpoint(CLOSED, end.inc)


def _reset(seg: Segment) -> Segment | None:
    if seg.k == RST:
        return None
    return Segment(RST, seg.a, 0) if seg.a else Segment(RST, 0, seg.q + (seg.k in (SYN, FIN)))


def _listen(end: Endpoint, seg: Segment, connections: int) -> Reaction:
    if seg.k == RST or seg.a:
        return end, _reset(seg)
    if seg.k == SYN and end.inc < connections:
        after = Endpoint(SYN_RECEIVED, end.inc + 1, seg.q + 1, 1)
        return after, Segment(SYN, 3 * end.inc, seg.q + 1)
    return end, None


def _syn_sent(end: Endpoint, seg: Segment) -> Reaction:
    iss = _iss(end)
    if seg.a and seg.a != iss + 1:
        return end, _reset(seg)
    if seg.k == RST:
        return (_closed(end) if seg.a else end), None
    if seg.k == SYN and seg.a:
        return Endpoint(ESTABLISHED, end.inc, seg.q + 1), Segment(ACK, iss + 1, seg.q + 1)
    if seg.k == SYN:
        return Endpoint(SYN_RECEIVED, end.inc, seg.q + 1), Segment(SYN, iss, seg.q + 1)
    return end, None


def _synchronized(end: Endpoint, seg: Segment) -> Reaction:
    iss, nxt = _iss(end), _nxt(end)
    if seg.q != end.rn:
        return end, None if seg.k == RST else Segment(ACK, nxt, end.rn)
    if seg.k == RST:
        return (Endpoint(LISTEN, end.inc) if end.pas else _closed(end)), None
    if seg.k == SYN:
        return end, Segment(ACK, nxt, end.rn)
    if seg.a == 0:
        return end, None
    if end.st == SYN_RECEIVED and seg.a != iss + 1:
        return end, _reset(seg)
    if end.st != SYN_RECEIVED and seg.a > nxt:
        return end, Segment(ACK, nxt, end.rn)
    return _acceptable(end, seg, fin_acked=seg.a == iss + 2)


def _acceptable(end: Endpoint, seg: Segment, fin_acked: bool) -> Reaction:
    """The end's and the segment's numbers fit: what ACK and FIN do."""
    after = {
        SYN_RECEIVED: ESTABLISHED,
        FIN_WAIT_1: FIN_WAIT_2 if fin_acked else FIN_WAIT_1,
        CLOSING: TIME_WAIT if fin_acked else CLOSING,
        LAST_ACK: CLOSED if fin_acked else LAST_ACK,
    }.get(end.st, end.st)
    if after == CLOSED:
        return _closed(end), None
    of_fin = {ESTABLISHED: CLOSE_WAIT, FIN_WAIT_1: CLOSING, FIN_WAIT_2: TIME_WAIT}
    if seg.k == FIN and after in of_fin:
        return Endpoint(of_fin[after], end.inc, end.rn + 1), Segment(ACK, _nxt(end), end.rn + 1)
    return Endpoint(after, end.inc, end.rn, 0), None


def own(end: Endpoint, connections: int, room: bool) -> Iterator[Reaction]:
    """What an end can do by itself: calls, timeouts, and retransmission if there is room."""
    iss, nxt = _iss(end), _nxt(end)
    fin = Segment(FIN, iss + 1, end.rn)
    if end.st == CLOSED and end.inc < connections:
        yield Endpoint(LISTEN, end.inc), None
        yield Endpoint(SYN_SENT, end.inc + 1), Segment(SYN, 3 * end.inc, 0)
    if end.st in (LISTEN, SYN_SENT, TIME_WAIT):
        yield _closed(end), None
    if end.st in (ESTABLISHED, CLOSE_WAIT):
        yield end._replace(st=FIN_WAIT_1 if end.st == ESTABLISHED else LAST_ACK), fin
    if SYN_RECEIVED <= end.st <= CLOSE_WAIT:
        yield _closed(end), Segment(RST, nxt, 0)
    if room and end.st in (SYN_SENT, SYN_RECEIVED):
        yield end, Segment(SYN, iss, end.rn)
    if room and end.st in (FIN_WAIT_1, CLOSING, LAST_ACK):
        yield end, fin


def put(contents: Contents, seg: Segment | None, capacity: int) -> Contents:
    """The channel with one more segment; what finds it full is lost."""
    if seg is None or len(contents) >= capacity:
        return contents
    return tuple(sorted((*contents, seg), reverse=True))


def successors(state: State, connections: int, capacity: int) -> Iterator[State]:
    """The states after every transition, each as often as transitions lead to it."""
    a, b, ab, ba = state
    for me, end, peer, out, inn in ((0, a, b, ab, ba), (1, b, a, ba, ab)):
        for after, seg in own(end, connections, len(out) < capacity):
            yield _joined(me, after, peer, put(out, seg, capacity), inn)
        for seg in set(inn):
            at = inn.index(seg)
            rest = inn[:at] + inn[at + 1 :]
            yield _joined(me, end, peer, out, rest)
            if len(inn) < capacity:
                yield _joined(me, end, peer, out, put(inn, seg, capacity))
            after, answer = arrive(end, seg, connections)
            yield _joined(me, after, peer, put(out, answer, capacity), rest)


def _joined(me: int, end: Endpoint, peer: Endpoint, out: Contents, inn: Contents) -> State:
    return (end, peer, out, inn) if me == 0 else (peer, end, inn, out)


@dataclass(frozen=True)
class Counts:
    """What an exploration must find: states, transitions (duplicates and self-loops too), how many
    states are first reached at each depth, and how many have no successor."""

    states: int
    transitions: int
    levels: tuple[int, ...]
    deadlocks: int


def explore(connections: int, capacity: int) -> Counts:
    """Breadth-first search from the initial state."""
    depth, queue, transitions, deadlocks = {INITIAL: 0}, [INITIAL], 0, 0
    levels = [0]
    for state in queue:  # grows while it is read
        if depth[state] == len(levels):
            levels.append(0)
        levels[depth[state]] += 1
        before = transitions
        for after in successors(state, connections, capacity):
            transitions += 1
            if after not in depth:
                depth[after] = depth[state] + 1
                queue.append(after)
        deadlocks += transitions == before
    return Counts(len(queue), transitions, tuple(levels), deadlocks)


def main() -> None:
    connections, capacity = map(int, sys.argv[1:])
    start = time.perf_counter()
    print(explore(connections, capacity))
    print(f"{time.perf_counter() - start:.2f} s")


if __name__ == "__main__":
    main()
