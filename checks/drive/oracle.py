"""What happened in a run, held against the rules.

Segments are judged by the search of `conform`, near to the stack: the start is known, CLOSED, and
so are the calls, so that nothing is explained by one that nobody made. A call or timeout is held
against its own rule, on every TCB that the stack can have had. A state that the stack reports has
to be one that the segments allow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from tcpmc.captures.packet import Packet
from tcpmc.checks.conform.explaining import Explanation, explanation
from tcpmc.checks.conform.hypothesis import BITS, SILENT, Hypothesis, Note
from tcpmc.checks.conform.judge import Asked
from tcpmc.checks.conform.receiving import HALF_CLOSED, Branch, host_of
from tcpmc.checks.conform.requirements import requirement
from tcpmc.checks.conform.search import STRICT, Excuses, Run, Search
from tcpmc.checks.conform.stacks import Stack
from tcpmc.checks.conform.view import Seen, segment_of, view_of
from tcpmc.checks.drive.moves import Timeout, UserCall
from tcpmc.checks.drive.running import Observation
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import State, Tcb, empty_tcb
from tcpmc.stacks.stack import StackUnderTest

START = Hypothesis(empty_tcb(State.CLOSED, BITS))
AFTERWARDS = 5.0
"""Seconds after the last packet for which nothing more was sent."""

SECTIONS = {
    "3.10.1: passive": ("passive OPEN",),
    "3.10.1": ("active OPEN", "SEND"),
    "3.10.2": ("SEND",),
    "3.10.4": ("CLOSE", "ABORT"),
    "3.10.5": ("ABORT",),
    "3.5.2": ("ABORT",),
    "3.10.8: user timeout": (),
}
"""How the labels of calls begin, and who can have made them."""

STAMP = re.compile(r"<TSval=[0-9]+>")
"""A stack's clock is another in each run."""

CALL = re.compile("|".join(map(re.escape, SECTIONS)))


@dataclass(frozen=True)
class Discrepancy:
    """What a stack did that the rules do not: the move of the run at which it shows, both answers,
    and the requirement or section that says so."""

    move: int
    observed: str
    expected: str
    requirement: str


@dataclass
class Driven(Search):
    """Conform's search, where the calls are known: `calls` has those made before each packet."""

    calls: dict[int, tuple[str, ...]] = field(default_factory=dict)
    half_closes: bool = False

    def kept_in_time(self, before: Hypothesis, seen: Seen, late: list[int]) -> Iterator[Branch]:
        """The hypothesis with no reply overdue, once the calls before this packet were made."""
        for kept, cost, notes in super().kept_in_time(before, seen, late):
            after, silent = kept, notes
            for call in self.calls.get(seen.index, ()):
                after, note = self._after_call(after, call, seen)
                silent = (*silent, *note)
            yield after, cost.plus(SILENT) if after != kept else cost, silent

    def _after_call(
        self, before: Hypothesis, call: str, seen: Seen
    ) -> tuple[Hypothesis, tuple[Note, ...]]:
        """What a call changes without a segment. What it sends is explained when it is seen, and
        what waits for ESTABLISHED is no part of a hypothesis."""
        host = host_of(self.stack, before.tcb, seen)
        step = self.stack.variant.rules.call(EventKind(call), host, before.tcb)
        queued = step.tcb.queued or step.tcb.close_queued
        if step.send or queued or step.tcb == before.tcb:
            return before, ()
        gone = step.tcb.state in (State.CLOSED, State.LISTEN)
        after = before.gone(step.tcb.state) if gone else replace(before, tcb=step.tcb)
        return after, (Note(step.rule, "silent"),)

    def unseen_steps(self, before: Hypothesis, seen: Seen) -> Iterator[Branch]:
        """Timeouts: no call is made that is not known."""
        for branch in super().unseen_steps(before, seen):
            if not any(CALL.match(note.text) for note in branch[2] if note.kind != "deviation"):
                yield branch

    def branches(self, before: Hypothesis, seen: Seen) -> Iterator[Branch]:
        """What explains the packet without a call that nobody made."""
        made = {call for at, calls in self.calls.items() if at <= seen.index for call in calls}
        for branch in super().branches(before, seen):
            if all(self._is_made(note, made) for note in branch[2]):
                yield branch

    def _is_made(self, note: Note, made: set[str]) -> bool:
        if note.kind == "deviation":
            return True
        if note.text == HALF_CLOSED:
            return self.half_closes
        found = CALL.match(note.text)
        return found is None or bool(made & set(SECTIONS[found[0]]))


