"""Small systems that are not TCP, and the explorer that is too simple to be wrong."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any, NamedTuple

from tcpmc.checks.statespace import Graph, Machine, explore
from tcpmc.checks.statespace.backend import backend_for, kernel_is_there
from tcpmc.checks.statespace.tabulated import Functions

Value = Hashable
Contents = tuple[Value, ...]
State = tuple[Any, Any, Any, Any]


BACKENDS = [("numpy", 1), *(("kernel", threads) for threads in (1, 2) if kernel_is_there())]


def explored(machine: Machine, backend: tuple[str, int] = ("auto", 1)) -> Graph:
    """All of the machine's states, by a backend and its number of threads."""
    return explore(machine, backend=backend_for(machine, *backend))


def successors(system: Functions[Any, Any, Any], state: State) -> Iterator[State]:
    """The states after every transition, each as often as transitions lead to it."""
    for me in (0, 1):
        end, out, inn = state[me], state[2 + me], state[3 - me]
        reactions: list[tuple[Any, Contents]] = [
            ((after, sent), inn) for _, after, sent in system.own(me, end)
        ]
        reactions += [
            (system.receive(me, end, message), rest) for message, rest in system.deliveries(inn)
        ]
        moves = [(end, after, inn) for _, after in system.network(out)]
        for reaction, left in reactions:
            if reaction is not None:
                after, sent = reaction
                put = out if sent is None else system.put(out, sent)
                moves += [] if put is None else [(after, put, left)]
        for after, new_out, new_inn in moves:
            ends, channels = (after, state[1 - me]), (new_out, new_inn)
            yield (*ends, *channels) if me == 0 else (*ends[::-1], *channels[::-1])


def search(
    system: Functions[Any, Any, Any], *initial: State
) -> tuple[dict[State, int], int, set[State]]:
    """The distance of every reachable state, the number of transitions, and the deadlocks."""
    queue = list(initial) or [system.initial]
    distance, transitions, deadlocks = dict.fromkeys(queue, 0), 0, set()
    for state in queue:  # grows while it is read
        found = list(successors(system, state))
        transitions += len(found)
        if not found:
            deadlocks.add(state)
        for after in found:
            if after not in distance:
                distance[after] = distance[state] + 1
                queue.append(after)
    return distance, transitions, deadlocks


class Row(NamedTuple):
    """What an end becomes, and what it sends."""

    end: Value
    send: Value | None = None


Own = Mapping[Any, list[Row]]
Receive = Mapping[tuple[Any, Any], Row]


@dataclass(frozen=True)
class Tables:
    """A system spelt out: two machines as dicts, and two channels of one kind.

    own[which] maps an end to what it can do by itself; receive[which] an end and a message to what
    it does with it (no entry: it does not take it now).
    """

    initial_ends: tuple[Value, Value]
    own_rows: tuple[Own, Own]
    receive_rows: tuple[Receive, Receive]
    capacity: int
    ordered: bool = True
    overflow: bool = False  # what finds the channel full is lost, else it cannot be sent
    loss: bool = False
    duplication: bool = False
    initial: State = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "initial", (*self.initial_ends, (), ()))

    def own(self, which: int, end: Value) -> Iterator[tuple[str, Value, Value | None]]:
        for number, row in enumerate(self.own_rows[which].get(end, [])):
            yield f"{number}", row.end, row.send

    def receive(self, which: int, end: Value, message: Value) -> Row | None:
        return self.receive_rows[which].get((end, message))

    def deliveries(self, contents: Contents) -> Iterator[tuple[Value, Contents]]:
        return self._without_one(contents, only_first=self.ordered)

    def put(self, contents: Contents, message: Value) -> Contents | None:
        if len(contents) == self.capacity:
            return contents if self.overflow else None
        return self._arranged((*contents, message))

    def network(self, contents: Contents) -> Iterator[tuple[str, Contents]]:
        for message, rest in self._without_one(contents):
            if self.loss:
                yield f"lose {message}", rest
            if self.duplication and len(contents) < self.capacity:
                yield f"duplicate {message}", self._arranged((*contents, message))

    def _arranged(self, contents: Contents) -> Contents:
        return contents if self.ordered else tuple(sorted(contents, key=str))

    @staticmethod
    def _without_one(
        contents: Contents, only_first: bool = False
    ) -> Iterator[tuple[Value, Contents]]:
        for message in dict.fromkeys(contents[:1] if only_first else contents):
            at = contents.index(message)
            yield message, contents[:at] + contents[at + 1 :]


# -------------------------------------------------------------------------------- classics


def chatter(kinds: int, capacity: int, *, ordered: bool) -> Tables:
    """Two ends without state that send any of `kinds` messages and take any."""
    own = {"": [Row("", kind) for kind in range(kinds)]}
    receive = {("", kind): Row("") for kind in range(kinds)}
    return Tables(("", ""), (own, own), (receive, receive), capacity, ordered)


def producer_and_consumer(messages: int, capacity: int) -> Tables:
    """One end sends so many messages, the other counts them."""
    send = {n: [Row(n + 1, "m")] for n in range(messages)}
    count = {(n, "m"): Row(n + 1) for n in range(messages)}
    return Tables((0, 0), (send, {}), ({}, count), capacity)


def alternating_bit(capacity: int) -> Tables:
    """The alternating bit protocol (Bartlett, Scantlebury and Wilkinson, 1969) over channels that
    lose and keep the order: the sender repeats its bit until it is acknowledged, then the other."""
    send = {bit: [Row(bit, bit)] for bit in (0, 1)}
    acks = {(bit, ack): Row(1 - bit if ack == bit else bit) for bit, ack in product((0, 1), (0, 1))}
    take = {
        (due, bit): Row(1 - due if bit == due else due, bit) for due, bit in product((0, 1), (0, 1))
    }
    return Tables((0, 0), (send, {}), (acks, take), capacity, loss=True)


WRONG = "wrong"


def go_back_n(
    window: int, modulus: int, messages: int, capacity: int, *, ordered: bool = True
) -> Tables:
    """Go-back-N: the sender repeats any of the `window` messages after the last acknowledged; the
    receiver takes the one that is due and acknowledges the last it took.

    A message carries its number modulo `modulus`, which is all that the ends look at, and its whole
    number, by which it is seen that the receiver took another than it thinks: it is then WRONG.
    An acknowledgement says which number is due next.
    """
    send = {
        base: [
            Row(base, (number % modulus, number))
            for number in range(base, min(base + window, messages))
        ]
        for base in range(messages)
    }
    acks = {}
    for base, due in product(range(messages + 1), range(modulus)):
        ahead = (due - base) % modulus
        taken = base + ahead if 0 < ahead <= window and base + ahead <= messages else base
        acks[base, due] = Row(taken)
    take = {}
    for due, number in product(range(messages + 1), range(messages)):
        fits = number % modulus == due % modulus
        after: Value = due if not fits else due + 1 if number == due else WRONG
        reply = (due + 1) % modulus if after == due + 1 else due % modulus
        take[due, (number % modulus, number)] = Row(after, reply)
    return Tables(
        (0, 0),
        (send, {}),
        (acks, take),
        capacity,
        ordered,
        overflow=True,
        loss=True,
        duplication=True,
    )
