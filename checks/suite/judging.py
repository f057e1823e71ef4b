"""Would a conforming stack pass? A script held against the rules.

What the end has to send in a script is explained by conform's search, whose start and calls are
known here, as for a stack that is driven. An explanation by the rules alone is a run of a
conforming stack that passes. Where there is one with a switch only that the RFC leaves open, or
where such a switch takes it away, some conforming stacks pass and others do not. Where there is
none, the script asks for what the RFC forbids: the least deviations that explain it say what.

packetdrill compares what the stack sends with the next packet that the script expects, and looks at
nothing after the last one of these.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from tcpmc.captures.packet import Packet
from tcpmc.captures.text.packetdrill import KERNEL
from tcpmc.checks.conform.explaining import Deviation, Explanation, explanation
from tcpmc.checks.conform.hypothesis import Hypothesis
from tcpmc.checks.conform.layers import Node
from tcpmc.checks.conform.requirements import requirement
from tcpmc.checks.conform.search import STRICT, OutOfTime, Run, hindsight
from tcpmc.checks.conform.stacks import Stack
from tcpmc.checks.conform.view import Seen, view_of
from tcpmc.checks.drive.moves import KINDS
from tcpmc.checks.drive.oracle import START, Driving
from tcpmc.checks.suite.demands import Demands
from tcpmc.checks.suite.prompt import CAN_CLOSE, DUE, Prompt, all_sent, first_sent
from tcpmc.model.endpoint.tcb import State

Verdict = Literal["passes", "left open", "forbidden", "not decided"]

UNNAMED = ("3.10", "3.10.7")
"""What a deviation says that it breaks where it does not know better."""
NOTHING = ("numbers from", "nothing")

AFTER_THE_LAST = 1_000_000
"""Nanoseconds between the last packet that is looked at and those after it."""


@dataclass(frozen=True)
class Fault:
    """What a script asks for that not every conforming stack does: the line, what the script has
    there, what the rules do instead, and the requirement or section that says so."""

    line: int
    asks: str
    rules: str
    requirement: str


@dataclass(frozen=True)
class ScriptEvent:
    """A segment that arrives: the line, the states in which the end can be then, and its kind, ""
    for one that is none of the nine."""

    line: int
    states: frozenset[State]
    kind: str


@dataclass(frozen=True)
class ScriptJudgement:
    """The verdict on a script, what is wrong with it, and what it reaches: the events, the states,
    and the labels of the rules."""

    verdict: Verdict
    faults: tuple[Fault, ...] = ()
    events: tuple[ScriptEvent, ...] = ()
    states: frozenset[State] = frozenset()
    rules: frozenset[str] = frozenset()
    why: str = ""


LEFT_OPEN = {
    "ack_range": ("MAY-12", "the range in which an ACK is acceptable (RFC 5961, 5.2)"),
    "reopening": ("MAY-2", "whether a SYN reopens a connection in TIME-WAIT"),
    "out_of_order": ("SHLD-31", "whether a segment that came early is processed later"),
    "challenge_acks": ("3.10.7.4 (RFC 5961)", "whether RFC 5961 is implemented: challenge ACKs"),
    "after_abort": ("3.5.2", "whether TIME-WAIT follows an ABORT (3.10.5: it does not)"),
}
"""Which requirement leaves a switch open, and what it is about."""


def kind_of(packet: Packet) -> str:
    """The kind of a segment, by its control bits; text has an ACK. "" for none of the nine."""
    bits = ",".join(b for b in ("SYN", "FIN", "RST", "ACK") if getattr(packet, b))
    if bits == "ACK" and packet.length:
        return "text"
    return bits if bits in KINDS else ""


def judged(demands: Demands, stack: Stack, deadline: float | None = None) -> ScriptJudgement:
    """The verdict on what a script asks. `deadline` (of time.monotonic) is when to stop."""
    try:
        return _ScriptJudging(demands, replace(stack, fin_wait_2=None), deadline).judgement()
    except OutOfTime:
        return ScriptJudgement("not decided", why="its time was over")


def _while_looked_at(packets: list[Packet]) -> list[Packet]:
    """The packets, with those at the end that nothing is sent after close to the last one that is:
    what a stack answers to them is not looked at, and cannot be overdue."""
    last = max((place for place, p in enumerate(packets) if p.outbound), default=-1)
    time = packets[last].time if last >= 0 else packets[0].time
    assert time is not None
    return [
        p if place <= last else p._replace(time=time + AFTER_THE_LAST)
        for place, p in enumerate(packets)
    ]


@dataclass(frozen=True)
class _ScriptJudging:
    demands: Demands
    stack: Stack
    deadline: float | None

    @cached_property
    def view(self) -> list[Seen]:
        return view_of(_while_looked_at(self.demands.packets), KERNEL)

    def question(self, stack: Stack) -> Driving:
        return Driving(
            self.view,
            stack,
            STRICT,
            None,
            self.deadline,
            self.demands.calls,
            self.demands.half_closes,
        )

    def judgement(self) -> ScriptJudgement:
        question = self.question(self.stack)
        told, run = question.conforming()
        if told is None:
            return self.forbidden(question, run)
        stack = self.stack.with_switches(told.switches)
        question = self.question(stack)
        wrong = [*self.not_in_state(question, told, run), *self.not_closed(question, run)]
        if wrong:
            return self.reached("forbidden", told, run, wrong)
        open_faults = [*self.open(told, run)]
        return self.reached("left open" if open_faults else "passes", told, run, open_faults)

    def forbidden(self, question: Driving, furthest: Run) -> ScriptJudgement:
        """What no conforming stack does, by the least deviations that explain the script."""
        run = question.repaired(replace(STRICT, crash=True, deviations=True))
        if not run.explained:
            place = furthest.overdue if furthest.overdue is not None else furthest.refused
            fault = Fault(self.line(place), self.shown(place), "nothing that explains it", "3.10")
            return ScriptJudgement("forbidden", (fault,), why="only explained up to there")
        told = explanation("DEVIATES", run)
        faults = [self.fault(one, told) for one in told.deviations]
        return self.reached("forbidden", told, run, faults)

    def fault(self, one: Deviation, told: Explanation) -> Fault:
        """A deviation, with the rule for the segment that arrived last where it names none."""
        line = self.line(one.packet)
        if one.requirement not in UNNAMED:
            return Fault(line, one.text, one.expected, one.requirement)
        rule = last_rule(told, len(told.told) if one.packet is None else one.packet)
        if not rule:
            return Fault(line, one.text, one.expected, one.requirement)
        expected = "nothing" if one.expected.startswith(NOTHING) else one.expected
        return Fault(line, one.text, f"{rule}: {expected}", requirement(rule))

    def line(self, place: int | None) -> int:
        lines = self.demands.lines
        return lines[-1 if place is None or place >= len(lines) else place]

    def shown(self, place: int | None) -> str:
        if place is None or place >= len(self.view):
            return "nothing more is sent"
        return f"{self.view[place].segment} {'sent' if self.view[place].sent else 'arrives'}"

    def open(self, told: Explanation, first: Run) -> Iterator[Fault]:
        """The switches that the RFC leaves open and on which the script depends."""
        for name, value in told.switches:
            requirement, about = LEFT_OPEN.get(name, ("3.10", name))
            yield Fault(self.demands.lines[-1], f"{name}={value}", about, requirement)
        if told.switches:
            return
        for switch in self.stack.permitted:
            run = self.question(self.stack).search(self.stack.with_switches((switch,)))
            if not run.explained:
                name, value = switch
                requirement, about = LEFT_OPEN.get(name, ("3.10", name))
                place = run.overdue if run.overdue is not None else run.refused
                asks = f"not with {name}={value}"
                yield Fault(self.line(place), asks, about, requirement)
        yield from self.left_out(first)

    def not_in_state(self, question: Driving, told: Explanation, run: Run) -> Iterator[Fault]:
        """The states that the script asserts and in which the end cannot be."""
        for place, made, line, state in self.demands.states:
            known = {h.state for h in self.possible(question, run, place, made)}
            if state not in known:
                rule = last_rule(told, place)
                expected = " or ".join(sorted(known))
                expected = f"{rule}: {expected}" if rule else expected
                name = requirement(rule) if rule else "3.3.2"
                yield Fault(line, f"{state} asserted", expected, name)

    def not_closed(self, question: Driving, run: Run) -> Iterator[Fault]:
        """The calls that end the connection after which something else is sent first."""
        for place, made in self.demands.calls.items():
            for number, call in enumerate(made):
                at = first_sent(self.demands, place)
                if call not in DUE or at is None or not all_sent(self.demands, place):
                    continue
                known = self.possible(question, run, place, made[:number])
                ready = all(h.state in CAN_CLOSE and h.tcb.snd_una == h.tcb.snd_nxt for h in known)
                if ready and not (self.demands.packets[at].RST or self.demands.packets[at].FIN):
                    section = "3.10.4" if call == "CLOSE" else "3.10.5"
                    yield Fault(
                        self.line(at), self.shown(at), f"{DUE[call]} first, after {call}", section
                    )

    def left_out(self, run: Run) -> Iterator[Fault]:
        """An ACK that a stack which answers at once sends, and the script leaves out."""
        demands = self.demands
        looked_at = self.view[: max(demands.sent, default=-1) + 1]
        view = [replace(seen, quiet=float("inf")) for seen in looked_at]
        prompt = Prompt(
            *(self.stack, view, STRICT, None, None, self.deadline),
            calls=demands.calls,
            half_closes=demands.half_closes,
        ).run([START])
        if not view or prompt.explained:
            return
        place = prompt.overdue if prompt.overdue is not None else prompt.refused
        told = explanation("CONFORMS", run).told
        rule = "" if place is None or place >= len(told) else " + ".join(told[place].rules)
        yield Fault(self.line(place), "no ACK is expected", rule, "RFC 5961, 7")

    def possible(
        self, question: Driving, run: Run, place: int, made: tuple[str, ...]
    ) -> list[Hypothesis]:
        """What the end can be in before the packet of that place, or after all, once these calls
        are made."""
        view = self.view
        seen = replace(view[min(place, len(view) - 1)], index=place)
        search = question.of(question.stack, {**question.calls, place: made})
        return list(search.closure(run.layers[place], seen, [], run))

    def reached(
        self, verdict: Verdict, told: Explanation, run: Run, faults: list[Fault]
    ) -> ScriptJudgement:
        """The verdict, with what the script reaches in this explanation."""
        live = hindsight(run)
        events, states = [], {State.CLOSED}  # where every script begins
        for place, seen in enumerate(self.view):
            before = _states_before(live[place + 1])
            states |= before | {node.hypothesis.state for node in live[place + 1]}
            if not seen.sent:
                events.append(
                    ScriptEvent(self.demands.lines[place], frozenset(before), kind_of(seen.packet))
                )
        last = self.demands.calls.get(len(self.view))
        if last:
            question = self.question(self.stack.with_switches(told.switches))
            states |= {h.state for h in self.possible(question, run, len(self.view), last)}
        rules = frozenset(
            label for one in told.told for rule in one.rules for label in rule.split(" + ")
        )
        return ScriptJudgement(verdict, tuple(faults), tuple(events), frozenset(states), rules)


def last_rule(told: Explanation, place: int) -> str:
    """The rule for the segment that arrived last before a place; "" where none did."""
    arrived = (one.rules for one in reversed(told.told[:place]) if not one.seen.sent)
    return next((rules[-1].split(" + ")[-1] for rules in arrived if rules), "")


def _states_before(nodes: list[Node]) -> set[State]:
    """The states of the hypotheses from which a packet has led to these."""
    return {
        origin.hypothesis.state for node in nodes for origin, _ in node.before if origin is not None
    }