@dataclass(frozen=True)
class Driving(Asked):
    """Conform's question, of a run whose start and calls are known. `half_closes`: the user reads
    no more once he has closed, whatever the profile says of his stack."""

    calls: dict[int, tuple[str, ...]] = field(default_factory=dict)
    half_closes: bool = False

    def search(self, stack: Stack) -> Run:
        """Without any excuse."""
        return self.of(stack, self.calls).run([START])

    def of(
        self, stack: Stack, calls: dict[int, tuple[str, ...]], excuses: Excuses = STRICT
    ) -> Driven:
        """The search, with these calls."""
        half = self.half_closes or stack.variant.profile.half_duplex_close
        return Driven(stack, self.view, excuses, self.until, None, self.deadline, calls, half)

    def repaired(self, excuses: Excuses) -> Run:
        """With deviations, where they are allowed for; the host did not crash."""
        return self.of(self.stack, self.calls, replace(excuses, crash=False)).run([START])


@dataclass(frozen=True)
class Judged:
    """The verdict on a run: the first difference, if any, the rules that explain the rest, and the
    states that the stack can be in."""

    difference: Discrepancy | None
    rules: frozenset[str]
    states: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Oracle:
    """The rules that a stack is held against."""

    stack: Stack
    reports: bool = True

    @classmethod
    def for_stack(cls, stack: Stack, under_test: StackUnderTest) -> Oracle:
        """FIN-WAIT-2 does not end: the user still reads."""
        return cls(replace(stack, fin_wait_2=None), under_test.reports)

    def judged(self, events: Sequence[Observation]) -> Judged:
        """The verdict on a run. The last move is held against its own rule, too."""
        return _Judging(self, tuple(events)).judged

    def judged_segments(self, events: Sequence[Observation]) -> Judged:
        """The verdict on the segments of a run and on its last state; no move is held against its
        own rule."""
        return _Judging(self, tuple(events), by_rule=False).judged


