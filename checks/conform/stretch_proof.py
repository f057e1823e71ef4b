"""The proof that a guess holds, by induction over the packets.

What is guessed before each packet leads to what is guessed before the next, at no cost, and to
nothing else that can live.

The rules are called on examples of each kind of packets only (`packet_kinds`): as they cannot tell
the packets of a kind apart, what they do with one they do with all. Where examples of one kind
differ nevertheless, its key lacks something: that is a `Disagreement`, and a bug.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tcpmc.checks.conform.columns import NONE, Columns, ViewBlock
from tcpmc.checks.conform.hypothesis import FREE, Hypothesis, Note
from tcpmc.checks.conform.layers import Node, paths
from tcpmc.checks.conform.packet_kinds import keys
from tcpmc.checks.conform.search import Run, Search
from tcpmc.checks.conform.steady import Guess, without_numbers
from tcpmc.model.endpoint.tcb import State

if TYPE_CHECKING:
    from numpy.typing import NDArray

Key = tuple[Hypothesis, bytes]
"""What the hypotheses of a stretch have in common, and the words of a packet's key."""
EXAMPLES = 3
"""So many packets of each kind are tried."""
REFUSED = -1


class Disagreement(Exception):
    """The rules do different things with two packets of one kind."""


@dataclass(frozen=True)
class Lesson:
    """What all packets of a kind do: the states after them, and the rules that led there. `forks`:
    there is another explanation, which ends when this end sends again."""

    states: tuple[str, ...]
    rules: tuple[str, ...]
    granted: tuple[Note, ...]
    forks: bool

    @property
    def known(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Note, ...]]:
        """What is told of such a packet."""
        return self.states, self.rules, self.granted


@dataclass
class StretchProver:
    """Proves guesses about one view, as one search explains it."""

    search: Search
    view: Columns
    lessons: list[Lesson] = field(default_factory=list)
    _known: dict[Key, int] = field(default_factory=dict)
    _tried: Counter[Key] = field(default_factory=Counter)
    _numbers: dict[Lesson, int] = field(default_factory=dict)

    def lessons_of(self, part: ViewBlock, guess: Guess) -> NDArray[np.int32]:
        """For each packet of the part the number of its lesson; `REFUSED` where what is guessed
        after it does not follow from what is guessed before it, or not alone."""
        due = guess.due[:-1]
        times = np.full(len(part), -np.inf)
        for place in np.unique(due[due != NONE]).tolist():
            times[due == place] = self.time(place)
        rows, examples, kinds = _sorted(keys(part, guess, self.search.stack, times))
        same = without_numbers(guess.begun)
        found = [
            self._lesson((same, row.tobytes()), which, part, guess)
            for row, which in zip(rows, examples, strict=True)
        ]
        return np.array(found, np.int32)[kinds]

    def settled(self, lessons: NDArray[np.int32], sent: NDArray[np.bool_]) -> int:
        """How many packets follow one another by their lessons, so that after the last of them
        nothing but what is guessed lives."""
        refused = np.flatnonzero(lessons == REFUSED)
        if not len(refused):
            return len(lessons)
        count = int(refused[0])
        own = np.flatnonzero(sent[:count])
        settled = int(own[-1]) + 1 if len(own) else 0
        forks = any(self.lessons[number].forks for number in lessons[settled:count].tolist())
        return settled if forks else count

    def time(self, place: int) -> float:
        """The time of the packet of a place, in seconds."""
        block = self.view.block(place)
        return float(block.time[place - block.begin])

    def _lesson(self, key: Key, examples: list[int], part: ViewBlock, guess: Guess) -> int:
        """The lesson of a kind: as known, as long as enough examples have been tried."""
        for index in examples:
            known = self._known.get(key)
            if known == REFUSED or self._tried[key] >= EXAMPLES:
                break
            self._tried[key] += 1
            found = self._tried_out(index, part, guess)
            if self._known.setdefault(key, found) != found:
                place = part.begin + index
                raise Disagreement(f"packet {self.view[place].packet.number}")
        return self._known[key]

    def _tried_out(self, index: int, part: ViewBlock, guess: Guess) -> int:
        """The rules called on one packet."""
        begun, expected = guess.at(index), guess.at(index + 1)
        seen = self.view[part.begin + index]
        origin = Node(begun, FREE, [(None, ())])
        run = Run(self.view, self.search.excuses, [{begun: origin}])
        after = self.search.step({begun: origin}, seen, run)
        node = after.get(expected)
        if node is None or node.cost != FREE:
            return REFUSED
        lives = bool(np.any(part.sent[index + 1 :])) and not seen.sent
        others = [h for h in after if h != expected]
        if others and not (lives and all(map(_is_doomed, others))):
            return REFUSED
        rules, granted = _told(node, origin)
        lesson = Lesson((str(expected.state),), rules, granted, bool(others))
        number = self._numbers.setdefault(lesson, len(self.lessons))
        if number == len(self.lessons):
            self.lessons.append(lesson)
        return number


def _is_doomed(hypothesis: Hypothesis) -> bool:
    """Whether the hypothesis cannot explain the next packet that the end sends, which has ACK, and
    neither SYN nor RST: there is no connection, and no SYN comes that could open one."""
    return hypothesis.state in (State.CLOSED, State.LISTEN) and all(
        owed.segment.RST for owed in hypothesis.owed
    )


def _told(node: Node, origin: Node) -> tuple[tuple[str, ...], tuple[Note, ...]]:
    notes = [note for _, steps in paths(node, {id(origin)}) for note in steps]
    rules = dict.fromkeys(note.text for note in notes if note.kind == "rule")
    return tuple(rules), tuple(dict.fromkeys(note for note in notes if note.kind != "rule"))


def _sorted(
    words: NDArray[np.int64],
) -> tuple[list[NDArray[np.int64]], list[list[int]], NDArray[np.int64]]:
    """The different keys, examples of each, and which of them each packet has."""
    kinds = np.zeros(words.shape[1], np.int64)
    for word in words:
        numbers = np.unique(word, return_inverse=True)[1]
        kinds = np.unique(kinds * (int(numbers.max()) + 1) + numbers, return_inverse=True)[1]
    count = int(kinds.max()) + 1
    first, last = np.full(count, len(kinds)), np.zeros(count, np.int64)
    places = np.arange(len(kinds))
    np.minimum.at(first, kinds, places)
    np.maximum.at(last, kinds, places)
    examples = [
        sorted({low, high}) for low, high in zip(first.tolist(), last.tolist(), strict=True)
    ]
    return [words[:, place] for place in first.tolist()], examples, kinds
