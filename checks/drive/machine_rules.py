"""A Mealy machine as a variant: its answers as rules.

A machine has no numbers and no names of states. Numbers are kept in the TCB, as a peer counts them
who sees what is sent; the machine's state is kept in TS.Recent, which a stack without timestamps
does not use; and each state is named like a state of RFC 9293 by what it answers to words of up to
two letters. Whether the user is told of a reset no answer shows: `tells` says what is taken.

A segment that is none of the machine's letters has no answer: from then on the end is lost, and
does nothing. A call or timeout that is no letter does not happen, but for that of TIME-WAIT.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import product
from pathlib import Path

from tcpmc.checks.drive.learning import answer
from tcpmc.checks.drive.mealy_machine import LETTERS, SILENT, MealyMachine, answers, read_machine
from tcpmc.checks.drive.model_stack import ModelStack
from tcpmc.checks.drive.moves import Arrival, Field, Move
from tcpmc.checks.drive.plan import StateReached, ways
from tcpmc.checks.drive.running import Runner
from tcpmc.errors import BadInput
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.rules import Rules
from tcpmc.model.endpoint.segment import Segment, reset
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import (
    CONNECTION_CLOSING,
    CONNECTION_REFUSED,
    CONNECTION_RESET,
    UNCONNECTED,
    Signal,
    State,
    Step,
    Tcb,
    empty_tcb,
)
from tcpmc.model.network.product import System
from tcpmc.model.network.system import Model
from tcpmc.model.variants.shipped import VARIANTS
from tcpmc.model.variants.variant import Variant

NO_PEER = (State.CLOSED, State.LISTEN, State.SYN_SENT)
DEPTH = 2
ENOUGH = 0.7
"""How much of the most words alike a state has to answer that the shortest way says it to be."""
LOST = "no answer: not a letter of the machine"
REFERENCE = "rfc9293"
EMPTY = MealyMachine("", {})


@dataclass(frozen=True)
class MachineRules(Rules):
    """The answers of a machine. `states` are its states in order, whose place is kept in the TCB,
    and `names` the states of RFC 9293 that they are like."""

    machine: MealyMachine = EMPTY
    states: tuple[str, ...] = ()
    names: tuple[State, ...] = ()
    likeness: tuple[str, ...] = field(default=(), compare=False)
    tells: bool = False

    def __hash__(self) -> int:
        return hash((self.states, self.names, self.tells))

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What a verdict on the machine rests on besides."""
        calls = ("passive OPEN", "active OPEN", "SEND", "CLOSE", "ABORT")
        absent = [*(call for call in calls if call not in self.machine.inputs), "timeouts"]
        named = ", ".join(
            f"{state} {name}{told}"
            for state, name, told in zip(self.states, self.names, self.likeness, strict=True)
        )
        return (
            f"a machine: {', '.join(absent)} are no letters of it, and do not happen; but "
            "TIME-WAIT ends, and then the machine is as at first",
            f"its states are named by what they answer: {named}",
        )

    def call(self, event: EventKind, host: Host, tcb: Tcb, octets: int = 1) -> Step:
        """A user call or a timeout."""
        del octets
        if event == EventKind.TIME_WAIT_TIMEOUT and tcb.state == State.TIME_WAIT:
            return Step("TIME-WAIT timeout: as at first", empty_tcb(State.CLOSED, tcb.iss.bits))
        if is_lost(self, tcb) or str(event) not in self.machine.inputs:
            return Step(f"{event}: no letter of the machine", tcb)
        return self._step(host, tcb, str(event), None)

    def segment_arrives(self, host: Host, tcb: Tcb, seg: Segment) -> Step:
        """SEGMENT ARRIVES."""
        if is_lost(self, tcb):
            return Step("lost: no answer is known", tcb)
        letter = letter_of(tcb, seg)
        if letter not in self.machine.inputs:
            return Step(f"{seg.controls}: {LOST}", replace(tcb, ts_recent=len(self.states)))
        return self._step(host, tcb, letter, seg)

    def _step(self, host: Host, tcb: Tcb, letter: str, seg: Segment | None) -> Step:
        state = self.states[tcb.ts_recent]
        edge = self.machine.edges.get((state, letter))
        if edge is None or edge[1] == "impossible":
            return Step(f"{letter}: {LOST}", replace(tcb, ts_recent=len(self.states)))
        after, output = edge
        place = self.states.index(after)
        name = self.names[place]
        label = f"{state}: {letter} / {output}"
        known, send = _sent(host, _heard(tcb, seg, output, name), output, seg, name)
        gone = name in UNCONNECTED
        known = empty_tcb(name, tcb.iss.bits) if gone else replace(known, state=name)
        return Step(
            label,
            replace(known, ts_recent=place),
            send=send,
            signals=self._signals(tcb.state, name, seg),
            starts_time_wait=name == State.TIME_WAIT and (tcb.state != name or bool(send)),
        )

    def _signals(self, before: State, after: State, seg: Segment | None) -> tuple[Signal, ...]:
        """What the user is told, where that is taken for granted."""
        if not self.tells or seg is None:
            return ()
        if seg.RST and after in UNCONNECTED and before not in UNCONNECTED:
            return (CONNECTION_REFUSED if before == State.SYN_SENT else CONNECTION_RESET,)
        closing = seg.FIN and after != before and after not in UNCONNECTED
        return (CONNECTION_CLOSING,) if closing else ()


