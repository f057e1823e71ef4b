"""A set of hypotheses carried over the packets of one end, each with its least cost, and back.

Forward it is a subset construction; backward, what leads nowhere or costs more than it must is
dropped, so that a state is known in hindsight.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from heapq import heappop, heappush
from itertools import count
from time import monotonic

from tcpmc.captures.packet import BAD
from tcpmc.checks.conform.deviating import (
    not_resent,
    silent_deviations,
    wrongly_received,
    wrongly_sent,
)
from tcpmc.checks.conform.hypothesis import (
    ASSUMPTION,
    DEVIATION,
    FREE,
    SILENT,
    Cost,
    Hypothesis,
    Note,
)
from tcpmc.checks.conform.layers import Layer, Node, add, without_dominated
from tcpmc.checks.conform.receiving import Branch, receive
from tcpmc.checks.conform.sending import LEAST_IDLE, send
from tcpmc.checks.conform.silent import crash, silent
from tcpmc.checks.conform.stacks import Stack
from tcpmc.checks.conform.unseen import unseen
from tcpmc.checks.conform.view import Seen
from tcpmc.model.endpoint.segment import Segment, is_pure_ack
from tcpmc.model.endpoint.tcb import SYNCHRONIZED, State

REPLY_WITHIN = 1.0
"""Seconds in which a reply has to come: twice what MUST-40 allows to a delayed ACK."""

RESENT_WITHIN = 130.0
"""Seconds without any packet in which what is not acknowledged has to be sent again: longer than
the longest retransmission timer in use, which is 120 s (RFC 6298, 2.5: at least 60 s)."""

MOST_HYPOTHESES = 1500
MOST_FROM_AFAR = 60
CREDITS_FROM_AFAR = 2
UPSTREAM = Cost(silent=3)
MOST_LOST = 4
MOST_PENDING = 8
CROSSING_WITHIN = 0.05
REPAIR_BEFORE, REPAIR_AFTER = 12, 6


@dataclass(frozen=True)
class Excuses:
    """What may be taken for granted besides the rules.

    `crash`: the host lost the connection. `crossing`: a segment was on its way out of the host
    while another was on its way in. `loss`: the capture misses packets. `deviations`: from the
    rules. `far`: the capture was made elsewhere, so that packets reach this end late or never;
    `upstream`: and packets of it are lost before they are seen. `untimely`: the order of the
    packets at this end was found out, but not when they were there.
    """

    crash: bool = False
    crossing: bool = False
    loss: bool = False
    deviations: bool = False
    far: bool = False
    upstream: bool = False
    untimely: bool = False


STRICT = Excuses()
FROM_AFAR = Excuses(far=True)
REORDERED = Excuses(untimely=True)


@dataclass
class Run:
    """The forward pass: a layer for each packet, and where and why it ended early.

    `refused` is the place of the first packet that nothing explains, `asked` what was possible
    before it. `overdue` is the place of a packet whose reply never came, where that ended it.
    `bounded`: some hypotheses were dropped because there were too many.
    """

    view: Sequence[Seen]
    excuses: Excuses
    layers: list[Layer]
    refused: int | None = None
    asked: list[Hypothesis] = field(default_factory=list)
    overdue: int | None = None
    bounded: bool = False

    @property
    def explained(self) -> bool:
        """Whether there is an explanation of all packets."""
        return self.refused is None

    @property
    def cost(self) -> Cost:
        """The cost of the cheapest explanation."""
        return min(node.cost for node in self.layers[-1].values())


def window_around(run: Run) -> range | None:
    """The places around the packet that nothing explains, and that to which no reply came."""
    if run.refused is None:
        return None
    begin = run.refused if run.overdue is None else min(run.refused, run.overdue)
    return range(begin - REPAIR_BEFORE, run.refused + REPAIR_AFTER)


class OutOfTime(Exception):
    """The time that one end may take is over."""


@dataclass
class Search:
    """How one end's packets are explained by one stack, with these excuses."""

    stack: Stack
    view: Sequence[Seen]
    excuses: Excuses = STRICT
    until: float | None = None
    windows: list[range] | None = None
    deadline: float | None = None

    def active(self, place: int) -> bool:
        """Whether excuses hold for the packet of that place: in `windows`, or everywhere."""
        return self.windows is None or any(place in window for window in self.windows)

    def next_active(self, place: int) -> int:
        """The first place from there on where they hold; beyond the view where there is none."""
        if self.excuses in (STRICT, FROM_AFAR, REORDERED):
            return len(self.view)
        windows = [range(len(self.view))] if self.windows is None else self.windows
        found = [max(place, w.start) for w in windows if place < w.stop]
        return min(found, default=len(self.view))

    @property
    def most(self) -> int:
        """How many hypotheses are carried on: fewer from afar, where each packet can be late."""
        return MOST_FROM_AFAR if self.excuses.far else MOST_HYPOTHESES

    def run(self, starts: Iterable[Hypothesis]) -> Run:
        """Carry the hypotheses over all packets."""
        first: Layer = {}
        for hypothesis in starts:
            add(first, None, (hypothesis, FREE, ()))
        run = Run(self.view, self.excuses, [first])
        for seen in self.view:
            layer = self.step(run.layers[-1], seen, run)
            if not layer:
                return run
            run.layers.append(layer)
        self.finish(run)
        return run

    def step(self, layer: Layer, seen: Seen, run: Run) -> Layer:
        """The layer after one more packet; if nothing explains it, an empty one, and `run` says
        what was possible before."""
        if self.deadline is not None and monotonic() > self.deadline:
            raise OutOfTime
        if self.excuses.far and not seen.sent:
            # It is on its way: what this end does with it shows when it sends.
            return self.on_its_way(layer, seen)
        late: list[int] = []
        pool = self.closure(layer, seen, late, run)
        after: Layer = {}
        for node in pool.values():
            for branch in self.branches(node.hypothesis, seen):
                add(after, node, branch)
        if after:
            return self.bound(after, run)
        run.refused = seen.index
        run.asked = [n.hypothesis for n in sorted(pool.values(), key=lambda n: n.cost)]
        run.overdue = min(late, default=None) if not pool else None
        return after

    def on_its_way(self, layer: Layer, seen: Seen) -> Layer:
        """A packet that was seen on its way to this end, on every hypothesis."""
        after: Layer = {}
        for node in layer.values():
            known = node.hypothesis
            waits = replace(
                known,
                pending=(*known.pending, seen.index),
                credits=min(known.credits, CREDITS_FROM_AFAR),
                due=None,
            )
            add(after, node, (waits, FREE, ()))
        return after

    def finish(self, run: Run) -> None:
        """What the time after the last packet tells: replies that never came; from afar, what has
        been on its way arrives."""
        if self.excuses.far:
            run.layers.append(self.arrived(run.layers[-1]))
            return
        if not self.view:
            return
        last, layer = self.view[-1], run.layers[-1]
        shown = {h: node for h, node in layer.items() if not h.unshown}
        if not shown:
            run.refused = run.overdue = last.index + 1
            run.asked = list(layer)
            return
        run.layers[-1] = shown
        if self.until is None or last.time is None:
            return
        idle = self.until - last.time
        ending = replace(last, index=len(self.view), time=self.until, idle=idle)
        late: list[int] = []
        end: Layer = {}
        for node in run.layers[-1].values():
            for kept, cost, notes in self.kept_in_time(node.hypothesis, ending, late):
                add(end, node, (kept, cost, notes))
        if not end:
            run.refused = len(self.view)
            run.overdue = min(late)
            run.asked = [n.hypothesis for n in run.layers[-1].values()]
            return
        run.layers.append(end)

    def arrived(self, layer: Layer) -> Layer:
        """The hypotheses, and each with what is on its way to it, as far as that arrives."""
        after: Layer = {}
        for node in layer.values():
            add(after, node, (node.hypothesis, FREE, ()))
        todo = list(after.values())
        while todo and len(after) < 4 * self.most:
            node = todo.pop()
            if not node.hypothesis.pending:
                continue
            head, rest = self.view[node.hypothesis.pending[0]], node.hypothesis.pending[1:]
            for branch in self._received(replace(node.hypothesis, pending=rest), head):
                new = add(after, node, branch)
                if new is not None:
                    todo.append(new)
        return after

    def bound(self, layer: Layer, run: Run) -> Layer:
        """The layer without what costs far more than it must, and not too large."""
        least = min(node.cost for node in layer.values())
        if self.excuses.deviations or self.excuses.loss or self.excuses.far:
            allowed = Cost(
                least.deviations + 1,
                least.assumptions + 4,
                least.silent + MOST_LOST if self.excuses.far else 1 << 30,
            )
            layer = {h: n for h, n in layer.items() if _within(n.cost, allowed, least)}
        if len(layer) > 1:
            layer = without_dominated(layer)
        if len(layer) > self.most:
            run.bounded = True
            nodes = sorted(layer.values(), key=lambda n: n.cost)[: self.most]
            layer = {n.hypothesis: n for n in nodes}
        return layer

    def closure(self, layer: Layer, seen: Seen, late: list[int], run: Run) -> Layer:
        """The hypotheses after any steps that no packet shows, cheapest first."""
        pool: Layer = {}
        order = count()
        heap: list[tuple[Cost, int, Node]] = []

        def put(origin: Node | None, branch: Branch) -> None:
            node = add(pool, origin, branch)
            if node is not None:
                heappush(heap, (node.cost, next(order), node))

        for node in layer.values():
            for branch in self.kept_in_time(node.hypothesis, seen, late):
                put(node, branch)
        closed: set[Hypothesis] = set()
        base = min((node.cost for node in layer.values()), default=FREE)
        while heap:
            cost, _, node = heappop(heap)
            if self.deadline is not None and monotonic() > self.deadline:
                raise OutOfTime
            if node.hypothesis in closed or cost != node.cost:
                continue
            closed.add(node.hypothesis)
            if len(closed) > 4 * self.most:
                run.bounded = True
                break
            if cost.assumptions + cost.deviations > base.assumptions + base.deviations + 4:
                continue
            if self.excuses.far and _too_far(node.hypothesis, seen):
                continue
            for branch in self.unseen_steps(node.hypothesis, seen):
                put(node, branch)
        return pool

    def kept_in_time(self, before: Hypothesis, seen: Seen, late: list[int]) -> Iterator[Branch]:
        """The hypothesis if nothing that it has to send is overdue; or excused, where that may
        be."""
        if self._unresent(before, seen):
            late.append(seen.index - 1)
            before = replace(before, resent=True)
            if self.excuses.loss and self.active(seen.index):
                note = Note("unseen: what is not acknowledged, sent again", "unseen")
                yield before, ASSUMPTION, (note,)
            if self.excuses.deviations and self.active(seen.index):
                yield before, DEVIATION, not_resent(before, seen)
            return
        overdue = [
            place
            for place in (*(owed.since for owed in before.owed), before.due)
            if place is not None and self._overdue(place, seen)
        ]
        if not overdue or before.mute or self.excuses.far or self.excuses.untimely:
            yield before, FREE, ()
            return
        late.extend(overdue)
        if self.excuses.loss and self.active(seen.index):
            owed = tuple(o for o in before.owed if o.since not in overdue)
            due = None if before.due in overdue else before.due
            if all(not o.segment.SYN or before.numbered for o in before.owed if o not in owed):
                note = Note("unseen: the reply that was owed", "unseen")
                yield replace(before, owed=owed, due=due), ASSUMPTION, (note,)
        if self.excuses.deviations and self.active(seen.index):
            pending: list[Branch] = [(before, FREE, ())]
            for _ in overdue:
                pending = [
                    (after, cost.plus(extra), (*notes, *more))
                    for kept, cost, notes in pending
                    for after, extra, more in silent_deviations(self.stack, kept, seen)
                    if more[0].packet in overdue
                ]
            yield from pending

    def _unresent(self, before: Hypothesis, seen: Seen) -> bool:
        """Whether nothing was sent for so long that a retransmission timer has expired."""
        if not RESENT_WITHIN < seen.idle < float("inf") or before.resent or before.mute:
            return False
        tcb, lenient = before.tcb, self.excuses.far or self.excuses.untimely or seen.shut
        return not lenient and tcb.state in SYNCHRONIZED and tcb.snd_una != tcb.snd_nxt

    def _overdue(self, place: int, seen: Seen) -> bool:
        then = self.view[place].time
        return then is not None and seen.time is not None and seen.time - then > REPLY_WITHIN

    def unseen_steps(self, before: Hypothesis, seen: Seen) -> Iterator[Branch]:
        """Steps before this packet that the view does not show."""
        yield from silent(self.stack, before, seen)
        if before.pending:
            yield from self._processed(before)
        if not self.active(seen.index):
            return
        if self.excuses.crash:
            yield from crash(before)
        if self.excuses.loss or self.excuses.upstream:
            cost = UPSTREAM if self.excuses.far else ASSUMPTION
            yield from unseen(self.stack, before, seen, self.excuses.loss, cost)
        if self.excuses.deviations:
            yield from silent_deviations(self.stack, before, seen)

    def _received(self, before: Hypothesis, seen: Seen) -> Iterator[Branch]:
        """The packet arrives. One with a bad checksum is dropped; but a capture whose text was made
        anonymous has such checksums, too."""
        if seen.packet.checksum != BAD:
            yield from receive(self.stack, before, seen)
            if _may_be_keepalive(seen):
                for after, cost, notes in receive(self.stack, before, _keepalive(seen)):
                    yield after, cost.plus(SILENT), notes
            return
        yield before, FREE, (Note("3.1 MUST-3: bad checksum, dropped"),)
        for after, cost, notes in receive(self.stack, before, seen):
            yield after, cost.plus(SILENT), notes

    def _processed(self, before: Hypothesis) -> Iterator[Branch]:
        """The first packet on its way to this end arrives; or, on the network, never does."""
        head, rest = self.view[before.pending[0]], before.pending[1:]
        yield from self._received(replace(before, pending=rest), head)
        if self.excuses.far:
            note = Note(f"lost on the way: packet {head.packet.number}", "lost")
            yield replace(before, pending=rest), SILENT, (note,)

    def branches(self, before: Hypothesis, seen: Seen) -> Iterator[Branch]:
        """What explains this packet."""
        excuses = self.excuses
        if seen.sent:
            if excuses.crossing and self._waited_too_long(before, seen):
                return
            before = replace(before, unshown=False) if before.unshown else before
            in_order = not (excuses.crossing or excuses.far)
            yield from send(self.stack, before, seen, in_order)
            if _may_be_keepalive(seen):
                for after, cost, notes in send(self.stack, before, _keepalive(seen), in_order):
                    yield after, cost.plus(SILENT), notes
            if excuses.far and seen.index in self._copies:
                note = Note("a packet from before, duplicated or delayed on the way", "lost")
                yield before, UPSTREAM, (note,)
            if excuses.deviations and self.active(seen.index):
                yield from wrongly_sent(self.stack, before, seen)
            return
        if not before.pending:
            yield from self._received(before, seen)
        if excuses.crossing and len(before.pending) < MOST_PENDING and self.active(seen.index):
            waits = replace(before, pending=(*before.pending, seen.index))
            yield waits, ASSUMPTION, (Note("crossing: not yet processed", "crossing"),)
        if excuses.deviations and self.active(seen.index):
            yield from wrongly_received(self.stack, before, seen)

    @cached_property
    def _copies(self) -> frozenset[int]:
        """The places of what this end has sent before with the same numbers and bits."""
        met: set[Segment] = set()
        found = []
        for seen in self.view:
            if seen.sent and seen.segment in met:
                found.append(seen.index)
            elif seen.sent:
                met.add(seen.segment)
        return frozenset(found)

    def _waited_too_long(self, before: Hypothesis, seen: Seen) -> bool:
        if not before.pending:
            return False
        then = self.view[before.pending[0]].time
        return then is not None and seen.time is not None and seen.time - then > CROSSING_WITHIN


