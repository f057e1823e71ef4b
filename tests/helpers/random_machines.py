"""Machines whose tables are filled at random, with waits and ticks, and what they can do next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from random import Random

from tcpmc.checks.statespace import QUIET, SETTLED, Table

Ids = tuple[int, int, int, int]
SIZE = 5  # of each kind of id
LOW = (1 << 20) - 1
Rows = list[tuple[int, ...]]


@dataclass
class Raw:
    """A `Machine` as lists of rows, and the same lists as its tables."""

    initial: Ids
    clock: bool
    own_rows: tuple[list[Rows], list[Rows]]
    receive_rows: tuple[list[list[Rows]], list[list[Rows]]]
    delivery_rows: list[Rows]
    put_rows: list[list[Rows]]
    network_rows: list[Rows]
    tick_rows: tuple[list[Rows], list[Rows]]
    flag_rows: tuple[list[Rows], list[Rows]]

    def __post_init__(self) -> None:
        a, b = self.own_rows
        self.own = table(a, 4), table(b, 4)
        a2, b2 = self.receive_rows
        self.receive = table_of_pairs(a2, 2), table_of_pairs(b2, 2)
        self.deliveries, self.put = table(self.delivery_rows, 3), table_of_pairs(self.put_rows, 1)
        self.network = table(self.network_rows, 2)
        self.tick_end, self.tick_channel = (table(rows, 1) for rows in self.tick_rows)
        self.quiet, self.settled = (table(rows, 1) for rows in self.flag_rows)


class Apart:
    """A machine whose channels have ids that lie `spread` times as far apart."""

    def __init__(self, raw: Raw, spread: int) -> None:
        self.spread = spread
        a, b, ab, ba = raw.initial
        self.initial, self.clock = (a, b, ab * spread, ba * spread), raw.clock
        self.own, self.receive = raw.own, raw.receive
        self.tick_end, self.settled = raw.tick_end, raw.settled

        def moved(width: int, rows: list[Rows]) -> Table:
            def at(key: int) -> Rows:
                near = rows[key // spread] if key % spread == 0 else []
                return [(*row[:-1], row[-1] * spread) for row in near]

            return Table(width, at)

        def put(key: int) -> Rows:
            rows = raw.put_rows[(key >> 20) // spread][key & LOW]
            return [(channel * spread,) for (channel,) in rows]

        def quiet(key: int) -> Rows:
            return raw.flag_rows[0][key // spread] if key % spread == 0 else [(0,)]

        self.deliveries, self.put = moved(3, raw.delivery_rows), Table(1, put)
        self.network, self.tick_channel = moved(2, raw.network_rows), moved(1, raw.tick_rows[1])
        self.quiet = Table(1, quiet)


def table(rows: list[Rows], width: int) -> Table:
    return Table(width, lambda key: rows[key])


def table_of_pairs(rows: list[list[Rows]], width: int) -> Table:
    return Table(width, lambda key: rows[key >> 20][key & LOW])


def machine(chance: Random) -> Raw:
    """Tables filled at random: 5 ids of each kind, up to 3 rows each."""

    def ids(width: int) -> tuple[int, ...]:
        return tuple(chance.randrange(SIZE) for _ in range(width))

    def rows(make: Callable[[], tuple[int, ...]], least: int = 0, most: int = 3) -> list[Rows]:
        return [[make() for _ in range(chance.randint(least, most))] for _ in range(SIZE)]

    def bit() -> tuple[int]:
        return (chance.randrange(2),)

    def pairs(width: int, least: int) -> list[list[Rows]]:
        return [rows(lambda: ids(width), least, 1) for _ in range(SIZE)]

    def own() -> tuple[int, ...]:
        return (0, *ids(2), chance.choice((0, QUIET, SETTLED)))

    a, b, ab, ba = ids(4)
    return Raw(
        initial=(a, b, ab, ba),
        clock=chance.random() < 0.5,
        own_rows=(rows(own), rows(own)),
        receive_rows=(pairs(2, 1), pairs(2, 1)),
        delivery_rows=rows(lambda: (0, *ids(2))),
        put_rows=pairs(1, 0),
        network_rows=rows(lambda: (0, *ids(1))),
        tick_rows=(rows(lambda: ids(1), 0, 1), rows(lambda: ids(1), 0, 1)),
        flag_rows=(rows(bit, 1, 1), rows(bit, 1, 1)),
    )


def after_each_transition(raw: Raw, state: Ids) -> Iterator[Ids]:
    quiet, settled = raw.flag_rows
    for me in (0, 1):
        end, peer, out, inn = state[me], state[1 - me], state[2 + me], state[3 - me]
        calm = quiet[out][0][0] and quiet[inn][0][0]
        reached = SETTLED if calm and settled[peer][0][0] else QUIET if calm else 0
        tried = [(e, m, inn) for _, e, m, waits in raw.own_rows[me][end] if waits <= reached]
        for _, flight, rest in raw.delivery_rows[inn]:
            tried += [(e, m, rest) for e, m in raw.receive_rows[me][end][flight]]
        moves = [(end, after, inn) for _, after in raw.network_rows[out]]
        for after, message, left in tried:
            puts = raw.put_rows[out][message] if message else [(out,)]
            moves += [(after, new_out, left) for (new_out,) in puts]
        for after, o, i in moves:
            yield (after, peer, o, i) if me == 0 else (peer, after, i, o)
    if raw.clock:
        ends, channels = raw.tick_rows
        rows = ends[state[0]], ends[state[1]], channels[state[2]], channels[state[3]]
        for (a,), (b,), (ab,), (ba,) in product(*rows):
            if (a, b, ab, ba) != state:  # a tick that changes nothing is no step
                yield a, b, ab, ba
