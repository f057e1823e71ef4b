"""What does not fit into a channel is counted, and no verdict hides it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from command_line import TIGHT, tcpmc
from tcpmc.checks.explicit.capacity import cut_off
from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.explicit.settings import Exploring
from tcpmc.checks.networkx_engine.graph_capacity import cut_off as cut_off_by_networkx
from tcpmc.checks.networkx_engine.graph_engine import NetworkxEngine
from tcpmc.checks.networkx_engine.product_graph import product_graph
from tcpmc.checks.smt.smt_engine import SolverEngine
from tcpmc.checks.verdict import (
    INCONCLUSIVE,
    PROVED,
    REFUTED,
    UNREACHABLE,
    WITNESS,
    Answer,
    Cut,
    Never,
    beside_larger,
    merged,
)
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import CONNECTION_RESET, State, Step, Tcb, ack, delete_tcb
from tcpmc.model.network.scope import SCOPES, Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.variants.shipped import VARIANTS
from tcpmc.model.variants.variant import RFC9293, Variant

SMALL = SCOPES["small"]
SMALLEST = SMALL.with_(capacity=1)
BURST = "bug: FIN in FIN-WAIT-1: ACKs, connection dropped"
RFC = VARIANTS["rfc9293"]


def burst(count: int) -> Variant:
    """FIN in FIN-WAIT-1 is answered by so many ACKs, and the connection is dropped."""

    def check_fin(host: Host, tcb: Tcb, seg: Segment) -> Step:
        step = RFC9293.check_fin(host, tcb, seg)
        if tcb.state == State.FIN_WAIT_1 and step.tcb.state == State.CLOSING:
            acks = (ack(step.tcb),) * count
            return Step(BURST, delete_tcb(tcb), send=acks, signals=(CONNECTION_RESET,))
        return step

    return Variant("burst", rules=replace(RFC9293, check_fin=check_fin))


def close_twice() -> Variant:
    """CLOSE sends its FIN twice at once."""

    def close(host: Host, tcb: Tcb) -> Step:
        step = RFC9293.close(host, tcb)
        return replace(step, send=step.send * 2)

    return Variant("close-twice", rules=replace(RFC9293, close=close))


def ask(variant: Variant, name: str, scope: Scope) -> Answer:
    prop = PROPERTIES[name]
    model = Model(variant, prop.scope_for(scope))
    return ExplicitEngine(model).decide([prop])[name]


# -- calls that the RFC refuses -------------------------------------------------------------------


@pytest.mark.parametrize("call", ["close", "open_active", "open_passive"])
def test_a_call_that_is_refused_is_made_all_the_same(call: str) -> None:
    """No bound keeps users from a second CLOSE, or from an OPEN of what is open."""

    def drops(host: Host, tcb: Tcb) -> Step:
        if tcb.state == State.FIN_WAIT_2:
            return Step("bug: dropped", delete_tcb(tcb), signals=(CONNECTION_RESET,))
        rule: Callable[[Host, Tcb], Step] = getattr(RFC9293, call)
        return rule(host, tcb)

    changed: dict[str, Any] = {call: drops}
    variant = Variant("drops", rules=replace(RFC9293, **changed))
    assert ask(variant, "graceful-close", SCOPES["small"]).word == REFUTED


@pytest.mark.parametrize(
    ("call", "where", "to", "name"),
    [
        ("open_active", State.FIN_WAIT_2, State.SYN_SENT, "graceful-close"),
        ("close", State.ESTABLISHED, State.SYN_SENT, "graceful-close"),
        ("close", State.CLOSE_WAIT, State.TIME_WAIT, "graceful-close"),
        ("retransmission_timeout", State.LAST_ACK, State.CLOSED, "graceful-close"),
        ("retransmission_timeout", State.LAST_ACK, State.CLOSED, "no-deadlock"),
    ],
)
def test_a_connection_that_is_left_in_silence_is_cut_short(
    call: str, where: State, to: State, name: str
) -> None:
    """By another way than to CLOSED at once, and without a word to the user."""

    def leaves(host: Host, tcb: Tcb) -> Step:
        if tcb.state == where:
            return Step("bug: left in silence", replace(tcb, state=to))
        rule: Callable[[Host, Tcb], Step] = getattr(RFC9293, call)
        return rule(host, tcb)

    changed: dict[str, Any] = {call: leaves}
    variant = Variant("leaves", rules=replace(RFC9293, **changed))
    word = ask(variant, name, SCOPES["small"]).word
    assert word == (REFUTED if name == "graceful-close" else PROVED)


# -- what never fits ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["graceful-close", "no-deadlock", "close-completes"])
def test_three_acks_at_capacity_2_settle_nothing(name: str) -> None:
    found = ask(burst(3), name, SMALL)
    assert found.word == INCONCLUSIVE
    assert f"capacity 2 never has room for the 3 segments of {BURST!r}" in found.method
    assert "--capacity 3" in found.method
    assert found.cut is not None
    assert {(each.label, each.segments) for each in found.cut.never} == {(BURST, 3)}


@pytest.mark.parametrize("name", ["graceful-close", "no-deadlock"])
@pytest.mark.parametrize(("count", "capacity"), [(1, 1), (1, 2), (2, 2)])
def test_acks_that_fit_are_sent(name: str, count: int, capacity: int) -> None:
    assert ask(burst(count), name, SMALL.with_(capacity=capacity)).word == REFUTED


def test_close_that_sends_two_segments_never_happens_at_capacity_1() -> None:
    found = ask(close_twice(), "no-deadlock", SMALLEST)
    assert found.word == INCONCLUSIVE
    assert "3.10.4: CLOSE in ESTABLISHED" in found.method


def test_one_label_for_all_rules_hides_nothing() -> None:
    """What counts is the move, not how its label is spelled."""

    def close(host: Host, tcb: Tcb) -> Step:
        step = RFC9293.close(host, tcb)
        return replace(
            step, rules=("mine",), send=step.send * (1 + (tcb.state == State.CLOSE_WAIT))
        )

    variant = Variant("mine", rules=replace(RFC9293, close=close))
    found = ask(variant, "no-deadlock", SMALLEST)
    assert found.word == INCONCLUSIVE
    assert found.cut is not None
    assert found.cut.never == (Never("mine", 2),)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("variant", "bounds"),
    [
        (RFC, {"capacity": 1}),
        (RFC, {"capacity": 1, "start": "established"}),
        (RFC, {"capacity": 1, "loss": "not-acks", "duplication": False}),
        (RFC, {"capacity": 1, "data": 1, "channel": "fifo", "duplication": False}),
        (close_twice(), {"capacity": 1, "duplication": False}),
        (close_twice(), {"capacity": 2, "duplication": False}),
        (close_twice(), {"capacity": 2, "duplication": False, "channel": "fifo"}),
        (burst(2), {"capacity": 2}),
    ],
)
def test_both_engines_cut_the_same_off(variant: Variant, bounds: dict[str, Any]) -> None:
    """Where nothing is lost a move may wait for ever for room that other moves find."""
    engine = ExplicitEngine(Model(variant, SMALL.with_(**{"loss": "none"} | bounds)))
    engine.decide([PROPERTIES["close-completes"]])
    assert engine.graph is not None
    cut = cut_off(engine.table, engine.graph)
    assert cut is not None
    assert cut == cut_off_by_networkx(engine.model, product_graph(engine.model, 20_000))


def test_a_simultaneous_open_without_room_settles_nothing() -> None:
    """Each SYN waits to be delivered until there is room for the answer to it, and none is lost."""
    found = ask(RFC, "no-deadlock", SMALLEST.with_(loss="none"))
    assert found.word == INCONCLUSIVE
    assert "the 1 segment of '3.10.7.3 fourth: simultaneous open, SYN,ACK sent'" in found.method


def test_networkx_settles_nothing_either() -> None:
    props = [PROPERTIES[name] for name in ("graceful-close", "no-deadlock", "close-completes")]
    for prop, found in NetworkxEngine(Model(close_twice(), SMALLEST)).decide(props).items():
        assert found.word == INCONCLUSIVE, prop
        assert "the 2 segments of '3.10.4: CLOSE in ESTABLISHED'" in found.method


def test_z3_does_not_follow_a_rule_that_sends_several_segments() -> None:
    prop = PROPERTIES["no-deadlock"]
    found = SolverEngine(Model(burst(3), SMALLEST)).decide([prop])[prop.name]
    assert found.word == INCONCLUSIVE


# -- what is only put off -------------------------------------------------------------------------


def test_the_rfc_meets_the_capacity_and_says_so() -> None:
    found = ask(RFC, "no-deadlock", SMALLEST)
    assert (found.word, found.method) == (PROVED, "560 states, capacity 1")
    assert found.cut is not None
    assert found.cut.sends > 0
    assert found.cut.never == ()


def test_an_unbounded_channel_cuts_nothing_off() -> None:
    found = ask(RFC, "no-deadlock", SMALL.with_(channel="sent-set", start="established"))
    assert found.word == PROVED
    assert found.method.startswith("exhaustive, ")
    assert found.cut is None


def test_a_witness_needs_no_bound() -> None:
    assert ask(RFC, "closing", SMALLEST).cut is None


@pytest.mark.parametrize(
    "scope", [SMALL, SMALLEST.with_(clock=True, start="established", loss="not-acks")]
)
@pytest.mark.parametrize("backend", ["kernel", "numpy"])
def test_the_backends_count_the_same(backend: str, scope: Scope) -> None:
    cuts = []
    for chosen in ("auto", backend):
        engine = ExplicitEngine(Model(close_twice(), scope), exploring=Exploring(chosen))
        engine.decide([PROPERTIES["close-completes"]])
        assert engine.graph is not None
        cuts.append(cut_off(engine.table, engine.graph))
    assert cuts[0] == cuts[1]
    assert cuts[0] is not None


def test_a_resumed_run_counts_the_same(tmp_path: Path) -> None:
    prop = PROPERTIES["no-deadlock"]
    found = [
        ExplicitEngine(
            Model(close_twice(), SMALLEST), exploring=Exploring(folder=tmp_path, resume=resume)
        ).decide([prop])[prop.name]
        for resume in (False, True)
    ]
    assert found[0] == found[1]
    assert found[0].word == INCONCLUSIVE


# -- the next larger capacity ---------------------------------------------------------------------

MET = Answer(PROVED, "560 states, capacity 1", cut=Cut(1, 5, 3))


def test_the_same_at_the_next_capacity() -> None:
    found = beside_larger(MET, Answer(PROVED, "31,863 states, capacity 2"))
    assert (found.word, found.method) == (PROVED, f"{MET.method}; the same at capacity 2")
    assert found.cut is not None
    assert found.cut.larger == PROVED


@pytest.mark.parametrize(("here", "there"), [(PROVED, REFUTED), (UNREACHABLE, WITNESS)])
def test_another_verdict_at_the_next_capacity_settles_nothing(here: str, there: str) -> None:
    found = beside_larger(replace(MET, word=here), Answer(there, "shortest trace, 7 steps"))
    assert found.word == INCONCLUSIVE
    assert found.method == f"{here} at capacity 1, and {there} at capacity 2"


def test_a_next_capacity_that_is_too_large_leaves_the_verdict() -> None:
    found = beside_larger(MET, Answer(INCONCLUSIVE, "limit of 5 states: stopped"))
    assert found.word == PROVED
    assert "at capacity 2 INCONCLUSIVE: limit of 5 states" in found.method


def test_a_bounded_search_does_not_cover_up_what_never_fits() -> None:
    cut = Answer(INCONCLUSIVE, "", cut=Cut(1, 5, 3, (Never("mine", 2),)))
    assert merged([cut, Answer("HOLDS<=16", "")]) == INCONCLUSIVE
    assert merged([cut, Answer(PROVED, "inductive, unbounded channel")]) == PROVED


# -- as a user sees it ----------------------------------------------------------------------------

FILE = """
from dataclasses import replace
from tcpmc.model import RFC9293, Variant

