"""What a channel does to one kind of segment, tabulated from `Channel` for the solver."""

from __future__ import annotations

from dataclasses import dataclass

from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.network.channel import Channel, Contents, Flight


@dataclass(frozen=True)
class Kinds:
    """What a channel does to one kind of segment: the contents that hold only that kind, by
    index (0 is none), and the ways from one to another."""

    segment: Segment
    contents: tuple[Contents, ...]
    put: tuple[tuple[int, int], ...]
    deliver: tuple[tuple[int, int], ...]
    network: tuple[tuple[int, int], ...]
    tick: tuple[tuple[int, int], ...]

    @property
    def bits(self) -> int:
        """How many bits the index needs."""
        return max(1, (len(self.contents) - 1).bit_length())

    @property
    def holding(self) -> dict[Flight, list[int]]:
        """A flight of each age that there can be, and the contents with one of that age."""
        values_of: dict[Flight, list[int]] = {}
        for index, contents in enumerate(self.contents):
            for age in sorted({flight.age for flight in contents}):
                values_of.setdefault(Flight(self.segment, age), []).append(index)
        return values_of


def kinds_of(channel: Channel, segment: Segment) -> Kinds:
    """Tabulate the channel on contents of one kind only."""
    contents: list[Contents] = [()]
    ways: dict[str, set[tuple[int, int]]] = {
        "put": set(),
        EventKind.DELIVER: set(),
        "network": set(),
        EventKind.TICK: set(),
    }

    def index(after: Contents) -> int:
        if after not in contents:
            contents.append(after)
        return contents.index(after)

    for number, before in enumerate(contents):  # grows while it is read
        for name, results in (
            ("put", [channel.put(before, (segment,))]),
            (EventKind.DELIVER, [rest for _, rest in channel.deliveries(before)]),
            ("network", [rest for _, rest in channel.losses(before)]),
            ("network", [more for _, more in channel.duplicates(before)]),
            ("network", [rest for _, rest in channel.expiries(before)]),
            (EventKind.TICK, [channel.tick(before)] if channel.scope.clock else []),
        ):
            ways[name] |= {(number, index(after)) for after in results if after is not None}
    ordered = {name: tuple(sorted(pairs)) for name, pairs in ways.items()}
    return Kinds(segment, tuple(contents), **ordered)
