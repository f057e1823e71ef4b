"""A Mealy machine of a stack, learned by asking it (AALpy).

The alphabet is abstract: calls, segments with numbers relative to what the stack has told, and the
end of TIME-WAIT. The answer to an input is what the stack sends, with its numbers compared to the
last, and how it refuses a call; so a machine has no numbers, and can be compared with another's.
"""

from __future__ import annotations

from collections import deque
from random import seed as seed_of_all
from typing import Any

from tcpmc.captures.packet import Packet
from tcpmc.checks.drive.mealy_machine import (
    LETTERS,
    SILENT,
    MealyMachine,
    Word,
    answers,
    recognising,
)
from tcpmc.checks.drive.moves import Move
from tcpmc.checks.drive.running import ISS, Runner
from tcpmc.stacks.stack import Impossible, NotHere, StackUnderTest

WALKS, WALK_LENGTH = 8, 10
"""Random walks from each state of a candidate, and how long."""
MIDDLE = 2
"""Letters after which each state of a candidate is recognised again, before it is believed: then a
stack with at most one state more has no other machine (W-method: Chow 1978)."""


class Unstable(Exception):
    """The stack has answered one word of inputs in two ways; says which."""


def answer(runner: Runner, move: Move) -> str:
    """What the stack does on an input, without numbers, and without what a timer sends again."""
    peer = runner.peer
    acked = peer.rcv
    sent = None if peer.base is None else (peer.nxt - peer.base + ISS) % 2**32
    try:
        event = runner.make(move)
    except Impossible:
        return "impossible"
    own = [p for p in event.packets if p.outbound and not _is_repeated(p, sent, acked)]
    told = [_abstract(p, acked) for p in own]
    if event.refused:
        told.append("refused")
    return " + ".join(told) or SILENT


def _is_repeated(packet: Packet, sent: int | None, acked: int) -> bool:
    """Whether it takes up numbers, and only such as were sent before, and acknowledges nothing new:
    what a timer sends again."""
    assert packet.seq is not None
    size = (packet.length or 0) + packet.SYN + packet.FIN
    if sent is None or not size or (packet.ACK and packet.ack != acked):
        return False
    return (sent - packet.seq - size) % 2**32 < 2**31


def _abstract(packet: Packet, acked: int) -> str:
    """Control bits and text; `new` where SEG.ACK has gone on."""
    told = packet.controls.replace("PSH,", "")
    if packet.length:
        told += " text"
    if packet.ACK and not packet.RST and packet.ack != acked:
        told += " new"
    return told


def learned(stack: StackUnderTest, seed: int = 1) -> MealyMachine:
    """The machine of a stack. Raises Unstable where it answers one word in two ways, and NotHere
    without the library that learns."""
    try:
        from aalpy.base import SUL
        from aalpy.learning_algs import run_KV
        from aalpy.oracles import StatePrefixEqOracle
    except ImportError as error:
        raise NotHere("learning needs AALpy: pip install 'tcpmc[learn]'") from error

    class AskedByLearner(SUL):  # type: ignore[misc]
        """The stack, as AALpy asks it; what it said to each word is remembered."""

        def __init__(self) -> None:
            super().__init__()
            self.known: dict[tuple[str, ...], str] = {}

        def pre(self) -> None:
            self.runner = Runner(stack)
            self.word: tuple[str, ...] = ()

        def post(self) -> None:
            pass

        def step(self, letter: str | None) -> str:
            if letter is None:
                return SILENT
            self.word = (*self.word, letter)
            said = answer(self.runner, LETTERS[letter])
            if self.known.setdefault(self.word, said) != said:
                raise Unstable(
                    f"{'; '.join(self.word)}: first {self.known[self.word]}, then {said}"
                )
            return said

        def said(self, word: Word) -> list[str]:
            """What the stack says to a word, asked only if it is not known."""
            prefixes = [word[:length] for length in range(1, len(word) + 1)]
            if not all(prefix in self.known for prefix in prefixes):
                self.pre()
                for letter in word:
                    self.step(letter)
            return [self.known[prefix] for prefix in prefixes]

    class Recognising(StatePrefixEqOracle):  # type: ignore[misc]
        """Random walks, which find most counterexamples soon, and then every word of the W-method,
        which no seed changes."""

        def find_cex(self, hypothesis: Any) -> Any:
            found = super().find_cex(hypothesis)
            if found is not None:
                return found
            machine = _machine(hypothesis)
            for word in recognising(machine, MIDDLE):
                if asked.said(word) != answers(machine, word):
                    return list(word)
            return None

    asked = AskedByLearner()
    seed_of_all(seed)
    oracle = Recognising(list(LETTERS), asked, walks_per_state=WALKS, walk_len=WALK_LENGTH)
    found = run_KV(
        list(LETTERS),
        asked,
        oracle,
        automaton_type="mealy",
        print_level=0,
        cache_and_non_det_check=False,
    )
    return _machine(found)


def _machine(found: Any) -> MealyMachine:
    """The machine that AALpy has found, its states numbered as they are first reached."""
    names = {found.initial_state: "s0"}
    edges: dict[tuple[str, str], tuple[str, str]] = {}
    todo = deque([found.initial_state])
    while todo:
        state = todo.popleft()
        for letter in LETTERS:
            after = state.transitions[letter]
            if after not in names:
                names[after] = f"s{len(names)}"
                todo.append(after)
            edges[names[state], letter] = names[after], state.output_fun[letter]
    return MealyMachine("s0", edges)
