"""A system given by functions on hashable values, as tables for the explorer."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar

from tcpmc.checks.statespace import CHANNEL_BITS, END_BITS, TooLarge, ids_of, unpack
from tcpmc.checks.statespace.tables import Ids, Row, Table, for_each_end

End = TypeVar("End", bound=Hashable)
Contents = TypeVar("Contents", bound=Hashable)
Message = TypeVar("Message", bound=Hashable)

NOTHING, REFUSED = 0, 1  # ids of messages; for REFUSED there is never room

State = tuple[End, End, Contents, Contents]


class Functions(Protocol[End, Contents, Message]):
    """Two machines and two channels. Channel 0 leads from end 0 to end 1, channel 1 back.

    A reaction is the end after it and the message it sends, if any. It is impossible where `put`
    says that there is no room for the message.
    """

    @property
    def initial(self) -> State[End, Contents]:
        """The state in which every run begins: both ends, and the contents of both channels."""
        ...

    def own(self, which: int, end: End) -> Iterable[tuple[str, End, Message | None]]:
        """What end `which` can do by itself."""
        ...

    def receive(self, which: int, end: End, message: Message) -> tuple[End, Message | None] | None:
        """What end `which` does with a message; None: it does not take it now."""
        ...

    def deliveries(self, contents: Contents) -> Iterable[tuple[Message, Contents]]:
        """The messages that can be delivered, each with what stays behind."""
        ...

    def put(self, contents: Contents, message: Message) -> Contents | None:
        """The channel with one more message; None: there is no room, the same: it is lost."""
        ...

    def network(self, contents: Contents) -> Iterable[tuple[str, Contents]]:
        """What the channel can do by itself."""
        ...


class Tabulated(Generic[End, Contents, Message]):
    """A `tcpmc.checks.statespace.Machine` of functions: values are interned, each function is
    called once per argument."""

    clock = False

    def __init__(self, functions: Functions[End, Contents, Message]) -> None:
        self._functions = functions
        self._end_ids: Ids[End] = Ids()
        self._contents_ids: Ids[Contents] = Ids()
        self._messages: Ids[Message | str] = Ids()
        self._events: Ids[str] = Ids()
        self._messages("nothing")
        self._messages("refused")
        self.own = for_each_end(4, self._own)
        self.receive = for_each_end(2, self._receive)
        self.deliveries = Table(3, self._deliveries)
        self.put = Table(1, self._put)
        self.network = Table(2, self._network)
        self.tick_end = self.tick_channel = Table(1, lambda _: [])
        self.quiet = self.settled = Table(1, lambda _: [(1,)])
        a, b, ab, ba = functions.initial
        self.initial = (self._end(a), self._end(b), self._channel(ab), self._channel(ba))

    def state(self, packed: int) -> State[End, Contents]:
        """The state that a packed one stands for."""
        a, b, ab, ba = unpack(packed)
        return self._end_ids[a], self._end_ids[b], self._contents_ids[ab], self._contents_ids[ba]

    @property
    def ends(self) -> list[End]:
        """The ends so far, by their ids."""
        return self._end_ids.values

    @property
    def contents(self) -> list[Contents]:
        """The channels' contents so far, by their ids."""
        return self._contents_ids.values

    def _end(self, end: End) -> int:
        identifier = self._end_ids(end)
        if identifier >> END_BITS:
            raise TooLarge(f"more than {2**END_BITS:,} states of one end")
        return identifier

    def _channel(self, contents: Contents) -> int:
        identifier = self._contents_ids(contents)
        if identifier >> CHANNEL_BITS:
            raise TooLarge(f"more than {2**CHANNEL_BITS:,} contents of one channel")
        return identifier

    def _message(self, message: Message | None) -> int:
        return NOTHING if message is None else self._messages(message)

    def _own(self, which: int, key: int) -> Iterator[Row]:
        for event, end, message in self._functions.own(which, self._end_ids[key]):
            yield self._events(event), self._end(end), self._message(message), 0

    def _receive(self, which: int, key: int) -> Iterator[Row]:
        before, sent = ids_of(key)
        end, message = self._end_ids[before], self._messages[sent]
        reaction = self._functions.receive(which, end, message)  # type: ignore[arg-type]
        if reaction is None:
            yield before, REFUSED
        else:
            yield self._end(reaction[0]), self._message(reaction[1])

    def _deliveries(self, key: int) -> Iterator[Row]:
        for message, rest in self._functions.deliveries(self._contents_ids[key]):
            yield self._events(f"deliver {message}"), self._message(message), self._channel(rest)

    def _put(self, key: int) -> Iterator[Row]:
        channel, message = ids_of(key)
        contents = self._contents_ids[channel]
        if message != REFUSED:
            after = self._functions.put(contents, self._messages[message])  # type: ignore[arg-type]
            if after is not None:
                yield (self._channel(after),)

    def _network(self, key: int) -> Iterator[Row]:
        for event, after in self._functions.network(self._contents_ids[key]):
            yield self._events(event), self._channel(after)
