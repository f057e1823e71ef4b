"""The same exploration on a Ray cluster: the states are shared out by rows over workers.

Each worker has the set of the states that are its own and expands its part of each level; then all
exchange once what they found. This process has the machine, fills in the tables and sends them, and
keeps the levels, from which traces, liveness and checkpoints are made.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Sequence
from typing import Any

import numpy as np
import ray

from tcpmc.checks.statespace.backend import local_backend
from tcpmc.checks.statespace.levels import Blocks, Level
from tcpmc.checks.statespace.machine import TooLarge
from tcpmc.checks.statespace.table_arrays import FlatTables
from tcpmc.checks.statespace.tables import Ints

PERIOD, PATIENCE = 0.1, 5.0
LOST = (ray.exceptions.RayActorError, ray.exceptions.ObjectLostError)


class WorkerLost(TooLarge):
    """A worker of the cluster is gone, and the states that it had seen."""


class Unreachable(Exception):
    """There is no cluster at that address."""


def connect(address: str) -> int:
    """Join the cluster at an address, or begin one of this machine for `local:N`; returns how many
    workers to use. Raises Unreachable."""
    kind, _, count = address.partition(":")
    local = kind == "local" and count.isdecimal() and int(count) > 0
    if not local:
        _probe(address)
    try:
        if not ray.is_initialized():
            settings: dict[str, Any] = (
                {"num_cpus": int(count), "include_dashboard": False}
                if local
                else {"address": address}
            )
            ray.init(log_to_driver=False, logging_level=logging.ERROR, **settings)
        return int(count) if local else max(1, int(ray.cluster_resources().get("CPU", 1)))
    except (ConnectionError, RuntimeError, ValueError) as problem:
        raise Unreachable(f"no Ray cluster at {address}: {problem}") from problem


def _probe(address: str) -> None:
    """Raise Unreachable if nobody listens there: Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if address == "auto":
        return
    if host in ("", "local") or not port.isdecimal():
        raise Unreachable(f"{address}: give local:N, auto, or HOST:PORT")
    try:
        socket.create_connection((host, int(port)), PATIENCE).close()
    except OSError as problem:
        raise Unreachable(f"no Ray cluster at {address}: {problem}") from problem


def shares(level: Level, workers: int) -> list[Blocks]:
    """The level as it is shared out: a row belongs to one worker."""
    blocks = level.blocks()
    owner = (blocks.rows * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(40)) % np.uint64(workers)
    return [blocks.at(np.flatnonzero(owner == worker)) for worker in range(workers)]


class Worker:
    """One share of the states."""

    def __init__(self, backend: str, workers: int) -> None:
        self._backend, self._workers = backend, workers
        self._seen: Any = None
        self._finder: Any = None
        self._todo: Any = None

    def offer(self, tables: FlatTables, *offered: Blocks) -> Blocks:
        """Candidates from all; returns those that were not seen before: they are now, and are what
        is expanded next."""
        if self._seen is None:
            self._seen = local_backend(tables, self._backend, 1)
        self._seen.tables = tables
        for blocks in offered:
            if len(blocks):
                self._seen.add(Level.of(blocks))
        level: Level = self._seen.settle()
        self._finder = local_backend(tables, self._backend, 1)
        self._todo = self._finder.form(level)
        return level.blocks()

    def step(self, tables: FlatTables) -> tuple[int, Ints, int]:
        """Expand as far as the tables are filled in: the number of transitions, what is missing,
        and how much is left to do."""
        self._finder.tables = tables
        edges, missing, self._todo = self._finder.step(self._todo)
        return edges, np.unique(missing, axis=0), len(self._todo)

    def found(self) -> list[Blocks] | Blocks:
        """What the expansion found, by the worker whose it is."""
        parts = shares(self._finder.settle(), self._workers)
        return parts if len(parts) > 1 else parts[0]


class RayBackend:
    """The workers, and what is sent to them and back."""

    def __init__(self, tables: FlatTables, workers: int, backend: str = "auto") -> None:
        self.tables = tables
        actor = ray.remote(num_cpus=1, max_restarts=0)(Worker)
        self._workers = [actor.remote(backend, workers) for _ in range(workers)]
        self._offers: list[list[Any]] = [[] for _ in range(workers)]

    def add(self, level: Level) -> None:
        """Make the states candidates."""
        self.tables.cover(level.states())
        for offers, share in zip(self._offers, shares(level, len(self._workers)), strict=True):
            offers.append(share)

    def settle(self) -> Level:
        """The candidates that were not seen before: they are now."""
        tables = ray.put(self.tables)
        pairs = zip(self._workers, self._offers, strict=True)
        new = _results([worker.offer.remote(tables, *offers) for worker, offers in pairs])
        self._offers = [[] for _ in self._workers]
        return Level.of(Blocks.together(new))

    def expand(self, level: Level) -> int:
        """Make all successors candidates; returns the number of transitions."""
        edges, busy = 0, self._workers
        while busy:
            tables = ray.put(self.tables)
            done = _results([worker.step.remote(tables) for worker in busy])
            edges += sum(more for more, _, _ in done)
            self.tables.fill_all(np.concatenate([missing for _, missing, _ in done]))
            busy = [worker for worker, (_, _, left) in zip(busy, done, strict=True) if left]
        for worker in self._workers:
            parts = worker.found.options(num_returns=len(self._workers)).remote()
            for offers, part in zip(self._offers, _several(parts), strict=True):
                offers.append(part)
        return edges


def _several(parts: Any) -> list[Any]:
    """What Ray returns for one result or for several, as a list."""
    return parts if isinstance(parts, list) else [parts]


def _results(pending: Sequence[Any]) -> list[Any]:
    """The results; Ctrl-C and limits come between while it waits. Raises WorkerLost."""
    left = list(pending)
    while left:
        _, left = ray.wait(left, num_returns=len(left), timeout=PERIOD)
    try:
        return list(ray.get(list(pending)))
    except LOST as problem:
        raise WorkerLost("a worker of the cluster was lost") from problem