def is_lost(rules: MachineRules, tcb: Tcb) -> bool:
    """Whether something has arrived at the end to which the machine has no answer."""
    return tcb.ts_recent >= len(rules.states)


def lost(model: Model, system: System) -> bool:
    """Whether an end is lost."""
    rules = getattr(model.variant, "rules", None)
    rules = getattr(rules, "own", rules)  # of a model that remembers
    return isinstance(rules, MachineRules) and any(is_lost(rules, e.tcb) for e in system.ends)


def letter_of(tcb: Tcb, seg: Segment) -> str:
    """The letter of the learner's alphabet that a segment is; "" where it is none."""
    if tcb.state not in NO_PEER and seg.seq != tcb.rcv_nxt:
        return ""
    kind = "text" if seg.length else seg.controls
    fields: list[Field] = [""]
    if seg.ACK:
        known = tcb.state not in UNCONNECTED
        fields = ["good"] if not known or seg.ack == tcb.snd_nxt else []
        fields += ["again"] if known and seg.ack == tcb.snd_una else []
    for ack in fields:
        letter = str(Arrival(kind, ack=ack))
        if letter in LETTERS:
            return letter
    return ""


def _heard(tcb: Tcb, seg: Segment | None, output: str, name: State) -> Tcb:
    """The TCB after what the segment told: the machine has taken what it acknowledges."""
    if seg is None or seg.RST or name in UNCONNECTED:
        return tcb
    if seg.SYN and tcb.state in NO_PEER and name not in NO_PEER:
        tcb = replace(tcb, irs=seg.seq, rcv_nxt=seg.seq + 1, passive=tcb.state == State.LISTEN)
    elif "new" in output.split():
        tcb = replace(tcb, rcv_nxt=seg.seq + seg.len)
    if seg.ACK and tcb.snd_una < seg.ack <= tcb.snd_nxt:
        tcb = replace(tcb, snd_una=seg.ack)
    return tcb


def _sent(
    host: Host, tcb: Tcb, output: str, seg: Segment | None, name: State
) -> tuple[Tcb, tuple[Segment, ...]]:
    """The TCB after what the machine sends, and the segments."""
    found: list[Segment] = []
    for told in output.split(" + ") if output != SILENT else []:
        bits = told.split()[0].split(",")
        if not {"SYN", "FIN", "RST", "ACK"} & set(bits):
            continue
        if "RST" in bits:
            found.append(_reset(tcb, seg, "ACK" in bits))
            continue
        if "SYN" in bits and tcb.snd_nxt == tcb.iss:
            tcb = replace(tcb, iss=host.iss, snd_una=host.iss, snd_nxt=host.iss + 1)
        new_syn = "SYN" in bits
        segment = Segment(
            tcb.iss if new_syn else tcb.snd_nxt,
            tcb.rcv_nxt if "ACK" in bits else Seq(0, tcb.iss.bits),
            int("text" in told.split()),
            SYN=new_syn,
            ACK="ACK" in bits,
            FIN="FIN" in bits,
        )
        if not new_syn:
            tcb = replace(tcb, snd_nxt=tcb.snd_nxt + segment.len)
        found.append(segment)
    return tcb, tuple(found)


def _reset(tcb: Tcb, seg: Segment | None, with_ack: bool) -> Segment:
    """A reset: of the user's, or the one that answers a segment."""
    if seg is not None and with_ack != seg.ACK:
        return reset(seg)
    return Segment(tcb.snd_nxt, tcb.rcv_nxt, RST=True, ACK=with_ack)


