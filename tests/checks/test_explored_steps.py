"""What the explorer sees the rules do is in the formulas that proofs are about, under its name."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
import z3

from tcpmc.checks.explicit import tabulate
from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.explicit.local_steps import LocalStep, local_steps, states_by_pair
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.naming import SameName, names_of, segment_name
from tcpmc.checks.parametric import formulas as formulas_module
from tcpmc.checks.parametric.explored import Explored
from tcpmc.checks.parametric.formulas import formulas_of, sent_name
from tcpmc.checks.parametric.prover import Prover
from tcpmc.checks.parametric.symbolic_endpoint import BITS
from tcpmc.checks.smt import smt_engine
from tcpmc.checks.smt.encode import Encoding
from tcpmc.checks.smt.induction import sample, segments_sent
from tcpmc.checks.smt.pairs import varying
from tcpmc.checks.smt.relation import Relation
from tcpmc.checks.smt.unmatched import unmatched
from tcpmc.checks.statespace import explore
from tcpmc.checks.symbolic.evaluated import Unknown, holds_at
from tcpmc.checks.symbolic.fields import end_terms
from tcpmc.checks.symbolic.symbolic import Sym
from tcpmc.checks.timed import timed_system
from tcpmc.checks.timed.phases import NotFinite
from tcpmc.checks.timed.provenance import either, no
from tcpmc.checks.timed.threshold import Finder, ThresholdQuestion
from tcpmc.checks.timed.ticks import Ticks
from tcpmc.checks.verdict import DISAGREE, INCONCLUSIVE, PROVED, REFUTED, Answer, merged
from tcpmc.model import (
    CONNECTION_RESET,
    RFC9293,
    Host,
    Profile,
    Segment,
    Seq,
    State,
    Step,
    Tcb,
    Variant,
    delete_tcb,
)
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.network.product import Event, System
from tcpmc.model.network.scope import SCOPES, Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.properties.kinds import Always
from tcpmc.model.timed.assumptions import circumstances
from tcpmc.model.timed.theorems import EVERY_SEGMENT
from tcpmc.model.variants.shipped import VARIANTS

ISS = (100, 300)
RFC = VARIANTS["rfc9293"]
OF_A_KIND = ("rfc9293", "linux", "freebsd", "no-time-wait", "smoltcp-470", "freertos-1303")


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"seq": Seq(2)}, {"ack": Seq(2)}, {"length": 1}, {"stamp": 1}, {"stamp": 2},
        {"SYN": True}, {"FIN": True}, {"RST": True}, {"ACK": False}, {"ACK": False, "ack": Seq(0)},
    ],
)  # fmt: skip
def test_segments_that_differ_in_a_field_have_other_names(change: dict[str, object]) -> None:
    one = Segment(Seq(1), Seq(1), ACK=True)
    other = replace(one, **change)  # type: ignore[arg-type]
    assert segment_name(one, lambda field, n: str(n)) != segment_name(
        other, lambda field, n: str(n)
    )


def test_two_things_with_one_name_are_an_error() -> None:
    assert names_of("ab", str.upper) == ["A", "B"]
    with pytest.raises(SameName, match="'a' and 'A' are both named A"):
        names_of("aA", str.upper)


def test_a_name_that_leaves_the_timestamp_out_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_stamp(which: int, kind: Segment) -> str:
        return sent_name(which, replace(kind, stamp=0))

    monkeypatch.setattr(formulas_module, "sent_name", without_stamp)
    with pytest.raises(SameName):
        Prover(VARIANTS["linux"]).prove(PROPERTIES["synchronized"])


def late_segments_reset_closing(timestamps: bool) -> Variant:
    """In CLOSING a SYN and then an old ACK, both late, reset the connection."""

    def check_sequence(host: Host, tcb: Tcb, seg: Segment) -> Step:
        if tcb.state == State.CLOSING and seg.SYN and not (seg.ACK or seg.RST) and not tcb.queued:
            return Step("late SYN noted", replace(tcb, queued=1))
        late = seg.ACK and not (seg.SYN or seg.FIN or seg.RST) and seg.seq + 1 == tcb.rcv_nxt
        if tcb.state == State.CLOSING and tcb.queued and late:
            return Step("late ACK after it, reset", delete_tcb(tcb), signals=(CONNECTION_RESET,))
        return RFC9293.check_sequence(host, tcb, seg)

    rules = replace(RFC9293, check_sequence=check_sequence)
    return Variant("late", "", Profile(timestamps=timestamps), rules)


@pytest.mark.exhaustive
@pytest.mark.parametrize("timestamps", [False, True])
def test_what_needs_three_in_flight_is_not_proved(timestamps: bool) -> None:
    """With timestamps two kinds of segments had one name, and CLOSING was thought unreachable."""
    found = Prover(late_segments_reset_closing(timestamps)).prove(PROPERTIES["graceful-close"])
    assert found.word == REFUTED
    assert found.trace is not None and len(found.trace) == 10


def test_numbers_that_would_run_together_in_a_key_are_no_verdict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tabulate, "LOW", 1)
    prop = PROPERTIES["synchronized"]
    answer = ExplicitEngine(Model(RFC, SCOPES["small"])).decide([prop])[prop.name]
    assert answer.word == INCONCLUSIVE
    assert "more than 2 kinds of segments or messages" in answer.method


# --- terms at values ------------------------------------------------------------------------------

X, Y = z3.BitVecs("x y", 8)
P, Q = z3.Bools("p q")
R = z3.Real("r")
VALUES = {
    "x": np.array([0, 1, 200, 255], np.uint64), "y": np.array([3, 1, 100, 255], np.uint64),
    "p": np.array([False, True, False, True]), "q": np.array([True, True, False, False]),
    "r": np.array([-2, 0, 3, 7]),
}  # fmt: skip


@pytest.mark.parametrize(
    "formula",
    [
        X + Y == 44, X - Y == 253, z3.ULT(X, Y), z3.ULE(X, Y), z3.UGT(X & Y, 0), X | Y == 3,
        X ^ Y == 0, z3.Extract(3, 1, X) == 7, z3.Concat(X, Y) == 65535, X * Y == 32, P == Q,
        z3.Xor(P, Q), z3.Implies(P, Q), z3.Not(z3.Or(P, Q)), z3.If(P, X, Y) == 1, X != Y,
        z3.AtMost(P, Q, 1), 2 * R - 1 > 5, z3.And(R <= 0, R >= 0), z3.UGE(X, 200), R < -1,
    ],
)  # fmt: skip
def test_a_term_has_the_value_that_the_solver_gives_it(formula: z3.BoolRef) -> None:
    found = holds_at(formula, VALUES, 4)
    for row in range(4):
        solver = z3.Solver()
        given = {name: column[row].item() for name, column in VALUES.items()}
        solver.add(given["x"] == X, given["y"] == Y, given["r"] == R, formula)
        solver.add(P if given["p"] else z3.Not(P), Q if given["q"] else z3.Not(Q))
        assert found[row] == (solver.check() == z3.sat)


def test_an_operation_without_a_value_is_no_verdict() -> None:
    with pytest.raises(Unknown, match="is not evaluated"):
        holds_at(z3.UDiv(X, Y) == 1, VALUES, 4)
    with pytest.raises(Unknown, match="z has no value"):
        holds_at(z3.Bool("z"), VALUES, 4)


# --- the parametric prover ------------------------------------------------------------------------


def steps_of(variant: Variant, iss: tuple[int, int] = ISS) -> list[LocalStep]:
    table = TabulatedModel(Model(variant, Scope("small", bits=BITS, iss=iss, data=0)))
    return list(local_steps(table, explore(table).levels))


def assert_all_matched(variant: Variant, iss: tuple[int, int] = ISS) -> None:
    steps = steps_of(variant, iss)
    assert len(steps) > 100
    assert not list(Explored(formulas_of(variant, 0), iss).unmatched(steps))


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", OF_A_KIND)
def test_each_explored_step_is_one_of_the_formulas(name: str) -> None:
    assert_all_matched(VARIANTS[name])


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", sorted(VARIANTS.keys() - set(OF_A_KIND)))
def test_each_explored_step_of_every_variant_is_one_of_the_formulas(name: str) -> None:
    assert_all_matched(VARIANTS[name])


@pytest.mark.parametrize("iss", [(2**31, 7), (2**32 - 9, 2**31 - 1), (5, 2**32 - 40)])
def test_each_explored_step_is_one_of_the_formulas_with_any_iss(iss: tuple[int, int]) -> None:
    assert_all_matched(VARIANTS["linux"], iss)


def test_a_formula_that_leaves_out_a_step_proves_nothing() -> None:
    prover = Prover(VARIANTS["rfc9293"])
    moves = prover.formulas.endpoint.moves
    lost = next(move for move in moves if move.arriving is not None and move.sending is not None)
    moves.remove(lost)
    found = prover.prove(PROPERTIES["synchronized"])
    assert found.word == DISAGREE
    assert "the formulas leave out a step that the rules take: deliver <SEQ=" in found.how


def test_a_predicate_that_the_formulas_do_not_follow_is_noticed() -> None:
    """With terms it asks for something else than with numbers."""
    odd = Always(
        name="odd", meaning="", citation="", expected={}, premise=lambda model, system: True,
        claim=lambda model, system: not isinstance(system.ends[0].tcb.snd_nxt.value, int),
    )  # fmt: skip
    model = Model(VARIANTS["rfc9293"], Scope("small", bits=BITS, data=0))
    explored = Explored(formulas_of(VARIANTS["rfc9293"], 0), ISS)
    table = TabulatedModel(model)
    states = list(states_by_pair(table, explore(table).levels))
    assert list(explored.misjudged(odd, states))
    assert not list(explored.misjudged(PROPERTIES["synchronized"], states))  # type: ignore[arg-type]


# --- dense time -----------------------------------------------------------------------------------

ASSUMED = (("spaced",), ("acks-arrive", "gives-up", "fin-lives-longer"))


def in_ticks(variant: Variant, assume: tuple[str, ...] = ("acks-arrive",)) -> Ticks:
    return Ticks(variant, circumstances(assume))


@pytest.mark.parametrize("name", ["rfc9293", "linux", "no-time-wait", "zephyr-728"])
def test_each_explored_step_in_ticks_is_one_of_dense_time(name: str) -> None:
    for assume in ASSUMED:
        assert not [*in_ticks(VARIANTS[name], assume).unmatched()]


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_each_explored_step_in_ticks_of_every_variant_is_one_of_dense_time(name: str) -> None:
    try:
        assert not [*in_ticks(VARIANTS[name]).unmatched(every=True)]
    except NotFinite:
        assert name == "tlaplus-closed-tcb"


@pytest.mark.parametrize(
    "event", ["CLOSE", "deliver", "retransmission timeout", "TIME-WAIT timeout"]
)
def test_an_action_that_is_left_out_of_dense_time_is_noticed(event: str) -> None:
    ticks = in_ticks(RFC)
    lost = next(key for key in ticks.numbers if key[2] == event and getattr(key[3], "FIN", True))
    del ticks.numbers[lost]
    assert event in next(ticks.unmatched())


@pytest.mark.parametrize(
    ("name", "wrong", "when"),
    [
        ("deliverable", lambda youngest, life, t: t < youngest, "deliver <SEQ="),
        ("in_time", lambda owed, first, life, t: either(no(owed), t <= first), "tick"),
        ("first_sent", lambda owed, first, t: t - 1, "deliver <SEQ="),
    ],
)
def test_a_clock_that_dense_time_has_wrong_is_noticed(
    name: str, wrong: Any, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timed_system, name, wrong)
    assert next(in_ticks(RFC).unmatched()).startswith(when)


def silent_start(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """As the rule, but TIME-WAIT is entered without a word about its timer."""
    return replace(RFC9293.check_fin(host, tcb, seg), starts_time_wait=False)


def test_who_enters_time_wait_starts_its_timer() -> None:
    """The rule need not say so: it is so in ticks and in dense time."""
    silent = Variant("silent", "", Profile(), replace(RFC9293, check_fin=silent_start))
    assert not [*in_ticks(silent).unmatched()]


@pytest.mark.exhaustive
def test_a_relation_of_dense_time_that_leaves_out_a_step_proves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Ticks, "unmatched", lambda self: iter(["CLOSE at A"]))
    claim, assume = EVERY_SEGMENT, ("acks-arrive", "MSL = 1", "T = 2")
    found = Finder(ThresholdQuestion("", claim, RFC, assume)).find()
    assert (found.word, found.proof) == (DISAGREE, None)
    assert found.how == "the relation leaves out a step that the rules take: CLOSE at A"


# --- the Z3 engine --------------------------------------------------------------------------------

SMALL = SCOPES["small"]


def encoded(variant: Variant) -> Encoding:
    """The relation of the unbounded channel, as the engine builds it."""
    model = Model(variant, SMALL.with_(channel="sent-set"))
    table = TabulatedModel(model)
    return Encoding(model, segments_sent(table, sample(table)), varying(table))


def assert_all_encoded(variant: Variant) -> None:
    table = TabulatedModel(Model(variant, SMALL))
    steps = list(local_steps(table, explore(table).levels))
    assert len(steps) > 100
    assert not list(unmatched(encoded(variant), steps))


@pytest.mark.exhaustive
def test_each_explored_step_is_one_of_the_relation() -> None:
    assert_all_encoded(VARIANTS["rfc9293"])


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", sorted(VARIANTS.keys() - {"rfc9293"}))
def test_each_explored_step_of_every_variant_is_one_of_the_relation(name: str) -> None:
    assert_all_encoded(VARIANTS[name])


NOTHING: tuple[list[Segment], list[Segment]] = ([], [])


def test_a_field_that_is_not_known_to_vary_cannot_be_lost() -> None:
    """Without text nothing is queued; a rule that queues all the same leaves what is known."""
    encoding = Encoding(Model(VARIANTS["rfc9293"], SMALL), NOTHING, {"state", "snd_nxt"})
    end = encoding.reference.initial().ends[0]
    assert z3.is_false(encoding.strays(end))
    for changed in ({"queued": 1}, {"ts_recent": 1}, {"close_queued": True}, {"reopened": end.tcb}):
        other = replace(end, tcb=replace(end.tcb, **changed))
        assert z3.is_true(encoding.strays(other)), changed


def test_the_fields_of_ends_and_segments_are_all_encoded() -> None:
    encoding = Encoding(Model(VARIANTS["linux"], SMALL), NOTHING)
    elsewhere = ("reopened", "incarnation", "entry", "dropped")
    for name, value in end_terms(encoding.end).items():
        assert isinstance(value, Sym) or name in elsewhere, name
    for field in fields(Segment):
        assert f"in.{field.name}" in encoding.inputs and f"out.{field.name}" in encoding.inputs


@pytest.mark.parametrize(("sender", "able"), [("both", (0, 1)), ("A", (0,)), ("B", (1,))])
def test_only_who_may_send_sends(sender: Any, able: tuple[int, ...]) -> None:
    """The ends are alike in all but what the scope lets their users do."""
    relation = Relation(Encoding(Model(VARIANTS["rfc9293"], Scope("", sender=sender)), NOTHING))
    moves = [[path.result for path in relation._own_paths(which)] for which in (0, 1)]
    sends = [any(move is not None and move.event == "SEND" for move in found) for found in moves]
    assert tuple(which for which in (0, 1) if sends[which]) == able


def test_a_relation_that_leaves_out_a_step_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = LocalStep(
        System(ends := Model(RFC, SMALL).initial().ends), Event(EventKind.CLOSE), ends[0], ()
    )
    monkeypatch.setattr(smt_engine, "unmatched", lambda encoding, steps: iter([lost]))
    prop = PROPERTIES["synchronized"]
    answer = smt_engine.SolverEngine(Model(RFC, SMALL)).decide([prop])[prop.name]
    assert answer.word == DISAGREE
    assert "leaves out a step that the rules take: CLOSE at A in CLOSED/CLOSED" in answer.method
    assert merged([Answer(PROVED, ""), answer]) == DISAGREE


@pytest.mark.exhaustive
def test_what_needs_three_in_flight_is_not_proved_by_z3() -> None:
    """Without text the field that remembers the late SYN was not part of a state."""
    prop = PROPERTIES["graceful-close"]
    model = Model(late_segments_reset_closing(timestamps=True), SMALL)
    assert smt_engine.SolverEngine(model)._proof(prop) is None  # type: ignore[arg-type]
