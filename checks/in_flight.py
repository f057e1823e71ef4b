"""What a predicate may know of the network, where a state does not settle what is in flight.

An engine decides what it can without the channels, or for all contents of them at once. A predicate
that asks for more than `System.in_flight` then has to be told so: an empty network in place of the
one that is not known would prove what is false.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NoReturn, TypeVar

from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.network.channel import Flight
from tcpmc.model.network.product import End, System
from tcpmc.model.network.system import Model
from tcpmc.model.properties.kinds import Predicate

Question = tuple[Callable[[Segment], bool], int | None]
"""What `System.in_flight` is asked."""

Found = TypeVar("Found")


class Unsettled(Exception):
    """A predicate asked for what the state that it was given does not settle; says what to do."""


class PartialSystem(System):
    """A state of which the ends are known, and not what is in the channels. Whatever reads the
    channels raises `Unsettled`: comparisons and hashes do."""

    __slots__ = ()
    unsettled = "it reads System.channels, which are not settled here: use System.in_flight"

    def __init__(self, ends: tuple[End, End]) -> None:
        object.__setattr__(self, "ends", ends)

    def _not_settled(self) -> NoReturn:
        raise Unsettled(self.unsettled)

    @property
    def channels(self) -> NoReturn:
        """Not to be answered here."""
        self._not_settled()

    def in_flight(self, which: Callable[[Segment], bool], younger: int | None = None) -> bool:
        """Not to be answered here."""
        self._not_settled()

    def __eq__(self, other: object) -> bool:
        self._not_settled()

    def __ne__(self, other: object) -> bool:
        self._not_settled()

    def __hash__(self) -> int:
        return hash(self.channels)


class Sieve(PartialSystem):
    """A state of a network that may have lost any part of what was sent. Each flight is there or
    not as `fate` says, once it is asked for."""

    __slots__ = ("fate", "sent")
    fate: Callable[[int], bool]
    sent: tuple[Flight, ...]
    unsettled = "it reads System.channels, of which any part may be lost: use System.in_flight"

    def __init__(self, system: System, fate: Callable[[int], bool]) -> None:
        super().__init__(system.ends)
        object.__setattr__(self, "fate", fate)
        object.__setattr__(self, "sent", sum(system.channels, ()))

    def in_flight(self, which: Callable[[Segment], bool], younger: int | None = None) -> bool:
        """Whether a segment of that kind has been sent and is not lost."""
        matching = [
            number
            for number, flight in enumerate(self.sent)
            if which(flight.segment) and (younger is None or flight.age < younger)
        ]
        return any(map(self.fate, matching))


class AnsweredSystem(PartialSystem):
    """A state of which what is asked of `in_flight` is answered by `answer`."""

    __slots__ = ("answer",)
    answer: Callable[[Question], bool]

    def __init__(self, ends: tuple[End, End], answer: Callable[[Question], bool]) -> None:
        super().__init__(ends)
        object.__setattr__(self, "answer", answer)

    def in_flight(self, which: Callable[[Segment], bool], younger: int | None = None) -> bool:
        """As it is answered."""
        return self.answer((which, younger))


def each_answer(
    predicate: Predicate, model: Model, ends: tuple[End, End], find: Callable[[Question], Found]
) -> Iterator[tuple[list[tuple[Found, bool]], bool]]:
    """The predicate at these ends, however the network answers: what it asked (as `find` has it, at
    the time) with each answer, and what it then says. Raises Unsettled for one that reads the
    channels."""
    todo: list[list[bool]] = [[]]
    while todo:
        given = todo.pop()
        asked: list[tuple[Found, bool]] = []

        def answer(
            question: Question, given: list[bool] = given, asked: list[tuple[Found, bool]] = asked
        ) -> bool:
            if len(asked) == len(given):
                todo.append([*given, False])
                given.append(True)
            asked.append((find(question), given[len(asked)]))
            return asked[-1][1]

        truth = bool(predicate(model, AnsweredSystem(ends, answer)))
        yield asked, truth


def loses_unseen(model: Model) -> bool:
    """Whether a state shows what was sent, and any part of it may be lost: the sent-set without a
    clock, where loss is no step."""
    return model.scope.channel == "sent-set" and not model.scope.clock


def truths(predicate: Predicate, model: Model, system: System) -> set[bool]:
    """What the predicate says of the state: both, where it depends on what of the sent-set is lost.

    Raises Unsettled for a predicate that reads the channels themselves there.
    """
    if not loses_unseen(model):
        return {bool(predicate(model, system))}
    return set(_each_fate(predicate, model, system))


def settled(answers: set[bool]) -> bool:
    """The one truth of a predicate. Raises Unsettled where it depends on what is lost unseen."""
    if len(answers) > 1:
        raise Unsettled("it depends on what is in flight, and any segment can be lost unseen")
    return answers == {True}


def _each_fate(predicate: Predicate, model: Model, system: System) -> Iterator[bool]:
    """The predicate, for every part of what was sent that it asks for."""
    todo: list[dict[int, bool]] = [{}]
    while todo:
        fates = todo.pop()

        def fate(number: int, fates: dict[int, bool] = fates) -> bool:
            if number not in fates:
                todo.append({**fates, number: False})
                fates[number] = True
            return fates[number]

        yield bool(predicate(model, Sieve(system, fate)))
