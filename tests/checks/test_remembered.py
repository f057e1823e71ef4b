"""What the explicit engine remembers, and works out for many states at once, is the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.explicit.remembered import remembering
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.explicit.truth import TruthOnGraphs
from tcpmc.checks.in_flight import truths
from tcpmc.checks.statespace import explore
from tcpmc.model import PROPERTIES, RFC9293, Host, Rules, Segment, Step, Tcb, Variant
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.tcb import State
from tcpmc.model.network.product import System
from tcpmc.model.network.scope import SCOPES, Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.clocked import segment_left, timed
from tcpmc.model.properties.kinds import Predicate
from tcpmc.model.variants.shipped import VARIANTS

SMALLEST = SCOPES["small"].with_(capacity=1)


def counting(calls: list[Tcb]) -> Variant:
    """RFC 9293, which writes down what SEGMENT ARRIVES in LISTEN is called with."""

    def in_listen(host: Host, tcb: Tcb, seg: Segment) -> Step:
        calls.append(tcb)
        return RFC9293.segment_in_listen(host, tcb, seg)

    return Variant("counting", rules=replace(RFC9293, segment_in_listen=in_listen))


def test_a_rule_is_asked_once_in_two_scopes() -> None:
    calls: list[Tcb] = []
    variant = counting(calls)
    explore(TabulatedModel(Model(variant, SMALLEST)))
    asked = len(calls)
    explore(TabulatedModel(Model(variant, SMALLEST.with_(duplication=False))))
    assert 0 < asked == len(calls)


def test_numbers_of_another_width_are_not_taken_for_the_same() -> None:
    """`Seq(100, 10) == Seq(100, 16)`, but what a rule makes of them differs."""
    variant = counting([])
    for bits in (10, 16):
        model = remembering(Model(variant, SMALLEST.with_(bits=bits)))
        listening = model.own_move(EventKind.PASSIVE_OPEN, 0, model.initial().ends[0])
        assert listening is not None
        assert listening.end.state == State.LISTEN
        assert listening.step.tcb.iss.bits == bits


def test_another_profile_is_asked_anew() -> None:
    """A closed host that is silent does not answer as one does that resets."""
    sent = []
    for replies in ("rst", "silent"):
        profile = replace(Variant("x").profile, closed_replies=replies)
        model = remembering(Model(Variant("x", profile=profile), SMALLEST))
        end = model.initial().ends[0]
        segment = Segment(end.tcb.iss, end.tcb.iss, ACK=True)
        sent.append(len(model.receive(0, end, segment).step.send))
    assert sent == [1, 0]


def two_questions(model: Model, system: System) -> bool:
    """A FIN is in flight, and no reset; or else an end is gone and a bare ACK is in flight."""
    if system.in_flight(lambda segment: segment.FIN):
        return not system.in_flight(lambda segment: segment.RST)
    gone = any(end.state == State.CLOSED for end in system.ends)
    return gone and system.in_flight(lambda segment: segment.ACK and not segment.SYN, younger=1)


def reads_channels(model: Model, system: System) -> bool:
    """Something is in flight towards B."""
    return system.ends[0].state == State.CLOSED and len(system.channels[0]) > 0


@pytest.mark.parametrize(
    ("predicate", "scope"),
    [
        (two_questions, SMALLEST),
        (reads_channels, SMALLEST),
        (segment_left, timed(lambda scope: 1)(SMALLEST.with_(msl=1))),
        (two_questions, timed()(SMALLEST.with_(msl=1))),
        (two_questions, SMALLEST.with_(channel="sent-set", start="established")),
    ],
)
@pytest.mark.parametrize("enough", [any, all])
def test_where_a_predicate_holds_is_where_it_holds_state_by_state(
    predicate: Predicate, scope: Scope, enough: Callable[[set[bool]], bool]
) -> None:
    model = Model(Variant("rfc9293"), scope)
    table = TabulatedModel(model)
    truth, seen = TruthOnGraphs(table), 0
    graph = explore(table)
    for number in range(0, len(graph.levels), 3):
        level = truth.level(graph, number)
        found = truth.where(predicate, level, enough)
        some = np.arange(0, len(level.states), 1 + len(level.states) // 300)
        for index in some.tolist():
            system = table.system(level.states[index])
            assert bool(found[index]) == enough(truths(predicate, model, system))
        seen += int(found.sum())
    unseen_loss = scope.channel == "sent-set" and not scope.clock
    assert seen or (enough == all and unseen_loss)


def test_a_model_of_another_class_and_hosts_of_its_own_are_kept() -> None:
    class Other(Model):
        pass

    variant, scope = VARIANTS["rfc9293"], SCOPES["small"]
    other = Other(variant, scope)
    assert remembering(other) == other
    plain = Model(variant, scope)
    hosts = (plain.hosts[1], plain.hosts[0])
    assert remembering(Model(variant, scope, hosts)).hosts == hosts


class IgnoringFins(Rules):
    """Rules of a class of their own: no FIN is ever taken."""

    def segment_arrives(self, host: Host, tcb: Tcb, seg: Segment) -> Step:
        return (
            Step("mine: FIN ignored", tcb) if seg.FIN else super().segment_arrives(host, tcb, seg)
        )


def test_rules_of_another_class_do_what_that_says() -> None:
    model = Model(Variant("mine", rules=IgnoringFins()), SMALLEST)
    answer = ExplicitEngine(model).decide([PROPERTIES["close-completes"]])["close-completes"]
    assert answer.word == "REFUTED"
