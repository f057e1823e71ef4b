"""The verdict on one end of a connection: strict first, then what would excuse it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from tcpmc.checks.conform.afar import order_of
from tcpmc.checks.conform.columns import Columns, columns_of
from tcpmc.checks.conform.explaining import (
    Explanation,
    Switches,
    Verdict,
    explanation,
    explanation_from_afar,
)
from tcpmc.checks.conform.hypothesis import Hypothesis
from tcpmc.checks.conform.long import can_be_long, long_run
from tcpmc.checks.conform.search import (
    REORDERED,
    STRICT,
    Excuses,
    OutOfTime,
    Run,
    Search,
    window_around,
)
from tcpmc.checks.conform.stacks import Stack
from tcpmc.checks.conform.start import is_partial, starts
from tcpmc.checks.conform.stretch_proof import Disagreement
from tcpmc.checks.conform.view import Seen

SHORT = 48
"""Views of up to this many packets are excused as a whole, longer ones around what was refused."""

MOST_REPAIRS = 12
MOST_DEVIATIONS = 3
MOST_MISSED = 3
MOST_SWITCHES = 2
MOST_ALTERNATIVES = 12
MOST_FROM_AFAR = 5000
"""Packets, each of which may be late or lost, that are explained one by one."""


@dataclass(frozen=True)
class Judgement:
    """The verdict on one end.

    `strict` is the one without crossing and without packets that the capture misses. `refused` is
    the place of the first packet that strictly nothing explains (the number of packets, where it
    is what did not come in the end), `alternatives` what could have been instead.
    """

    stack: str
    vantage: str
    strict: Explanation
    best: Explanation
    partial: bool = False
    refused: int | None = None
    alternatives: tuple[Hypothesis, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def verdict(self) -> Verdict:
        """The verdict with everything that excuses it."""
        return self.best.verdict


def judged(
    view: Sequence[Seen],
    stack: Stack,
    vantage: str = "near",
    until: float | None = None,
    deadline: float | None = None,
) -> Judgement:
    """The verdict on the end whose view this is. `until` is when the capture ended, in seconds;
    `deadline` (of time.monotonic) when to stop: INCONCLUSIVE."""
    try:
        return _judged(view, stack, vantage, until, deadline)
    except OutOfTime:
        stopped = Explanation("INCONCLUSIVE", ())
        return Judgement(stack.name, vantage, stopped, stopped, is_partial(view))
    except Disagreement as difference:
        both = Explanation("DISAGREE", ())
        return Judgement(
            stack.name, vantage, both, both, is_partial(view), notes=(str(difference),)
        )


def _judged(
    view: Sequence[Seen],
    stack: Stack,
    vantage: str,
    until: float | None,
    deadline: float | None,
) -> Judgement:
    if not view:
        nothing = Explanation("CONFORMS", ())
        return Judgement(stack.name, vantage, nothing, nothing)
    if vantage == "middle":
        return _between(view, stack, until, deadline)
    base = Excuses(far=True) if vantage == "far" else STRICT
    asked = Asked(view, stack, base, until, deadline)
    partial = is_partial(view)
    told, furthest = asked.conforming()
    if told is not None:
        return Judgement(stack.name, vantage, told, told, partial)
    strict = best = explanation("INCONCLUSIVE", furthest)
    with suppress(OutOfTime):
        strict = best = asked.deviating(furthest)
        best = asked.excused(strict)
    alternatives = tuple(furthest.asked[:MOST_ALTERNATIVES])
    return Judgement(stack.name, vantage, strict, best, partial, _place(furthest), alternatives)


def strictly_explained(
    view: Sequence[Seen], stack: Stack, until: float | None = None
) -> Explanation | None:
    """What near to this end strictly explains all packets, if anything does."""
    return Asked(view, stack, STRICT, until).conforming()[0]


def strictly_refused(view: Sequence[Seen], stack: Stack, until: float | None = None) -> int | None:
    """The place of the first packet that near to this end strictly nothing explains, or whose
    reply is missing; None if all is explained."""
    told, furthest = Asked(view, stack, STRICT, until).conforming()
    return None if told else _place(furthest)


def _between(
    view: Sequence[Seen], stack: Stack, until: float | None, deadline: float | None
) -> Judgement:
    """The verdict where the capture may have been made anywhere: strict is that of a capture made
    at this end, and what excuses it is that packets were late or lost on their way to it."""
    near = _judged(view, stack, "near", until, deadline)
    if near.verdict == "CONFORMS":
        return replace(near, vantage="middle")
    far = _judged(view, stack, "far", until, deadline)
    worse = ("DEVIATES", "UNEXPLAINED")
    best = near.best if far.verdict in worse and near.verdict not in worse else far.best
    return replace(near, vantage="middle", best=best)


def _place(run: Run) -> int | None:
    return run.overdue if run.overdue is not None else run.refused


def _reach(run: Run) -> int:
    """How many packets were explained."""
    place = _place(run)
    return len(run.view) + 1 if place is None else place


@dataclass(frozen=True)
class Asked:
    """One view held against one stack, from one vantage point; each way to explain it."""

    view: Sequence[Seen]
    stack: Stack
    base: Excuses
    until: float | None
    deadline: float | None = None

    def search(self, stack: Stack) -> Run:
        """Without any excuse that the vantage point does not give."""
        return self._run(stack, self.base)

    def _run(
        self,
        stack: Stack,
        excuses: Excuses,
        windows: list[range] | None = None,
        repairs: int = 0,
    ) -> Run:
        """A forward pass; where nothing explains a packet, its excuses are allowed around it, so
        many times, in `windows`."""
        search = Search(stack, self.view, excuses, self.until, windows, self.deadline)
        begun = starts(self.view)
        if can_be_long(search):
            return long_run(search, begun, repairs)
        run = search.run(begun)
        for _ in range(repairs):
            window = window_around(run)
            if window is None or windows is None or window in windows:
                break
            windows.append(window)
            run = search.run(begun)
        return run

    def conforming(self) -> tuple[Explanation | None, Run]:
        """An explanation by the rules alone; by one or two switches that the standard leaves open;
        or by a crash of the host. With it, the run that came furthest."""
        if self.base.far and isinstance(self.view, Columns):
            found = self.in_some_order(self.view)
            if found is not None:
                return found
            if len(self.view) > MOST_FROM_AFAR:
                raise OutOfTime
        first = furthest = self.search(self.stack)
        if first.explained:
            return explanation("CONFORMS", first), first
        if self.base.far:
            run = self._run(self.stack, replace(self.base, upstream=True))
            if run.explained:
                return explanation("CONFORMS", run), run
            furthest = max(furthest, run, key=_reach)
        useful: list[Switches] = [()]
        for one in useful:
            for switch in self.stack.permitted:
                if len(one) == MOST_SWITCHES or switch[0] in dict(one):
                    continue
                run = self.search(self.stack.with_switches((*one, switch)))
                if run.explained:
                    return explanation("CONFORMS", run, (*one, switch)), run
                if _reach(run) > _reach(furthest):
                    useful.append((*one, switch))
                    furthest = run
        run = self.repaired(replace(self.base, crash=True, upstream=self.base.far))
        if run.explained:
            return explanation("CONFORMS", run), run
        return None, max(furthest, run, key=_reach)

    def in_some_order(self, view: Columns) -> tuple[Explanation, Run] | None:
        """An explanation by the rules alone of the packets in an order in which they can have
        arrived, if one is found."""
        order = order_of(view.rows, view.end)
        there = order and columns_of(order.of(view.rows), view.end)
        if not order or not there:
            return None
        search = Search(self.stack, there, REORDERED, deadline=self.deadline)
        if not can_be_long(search):
            return None
        run = long_run(search, starts(there))
        return (explanation_from_afar(order, run, view), run) if run.explained else None

    def deviating(self, furthest: Run) -> Explanation:
        """The least set of deviations that explains the view, or what is explained of it."""
        excuses = replace(self.base, crash=True, deviations=True, upstream=self.base.far)
        run = self.repaired(excuses)
        if run.explained and run.cost.deviations <= MOST_DEVIATIONS * self._stretches:
            return explanation("DEVIATES", run)
        return explanation("UNEXPLAINED", furthest)

    def excused(self, strict: Explanation) -> Explanation:
        """The explanation without a deviation that takes least for granted; else the strict one."""
        if not self.base.far and any(seen.time is not None for seen in self.view):
            run = self.repaired(replace(self.base, crossing=True))
            if run.explained:
                return explanation("CROSSING", run)
        run = self.repaired(replace(self.base, loss=True, upstream=self.base.far))
        if run.explained and run.cost.assumptions <= MOST_MISSED * self._stretches:
            return explanation("INCOMPLETE", run)
        return strict

    @property
    def _stretches(self) -> int:
        return 1 + len(self.view) // SHORT

    def repaired(self, excuses: Excuses) -> Run:
        """The forward pass with these excuses: everywhere in a short view, in a long one around
        each packet that is refused without them."""
        if len(self.view) <= SHORT:
            return self._run(self.stack, excuses)
        return self._run(self.stack, excuses, [], MOST_REPAIRS * self._stretches)