def machine_variant(path: str) -> Variant:
    """The variant of the machine in a .dot file. Raises BadInput where the file has none, and where
    none of its letters are ours."""
    machine = read_machine(path)
    if not set(machine.inputs) & set(LETTERS):
        raise BadInput(f"{path}: none of its inputs is a call or segment: {machine.inputs[0]!r}")
    names, likeness = named(machine)
    rules = MachineRules(
        machine=machine, states=tuple(machine.states), names=names, likeness=likeness
    )
    title = f"a machine of {len(machine.states)} states, {len(machine.inputs)} letters"
    return Variant(Path(path).stem, title, rules=rules)


def named(machine: MealyMachine) -> tuple[tuple[State, ...], tuple[str, ...]]:
    """For each state of a machine the state of RFC 9293 that it is like, and where they do not
    answer all words alike, how many; the first state is CLOSED."""
    letters = tuple(letter for letter in machine.inputs if letter in LETTERS)
    known = _reference(letters)
    words = [word for size in range(1, DEPTH + 1) for word in product(letters, repeat=size)]
    near = _reached(machine, letters)
    names: list[State] = []
    likeness: list[str] = []
    for state in machine.states:
        own = _answers(machine, state, words)
        score = {
            place: sum(_same(mine, theirs, machine) for mine, theirs in zip(own, said, strict=True))
            for place, said in known.items()
        }
        name, number = _name(score, State.CLOSED if state == machine.start else near.get(state))
        names.append(name)
        likeness.append("" if number == len(words) else f" ({number} of {len(words)})")
    return tuple(names), tuple(likeness)


def _name(score: dict[StateReached, int], near: State | None) -> tuple[State, int]:
    """The state where the rules are after the same word, if it answers nearly as many words alike
    as the one that answers most; else that one. With how many."""
    best = max(score, key=score.__getitem__)
    there = max((n for place, n in score.items() if place.state == near), default=0)
    if near is not None and there >= ENOUGH * score[best]:
        return near, there
    return best.state, score[best]


def _same(mine: tuple[str, ...], theirs: tuple[str, ...], machine: MealyMachine) -> bool:
    if machine.tells_refusals:
        return mine == theirs
    return mine == tuple(SILENT if said == "refused" else said for said in theirs)


def _answers(
    machine: MealyMachine, state: str, words: list[tuple[str, ...]]
) -> list[tuple[str, ...]]:
    there = replace(machine, start=state)
    return [tuple(answers(there, word)) if _is_defined(there, word) else ("?",) for word in words]


def _is_defined(machine: MealyMachine, word: tuple[str, ...]) -> bool:
    state = machine.start
    for letter in word:
        if (state, letter) not in machine.edges:
            return False
        state = machine.edges[state, letter][0]
    return True


@lru_cache(maxsize=8)
def _reference(letters: tuple[str, ...]) -> dict[StateReached, list[tuple[str, ...]]]:
    """What the rules answer in each state to each word."""
    stack = ModelStack(VARIANTS[REFERENCE])
    found: dict[StateReached, list[tuple[str, ...]]] = {}
    words = [word for size in range(1, DEPTH + 1) for word in product(letters, repeat=size)]
    for place, there in ways(VARIANTS[REFERENCE]).items():
        found[place] = [said_by_rules(stack, (*there[0], *map(LETTERS.get, word)))[-len(word) :]
                        for word in words]  # fmt: skip
    return found


def said_by_rules(stack: ModelStack, moves: tuple[Move | None, ...]) -> tuple[str, ...]:
    """What the stack answers to each of the moves."""
    runner = Runner(stack)
    return tuple(answer(runner, move) for move in moves if move is not None)


def _reached(machine: MealyMachine, letters: tuple[str, ...]) -> dict[str, State]:
    """The state of the rules after the shortest word that leads to each state of the machine."""
    stack = ModelStack(VARIANTS[REFERENCE])
    found: dict[str, State] = {}
    todo: deque[tuple[str, tuple[str, ...]]] = deque([(machine.start, ())])
    while todo:
        state, word = todo.popleft()
        if state in found:
            continue
        said_by_rules(stack, tuple(LETTERS[letter] for letter in word))
        found[state] = State(stack.state())
        for letter in letters:
            if (state, letter) in machine.edges:
                todo.append((machine.edges[state, letter][0], (*word, letter)))
    return found