def _may_be_keepalive(seen: Seen) -> bool:
    """Whether a text leaves out the number of a pure ACK which can be a keepalive's: one less than
    the next (RFC 9293, 3.8.4)."""
    return seen.packet.seq is None and is_pure_ack(seen.segment) and seen.idle >= LEAST_IDLE


def _keepalive(seen: Seen) -> Seen:
    return replace(seen, segment=replace(seen.segment, seq=seen.segment.seq + -1))


def _too_far(before: Hypothesis, seen: Seen) -> bool:
    """Whether more has arrived than the segment that was sent acknowledges: RCV.NXT never goes back
    within a connection."""
    seg = seen.segment
    synchronized = before.state not in (State.CLOSED, State.LISTEN, State.SYN_SENT)
    if not seen.sent or not seg.ACK or seg.SYN or seg.RST or not synchronized:
        return False
    return seg.ack < before.tcb.rcv_nxt and seen.merged is None


def _within(cost: Cost, allowed: Cost, least: Cost) -> bool:
    """Whether a cost is close enough to the least one to be carried on."""
    if cost.deviations > allowed.deviations:
        return False
    if cost.deviations > least.deviations:
        return True
    if cost.assumptions > allowed.assumptions:
        return False
    return cost.assumptions > least.assumptions or cost.silent <= allowed.silent


def hindsight(run: Run) -> list[list[Node]]:
    """For each layer of an explained run the nodes on a cheapest explanation."""
    least = run.cost
    live = [n for n in run.layers[-1].values() if n.cost == least]
    found = [live]
    for layer in reversed(run.layers[:-1]):
        members = {id(n) for n in layer.values()}
        earlier: dict[int, Node] = {}
        todo, met = list(live), set()
        while todo:
            node = todo.pop()
            for origin, _ in node.before:
                if origin is None or id(origin) in met:
                    continue
                met.add(id(origin))
                if id(origin) in members:
                    earlier[id(origin)] = origin
                else:
                    todo.append(origin)
        live = list(earlier.values())
        found.append(live)
    return found[::-1]
