"""When something happens, in the words of the RFC: comparisons that are true exactly then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import z3

from tcpmc.checks.audit.cases import MAX_SND_WND, SEGMENT, Case
from tcpmc.checks.audit.numbers import number as any_number
from tcpmc.checks.audit.samples import arguments_of, concrete, model_of, samples
from tcpmc.checks.symbolic.fields import CONTROLS
from tcpmc.checks.symbolic.solving import satisfiable
from tcpmc.checks.symbolic.symbolic import as_truth
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.segment_arrives import acceptable
from tcpmc.model.endpoint.sequence import acknowledges, within
from tcpmc.model.endpoint.tcb import UNCONNECTED, State, Tcb
from tcpmc.model.endpoint.timestamps import is_older

Seen = tuple[bool, ...]
COUNT = 150
"""Samples that are tried before anything is proved."""
Test = Callable[[Tcb, Segment, int, int], object]
"""Of the TCB, the segment, RCV.WND and MAX.SND.WND."""


@dataclass(frozen=True)
class Distinction:
    """Something that is so or not, and how either is said. "" is not said at all."""

    yes: str
    no: str
    test: Test
    about: str = "segment"


SEGMENTS = (
    Distinction(
        "SEG.SEQ = RCV.NXT", "SEG.SEQ is not RCV.NXT", lambda t, s, w, m: t.rcv_nxt == s.seq
    ),
    Distinction("SEG.SEQ > RCV.NXT", "SEG.SEQ =< RCV.NXT", lambda t, s, w, m: t.rcv_nxt < s.seq),
    Distinction(
        "SEG.SEQ in the window",
        "SEG.SEQ outside the window",
        lambda t, s, w, m: within(t.rcv_nxt, s.seq, t.rcv_nxt + w),
    ),
    Distinction("acceptable", "not acceptable", lambda t, s, w, m: acceptable(s, t.rcv_nxt, w)),
    Distinction(
        "SEG.SEQ+SEG.LEN = RCV.NXT",
        "SEG.SEQ+SEG.LEN is not RCV.NXT",
        lambda t, s, w, m: s.seq + s.len == t.rcv_nxt,
    ),
    Distinction(
        "SEG.SEQ+SEG.LEN-1 = RCV.NXT",
        "SEG.SEQ+SEG.LEN-1 is not RCV.NXT",
        lambda t, s, w, m: s.seq + (s.len - 1) == t.rcv_nxt,
    ),
    Distinction("no text", "text", lambda t, s, w, m: s.length == 0),
    Distinction(
        "SEG.SEQ+SEG.LEN > RCV.NXT",
        "SEG.SEQ+SEG.LEN =< RCV.NXT",
        lambda t, s, w, m: t.rcv_nxt < s.seq + s.len,
    ),
    Distinction(
        "SEG.SEQ+SEG.LEN =< RCV.NXT+RCV.WND",
        "SEG.SEQ+SEG.LEN > RCV.NXT+RCV.WND",
        lambda t, s, w, m: s.seq + s.len <= t.rcv_nxt + w,
    ),
    Distinction(
        "SND.NXT is acknowledged",
        "SND.NXT is not acknowledged",
        lambda t, s, w, m: (t.snd_una == t.snd_nxt) | (s.ack == t.snd_nxt),
    ),
    Distinction(
        "SEG.ACK = SND.NXT", "SEG.ACK is not SND.NXT", lambda t, s, w, m: t.snd_nxt == s.ack
    ),
    Distinction("SEG.ACK > SND.NXT", "SEG.ACK =< SND.NXT", lambda t, s, w, m: t.snd_nxt < s.ack),
    Distinction("SEG.ACK > SND.UNA", "SEG.ACK =< SND.UNA", lambda t, s, w, m: t.snd_una < s.ack),
    Distinction("SEG.ACK > ISS", "SEG.ACK =< ISS", lambda t, s, w, m: t.iss < s.ack),
    Distinction(
        "SND.UNA < SEG.ACK =< SND.NXT",
        "not SND.UNA < SEG.ACK =< SND.NXT",
        lambda t, s, w, m: acknowledges(t.snd_una, s.ack, t.snd_nxt),
    ),
    Distinction(
        "SEG.ACK < SND.UNA - MAX.SND.WND",
        "SEG.ACK >= SND.UNA - MAX.SND.WND",
        lambda t, s, w, m: s.ack < t.snd_una + -m,
    ),
    Distinction("SEG.SEQ = IRS", "SEG.SEQ is not IRS", lambda t, s, w, m: t.irs == s.seq),
    Distinction(
        "SEG.TSval < TS.Recent",
        "SEG.TSval >= TS.Recent",
        lambda t, s, w, m: is_older(s.stamp, t.ts_recent),
    ),
)
TCBS = (
    Distinction("from a passive OPEN", "from an active OPEN", lambda t, s, w, m: t.passive, "tcb"),
    Distinction(
        "SND.UNA = SND.NXT",
        "SND.UNA is not SND.NXT",
        lambda t, s, w, m: t.snd_una == t.snd_nxt,
        "tcb",
    ),
    Distinction(
        "SND.UNA = ISS", "SND.UNA is not ISS", lambda t, s, w, m: t.snd_una == t.iss, "tcb"
    ),
    Distinction("SND.UNA > ISS", "SND.UNA =< ISS", lambda t, s, w, m: t.iss < t.snd_una, "tcb"),
    Distinction("text queued", "no text queued", lambda t, s, w, m: t.queued != 0, "tcb"),
    Distinction("CLOSE queued", "no CLOSE queued", lambda t, s, w, m: t.close_queued, "tcb"),
)


@dataclass(frozen=True)
class Where:
    """A condition in words, whether it is exactly that, and the control bits."""

    words: tuple[str, ...]
    exact: bool
    controls: tuple[str, ...]


def said(when: Sequence[tuple[Case, z3.BoolRef]], window: int) -> Where:
    """The words for these conditions, each of a case."""
    words, exact = _Region(when, window).described()
    return Where(tuple(dict.fromkeys(words)), exact, controls_said([case for case, _ in when]))


@dataclass(frozen=True)
class _Shape:
    """Cases in which the comparisons are the same terms: those with as many of SYN and FIN. `terms`
    are the conditions to be described, one for each case, equal ones once; `literals` the
    comparisons."""

    domain: z3.BoolRef
    terms: tuple[z3.BoolRef, ...]
    literals: tuple[z3.BoolRef, ...]


class _Region:
    """Conditions on the numbers of several cases, taken together. What holds is guessed from
    solutions on either side, and then proved."""

    def __init__(self, when: Sequence[tuple[Case, z3.BoolRef]], window: int) -> None:
        cases = [case for case, _ in when]
        known = SEGMENTS if cases[0].event == SEGMENT else ()
        known = (*known, *TCBS) if all(case.state not in UNCONNECTED for case in cases) else ()
        spoken = [one for one in known if _speaks(one, cases)]
        self.words = [text for one in spoken for text in (one.yes, one.no)]
        self.inside: list[Seen] = []
        self.outside: list[Seen] = []
        self.shapes = []
        for group in _grouped(when, lambda one: one[0].controls[0:3:2]).values():
            shape = _shape(group, spoken, window)
            self.shapes.append(shape)
            self._sampled(group[0][0], shape, spoken, window)

    def _sampled(
        self, case: Case, shape: _Shape, spoken: Sequence[Distinction], window: int
    ) -> None:
        """Sort samples by the side that they are on."""
        for model in _models(window):
            if not z3.is_true(model.eval(shape.domain, model_completion=True)):
                continue
            tcb, seg = arguments_of(case, model)
            largest = concrete(any_number(MAX_SND_WND), model)
            truths = [bool(one.test(tcb, seg, window, largest)) for one in spoken]  # type: ignore[arg-type]
            seen = tuple(truth == holds for truth in truths for holds in (True, False))
            values = [z3.is_true(model.eval(one, model_completion=True)) for one in shape.terms]
            if any(values):
                self.inside.append(seen)
            if not all(values):
                self.outside.append(seen)

    def described(self) -> tuple[list[str], bool]:
        """The condition as one or two texts, which together are exactly it if that can be said with
        these comparisons."""
        implied = self._implied()
        if self._exact(implied):
            return [self._text(implied)], True
        for number in range(0, len(self.words), 2):
            if number in implied or number + 1 in implied or not self._may_split(number):
                continue
            halves = [self._implied(side) for side in (number, number + 1)]
            if all(half and self._exact(half) for half in halves):
                return [self._text(half) for half in halves], True
        return [self._text(implied)], False

    def _may_split(self, number: int) -> bool:
        """Whether the solutions that are known allow that both halves can be said exactly."""
        halves = [self._guessed(side) for side in (number, number + 1)]
        return not any(all(seen[one] for one in half) for half in halves for seen in self.outside)

    def _guessed(self, given: int | None) -> list[int]:
        """The comparisons that hold in all known solutions in which the given one does."""
        seen = [one for one in self.inside if given is None or one[given]]
        return [number for number in range(len(self.words)) if all(one[number] for one in seen)]

    def _implied(self, given: int | None = None) -> list[int]:
        """The comparisons that hold wherever the condition does, and the given one with it."""
        for shape in self.shapes:
            solver = z3.SolverFor("QF_BV")
            solver.add(shape.domain, z3.Or(*shape.terms))
            if given is not None:
                solver.add(shape.literals[given])
            while True:
                guessed = [shape.literals[number] for number in self._guessed(given)]
                solver.push()
                solver.add(z3.Not(z3.And(*guessed)))
                if not satisfiable(solver):
                    break
                self.inside.append(_values(shape, solver))
                solver.pop()
        return self._guessed(given)

    def _exact(self, implied: Sequence[int]) -> bool:
        """Whether the condition holds wherever these do."""
        if any(all(seen[number] for number in implied) for seen in self.outside):
            return False
        for shape in self.shapes:
            for term in shape.terms:
                solver = z3.SolverFor("QF_BV")
                solver.add(shape.domain, *(shape.literals[number] for number in implied))
                solver.add(z3.Not(term))
                if satisfiable(solver):
                    self.outside.append(_values(shape, solver))
                    return False
        return True

    def _text(self, implied: Sequence[int]) -> str:
        """The comparisons in words, without those that follow from the others, the later ones
        first."""
        left = list(implied)
        for number in reversed(implied):
            others = [one for one in left if one != number]
            if self._follows(number, others):
                left = others
        return ", ".join(self.words[number] for number in left)

    def _follows(self, number: int, others: Sequence[int]) -> bool:
        """Whether one comparison follows from others."""
        known = (*self.inside, *self.outside)
        if any(all(seen[one] for one in others) and not seen[number] for seen in known):
            return False
        for shape in self.shapes:
            solver = z3.SolverFor("QF_BV")
            solver.add(shape.domain, z3.Not(shape.literals[number]))
            solver.add(*(shape.literals[one] for one in others))
            if satisfiable(solver):
                self.outside.append(_values(shape, solver))
                return False
        return True


def _speaks(one: Distinction, cases: Sequence[Case]) -> bool:
    """Whether the comparison means something in every case."""
    acked = "SEG.ACK" in one.yes or "acknowledged" in one.yes
    if acked and not all(case.controls[1] for case in cases):
        return False
    if "TS" in one.yes and not all(case.stamps for case in cases):
        return False
    waiting = (State.SYN_SENT, State.SYN_RECEIVED)
    if "queued" in one.yes or "OPEN" in one.yes:
        return all(case.state in waiting for case in cases)
    return True


def _grouped(
    when: Iterable[tuple[Case, z3.BoolRef]], key: Callable[[tuple[Case, z3.BoolRef]], object]
) -> dict[object, list[tuple[Case, z3.BoolRef]]]:
    found: dict[object, list[tuple[Case, z3.BoolRef]]] = {}
    for one in when:
        found.setdefault(key(one), []).append(one)
    return found


def _shape(
    group: Sequence[tuple[Case, z3.BoolRef]], known: Sequence[Distinction], window: int
) -> _Shape:
    case = group[0][0]
    seg = case.segment if case.event == SEGMENT else None
    literals = []
    for one in known:
        term = z3.simplify(as_truth(one.test(case.tcb, seg, window, any_number(MAX_SND_WND))))  # type: ignore[arg-type]
        literals += [term, z3.simplify(z3.Not(term))]
    by_case = _grouped(group, lambda one: one[0]).values()
    terms = [z3.simplify(z3.Or(*(term for _, term in some))) for some in by_case]
    distinct = {term.get_id(): term for term in terms}
    return _Shape(case.domain, tuple(distinct.values()), tuple(literals))


def _values(shape: _Shape, solver: z3.Solver) -> Seen:
    """Which comparisons hold in the last solution."""
    solution = solver.model()
    return tuple(
        bool(z3.is_true(solution.eval(one, model_completion=True))) for one in shape.literals
    )


@cache
def _models(window: int) -> list[z3.ModelRef]:
    return [model_of(values) for values in samples(COUNT, window)]


def controls_said(cases: Sequence[Case]) -> tuple[str, ...]:
    """The control bits that these cases have in common: "RST set", "no SYN"; each combination where
    they are more than that."""
    found = {case.controls for case in cases if case.event == SEGMENT}
    if not found:
        return ()
    said_, free = [], 0
    for index, name in enumerate(CONTROLS):
        values = {one[index] for one in found}
        if len(values) == 2:
            free += 1
        else:
            said_.append(f"{name} set" if values == {True} else f"no {name}")
    if len(found) == 2**free:
        return tuple(said_)
    names = [
        ",".join(name for name, on in zip(CONTROLS, one, strict=True) if on) or "no control bit"
        for one in sorted(found)
    ]
    return (" or ".join(names),)
