"""A client calls again: the listener, the prompt network, and what is asked of the second call."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.networkx_engine.graph_engine import NetworkxEngine
from tcpmc.checks.verdict import Answer
from tcpmc.model import PROPERTIES, RFC9293, SCOPES, VARIANTS, Variant
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import State, Step, Tcb, delete_tcb
from tcpmc.model.network.product import System
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.variants.pair import StackPair, Stacks

SUCCEEDS = PROPERTIES["reopening-succeeds"]
RFC = VARIANTS["rfc9293"]


def asked(name: str, stacks: Stacks) -> Answer:
    """What the explicit engine says of the property."""
    prop = PROPERTIES[name]
    return ExplicitEngine(Model(stacks, prop.scope_for(SCOPES["default"]))).decide([prop])[name]


def served(**bounds: object) -> Model:
    """The RFC's rules, from ESTABLISHED, with a listener at A."""
    scope = Scope("t", start="established", opens=2, data=0, listener="A", **bounds)  # type: ignore[arg-type]
    return Model(RFC, scope)


def reset_at(model: Model, which: int) -> tuple[Step, State]:
    """What a reset at RCV.NXT does to that end, and the state after it."""
    end = model.initial().ends[which]
    move = model.receive(which, end, Segment(end.tcb.rcv_nxt, end.tcb.rcv_nxt, RST=True))
    return move.step, move.end.state


def events(model: Model, system: System, which: int) -> set[EventKind]:
    """What that end can do by itself."""
    return {
        event.kind
        for event, step, _ in model.successors(system)
        if event.end == which and step is not None and event.kind != EventKind.DELIVER
    }


def test_a_listener_is_there_when_its_connection_is_gone() -> None:
    step, state = reset_at(served(), 0)
    assert state == State.LISTEN
    assert step.rules == ("3.10.7.4 second: reset", "3.10.1: passive OPEN")
    assert reset_at(served(), 1)[1] == State.CLOSED


def test_a_listener_has_opened_once_more() -> None:
    model = served()
    end = model.initial().ends[0]
    after = model.receive(0, end, Segment(end.tcb.rcv_nxt, end.tcb.rcv_nxt, RST=True)).end
    assert (after.history.opens, after.history.told) == (2, False)


def test_no_listener_is_there_where_no_open_is_left() -> None:
    model = Model(RFC, Scope("t", start="established", opens=1, listener="A"))
    assert reset_at(model, 0)[1] == State.CLOSED


def test_a_listener_that_crashed_is_gone() -> None:
    model = served(crashes=1)
    move = model.own_move(EventKind.CRASH, 0, model.initial().ends[0])
    assert move is not None
    assert move.end.state == State.CLOSED


def test_a_listener_waits_for_a_call() -> None:
    """The user of a listener neither calls nor closes in LISTEN."""
    model = served()
    system = model.initial()
    end = system.ends[0]
    listening = model.receive(0, end, Segment(end.tcb.rcv_nxt, end.tcb.rcv_nxt, RST=True)).end
    assert events(model, system.after(0, listening, ()), 0) == set()


@pytest.mark.parametrize(("prompt", "can"), [(True, False), (False, True)])
def test_a_prompt_network_delivers_before_a_retransmission(prompt: bool, can: bool) -> None:
    model = served(prompt=prompt, duplication=False)
    closing = next(
        after
        for event, _, after in model.successors(model.initial())
        if event.kind == EventKind.CLOSE
    )
    assert (EventKind.RETRANSMISSION_TIMEOUT in events(model, closing, 0)) == can


def test_a_sent_set_is_never_prompt() -> None:
    with pytest.raises(ValueError, match="prompt"):
        Scope("t", channel="sent-set", prompt=True)


def test_f1_without_reopening_stalls() -> None:
    """Each SYN is answered by an ACK, the RST that answers that is ignored, three times."""
    answer = asked("reopening-succeeds", VARIANTS["rfc1337"])
    assert answer.trace is not None
    rules = [step.rules[0] for step in answer.trace.steps if step is not None]
    ignored = "RFC 1337 F1: RST in TIME-WAIT ignored"
    assert (len(answer.trace), rules.count(ignored)) == (18, 3)


@pytest.mark.parametrize(
    "isn", ["-same-isn", *(pytest.param(e, marks=pytest.mark.exhaustive) for e in ("", "-any-isn"))]
)
def test_networkx_agrees(isn: str) -> None:
    prop = PROPERTIES[f"reopening-succeeds{isn}"]
    for stacks in (
        StackPair(VARIANTS["lwip"], VARIANTS["linux"]),
        StackPair(VARIANTS["linux"], VARIANTS["lwip"]),
        RFC,
    ):
        model = Model(stacks, prop.scope_for(SCOPES["default"]))
        explicit = ExplicitEngine(model).decide([prop])[prop.name]
        by_networkx = NetworkxEngine(model).decide([prop])[prop.name]
        assert explicit.word == by_networkx.word
        if explicit.trace is not None and by_networkx.trace is not None:
            assert len(explicit.trace) == len(by_networkx.trace)


def test_the_fault_is_the_servers() -> None:
    """An lwIP server stalls a Linux client; a Linux server lets an lwIP client in."""
    server, client = VARIANTS["lwip"], VARIANTS["linux"]
    assert asked("reopening-succeeds", StackPair(server, client)).word == "REFUTED"
    assert asked("reopening-succeeds", StackPair(client, server)).word == "PROVED"


def test_more_syns_do_not_help_against_f1() -> None:
    scope = SUCCEEDS.scope_for(SCOPES["default"].with_(retransmissions=4))
    assert scope.retransmissions == 4
    answer = ExplicitEngine(Model(VARIANTS["lwip"], scope)).decide([SUCCEEDS])[SUCCEEDS.name]
    assert answer.trace is not None
    assert len(answer.trace) == 18 + 2 * 4


def silent(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """A SYN in TIME-WAIT is dropped, as some load balancers do."""
    if tcb.state == State.TIME_WAIT and seg.SYN:
        return Step("SYN in TIME-WAIT dropped", tcb)
    return RFC9293.check_sequence(host, tcb, seg)


def test_a_syn_that_is_dropped_is_not_answered() -> None:
    mutant = Variant("m", rules=replace(RFC9293, check_sequence=silent))
    assert asked("reopening-answered", mutant).word == "REFUTED"
    assert asked("reopening-succeeds", mutant).word == "REFUTED"


def any_reset(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """A reset ends a connection wherever its number is."""
    if seg.RST and tcb.state in (State.SYN_RECEIVED, State.ESTABLISHED):
        return Step("reset, wherever it is", delete_tcb(tcb))
    return RFC9293.check_sequence(host, tcb, seg)


def test_an_old_reset_that_ends_the_new_connection_is_noticed() -> None:
    mutant = Variant("m", rules=replace(RFC9293, check_sequence=any_reset))
    assert asked("reopening-not-mistaken", mutant).word == "REFUTED"
