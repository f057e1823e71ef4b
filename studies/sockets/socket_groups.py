"""Sockets that wait for the same: one state and cause, and one service, here or at a peer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tcpmc.model.endpoint.tcb import State
from tcpmc.studies.sockets.socket_table import (
    ANY_PORT,
    PORT_BITS,
    STATES,
    TIMERS,
    SocketTable,
)
from tcpmc.studies.sockets.unusual import (
    ALL_CAUSES,
    Flags,
    Numbers,
    SocketCause,
    SocketColumns,
    causes,
)

PRIVILEGED = 1024
"""Ports below this are those of services (RFC 6335, 6)."""
STATE_BITS = 4


@dataclass(frozen=True)
class SocketGroup:
    """Sockets in one state, for one cause, with the same service: at this host, or at a peer
    (`to`). `sent_again` and `probed` are how often at most."""

    state: State
    cause: SocketCause
    to: bool
    service: str
    count: int
    sent_again: int
    probed: int
    holders: Counter[int]
    table: SocketTable

    @property
    def processes(self) -> Counter[str]:
        """How many of the sockets each process holds."""
        found: Counter[str] = Counter()
        for holder, count in self.holders.items():
            for process in self.table.processes[holder]:
                found[process] += count
        return found


class SocketGroups:
    """All groups of a table. Their number may be as large as that of the sockets: each is made when
    it is asked for."""

    def __init__(self, table: SocketTable) -> None:
        self.sockets = SocketColumns(table)
        to = _is_to_peer(self.sockets)
        service = np.where(to, self.sockets.peer, self.sockets.local)
        self.cause = causes(self.sockets)
        key = service << 1 | to
        pairs = (self.cause.astype(np.int64) << STATE_BITS) | self.sockets.state
        ordered = np.lexsort((key, pairs))
        key, pairs = key[ordered], pairs[ordered]
        is_first = np.ones(len(key), bool)
        is_first[1:] = (key[1:] != key[:-1]) | (pairs[1:] != pairs[:-1])
        self._rows, self._starts = ordered, np.append(np.flatnonzero(is_first), len(key))
        self._to = to

    def __len__(self) -> int:
        return len(self._starts) - 1

    @cached_property
    def counts(self) -> Numbers:
        """How many sockets each group has."""
        return np.diff(self._starts)

    def of(self, state: State, cause: SocketCause) -> list[int]:
        """The numbers of the groups in that state for that cause, the largest first."""
        first = self._rows[self._starts[:-1]]
        fits = (self.sockets.state[first] == STATES.index(state)) & (
            self.cause[first] == ALL_CAUSES.index(cause)
        )
        numbers = np.flatnonzero(fits)
        largest: list[int] = numbers[np.argsort(-self.counts[numbers], kind="stable")].tolist()
        return largest

    def __getitem__(self, number: int) -> SocketGroup:
        rows = self._rows[self._starts[number] : self._starts[number + 1]]
        sockets, one = self.sockets, rows[0]
        to = bool(self._to[one])
        service = int((sockets.peer if to else sockets.local)[one])
        held, counts = np.unique(sockets.holders[rows], return_counts=True)
        return SocketGroup(
            STATES[sockets.state[one]],
            ALL_CAUSES[self.cause[one]],
            to,
            sockets.table.endpoints.text(service),
            len(rows),
            self._most(rows, "on"),
            self._most(rows, "persist"),
            Counter(dict(zip(held.tolist(), counts.tolist(), strict=True))),
            sockets.table,
        )

    def _most(self, rows: Numbers, timer: str) -> int:
        """How often, at most, the timer has expired in these rows."""
        times = self.sockets.times[rows][self.sockets.timer[rows] == TIMERS.index(timer)]
        return int(times.max(initial=0))

    def in_order(self) -> Iterator[SocketGroup]:
        """Every group: by cause and state, the largest first."""
        for state, cause in self.kinds():
            yield from map(self.__getitem__, self.of(state, cause))

    def kinds(self) -> list[tuple[State, SocketCause]]:
        """The states and causes that there are: the particular causes first."""
        first = self._rows[self._starts[:-1]]
        pairs = np.unique(self.cause[first].astype(int) << STATE_BITS | self.sockets.state[first])
        mask = (1 << STATE_BITS) - 1
        return [(STATES[pair & mask], ALL_CAUSES[pair >> STATE_BITS]) for pair in pairs.tolist()]


def _is_to_peer(sockets: SocketColumns) -> Flags:
    """Whether the service is the peer's: not where this host listens; at a port below 1024; at the
    port that more sockets share; or at the lower one."""
    mask = (1 << PORT_BITS) - 1
    local, peer = sockets.local & mask, sockets.peer & mask
    is_listening = sockets.is_in(State.LISTEN)
    here = is_listening | (peer == ANY_PORT) | np.isin(local, np.unique(local[is_listening]))
    local_known, peer_known = (local < PRIVILEGED), (peer < PRIVILEGED)
    shared_here, shared_there = np.bincount(local)[local], np.bincount(peer)[peer]
    by_sharing = np.where(shared_here == shared_there, peer <= local, shared_there > shared_here)
    to = np.where(local_known == peer_known, by_sharing, peer_known)
    to |= (local < ANY_PORT) & (peer > ANY_PORT)
    to &= ~((peer < ANY_PORT) & (local > ANY_PORT))
    found: Flags = to & ~here
    return found
