"""This explorer in a process of its own: `python -m bench.worker tcp K C` or `... scope NAME`.

Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import TypeVar

from tcpmc.checks.statespace import Graph, Machine, explore
from tcpmc.checks.statespace.backend import Backend, backend_for

T = TypeVar("T")
Choice = Callable[[Machine], Backend]
"""The backend for a machine."""


def main() -> None:
    """Explore in this process. The search is all that happens between the system's set-up and the
    last state found: the tables are filled in as the search asks for them."""
    parser = argparse.ArgumentParser(prog="python -m bench.worker")
    parser.add_argument("system", choices=["tcp", "scope"])
    parser.add_argument("parameters", nargs="+", help="K C, or the name of a scope")
    parser.add_argument("--goal", action="store_true", help="stop at the goal, and find the path")
    parser.add_argument("--backend", default="auto", choices=["auto", "kernel", "numpy"])
    parser.add_argument("--threads", type=int)
    parser.add_argument("--cluster", help="local:N, or the address of a Ray cluster")
    args = parser.parse_args()

    def backend(machine: Machine) -> Backend:
        if args.cluster is None:
            return backend_for(machine, args.backend, args.threads)
        from tcpmc.checks.explicit.settings import Exploring

        return Exploring(args.backend, cluster=args.cluster).backend_for(machine)

    if args.system == "tcp":
        connections, capacity = map(int, args.parameters)
        said = explore_tcp(connections, capacity, args.goal, backend)
    else:
        said = explore_scope(args.parameters[0], backend)
    print(json.dumps(said))


def explore_tcp(connections: int, capacity: int, goal: bool, backend: Choice) -> dict[str, object]:
    """The benchmark's model, all of it or until the goal."""
    from bench.system import Goal, compact_tcp

    machine = compact_tcp(connections, capacity)
    find = Goal(machine, connections, capacity).find
    return explored(machine, find if goal else None, backend)


def explore_scope(name: str, backend: Choice) -> dict[str, object]:
    """tcpmc's own model."""
    from tcpmc.checks.explicit.tabulate import TabulatedModel
    from tcpmc.model import SCOPES, VARIANTS, Model

    machine = TabulatedModel(Model(VARIANTS["rfc9293"], SCOPES[name]))
    return explored(machine, None, backend)


@dataclass
class Watch:
    """A stopwatch for a function: its seconds by the clock and of the processor."""

    clock: float = 0.0
    cpu: float = 0.0

    def around(self, function: Callable[[T], None]) -> Callable[[T], None]:
        """The same function, timed."""

        def timed(argument: T) -> None:
            clock, cpu = perf_counter(), process_time()
            function(argument)
            self.clock += perf_counter() - clock
            self.cpu += process_time() - cpu

        return timed


def explored(
    machine: Machine, find: Callable[[Graph], int | None] | None, backend: Choice
) -> dict[str, object]:
    """What was found, and the seconds that it took: of filling in the tables, which evaluates the
    model's functions (a peer has that generated and compiled), of the search without it, and of
    the path to what `find` found."""
    hit: int | None = None

    def visit(graph: Graph) -> bool:
        nonlocal hit
        hit = find(graph) if find else None
        return hit is not None

    chosen, tables = backend(machine), Watch()
    chosen.tables.fill_all = tables.around(chosen.tables.fill_all)  # type: ignore[assignment, method-assign]
    clock, cpu = perf_counter(), process_time()
    graph = explore(machine, visit=visit, backend=chosen)
    clock, cpu = perf_counter() - clock, process_time() - cpu
    start = perf_counter()
    path = None if hit is None else graph.path_to(hit, graph.depth)
    return {
        "states": graph.states,
        "transitions": graph.edges,
        "depth": None if path is None else len(path) - 1,
        "levels": len(graph.levels),
        "search": clock - tables.clock,
        "cpu": cpu - tables.cpu,
        "tables": tables.clock,
        "trace": perf_counter() - start,
    }


if __name__ == "__main__":
    main()
