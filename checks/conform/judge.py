"""The verdict on one end of a connection: strict first, then what would excuse it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Literal

from tcpmc.checks.conform.hypothesis import Cost, Hypothesis, Note
from tcpmc.checks.conform.search import (
    STRICT,
    Excuses,
    Node,
    OutOfTime,
    Run,
    Search,
    hindsight,
    paths,
)
from tcpmc.checks.conform.stacks import Stack
from tcpmc.checks.conform.start import is_partial, starts
from tcpmc.checks.conform.view import Seen

Verdict = Literal["CONFORMS", "CROSSING", "INCOMPLETE", "DEVIATES", "UNEXPLAINED", "INCONCLUSIVE"]
Switches = tuple[tuple[str, object], ...]

SHORT = 48
"""Views of up to this many packets are excused as a whole, longer ones around what was refused."""

MOST_REPAIRS = 12
REPAIR_BEFORE, REPAIR_AFTER = 12, 6
MOST_DEVIATIONS = 3
MOST_MISSED = 3
MOST_SWITCHES = 2
MOST_ALTERNATIVES = 12


@dataclass(frozen=True)
class Told:
    """What is known of one packet, all packets being known: the states that this end can be in
    after it, the rules that led there, and what was taken for granted."""

    seen: Seen
    states: tuple[str, ...]
    rules: tuple[str, ...]
    granted: tuple[Note, ...] = ()

    @property
    def state(self) -> str | None:
        """The state after the packet; None where several are possible."""
        return self.states[0] if len(self.states) == 1 else None


@dataclass(frozen=True)
class Deviation:
    """One deviation: the packet it is about (None: the end of the capture), what happened, what
    it breaks, and what the RFC would have done."""

    packet: int | None
    text: str
    requirement: str
    expected: str


@dataclass(frozen=True)
class Explanation:
    """One explanation of all packets, or of all that could be: under which excuses and switches,
    at which cost, packet by packet."""

    verdict: Verdict
    told: tuple[Told, ...]
    cost: Cost = Cost()
    switches: Switches = ()
    deviations: tuple[Deviation, ...] = ()
    assumed: tuple[tuple[int, Note], ...] = ()
    last: tuple[Hypothesis, ...] = ()
    bounded: bool = False


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
        return self._search(stack, self.base).run(starts(self.view))

    def _search(
        self, stack: Stack, excuses: Excuses, active: Callable[[int], bool] = lambda _: True
    ) -> Search:
        return Search(stack, self.view, excuses, self.until, active, self.deadline)

    def conforming(self) -> tuple[Explanation | None, Run]:
        """An explanation by the rules alone; by one or two switches that the standard leaves open;
        or by a crash of the host. With it, the run that came furthest."""
        first = furthest = self.search(self.stack)
        if first.explained:
            return explanation("CONFORMS", first), first
        if self.base.far:
            run = self._search(self.stack, replace(self.base, upstream=True)).run(starts(self.view))
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
            return self._search(self.stack, excuses).run(starts(self.view))
        windows: list[range] = []

        def active(place: int) -> bool:
            return any(place in window for window in windows)

        search = self._search(self.stack, excuses, active)
        run = search.run(starts(self.view))
        for _ in range(MOST_REPAIRS):
            if run.explained or run.refused is None:
                break
            begin = min(run.refused, run.refused if run.overdue is None else run.overdue)
            window = range(begin - REPAIR_BEFORE, run.refused + REPAIR_AFTER)
            if window in windows:
                break
            windows.append(window)
            run = search.run(starts(self.view))
        return run


def explanation(verdict: Verdict, run: Run, switches: Switches = ()) -> Explanation:
    """What a run says, packet by packet, in hindsight."""
    live = hindsight(run)
    told: list[Told] = []
    deviations: list[Deviation] = []
    assumed: list[tuple[int, Note]] = []
    for index, seen in enumerate(run.view[: len(run.layers) - 1]):
        nodes = live[index + 1]
        members = {id(node) for node in run.layers[index].values()}
        rules, granted = _steps(nodes, members)
        told.append(Told(seen, _states(nodes), rules, granted))
    for place, note in _one_path(run, live):
        if note.kind == "deviation":
            deviations.append(_deviation(run, place, note))
        elif note.kind not in {"rule", "silent"}:
            assumed.append((place, note))
    last = tuple(node.hypothesis for node in live[-1])
    return Explanation(
        verdict,
        tuple(told),
        run.cost,
        switches,
        tuple(deviations),
        tuple(assumed),
        last,
        run.bounded,
    )


def _deviation(run: Run, place: int, note: Note) -> Deviation:
    """One deviation, at the packet at which it shows: what was received and not acted upon shows
    when the end sends next."""
    text = note.text
    if note.packet is not None:
        place = note.packet
    elif place < len(run.view) and not run.view[place].sent:
        text = f"{text} (packet {run.view[place].packet.number})"
        place = next((s.index for s in run.view[place:] if s.sent), place)
    return Deviation(place, text, note.requirement, note.expected)


def _states(nodes: Iterable[Node]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(node.hypothesis.state) for node in nodes))


def _steps(nodes: Iterable[Node], members: set[int]) -> tuple[tuple[str, ...], tuple[Note, ...]]:
    """The labels of the rules that led to some nodes, and what was taken for granted."""
    rules: dict[str, None] = {}
    granted: dict[Note, None] = {}
    for node in nodes:
        for _, notes in paths(node, members):
            for note in notes:
                if note.kind == "rule":
                    rules[note.text] = None
                else:
                    granted[note] = None
    return tuple(rules), tuple(granted)


def _one_path(run: Run, live: list[list[Node]]) -> list[tuple[int, Note]]:
    """The notes of one cheapest explanation, with the place of the packet of each."""
    found: list[tuple[int, Note]] = []
    node: Node | None = live[-1][0]
    for index in range(len(run.layers) - 1, 0, -1):
        members = {id(n) for n in run.layers[index - 1].values()}
        assert node is not None
        origin, notes = next(iter(paths(node, members)))
        found += [(index - 1, note) for note in reversed(notes)]
        node = origin
    return found[::-1]
