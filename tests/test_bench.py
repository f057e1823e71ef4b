"""The benchmark: its model against the reference, and what it makes of what it measures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench import compare, naive, peers
from bench.__main__ import main
from bench.compare import Comparison
from bench.measure import Failed, Run, Size
from bench.report import as_json, as_text, floors
from bench.sizes import SIZES
from bench.system import Goal, compact_tcp
from other_systems import explored
from tcpmc.checks.statespace import explore, successors

RUN = Run(search=1.0, cpu=1.0, process=2.0, peak=90_000_000, states=1, transitions="1")


@pytest.mark.parametrize("size", [(1, 1), (2, 1)])
def test_the_table_of_rules_is_the_model_written_by_hand(size: Size) -> None:
    machine = compact_tcp(*size)
    graph, counts = explored(machine), naive.explore(*size)
    assert (graph.states, graph.edges) == (counts.states, counts.transitions)
    assert tuple(map(len, graph.levels)) == counts.levels
    alive = sum(len(set(successors(machine, level).source)) for level in graph.levels)
    assert graph.states - alive == counts.deadlocks


def test_the_goal_is_the_first_state_with_both_ends_over_and_both_channels_full() -> None:
    machine = compact_tcp(1, 2)
    goal = Goal(machine, 1, 2)
    graph = explore(machine, visit=lambda graph: goal.find(graph) is not None)
    found = goal.find(graph)
    assert found is not None
    a, b, ab, ba = machine.state(found)
    assert (a.st, b.st, len(ab), len(ba)) == (10, 10, 2, 2)
    assert len(graph.path_to(found, graph.depth)) == graph.depth + 1


@dataclass(frozen=True)
class Told:
    """A contestant that says what it was told."""

    name: str
    result: Run

    def run(self, size: Size, directory: Path, goal: bool = False) -> Run:
        return self.result


def test_a_tool_that_counts_something_else_ends_the_comparison(tmp_path: Path) -> None:
    states, transitions = SIZES[1, 2]
    right = replace(RUN, states=states, transitions=f"{transitions}")
    searched = compare._search((1, 2), [Told("a", right)], 2, tmp_path, lambda line: None)
    assert searched == {"a": [right, right]}
    wrong = Told("b", replace(right, states=states - 1))
    with pytest.raises(Failed, match="b counts 35375 states"):
        compare._search((1, 2), [Told("a", right), wrong], 1, tmp_path, lambda line: None)


def test_spin_counts_the_initial_state_as_a_transition_and_shows_eight_digits() -> None:
    assert peers.Spin.expected((1, 2)) == "260583"
    assert peers.Spin.expected((3, 2)) == "1.5215401e+08"


def test_without_peers_it_says_so_in_a_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "missing", lambda *programs: [programs[0]])
    notes: list[str] = []
    assert compare.peer_contestants("auto", notes) == []
    assert [note.split(":")[0] for note in notes] == ["Without spin", "Without rumur"]


def comparison(spin_seconds: float) -> Comparison:
    """Three rounds at (1,4) in which the kernel takes a second."""
    found = Comparison(3, "a machine", ["tools"], verdicts={"catalogue": 9.0})
    found.searches[1, 4] = {
        "kernel": [RUN] * 3,
        "spin": [replace(RUN, search=9.0, cpu=spin_seconds * n, build=14.0) for n in (1, 1, 9)],
    }
    return found


def test_floors_are_kept_by_medians() -> None:
    kept = {floor.measure: floor for floor in floors(comparison(spin_seconds=25.0))}
    assert kept["search, kernel on 1 core : spin, (1,4)"].measured == 25
    assert kept["whole process : whole spin pipeline, (1,4)"].measured == 8
    assert kept["memory, kernel, (1,4)"].measured == pytest.approx(15.0, abs=0.01)
    assert all(floor.passed for floor in kept.values())


def test_a_floor_that_is_missed_is_called_short() -> None:
    text = as_text(comparison(spin_seconds=24.9))
    assert [line.split()[-1] for line in text.splitlines() if "at least" in line] == [
        "short",
        "pass",
    ]


def test_json_has_every_run() -> None:
    data = as_json(comparison(spin_seconds=25.0))
    assert [run["tool"] for run in data["searches"]] == ["kernel"] * 3 + ["spin"] * 3
    assert {floor["passed"] for floor in data["floors"]} == {True}


@pytest.mark.parametrize("sizes", ["", "1,2,3", "5,5", "x"])
def test_sizes_that_are_not_there_are_refused(sizes: str) -> None:
    done = CliRunner().invoke(main, ["--sizes", sizes])
    assert done.exit_code == 2
    assert "sizes are among: 1,2 1,3 2,2 1,4 3,2" in done.output
