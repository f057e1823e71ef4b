"""The Z3 engine: it agrees with the explicit one, its witnesses replay, its proofs are proofs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pytest
import z3

from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.smt import smt_engine as engine_module
from tcpmc.checks.smt.bmc import Unrolling
from tcpmc.checks.smt.clauses import Clauses, Literal, proposed
from tcpmc.checks.smt.encode import Encoding
from tcpmc.checks.smt.induction import Escaped, inductive, sample, segments_sent
from tcpmc.checks.smt.smt_engine import SolverEngine
from tcpmc.checks.statespace.tables import Ints
from tcpmc.checks.symbolic.solving import satisfiable
from tcpmc.checks.trace import replay, shows
from tcpmc.checks.verdict import (
    DISAGREE,
    EXIT_DISAGREE,
    PROVED,
    REFUTED,
    UNREACHABLE,
    WITNESS,
    Answer,
    Verdict,
    exit_code,
    merged,
)
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.network.scope import SCOPES, Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.properties.kinds import Reachable
from tcpmc.model.properties.lemmas import LEMMAS
from tcpmc.model.variants.shipped import VARIANTS

SMALL = SCOPES["small"]
TINY = Scope("tiny", data=0, capacity=1)

# --- both engines ---------------------------------------------------------------------------------

AGREED = {  # and the word of both, where the explicit engine does not say VACUOUS
    "rfc9293": {
        "closing": WITNESS,
        "closing-only-simultaneous": PROVED,
        "synchronized": PROVED,
        "no-phantom-connection": PROVED,
        "time-wait-active-closer": PROVED,
        "no-deadlock": PROVED,
        "graceful-close": PROVED,
    },
    "no-time-wait": {"time-wait-active-closer": PROVED, "synchronized": PROVED},
    "no-time-wait-silent": {"no-deadlock-giving-up": REFUTED},
    "freertos-1303": {"closing": UNREACHABLE, "closing-only-simultaneous": PROVED},
    "smoltcp-470": {"closing": WITNESS, "closing-only-simultaneous": PROVED},
    "hasty-time-wait": {"no-deadlock": PROVED},
    "two-way-handshake": {"no-phantom-connection": REFUTED, "closing": WITNESS},
}


@pytest.mark.exhaustive
@pytest.mark.parametrize("variant", AGREED)
def test_both_engines_give_the_same_answer(variant: str) -> None:
    assert_agreement(Model(VARIANTS[variant], SMALL), AGREED[variant])


@pytest.mark.exhaustive
@pytest.mark.parametrize(("name", "word"), [("2msl-sufficient", PROVED), ("2msl-tight", WITNESS)])
def test_both_engines_decide_the_2msl_question(name: str, word: str) -> None:
    """By induction on ticks: at MSL 1, for it takes minutes at 2."""
    scope = PROPERTIES[name].scope_for(SMALL.with_(msl=1))
    assert_agreement(Model(VARIANTS["rfc9293"], scope), {name: word})


def assert_agreement(model: Model, words: Mapping[str, str]) -> None:
    props = [PROPERTIES[name] for name in words]
    explicit, solver = ExplicitEngine(model).decide(props), SolverEngine(model).decide(props)
    for prop in props:
        one, other = explicit[prop.name], solver[prop.name]
        assert one.definite and other.definite and other.word == words[prop.name]
        assert merged([one, other]) == one.word
        if one.trace is not None and other.trace is not None:
            assert shows(model, prop, other.trace)
            assert len(other.trace) == len(one.trace)


def test_engines_that_do_not_agree_are_reported() -> None:
    answers = {"explicit": Answer(PROVED, ""), "z3": Answer(REFUTED, "")}
    verdict = Verdict(PROPERTIES["graceful-close"], VARIANTS["rfc9293"], SMALL, answers)
    assert verdict.word == DISAGREE
    assert exit_code([verdict]) == EXIT_DISAGREE


# --- lemmas ---------------------------------------------------------------------------------------


def test_the_lemmas_hold_for_all_32_bit_numbers() -> None:
    answers = SolverEngine(Model(VARIANTS["rfc9293"], SMALL)).decide(LEMMAS)
    assert {answer.word for answer in answers.values()} == {PROVED}
    assert answers.keys() == {lemma.name for lemma in LEMMAS}


def test_one_step_of_the_two_way_handshake_refutes_its_lemma() -> None:
    lemma = LEMMAS[0]
    answer = SolverEngine(Model(VARIANTS["two-way-handshake"], SMALL)).decide([lemma])[lemma.name]
    assert (lemma.name, answer.word) == ("lemma-established-needs-ack", REFUTED)
    trace = answer.trace
    assert trace is not None and len(trace) == 1
    before, after = trace.states[0].ends[0].tcb, trace.states[1].ends[0].tcb
    assert str(before.state) == "LISTEN" and str(after.state) == "ESTABLISHED"
    assert before.iss.bits == 32
    assert trace.events[0].flight is not None and trace.events[0].flight.segment.SYN


# --- bounded search -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny() -> Unrolling:
    table = TabulatedModel(model := Model(VARIANTS["rfc9293"], TINY))
    return Unrolling(Encoding(model, segments_sent(table, sample(table))))


@pytest.mark.exhaustive
def test_a_witness_is_a_shortest_run_and_replays(tiny: Unrolling) -> None:
    prop, model = PROPERTIES["established"], tiny.encoding.reference
    assert isinstance(prop, Reachable)
    goals = [tiny.encoding.predicate(goal) for goal in prop.goals]
    trace = tiny.search(goals, 8)
    shortest = ExplicitEngine(model).decide([prop])["established"].trace
    assert trace is not None and shortest is not None
    assert len(trace) == len(shortest) == 5
    assert replay(model, trace.events) == trace
    assert shows(model, prop, trace)
    assert tiny.search(goals, 4) is None
    assert not tiny.escapes(4)


def test_two_goals_are_met_one_after_the_other(tiny: Unrolling) -> None:
    """First both ESTABLISHED, then both gone: never the other way round."""
    gone = tiny.encoding.initial()
    established = tiny.encoding.predicate(reachable("established").goals[0])
    assert tiny.search([gone, established], 6) is not None
    assert tiny.search([established, gone], 6) is None


def reachable(name: str) -> Reachable:
    prop = PROPERTIES[name]
    assert isinstance(prop, Reachable)
    return prop


# --- induction ------------------------------------------------------------------------------------

Mined = tuple[Encoding, TabulatedModel, Ints, Clauses]


@pytest.fixture(scope="module")
def mined() -> Mined:
    """Clauses of the unbounded channel, one of which is wrong: some sampled state breaks it."""
    model = Model(VARIANTS["rfc9293"], SMALL.with_(channel="sent-set"))
    table = TabulatedModel(model)
    states = sample(table)
    encoding = Encoding(model, segments_sent(table, states))
    clauses = proposed(encoding, table, states)
    i, j = wrong(clauses)
    clauses.excluded[i, j] = clauses.excluded[j, i] = True
    return encoding, table, states, clauses


def wrong(clauses: Clauses) -> tuple[int, int]:
    """ "Not both ends are ESTABLISHED", which no clause of the sample says."""
    literals = clauses.vocabulary.literals
    i, j = (literals.index(Literal(f"{who}.state", 4)) for who in "AB")
    return i, j


@pytest.mark.exhaustive
def test_what_is_left_of_the_clauses_is_an_inductive_invariant(mined: Mined) -> None:
    encoding, table, states, clauses = mined
    said: list[str] = []
    kept = inductive(encoding, clauses, said.append)
    assert clauses.excluded[wrong(clauses)] and not kept.excluded[wrong(clauses)]
    assert 0 < len(kept) < len(clauses)
    assert len(said) > 1

    before, after = kept.as_formula(encoding.frame0), kept.as_formula(encoding.frame1)
    assert not fulfilled(encoding.initial(), z3.Not(z3.And(*before)))
    assert not fulfilled(encoding.step, *before, z3.Not(z3.And(*after)))

    solver = z3.SolverFor("QF_FD")
    solver.add(*before)
    for state in np.random.default_rng(1).choice(states, 100).tolist():
        assert satisfiable(solver, encoding.equals(encoding.frame0, table.system(state)))


def fulfilled(*conditions: z3.BoolRef) -> bool:
    solver = z3.SolverFor("QF_FD")
    solver.add(*conditions)
    return satisfiable(solver)


# --- what the sample did not have -----------------------------------------------------------------


def without_fins(
    table: TabulatedModel, states: Ints
) -> tuple[Iterable[Segment], Iterable[Segment]]:
    """A sample in which no FIN was seen."""
    a, b = segments_sent(table, states)
    return [seg for seg in a if not seg.FIN], [seg for seg in b if not seg.FIN]


@pytest.mark.exhaustive
def test_a_segment_that_the_sample_did_not_have_is_noticed() -> None:
    model = Model(VARIANTS["rfc9293"], SMALL.with_(channel="sent-set"))
    table = TabulatedModel(model)
    early = sample(table)[:1]
    sent = segments_sent(table, sample(table))
    encoding = Encoding(model, ([s for s in sent[0] if not s.FIN], list(sent[1])))
    with pytest.raises(Escaped):
        inductive(encoding, proposed(encoding, table, early), lambda line: None)


def test_without_the_segment_there_is_no_answer_rather_than_a_wrong_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine_module, "segments_sent", without_fins)
    monkeypatch.setattr(engine_module, "DEPTH", 7)
    prop = PROPERTIES["closing"]
    answer = SolverEngine(Model(VARIANTS["freertos-1303"], TINY)).decide([prop])[prop.name]
    assert not answer.definite
    assert "segment" in answer.method


# --- text -----------------------------------------------------------------------------------------


@pytest.mark.exhaustive
def test_a_proof_without_text_does_not_settle_a_scope_with_text() -> None:
    prop = PROPERTIES["closing-only-simultaneous"]
    answer = SolverEngine(Model(VARIANTS["rfc9293"], SCOPES["default"])).decide([prop])[prop.name]
    assert (answer.word, answer.narrower) == (PROVED, "no text is sent")
    assert not answer.definite
    assert merged([answer, Answer(REFUTED, "")]) == REFUTED
