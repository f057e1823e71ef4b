"""Long connections: steady stretches at once, and packet by packet what lies between them.

The outcome is that of `Search.run`, which carries all hypotheses over each packet: between
stretches it does just that, and a stretch begins and ends where only one hypothesis is left, so
that it is on every explanation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tcpmc.checks.conform.columns import Columns, ViewBlock
from tcpmc.checks.conform.hypothesis import FREE, Cost, Hypothesis
from tcpmc.checks.conform.layers import Layer, Node, add
from tcpmc.checks.conform.search import Run, Search, window_around
from tcpmc.checks.conform.steady import Guess, guessed, may_begin, part_of
from tcpmc.checks.conform.stretch_proof import Lesson, StretchProver
from tcpmc.model.variants.linux_rules import LINUX
from tcpmc.model.variants.lwip_rules import LWIP
from tcpmc.model.variants.variant import RFC9293

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONG = 256
"""Views of fewer packets are explained packet by packet."""
FIRST, LARGEST = 128, 2**16
KNOWN_RULES = (RFC9293, LINUX, LWIP)
"""They compare no other numbers than the keys of kinds have."""
PATIENCE = 4
"""Packets that are explained one by one before another guess is made."""


@dataclass
class Stretch:
    """A steady stretch from the place `begin`: what is known before it, and the number of the
    lesson of each packet."""

    begin: int
    before: Hypothesis
    cost: Cost
    lessons: NDArray[np.int32]


@dataclass
class Between:
    """The packets from the place `begin` on, one by one: a layer for each, and one before."""

    begin: int
    run: Run


@dataclass
class LongRun(Run):
    """A forward pass in pieces; `layers` is that after the last packet that is explained."""

    pieces: list[Stretch | Between] = field(default_factory=list)
    lessons: Sequence[Lesson] = ()


def can_be_long(search: Search) -> bool:
    """Whether the search can be made in stretches: the rules of a user's variant may compare what
    the kinds of packets do not have in their keys."""
    near = not search.excuses.far
    return isinstance(search.view, Columns) and near and search.stack.variant.rules in KNOWN_RULES


def long_run(search: Search, starts: Iterable[Hypothesis], repairs: int = 0) -> LongRun:
    """Carry the hypotheses over all packets. So many times, where nothing explains a packet, the
    excuses of the search are allowed around it."""
    first: Layer = {}
    for hypothesis in starts:
        add(first, None, (hypothesis, FREE, ()))
    long = _Long(search, first)
    long.go_on()
    for _ in range(repairs):
        if not long.repaired():
            break
        long.go_on()
    return long.ended()


@dataclass(frozen=True)
class _Attempt:
    """A guess about some packets, and what was proved of it."""

    part: ViewBlock
    guess: Guess
    lessons: NDArray[np.int32]

    def fits(self, hypothesis: Hypothesis, place: int) -> bool:
        """Whether it is right, and not at its end, at a place."""
        at = place - self.part.begin
        return 0 <= at < len(self.lessons) and self.guess.at(at) == hypothesis


class _Long:
    """A long run as it is made."""

    def __init__(self, search: Search, first: Layer) -> None:
        assert isinstance(search.view, Columns)
        self._search, self._view = search, search.view
        self._prover = StretchProver(search, self._view)
        self._run = LongRun(self._view, search.excuses, [first], lessons=self._prover.lessons)
        self._between = self._begin(0, first)
        self._attempt: _Attempt | None = None
        self._place, self._size, self._patience = 0, FIRST, 0

    def go_on(self) -> None:
        """Up to the end, or a packet that nothing explains."""
        while self._place < len(self._view):
            layer = self._between.run.layers[-1]
            if len(layer) == 1 and self._stretched(*layer.values()):
                continue
            self._patience -= 1
            layer = self._search.step(layer, self._view[self._place], self._between.run)
            if not layer:
                return
            self._between.run.layers.append(layer)
            self._place += 1
        self._search.finish(self._between.run)

    def ended(self) -> LongRun:
        """The run, with what its last piece says of the end."""
        run, found = self._run, self._between.run
        run.layers = [found.layers[-1]]
        run.refused, run.asked, run.overdue = found.refused, found.asked, found.overdue
        run.bounded = any(isinstance(p, Between) and p.run.bounded for p in run.pieces)
        return run

    def repaired(self) -> bool:
        """Go back to before the packet that nothing explains, and allow excuses around it; False
        where nothing is to be repaired, or that was done before."""
        windows = self._search.windows
        window = window_around(self._between.run)
        if window is None or windows is None or window in windows:
            return False
        windows.append(window)
        self._back_to(window.start)
        return True

    def _back_to(self, place: int) -> None:
        """Forget what is known of the packets from there on."""
        pieces = self._run.pieces
        while len(pieces) > 1 and pieces[-1].begin > place:
            pieces.pop()
        last = pieces.pop()
        if isinstance(last, Stretch):
            self._between = self._begin(last.begin, _alone(last.before, last.cost))
        else:
            kept = max(0, min(place - last.begin, len(last.run.layers) - 1))
            self._between = self._begin(last.begin, last.run.layers[0])
            self._between.run.layers = last.run.layers[: kept + 1]
            self._between.run.bounded = last.run.bounded
        self._place = self._between.begin + len(self._between.run.layers) - 1
        self._attempt, self._patience = None, 0

    def _begin(self, place: int, layer: Layer) -> Between:
        piece = Between(place, Run(self._view, self._search.excuses, [layer]))
        self._run.pieces.append(piece)
        return piece

    def _stretched(self, node: Node) -> bool:
        """Go on by a stretch, if there is one."""
        attempt = self._attempt
        if attempt is None or not attempt.fits(node.hypothesis, self._place):
            if self._patience > 0:
                return False
            attempt = self._attempt = self._attempted(node.hypothesis)
            self._patience = PATIENCE
        if attempt is None:
            return False
        at = self._place - attempt.part.begin
        lessons = attempt.lessons[at:]
        free = self._search.next_active(self._place) - self._place
        lessons = lessons[: max(free, 0)]
        count = self._prover.settled(lessons, attempt.part.sent[at:])
        if not count:
            return False
        self._run.pieces.append(Stretch(self._place, node.hypothesis, node.cost, lessons[:count]))
        self._place += count
        self._between = self._begin(self._place, _alone(attempt.guess.at(at + count), node.cost))
        return True

    def _attempted(self, begun: Hypothesis) -> _Attempt | None:
        """A guess from here on, and what is proved of it; None where none can be made."""
        free = self._search.next_active(self._place) - self._place
        if not may_begin(begun) or free <= 0:
            return None
        part = part_of(self._view, self._place, min(self._size, free))
        if not len(part):
            return None
        guess = guessed(begun, part)
        part = part.cut(0, len(guess.una) - 1)
        if not len(part):
            return None
        lessons = self._prover.lessons_of(part, guess)
        good = float((lessons >= 0).mean())
        self._size = min(2 * self._size, LARGEST) if good > ENOUGH else max(FIRST, self._size // 2)
        return _Attempt(part, guess, lessons)


ENOUGH = 0.9
"""The part of the guesses that has to be right for longer ones to be made."""


def _alone(hypothesis: Hypothesis, cost: Cost) -> Layer:
    return {hypothesis: Node(hypothesis, cost, [(None, ())])}
