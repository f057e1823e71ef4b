"""`tcpmc graph`: the files that it writes are what Python gets of the same states."""

from __future__ import annotations

import json
from pathlib import Path

import networkx
import pytest

import tcpmc as package
from command_line import assert_one_line, tcpmc

TIGHT = ("graph", "--scope", "small", "--capacity", "1", "--quiet")


def test_one_run_writes_each_format_and_each_is_the_whole_graph(tmp_path: Path) -> None:
    formats = [f"{name}=graph.{name}" for name in ("graphml", "gexf", "json")]
    done = tcpmc(*TIGHT, *(word for form in formats for word in ("-o", form)), folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    space = package.explore(scope="small", capacity=1)
    size = (space.states, space.transitions)
    for read in (networkx.read_graphml, networkx.read_gexf):
        graph = read(tmp_path / f"graph.{read.__name__.removeprefix('read_')}")
        assert (len(graph), graph.number_of_edges()) == size
    loaded = json.loads((tmp_path / "graph.json").read_text(encoding="utf-8"))
    assert (len(loaded["nodes"]), len(loaded["edges"])) == size


def test_without_a_file_it_is_json_on_standard_output() -> None:
    done = tcpmc(*TIGHT, "--variant", "no-time-wait", "--data", "0")
    assert done.returncode == 0
    assert {node["A"] for node in json.loads(done.stdout)["nodes"]} >= {"CLOSED", "LAST-ACK"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--variant", "linus"), "unknown variant 'linus'; nearest: linux"),
        (("--capacity", "99"), "capacity=99"),
        (("-o", "dot=graph.dot"), "unknown format 'dot'; one of gexf, graphml, json"),
        (("-o", "graphml=/no/such/folder/x"), "cannot write /no/such/folder/x"),
    ],
)
def test_what_cannot_be_written_is_one_line_and_exit_2(words: tuple[str, ...], told: str) -> None:
    assert_one_line(tcpmc(*TIGHT, *words), told)


def test_beyond_a_limit_nothing_is_left_behind(tmp_path: Path) -> None:
    done = tcpmc(*TIGHT, "--max-states", "100", "-o", "graphml=graph.graphml", folder=tmp_path)
    assert done.returncode == 3
    assert "limit of 100 states" in done.stderr
    assert not [*tmp_path.iterdir()]
