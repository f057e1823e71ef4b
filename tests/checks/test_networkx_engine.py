"""The third engine: its verdicts and lengths of traces against the explicit engine's."""

import os
from dataclasses import replace

import networkx as nx
import pytest

from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.networkx_engine.graph_engine import NetworkxEngine
from tcpmc.checks.networkx_engine.product_graph import product_graph
from tcpmc.checks.running.jobs import ENGINES, decides, select
from tcpmc.checks.running.run import run
from tcpmc.checks.smt.smt_engine import SolverEngine
from tcpmc.checks.trace import shows
from tcpmc.checks.verdict import DISAGREE, INCONCLUSIVE, OPPOSITE, WITNESS, Answer, merged
from tcpmc.model import PROPERTIES, SCOPES, VARIANTS, Model
from tcpmc.model.properties.kinds import Always, Eventually, LivelockFree, Reachable

TIGHT = SCOPES["small"].with_(capacity=1)
ASKED = [p for p in PROPERTIES.values() if decides("networkx", p, p.scope_for(TIGHT))]
NO_LIVELOCK = replace(PROPERTIES["no-livelock"], scope_for=lambda scope: scope)
HERE = [*(prop for prop in ASKED if prop.scope_for(TIGHT) == TIGHT), NO_LIVELOCK]
STACKS = ("rfc9293", "no-time-wait", "no-time-wait-silent", "linux", "rfc793", "rfc1337")


def test_every_kind_of_property_is_among_those_asked() -> None:
    assert {Always, Reachable, Eventually, LivelockFree} <= {type(prop) for prop in HERE}


@pytest.mark.parametrize("stack", STACKS)
def test_the_engines_agree(stack: str) -> None:
    model = Model(VARIANTS[stack], TIGHT)
    ours, theirs = NetworkxEngine(model).decide(HERE), ExplicitEngine(model).decide(HERE)
    for prop in HERE:
        one, other = ours[prop.name], theirs[prop.name]
        assert one.word == other.word or INCONCLUSIVE in (one.word, other.word), prop.name
        assert (one.trace is None) == (other.trace is None) or INCONCLUSIVE in (
            one.word,
            other.word,
        )
        if one.trace is not None and other.trace is not None:
            assert shows(model, prop, one.trace)
            if not isinstance(prop, Eventually | LivelockFree):
                assert len(one.trace) == len(other.trace), prop.name


@pytest.mark.exhaustive
def test_the_engines_agree_on_the_catalogue_at_scope_small() -> None:
    """On a fourth of it, unless the campaigns are asked for."""
    jobs = select([], ["rfc9293"], SCOPES["small"], ("explicit", "networkx"))
    jobs = jobs if "TCPMC_CAMPAIGNS" in os.environ else jobs[::4]
    for result in run(jobs).results:
        assert result.verdict.word != DISAGREE, result.job.prop.name
        if decides("networkx", result.job.prop, result.job.scope):
            assert set(result.verdict.answers) == {"explicit", "networkx"}


def test_a_wrong_answer_of_it_is_a_disagreement(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Answer("UNREACHABLE", "planted")
    monkeypatch.setattr(NetworkxEngine, "_reachable", lambda self, prop: wrong)
    (result,) = run(select(["closing"], ["rfc9293"], TIGHT, ("explicit", "networkx"))).results
    assert result.verdict.word == DISAGREE


@pytest.mark.exhaustive
def test_a_wrong_answer_of_any_of_the_three_is_a_disagreement() -> None:
    model, prop = Model(VARIANTS["rfc9293"], TIGHT), PROPERTIES["established"]
    engines = (ExplicitEngine(model), SolverEngine(model), NetworkxEngine(model))
    answers = [engine.decide([prop])[prop.name] for engine in engines]
    assert merged(answers) == WITNESS
    for place in range(3):
        wrong = [*answers]
        wrong[place] = Answer(OPPOSITE[WITNESS], "planted")
        assert merged(wrong) == DISAGREE


def test_it_refuses_more_states_than_it_is_meant_for() -> None:
    answers = NetworkxEngine(Model(VARIANTS["rfc9293"], TIGHT), limit=100).decide(HERE[:2])
    assert {answer.word for answer in answers.values()} == {INCONCLUSIVE}
    assert "more than 100 states" in next(iter(answers.values())).method


def test_the_graph_is_the_explorers() -> None:
    model = Model(VARIANTS["rfc9293"], TIGHT)
    engine = ExplicitEngine(model)
    engine.decide([PROPERTIES["no-deadlock"]])
    graph = product_graph(model)
    assert engine.graph is not None
    assert len(graph) == engine.graph.states
    depths = nx.single_source_shortest_path_length(graph, 0)
    assert all(graph.nodes[state]["depth"] == depth for state, depth in depths.items())
    assert max(depths.values()) == engine.graph.depth


def test_engines_have_different_letters() -> None:
    assert len({engine[0] for engine in ENGINES}) == len(ENGINES)