@dataclass(frozen=True)
class _Judging:
    oracle: Oracle
    events: tuple[Observation, ...]
    by_rule: bool = True

    @cached_property
    def packets(self) -> list[Packet]:
        return [packet for event in self.events for packet in event.packets]

    @cached_property
    def first(self) -> list[int]:
        """For each move the place of its first packet in the view."""
        found, place = [], 0
        for event in self.events:
            found.append(place)
            place += len(event.packets)
        return found

    def move_of(self, place: int | None) -> int:
        """The move that a packet of the view belongs to."""
        if place is None:
            return len(self.events) - 1
        return max((m for m, at in enumerate(self.first) if at <= place), default=0)

    @cached_property
    def asked(self) -> Driving:
        calls: dict[int, tuple[str, ...]] = {}
        for event, place in zip(self.events, self.first, strict=True):
            if isinstance(event.move, UserCall) and not event.refused:
                calls[place] = (*calls.get(place, ()), event.move.call)
        sent = next((p for p in self.packets if p.outbound), None)
        came = next((p for p in self.packets if not p.outbound), None)
        end = sent.source if sent else came.destination if came else None
        view = view_of(self.packets, end) if end else []
        until = self.events[-1].ended / 1e9 + AFTERWARDS
        return Driving(view, self.oracle.stack, STRICT, until, None, calls)

    @cached_property
    def judged(self) -> Judged:
        if not self.packets:
            difference, rule = self.of_last(self.oracle.stack, None)
            return Judged(difference, frozenset({rule} - {""}))
        told, furthest = self.asked.conforming()
        if told is None:
            return Judged(self.deviation(furthest), frozenset())
        rules = frozenset(rule for one in told.told for rule in one.rules)
        stack = self.oracle.stack.with_switches(told.switches)
        run = self.asked.search(stack)
        after = self.possible(stack, run, len(self.events))
        states = frozenset(str(known.state) for known in after)
        difference, rule = self.of_last(stack, run)
        state = self.events[-1].state
        if difference is None and state is not None and state not in states:
            expected = " or ".join(sorted(states))
            difference = Discrepancy(
                len(self.events) - 1, f"{state}", expected, _last_rule(told) or "3.3.2"
            )
        return Judged(difference, rules | ({rule} - {""}), states)

    def deviation(self, furthest: Run) -> Discrepancy:
        """What the stack did instead, by the least set of deviations."""
        told = self.asked.deviating(furthest)
        place = furthest.overdue if furthest.overdue is not None else furthest.refused
        if told.deviations:
            first = told.deviations[0]
            where = place if first.packet is None else min(first.packet, len(self.packets) - 1)
            texts = STAMP.sub("", first.text), STAMP.sub("", first.expected)
            return Discrepancy(self.move_of(where), *texts, first.requirement)
        packet = None if place is None or place >= len(self.packets) else self.packets[place]
        said = "nothing was sent" if packet is None else f"{segment_of(packet, None)} sent"
        return Discrepancy(self.move_of(place), said, "nothing that explains it", "3.10")

    def possible(self, stack: Stack, run: Run, move: int) -> list[Hypothesis]:
        """What the stack can have been just before a move, or after all."""
        place = self.first[move] if move < len(self.events) else len(self.packets)
        view = self.asked.view
        time = self.events[move - 1].ended / 1e9 + AFTERWARDS / 2 if move else None
        seen = replace(view[place - 1] if place else view[0], index=place, time=time)
        made = [
            event.move.call
            for event, at in zip(self.events[:move], self.first, strict=False)
            if at == place and isinstance(event.move, UserCall) and not event.refused
        ]
        search = self.asked.of(stack, {**self.asked.calls, place: tuple(made)})
        return list(search.closure(run.layers[place], seen, [], run))

    def of_last(self, stack: Stack, run: Run | None) -> tuple[Discrepancy | None, str]:
        """The last move against its own rule, where it is a call or a timeout: what differs, and
        the label."""
        event = self.events[-1]
        if not self.by_rule or not isinstance(event.move, UserCall | Timeout):
            return None, ""
        name = event.move.call if isinstance(event.move, UserCall) else event.move.timer
        octets = event.move.octets if isinstance(event.move, UserCall) else 1
        sent = [segment_of(p, None) for p in event.packets if p.outbound]
        wrong: Discrepancy | None = None
        for tcb in self.before_last(stack, run):
            step = stack.variant.rules.call(EventKind(name), self.host(stack, tcb), tcb, octets)
            right, state = _same(step.send, sent), str(step.tcb.state)
            if right and event.state in (None, state):
                return None, step.rule
            told = f"{event.state}" if right else _told(sent)
            expected = f"{step.rule}{''.join(f', {s}' for s in step.send)}, {state}"
            wrong = Discrepancy(len(self.events) - 1, told, expected, requirement(step.rule))
        return wrong, ""

    def before_last(self, stack: Stack, run: Run | None) -> list[Tcb]:
        """What the TCB can be before the last move; without a packet, what the calls have made."""
        if run is not None:
            return [known.tcb for known in self.possible(stack, run, len(self.events) - 1)]
        tcb = START.tcb
        for event in self.events[:-1]:
            if isinstance(event.move, UserCall) and not event.refused:
                tcb = stack.variant.rules.call(
                    EventKind(event.move.call), self.host(stack, tcb), tcb
                ).tcb
        return [tcb]

    def host(self, stack: Stack, tcb: Tcb) -> Host:
        """What a rule may consult after the last packet."""
        if self.packets:
            return host_of(stack, tcb, self.asked.view[-1])
        return Host(stack.variant.profile, Seq(0, BITS))


def _same(expected: Sequence[Segment], sent: Sequence[Segment]) -> bool:
    """Whether the segments are those that the rule sends, up to the ISS of a SYN, stamps, and how
    often a timer expired meanwhile."""
    if not expected or not sent:
        return not expected and not sent
    return all(any(_alike(e, s) for s in sent) for e in expected) and all(
        any(_alike(e, s) for e in expected) for s in sent
    )


def _alike(expected: Segment, sent: Segment) -> bool:
    if expected.controls != sent.controls or expected.length != sent.length:
        return False
    if sent.SYN and not sent.ACK:
        return True
    return expected.seq == sent.seq and expected.ack == sent.ack


def _told(sent: Sequence[Segment]) -> str:
    return STAMP.sub("", " ".join(map(str, sent))) + " sent" if sent else "nothing was sent"


def _last_rule(told: Explanation) -> str:
    rules = [rule for one in told.told for rule in one.rules]
    return requirement(rules[-1]) if rules else ""


__all__ = ["Discrepancy", "Driven", "Driving", "Judged", "Oracle", "explanation"]