def close(host, tcb):
    step = RFC9293.close(host, tcb)
    return replace(step, send=step.send * 2)

variant = Variant("close-twice", rules=replace(RFC9293, close=close))
"""


@pytest.fixture
def variant(tmp_path: Path) -> str:
    file = tmp_path / "twice.py"
    file.write_text(FILE)
    return str(file)


def check(name: str, *words: str) -> subprocess.CompletedProcess[str]:
    return tcpmc("check", name, *TIGHT, "--quiet", *words)


def test_check_says_at_which_capacity_and_whether_a_larger_one_was_tried() -> None:
    told = " ".join(check("closing-both").stdout.split())
    assert "UNREACHABLE closing-both 560 states, capacity 1" in told
    assert "the next larger capacity was tried for none (--next-capacity tries it)" in told


def test_check_tries_the_next_capacity() -> None:
    done = check("closing-both", "--next-capacity")
    told = " ".join(done.stdout.split())
    assert "INCONCLUSIVE closing-both UNREACHABLE at capacity 1, and WITNESS at" in told
    assert "choose a larger --capacity" in told
    assert done.returncode == 3


def test_check_says_for_which_verdicts_the_next_capacity_was_tried() -> None:
    told = " ".join(check("no-deadlock", "--next-capacity").stdout.split())
    assert "560 states, capacity 1; the same at" in told
    assert "the next larger capacity was tried for no-deadlock" in told


def test_json_tells_what_was_cut_off(variant: str) -> None:
    done = check("closing", "--variant", variant, "--format", "json")
    (result,) = json.loads(done.stdout)["results"]
    cut = result["engines"]["explicit"]["cut"]
    assert result["verdict"] == INCONCLUSIVE
    assert {"rule": "3.10.4: CLOSE in ESTABLISHED", "segments": 2} in cut["never"]
    assert cut["capacity"] == 1


@pytest.mark.parametrize("form", ["junit", "sarif", "markdown", "ndjson", "text"])
def test_every_format_names_the_bound_and_the_rule(variant: str, form: str) -> None:
    done = check("closing", "--variant", variant, "-o", f"{form}=-")
    assert "capacity 1" in " ".join(done.stdout.split())
    assert "3.10.4" in done.stdout
