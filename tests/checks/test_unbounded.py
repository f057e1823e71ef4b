"""Proofs for an unbounded channel and every 32-bit ISS: the table, the invariant, the verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest
import z3

from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.parametric import symbolic_endpoint as endpoint
from tcpmc.checks.parametric.formulas import FixedNumbers, ParametricFormulas, formulas_of, told
from tcpmc.checks.parametric.iss_conditions import Excluded, excluded
from tcpmc.checks.parametric.locations import Invariant, least_invariant
from tcpmc.checks.parametric.prover import Prover, provable
from tcpmc.checks.parametric.symbolic_endpoint import BITS, SymbolicEndpoint, for_host, scope_of
from tcpmc.checks.smt.induction import sample
from tcpmc.checks.statespace import unpack
from tcpmc.checks.trace import shows
from tcpmc.checks.verdict import INCONCLUSIVE, PROVED, REFUTED, UNREACHABLE, VACUOUS, WITNESS
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.tcb import Step, Tcb
from tcpmc.model.network.product import System
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.properties.closing import FIRST_FIN
from tcpmc.model.properties.kinds import Always
from tcpmc.model.variants.shipped import VARIANTS
from tcpmc.model.variants.variant import RFC9293, Variant

MINUS_1, MINUS_2 = 2**32 - 1, 2**32 - 2


@cache
def prover(variant: str) -> Prover:
    return Prover(VARIANTS[variant])


@cache
def proved_for_all() -> Invariant:
    return least_invariant(formulas_of(VARIANTS["rfc9293"], 0), lambda guard: True)


# --- the table ------------------------------------------------------------------------------------


def test_an_end_has_few_states_and_sends_few_kinds_whatever_the_iss() -> None:
    table = SymbolicEndpoint(VARIANTS["rfc9293"], scope_of(0))
    assert (len(table.ends), len(table.kinds)) == (26, 11)
    assert "SYN-SENT, SND.UNA 0, SND.NXT 1, RCV.NXT zero: opens" in map(told, table.ends)


def test_only_the_reset_with_seq_0_makes_a_move_depend_on_the_iss() -> None:
    table = SymbolicEndpoint(VARIANTS["rfc9293"], scope_of(0))
    guarded = [move for move in table.moves if not z3.is_true(move.guard)]
    assert guarded
    for move in guarded:
        assert move.arriving is not None
        assert table.kinds[move.arriving].RST
        assert table.kinds[move.arriving].seq.value == 0


PAIRS = [(100, 300), (0, 0), (7, 7), (MINUS_1, 300), (100, MINUS_2), (MINUS_2, MINUS_1), (5, 2**31)]


@pytest.mark.exhaustive
@pytest.mark.parametrize("iss", PAIRS)
def test_every_explored_state_meets_the_invariant(iss: tuple[int, int]) -> None:
    """The explicit engine, with its own numbers, finds no state that the proof leaves out."""
    table = TabulatedModel(Model(VARIANTS["rfc9293"], scope_of(0).with_(iss=iss)))
    kept = proved_for_all()
    ends = [tuple(concrete(kept.formulas, which, iss)) for which in (0, 1)]
    kinds = [concrete_kinds(kept.formulas, which, iss) for which in (0, 1)]
    for state in sample(table)[::7].tolist():
        assert meets(kept, table.system(state), ends, kinds)
    assert len(unpack(sample(table))[0]) > 10_000


def concrete(formulas: ParametricFormulas, which: int, iss: tuple[int, int]) -> Iterator[object]:
    own, peer = (z3.BitVecVal(iss[which ^ other], BITS) for other in (0, 1))
    yield from (for_host(end, own, peer) for end in formulas.endpoint.ends)


def concrete_kinds(formulas: ParametricFormulas, which: int, iss: tuple[int, int]) -> list[object]:
    own, peer = (z3.BitVecVal(iss[which ^ other], BITS) for other in (0, 1))
    return [for_host(kind, own, peer) for kind in formulas.endpoint.kinds]


def meets(
    kept: Invariant, system: System, ends: list[tuple[object, ...]], kinds: list[list[object]]
) -> bool:
    sent = 0
    for which, contents in enumerate(system.channels):
        for flight in contents:
            sent |= 1 << which * len(kinds[which]) + kinds[which].index(flight.segment)
    here = ends[0].index(system.ends[0]), ends[1].index(system.ends[1])
    known = kept.known[here]
    return known.must & ~sent == 0 and sent & ~known.may == 0


# --- verdicts -------------------------------------------------------------------------------------

ALL = Excluded()
BUT_2 = Excluded((MINUS_2,), (MINUS_2,))
BUT_1_AND_2 = Excluded((MINUS_2, MINUS_1), (MINUS_2, MINUS_1))
ON_RFC9293 = {
    "closing-only-simultaneous": ALL,
    "synchronized": ALL,
    "no-phantom-connection": ALL,
    "time-wait-active-closer": ALL,
    "no-deadlock": BUT_2,
    "no-deadlock-giving-up": BUT_2,
    "graceful-close": BUT_1_AND_2,
    "syn-ack-acknowledges-syn": ALL,
    "fin-consumes-one": ALL,
    "close-passes-time-wait": BUT_2,
    "passive-closer-first": BUT_2,
}


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ON_RFC9293)
def test_it_is_proved_for_all_iss_but_those_that_refute_it(name: str) -> None:
    found = prover("rfc9293").prove(PROPERTIES[name])
    assert (found.word, found.where) == (PROVED, ON_RFC9293[name])
    assert found.invariant is not None and found.clauses > 1000


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ["no-deadlock", "graceful-close"])
def test_an_iss_that_is_left_out_comes_with_a_run_that_breaks_the_claim(name: str) -> None:
    found, prop = prover("rfc9293").prove(PROPERTIES[name]), PROPERTIES[name]
    run = found.outside
    assert run is not None
    assert run.iss[0] in found.where.a or run.iss[1] in found.where.b
    model = Model(VARIANTS["rfc9293"], Scope("small", bits=32, iss=run.iss, data=0))
    assert shows(model, prop, run.trace)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("variant", "name", "word"),
    [
        ("rfc9293", "time-wait-not-assassinated", REFUTED),
        ("rfc9293", "closing", WITNESS),
        ("rfc1337", "time-wait-not-assassinated", PROVED),
        ("freertos-1303", "closing", UNREACHABLE),
        ("freertos-1303", "closing-only-simultaneous", VACUOUS),
        ("two-way-handshake", "no-phantom-connection", REFUTED),
        ("smoltcp-279", "closing-only-simultaneous", REFUTED),
        ("no-time-wait-silent", "no-deadlock", REFUTED),
        ("zephyr-728", "graceful-close", REFUTED),
        ("gvisor-3106", "graceful-close", REFUTED),
        ("smoltcp-470", "no-deadlock", REFUTED),
        ("freertos-1303", "lemma-fin-ack-time-wait", REFUTED),
    ],
)
def test_a_variant_that_breaks_it_is_not_proved(variant: str, name: str, word: str) -> None:
    found = prover(variant).prove(PROPERTIES[name])
    assert found.word == word
    assert (found.trace is not None) == (word in (REFUTED, WITNESS))


def test_what_is_no_safety_property_of_one_connection_is_not_provable() -> None:
    for name in ("close-completes", "2msl-sufficient", "no-old-data", "simultaneous-open"):
        assert not provable(PROPERTIES[name])
    assert provable(PROPERTIES["lemma-closed-forgets"])


# --- what cannot be proved ------------------------------------------------------------------------


def test_a_time_limit_is_no_verdict() -> None:
    found = Prover(VARIANTS["rfc9293"], seconds=1e-6).prove(PROPERTIES["synchronized"])
    assert found.word == INCONCLUSIVE
    assert "are over" in found.how


def test_a_table_without_an_end_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "MOST", 10)
    found = Prover(VARIANTS["rfc9293"]).prove(PROPERTIES["synchronized"])
    assert found.word == INCONCLUSIVE
    assert "more than 10 states of one end; no counterexample" in found.how


def test_what_is_no_invariant_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Prover(VARIANTS["rfc9293"])
    wrong = least_invariant(one.formulas, lambda guard: True)
    wrong.known.pop(max(wrong.known))
    monkeypatch.setattr("tcpmc.checks.parametric.prover.least_invariant", lambda *given: wrong)
    with pytest.raises(RuntimeError, match="no invariant"):
        one.prove(PROPERTIES["synchronized"])


def test_a_property_about_fixed_numbers_is_refused() -> None:
    first_fin = Always(
        name="no-first-fin", meaning="", citation="", expected={},
        premise=lambda model, system: True,
        claim=lambda model, system: not system.in_flight(lambda seg: str(seg) == FIRST_FIN),
    )  # fmt: skip
    with pytest.raises(FixedNumbers):
        formulas_of(VARIANTS["rfc9293"], 0).broken(first_fin)


def test_a_property_that_needs_text_says_so() -> None:
    found = prover("rfc9293").prove(PROPERTIES["half-close-takes-four"])
    assert (found.word, found.how) == (INCONCLUSIVE, "it needs text: --data 1")


# --- conditions -----------------------------------------------------------------------------------


def test_a_condition_reads_as_it_is_written() -> None:
    assert str(ALL) == "always" and excluded("always") == ALL
    assert str(BUT_2) == "iss.A != 4294967294 and iss.B != 4294967294"
    assert excluded(str(BUT_1_AND_2)) == BUT_1_AND_2


@pytest.mark.parametrize("text", ["", "iss.C != 1", "iss.A = 1", f"iss.A != {2**32}"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="about an ISS"):
        excluded(text)


def test_a_stack_that_never_sends_is_proved_about() -> None:
    """There is no kind of segment to speak of."""

    def refuses(host: Host, tcb: Tcb) -> Step:
        return Step("OPEN refused", tcb)

    rules = replace(RFC9293, open_active=refuses, open_passive=refuses)
    found = Prover(Variant("mute", rules=rules)).prove(PROPERTIES["closing"])
    assert found.word == UNREACHABLE
