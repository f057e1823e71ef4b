"""The comparison as tables, and against the floors it is to keep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.compare import Comparison
from bench.measure import Run, Size, middle
from bench.ours import KERNEL, NUMPY, TWO_THREADS
from bench.peers import BREADTH_FIRST, QUICKLY_BUILT, SPIN_FLAGS, TUNED, TWO_CORES
from bench.sizes import SIZES

OURS = (KERNEL.name, TWO_THREADS.name, NUMPY.name)
SPINS = (TUNED.name, TWO_CORES.name, QUICKLY_BUILT.name)
CATALOGUE_SECONDS = 10.0
BYTES_A_STATE = 16.0

# How many times faster than SPIN: of each kind of measure, by size.
ONE_THREAD: dict[Size, float] = {(1, 4): 25, (2, 2): 15}
TWO_THREAD: dict[Size, float] = {(1, 4): 40}
WITHOUT_KERNEL: dict[Size, float] = {(1, 3): 2.5, (1, 4): 2.5}
PIPELINE = 8.0
COUNTEREXAMPLE = 30.0


@dataclass(frozen=True)
class Floor:
    """A measure that has a least (or most, if `below`) value, and what was measured."""

    measure: str
    floor: float
    measured: float
    unit: str
    below: bool = False

    @property
    def passed(self) -> bool:
        return self.measured <= self.floor if self.below else self.measured >= self.floor


Runs = dict[str, list[Run]]


def best(runs: Runs, names: Sequence[str], figure: str) -> float | None:
    """The least median among those contestants that ran."""
    return min((middle(runs[name], figure) for name in names if name in runs), default=None)


def ratio(runs: Runs, ours: Sequence[str], peers: Sequence[str], figure: str) -> float | None:
    """How many times longer the best of the peers takes than the best of ours."""
    least, most = best(runs, ours, figure), best(runs, peers, figure)
    return most / least if least and most else None


def floors(found: Comparison) -> Iterator[Floor]:
    """Every measure with a floor that was made."""
    for size, runs in found.searches.items():
        at = f"({size[0]},{size[1]})"
        asked = [
            ("search, kernel on 1 core : spin", ONE_THREAD, KERNEL, SPINS[:1], "cpu"),
            ("search, kernel on 2 cores : spin's best", TWO_THREAD, TWO_THREADS, SPINS, "search"),
            ("search, numpy : spin", WITHOUT_KERNEL, NUMPY, SPINS[:1], "cpu"),
        ]
        for measure, least, ours, peers, figure in asked:
            times = ratio(runs, [ours.name], peers, figure)
            if size in least and times:
                yield Floor(f"{measure}, {at}", least[size], times, "x")
        times = ratio(runs, OURS, SPINS[:1], "pipeline")
        if times:
            yield Floor(f"whole process : whole spin pipeline, {at}", PIPELINE, times, "x")
        if size == (1, 4) and KERNEL.name in runs:
            used = middle(runs[KERNEL.name], "peak") / SIZES[size][0]
            yield Floor(f"memory, kernel, {at}", BYTES_A_STATE, used, " bytes a state", below=True)
    times = ratio(found.goals, [KERNEL.name], [BREADTH_FIRST.name], "cpu")
    if times:
        measure = "search, shortest counterexample, kernel on 1 core : spin -DBFS, (2,2)"
        yield Floor(measure, COUNTEREXAMPLE, times, "x")
    seconds = found.verdicts["catalogue"]
    yield Floor("tcpmc check, catalogue, explicit", CATALOGUE_SECONDS, seconds, " s", below=True)


def as_text(found: Comparison) -> str:
    """Tables for a terminal."""
    parts = [
        f"machine: {found.machine}",
        *found.tools,
        f"spin: {TUNED.optimise} {' '.join(SPIN_FLAGS)}, -w to fit, -m2000; "
        f"murphi: packing off; medians of {found.rounds} interleaved runs",
        *found.notes,
    ]
    for size, runs in found.searches.items():
        states, transitions = SIZES[size]
        title = f"K={size[0]} C={size[1]}: {states:,} states, {transitions:,} transitions"
        parts += ["", title, *_runs(runs, states)]
    if found.goals:
        parts += ["", "K=2 C=2, shortest path of 18 steps to a state", *_goals(found.goals)]
    parts += ["", "tcpmc's model of RFC 9293", *_scopes(found), "", *_verdicts(found)]
    return "\n".join([*parts, "", *_floors(found), *_where_spin_wins(found)])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns, the first to the left and the rest to the right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return [
        "  " + "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()
        for row in (head, *rows)
    ]


def _spread(runs: Sequence[Run], figure: str) -> str:
    values = [getattr(one, figure) for one in runs]
    return f"{min(values):.2f}..{max(values):.2f}"


def _bytes(runs: Sequence[Run]) -> str:
    """Bytes a state; of a small search they say nothing but how large an idle process is."""
    each = middle(runs, "peak") / runs[0].states
    return f"{each:.1f}" if runs[0].states >= 400_000 else "-"


def _runs(runs: Runs, states: int) -> list[str]:
    """Each contestant, and how many times longer its search and its pipeline take than ours."""
    fastest = {figure: best(runs, OURS, figure) or 1.0 for figure in ("search", "pipeline")}
    rows = []
    for name, of in runs.items():
        search, pipeline = middle(of, "search"), middle(of, "pipeline")
        rows.append(
            [
                name,
                f"{search:.3f}",
                _spread(of, "search"),
                f"{search / fastest['search']:.1f}x",
                f"{middle(of, 'cpu'):.3f}",
                f"{middle(of, 'tables'):.2f}" if of[0].tables else "",
                f"{middle(of, 'process'):.2f}",
                f"{pipeline:.2f}",
                f"{pipeline / fastest['pipeline']:.1f}x",
                f"{states / search / 1e6:.2f}",
                _bytes(of),
            ]
        )
    head = ["tool", "search s", "from..to", "", "its cpu s", "tables s", "process s", "pipeline s"]
    return _table([*head, "", "M states/s", "bytes/state"], rows)


def _goals(runs: Runs) -> list[str]:
    fastest = best(runs, OURS, "search") or 1.0
    rows = [
        [name, f"{middle(of, 'search'):.3f}", f"{middle(of, 'search') / fastest:.1f}x"]
        + [f"{middle(of, figure):.2f}" for figure in ("cpu", "tables", "trace", "process")]
        for name, of in runs.items()
    ]
    return _table(["tool", "search s", "", "its cpu s", "tables s", "path s", "process s"], rows)


def _scopes(found: Comparison) -> list[str]:
    rows = [
        [
            f"{scope}, {name}",
            f"{of[0].states:,}",
            f"{of[0].transitions}",
            f"{middle(of, 'search'):.3f}",
            f"{of[0].states / middle(of, 'search') / 1e6:.2f}",
            _bytes(of),
        ]
        for scope, runs in found.scopes.items()
        for name, of in runs.items()
    ]
    head = ["scope", "states", "transitions", "search s", "M states/s", "bytes/state"]
    return _table(head, rows)


def _verdicts(found: Comparison) -> list[str]:
    rows = [
        ["catalogue" if what == "catalogue" else f"synchronized, scope {what}", f"{seconds:.2f}"]
        for what, seconds in found.verdicts.items()
    ]
    return _table(["tcpmc check --engine explicit", "s"], rows)


def _floors(found: Comparison) -> list[str]:
    rows = [
        [
            floor.measure,
            f"{'at most' if floor.below else 'at least'} {floor.floor:g}{floor.unit}",
            f"{floor.measured:.1f}{floor.unit}",
            "pass" if floor.passed else "short",
        ]
        for floor in floors(found)
    ]
    return _table(["measure", "floor", "measured", ""], rows)


def _where_spin_wins(found: Comparison) -> list[str]:
    """A verifier that is compiled already, against the whole of our process."""
    lines = []
    for size, runs in found.searches.items():
        ours, spin = best(runs, OURS, "process"), best(runs, SPINS, "process")
        if ours and QUICKLY_BUILT.name in runs:
            whole = middle(runs[QUICKLY_BUILT.name], "pipeline")
            lines.append(
                f"At ({size[0]},{size[1]}) spin's whole pipeline is fastest with -O0: "
                f"{whole:.2f} s, {whole / (best(runs, OURS, 'pipeline') or 1):.1f} times ours."
            )
        if ours and spin and spin < ours:
            lines.append(
                f"At ({size[0]},{size[1]}) a spin verifier that is compiled already wins: "
                f"{spin:.2f} s against {ours:.2f} s, most of which is Python's start."
            )
    return lines


def as_json(found: Comparison) -> dict[str, Any]:
    """Everything that was measured."""
    return {
        "machine": found.machine,
        "tools": found.tools,
        "spin": [TUNED.optimise, *SPIN_FLAGS],
        "rounds": found.rounds,
        "notes": found.notes,
        "searches": [
            {"connections": k, "capacity": c, "tool": name, **asdict(one)}
            for (k, c), runs in found.searches.items()
            for name, of in runs.items()
            for one in of
        ],
        "counterexamples": [
            {"tool": name, **asdict(one)} for name, of in found.goals.items() for one in of
        ],
        "scopes": [
            {"scope": scope, "backend": name, **asdict(one)}
            for scope, runs in found.scopes.items()
            for name, of in runs.items()
            for one in of
        ],
        "verdicts": found.verdicts,
        "floors": [{**asdict(floor), "passed": floor.passed} for floor in floors(found)],
    }
