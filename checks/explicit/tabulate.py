"""The TCP model as tables for the explorer: each local function is called once an argument."""

from __future__ import annotations

from collections.abc import Iterator

from tcpmc.checks.explicit.remembered import remembering
from tcpmc.checks.statespace import (
    CHANNEL_BITS,
    END_BITS,
    LOW,
    QUIET,
    SETTLED,
    TooLarge,
    ids_of,
    unpack,
)
from tcpmc.checks.statespace.tables import Ids, Row, Table, for_each_end
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.network.channel import Contents, Flight
from tcpmc.model.network.incarnations import About
from tcpmc.model.network.product import End, Event, Move, System
from tcpmc.model.network.system import Model


class TabulatedModel:
    """`Machine` for a model: ends, contents, flights and messages are interned.

    `quick` is the model with rules that remember. `senders` are the rules that send each message.
    `refused` are the keys of `put` for which there was no room, `placed` the messages for which
    there was some.
    """

    def __init__(self, model: Model) -> None:
        self.model, self.quick = model, remembering(model)
        self.clock = model.scope.clock
        self.ends: Ids[End] = Ids()
        self.contents: Ids[Contents] = Ids()
        self.flights: Ids[Flight] = Ids()
        self.messages: Ids[tuple[tuple[Segment, ...], About]] = Ids()
        self.events: Ids[tuple[EventKind, Flight | None, int]] = Ids()
        self.rules: set[str] = set()
        self.senders: dict[int, set[str]] = {}
        self.refused: set[int] = set()
        self.placed: set[int] = set()
        self._message((), (0, 0))
        self.events((EventKind.TICK, None, 0))
        self.own = for_each_end(4, self._own)
        self.receive = for_each_end(2, self._receive)
        self.deliveries = Table(3, self._deliveries)
        self.network = Table(2, self._network)
        self.put = Table(1, self._put)
        self.tick_end = Table(1, self._tick_end)
        self.tick_channel = Table(1, self._tick_channel)
        self.quiet = Table(1, lambda key: [(int(model.is_quiet(self.contents[key])),)])
        self.settled = Table(1, lambda key: [(int(model.settled(self.ends[key])),)])
        system = model.initial()
        a, b = map(self._end, system.ends)
        ab, ba = map(self._contents, system.channels)
        self.initial = (a, b, ab, ba)

    def system(self, state: int) -> System:
        """The state of the model that a packed state stands for."""
        a, b, ab, ba = unpack(int(state))
        return System((self.ends[a], self.ends[b]), (self.contents[ab], self.contents[ba]))

    def event(self, code: int, end: int) -> Event:
        """The event with that code at that end."""
        kind, flight, offset = self.events[code]
        return Event(kind, end, flight, offset)

    def _end(self, end: End) -> int:
        identifier = self.ends(end)
        if identifier >> END_BITS:
            raise TooLarge(f"more than {2**END_BITS:,} states of one end")
        return identifier

    def _contents(self, contents: Contents) -> int:
        identifier = self.contents(contents)
        if identifier >> CHANNEL_BITS:
            raise TooLarge(f"more than {2**CHANNEL_BITS:,} contents of one channel")
        return identifier

    def _own(self, which: int, key: int) -> Iterator[Row]:
        for move in self.quick.own_moves(which, self.ends[key]):
            event = self.events((move.event, move.flight, move.offset))
            waits = SETTLED if move.settled else QUIET if move.quiet else 0
            yield event, self._end(move.end), self._sent(move), waits

    def _receive(self, which: int, key: int) -> Iterator[Row]:
        end, arriving = ids_of(key)
        flight = self.flights[arriving]
        move = self.quick.receive(which, self.ends[end], flight.segment, flight.about)
        yield self._end(move.end), self._sent(move)

    def _sent(self, move: Move) -> int:
        """What the move sends, by its id."""
        message = self._message(move.step.send, move.about)
        self.rules.update(move.step.rules)
        self.senders.setdefault(message, set()).add(move.step.rule)
        return message

    def _message(self, segments: tuple[Segment, ...], about: About) -> int:
        return self._low(self.messages((segments, about if segments else (0, 0))))

    @staticmethod
    def _low(identifier: int) -> int:
        """An id that is the lower part of a key of a table, where two must not run together."""
        if identifier > LOW:
            raise TooLarge(f"more than {LOW + 1:,} kinds of segments or messages")
        return identifier

    def _deliveries(self, key: int) -> Iterator[Row]:
        for flight, rest in self.model.channel.deliveries(self.contents[key]):
            event = self.events((EventKind.DELIVER, flight, 0))
            yield event, self._low(self.flights(flight)), self._contents(rest)

    def _network(self, key: int) -> Iterator[Row]:
        contents, channel = self.contents[key], self.model.channel
        for kind, choices in (
            (EventKind.LOSE, channel.losses(contents)),
            (EventKind.DUPLICATE, channel.duplicates(contents)),
            (EventKind.EXPIRE, channel.expiries(contents)),
        ):
            for flight, rest in choices:
                yield self.events((kind, flight, 0)), self._contents(rest)

    def _put(self, key: int) -> Iterator[Row]:
        channel, message = ids_of(key)
        segments, about = self.messages[message]
        after = self.model.channel.put(self.contents[channel], segments, about)
        if after is None:
            self.refused.add(key)
            return
        self.placed.add(message)
        yield (self._contents(after),)

    def _tick_end(self, key: int) -> Iterator[Row]:
        after = self.model.tick_end(self.ends[key])
        if after is not None:
            yield (self._end(after),)

    def _tick_channel(self, key: int) -> Iterator[Row]:
        after = self.model.channel.tick(self.contents[key])
        if after is not None:
            yield (self._contents(after),)
