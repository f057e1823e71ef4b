"""Each stack with each other, and what would cure a pair."""

from __future__ import annotations

import json
from functools import cache

import pytest
from click.testing import CliRunner

from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.cli.main import cli
from tcpmc.diagrams.matrix_picture import matrix_svg
from tcpmc.errors import BadInput
from tcpmc.model import PROPERTIES, SCOPES, VARIANTS
from tcpmc.model.network.system import Model
from tcpmc.model.variants.pair import StackPair
from tcpmc.model.variants.shipped import STACKS
from tcpmc.studies.repair import Change, CureSearch, Repair, changed, possible_changes
from tcpmc.studies.repair_report import as_text as repaired
from tcpmc.studies.repair_report import exit_code
from tcpmc.studies.stack_matrix import (
    StackMatrix,
    as_json,
    as_markdown,
    as_text,
    stack_matrix,
    steps_of,
    tables,
)

SUCCEEDS = PROPERTIES["reopening-succeeds"]
SAME = PROPERTIES["reopening-succeeds-same-isn"]
STALL = StackPair(VARIANTS["lwip"], VARIANTS["linux"])


@cache
def matrix() -> StackMatrix:
    """lwIP and Linux with each other, where the new ISS is the old one."""
    return stack_matrix([SAME.name], ["lwip", "linux"], SCOPES["default"])


@cache
def repair(where: str = "both", most: int = 1) -> Repair:
    """The cures of the stall."""
    return CureSearch(SUCCEEDS, STALL, SCOPES["default"]).cures(where, most)  # type: ignore[arg-type]


def test_the_server_decides_whether_a_call_gets_through() -> None:
    words = {(a, b): matrix().cell(SAME.name, a, b) for a in STACKS[5:6] for b in ("linux", "lwip")}
    assert {result.verdict.word for result in words.values()} == {"PROVED"}
    stalled = matrix().cell(SAME.name, "lwip", "linux")
    assert (stalled.verdict.word, steps_of(stalled)) == ("REFUTED", "18")


def test_the_matrix_in_each_format() -> None:
    assert tables(matrix())[SAME.name] == [
        [("REFUTED", "18"), ("REFUTED", "18")],
        [("PROVED", ""), ("PROVED", "")],
    ]
    assert "1 lwip    R18  R18" in as_text(matrix())
    assert "| `linux` | PROVED | PROVED |" in as_markdown(matrix())
    cells = json.loads(as_json(matrix()))["cells"]
    assert cells[1]["command"] == (
        "tcpmc trace reopening-succeeds-same-isn --variant A=lwip,B=linux"
    )
    assert matrix_svg(matrix().stacks, tables(matrix())).count("R18") == 2


def test_every_stack_is_a_variant() -> None:
    assert set(STACKS) <= set(VARIANTS)


def test_pairs_refuses_an_unknown_stack() -> None:
    result = CliRunner().invoke(cli, ["pairs", "--stack", "nope"])
    assert isinstance(result.exception, BadInput)


def test_both_known_cures_of_the_stall_are_found() -> None:
    """Reopening by sequence number, and obeying RST in TIME-WAIT (F1 dropped)."""
    cures = {str(change) for cure in repair().cures for change in cure.changes}
    assert {"A: reopening=sequence", "A: rst_in_time_wait=accept"} <= cures
    assert all(cure.how.startswith("PROVED") for cure in repair().cures)


def test_nothing_at_the_client_cures_it() -> None:
    found = repair("B")
    assert (found.cures, exit_code(found), found.stopped) == ((), 1, "")


def test_a_set_that_is_not_explored_is_refuted() -> None:
    """What is rejected because of a known run is decided the same by exploring it."""
    changes = list(possible_changes(STALL, "A"))
    cured = {cure.changes for cure in repair("A").cures}
    scope = SUCCEEDS.scope_for(SCOPES["default"])
    for change in changes[::5]:
        model = Model(changed(STALL, (change,)), scope)
        word = ExplicitEngine(model).decide([SUCCEEDS])[SUCCEEDS.name].word
        assert (word == "PROVED") == ((change,) in cured)


def test_a_rule_is_put_back() -> None:
    """The bug of smoltcp is one rule; with the RFC's the property holds."""
    bug = VARIANTS["smoltcp-1001"]
    prop = PROPERTIES["simultaneous-open"]
    found = CureSearch(prop, bug, SCOPES["small"].with_(duplication=False)).cures("both", 1)
    changes = [change for cure in found.cures for change in cure.changes]
    assert changes == [Change("AB", "segment_in_syn_sent")]
    assert str(changes[0]) == "A and B: segment_in_syn_sent as in RFC 9293"


def test_what_holds_needs_no_repair() -> None:
    found = CureSearch(SAME, VARIANTS["linux"], SCOPES["default"]).cures("both", 1)
    assert (found.before, found.cures, exit_code(found)) == ("PROVED", (), 0)
    assert "nothing to repair" in repaired(found, None)


@pytest.mark.parametrize("where", ["A", "B", "both"])
def test_changes_are_made_at_the_ends_that_are_named(where: str) -> None:
    ends = {change.where for change in possible_changes(STALL, where)}
    assert ends == ({"A", "B"} if where == "both" else {where})
    assert {change.where for change in possible_changes(VARIANTS["lwip"], "both")} == {"AB"}
