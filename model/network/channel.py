"""One direction of the network: what is in flight, and what can happen to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tcpmc.model.endpoint.segment import Segment, is_pure_ack
from tcpmc.model.network.incarnations import About
from tcpmc.model.network.scope import Scope


@dataclass(frozen=True, slots=True)
class Flight:
    """A segment in flight and its age in ticks (zero where time is off).

    Over the sent-set `age` is that of the youngest copy, which outlives the others, and `owed`
    is the age of the first copy while it still must be delivered, or None. `about` is ghost: the
    connection that it belongs to, where there can be several.
    """

    segment: Segment
    age: int = 0
    owed: int | None = None
    about: About = (0, 0)


Contents = tuple[Flight, ...]


def _order(flight: Flight) -> tuple[object, ...]:
    seg = flight.segment
    bits = (seg.SYN, seg.ACK, seg.FIN, seg.RST)
    numbers = (seg.seq.value, seg.ack.value, seg.length, bits, seg.stamp)
    return (*numbers, flight.age, flight.owed or -1, flight.about)


@dataclass(frozen=True)
class Channel:
    """What a channel of the scope does, as pure functions on its contents."""

    scope: Scope

    def put(
        self, contents: Contents, segments: tuple[Segment, ...], about: About = (0, 0)
    ) -> Contents | None:
        """The contents after sending; None when there is no room for it."""
        if self.scope.channel == "sent-set":
            for segment in segments:
                contents = self._remember(contents, segment, about)
            return contents
        contents += tuple(Flight(segment, about=about) for segment in segments)
        return self.arranged(contents) if len(contents) <= self.scope.capacity else None

    def deliveries(self, contents: Contents) -> Iterator[tuple[Flight, Contents]]:
        """Each flight that can arrive next, with the contents that it leaves behind. With the
        clock on one can arrive at age MSL still, before the next tick."""
        heads = contents[:1] if self.scope.channel == "fifo" else contents
        for index, flight in enumerate(heads):
            if flight in contents[:index]:
                continue
            if self.scope.channel == "sent-set":
                yield flight, _swap(contents, index, replace(flight, owed=None))
            else:
                yield flight, contents[:index] + contents[index + 1 :]

    def losses(self, contents: Contents) -> Iterator[tuple[Flight, Contents]]:
        """Each flight that the network can lose. In the sent-set loss is never being delivered."""
        if self.scope.loss == "none" or self.scope.channel == "sent-set":
            return
        for index, flight in enumerate(contents):
            if flight not in contents[:index] and not self.must_arrive(flight):
                yield flight, contents[:index] + contents[index + 1 :]

    def duplicates(self, contents: Contents) -> Iterator[tuple[Flight, Contents]]:
        """Each flight that the network can double. In the sent-set every delivery leaves a copy."""
        full = len(contents) >= self.scope.capacity
        if not self.scope.duplication or self.scope.channel == "sent-set" or full:
            return
        for index, flight in enumerate(contents):
            if flight not in contents[:index]:
                yield flight, self.arranged(contents[:index] + (flight,) + contents[index:])

    def expiries(self, contents: Contents) -> Iterator[tuple[Flight, Contents]]:
        """Each flight whose lifetime is over: it is gone before the next tick. One that has to
        arrive does that instead."""
        for index, flight in enumerate(contents):
            if flight not in contents[:index] and self.too_old(flight) and not self._due(flight):
                yield flight, contents[:index] + contents[index + 1 :]

    def tick(self, contents: Contents) -> Contents | None:
        """The contents one tick older; None while something in them has to happen first."""
        if any(self.too_old(flight) or self._due(flight) for flight in contents):
            return None
        return self.arranged(
            tuple(
                replace(f, age=f.age + 1, owed=None if f.owed is None else f.owed + 1)
                for f in contents
            )
        )

    def too_old(self, flight: Flight) -> bool:
        """Whether the flight has reached MSL: none of its lifetime is left."""
        return self.scope.clock and flight.age >= self.scope.msl

    def _due(self, flight: Flight) -> bool:
        """Whether a copy that must arrive has reached MSL, and so has to before the next tick."""
        owed = flight.owed if self.scope.channel == "sent-set" else flight.age
        late = owed is not None and owed >= self.scope.msl
        return self.scope.clock and late and self.must_arrive(flight)

    def must_arrive(self, flight: Flight) -> bool:
        """Whether the scope assumes that each copy of this segment is delivered within MSL."""
        match self.scope.loss:
            case "any":
                return False
            case "none":
                return True
            case "not-acks":
                return is_pure_ack(flight.segment)
            case only:
                return str(flight.segment) != only

    def arranged(self, contents: Contents) -> Contents:
        """The contents in their canonical order: that of sending for fifo, else any fixed one."""
        return contents if self.scope.channel == "fifo" else tuple(sorted(contents, key=_order))

    def _remember(self, contents: Contents, segment: Segment, about: About) -> Contents:
        """The sent-set with `segment` sent now: its youngest copy has age zero again."""
        owes = self.scope.clock and self.must_arrive(Flight(segment))
        for index, flight in enumerate(contents):
            if (flight.segment, flight.about) == (segment, about):
                owed = flight.owed if flight.owed is not None else (0 if owes else None)
                return self.arranged(_swap(contents, index, Flight(segment, 0, owed, about)))
        return self.arranged((*contents, Flight(segment, 0, 0 if owes else None, about)))


def _swap(contents: Contents, index: int, flight: Flight) -> Contents:
    return contents[:index] + (flight,) + contents[index + 1 :]
