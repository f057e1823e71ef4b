"""Symbolic execution: its paths, and that the Z3 relation is the reference semantics.

Each path has an example, a solution of its condition; on those numbers the same rule is run on
ints, and has to do what the path says. Each edge of an explored graph satisfies the relation, and
what is no edge does not.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from itertools import product
from typing import Any

import pytest
import z3

from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.smt.encode import Encoding
from tcpmc.checks.smt.induction import sample, segments_sent
from tcpmc.checks.symbolic import solving, symbolic
from tcpmc.checks.symbolic.fields import SEQUENCE_FIELDS
from tcpmc.checks.symbolic.symbolic import PathLimit, Sym, as_bits, as_truth, paths, truth_of
from tcpmc.model.endpoint.profile import Host, Profile
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import State, Tcb
from tcpmc.model.network.product import System
from tcpmc.model.network.scope import SCOPES, Scope
from tcpmc.model.network.system import Model
from tcpmc.model.variants.shipped import VARIANTS

BITS = 6


def number(name: str, bits: int = BITS) -> Any:
    return Sym(z3.BitVec(name, bits))


def flag(name: str) -> Any:
    return Sym(z3.Bool(name))


# --- symbolic values ------------------------------------------------------------------------------


def test_a_branch_outside_of_paths_raises() -> None:
    with pytest.raises(RuntimeError, match="outside of paths"):
        bool(number("x") == 3)


def test_a_symbolic_value_has_no_hash() -> None:
    with pytest.raises(TypeError):
        {number("x")}


@pytest.mark.parametrize(("x", "y"), list(product((0, 1, 31, 32, 62, 63), repeat=2)))
def test_it_computes_as_ints_do_modulo_their_bits(x: int, y: int) -> None:
    a, b = Sym(z3.BitVecVal(x, BITS)), Sym(z3.BitVecVal(y, BITS))
    for symbolical, plain in ((a + b, x + y), (a - b, x - y), (a & b, x & y), (a | b, x | y)):
        assert z3.simplify(symbolical.term).as_long() == plain % 2**BITS
    for symbolical, plain in ((a < b, x < y), (a <= b, x <= y), (a > b, x > y), (a == b, x == y)):
        assert z3.is_true(z3.simplify(symbolical.term)) == plain


def test_an_enum_member_stands_for_its_position() -> None:
    assert as_bits(State.LISTEN, 4).as_long() == list(State).index(State.LISTEN)
    assert z3.is_true(as_truth(True))


# --- paths ----------------------------------------------------------------------------------------


def sort_of(x: Any, y: Any) -> str:
    """A function with branches, one of them impossible."""
    if x < y:
        return "both" if (y < 3) | (x == 5) else "less"
    if x == y:
        return "same" if y <= x else "never"
    return "more"


def test_the_paths_of_a_function_are_disjoint_and_leave_nothing_out() -> None:
    x, y = number("x", 3), number("y", 3)
    found = list(paths(lambda: sort_of(x, y)))
    assert sorted(path.result for path in found) == ["both", "less", "more", "same"]
    for a, b in product(range(8), repeat=2):
        point = z3.And(x.term == a, y.term == b)
        taken = [path.result for path in found if satisfiable(path.condition, point)]
        assert taken == [sort_of(a, b)]


def test_without_pruning_there_are_impossible_paths_too() -> None:
    x, y = number("x", 3), number("y", 3)
    found = list(paths(lambda: sort_of(x, y), prune=False))
    impossible = [path.result for path in found if not satisfiable(path.condition)]
    assert impossible == ["never"]


def test_assumptions_leave_paths_out() -> None:
    x, y = number("x", 3), number("y", 3)
    found = paths(lambda: sort_of(x, y), z3.ULT(y.term, x.term))
    assert [path.result for path in found] == ["more"]


def test_the_truth_of_a_predicate_is_one_formula() -> None:
    x, y = number("x", 3), number("y", 3)
    formula = truth_of(lambda: sort_of(x, y) == "less")
    for a, b in product(range(8), repeat=2):
        point = (x.term == a, y.term == b)
        assert satisfiable(formula, *point) == (sort_of(a, b) == "less")


def test_too_many_paths_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symbolic, "PATH_LIMIT", 15)
    flags = [flag(f"f{n}") for n in range(4)]
    with pytest.raises(PathLimit, match="more than 15"):
        list(paths(lambda: [bool(one) for one in flags]))


def satisfiable(*conditions: z3.BoolRef) -> bool:
    solver = z3.Solver()
    return bool(solver.check(*conditions) == z3.sat)


# --- SEGMENT ARRIVES, path by path ----------------------------------------------------------------

HALF = 2 ** (BITS - 1)
"""More octets than this no segment has, nor a queue: a length that is 2**bits with its FIN is 0."""
CONTROLS = [
    bits
    for bits in product((False, True), repeat=4)
    if sum((bits[0], bits[2], bits[3])) <= 1  # SYN, FIN and RST exclude each other
]


def tcb_in(state: State) -> Tcb:
    iss, irs, una, nxt, rcv = (Seq(number(name), BITS) for name in SEQUENCE_FIELDS)
    passive, queued, close_queued = flag("passive"), number("queued"), flag("close_queued")
    return Tcb(state, iss, irs, una, nxt, rcv, passive, queued, close_queued)


def segment_with(bits: tuple[bool, ...]) -> Segment:
    seq, ack = (Seq(number(f"seg.{name}"), BITS) for name in ("seq", "ack"))
    return Segment(seq, ack, number("seg.length"), *bits)


def short(tcb: Any, seg: Any) -> z3.BoolRef:
    """The assumption that no length comes near 2**bits."""
    return z3.And(z3.ULT(tcb.queued.term, HALF), z3.ULT(seg.length.term, HALF))


def on(solution: z3.ModelRef, value: Any) -> Any:
    """A value with every symbolic part replaced by what it is in the solution."""
    if isinstance(value, Sym):
        term = solution.eval(value.term, model_completion=True)
        return z3.is_true(term) if z3.is_bool(term) else term.as_long()
    if isinstance(value, Seq):
        return Seq(on(solution, value.value), value.bits)
    if isinstance(value, tuple):
        return tuple(on(solution, part) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: on(solution, getattr(value, field.name)) for field in fields(value)}
        return type(value)(**parts)
    return value


@pytest.mark.exhaustive
@pytest.mark.parametrize("variant", ["rfc9293", "figure-7", "drop-out-of-order", "smoltcp-470"])
@pytest.mark.parametrize("state", State)
def test_each_path_of_segment_arrives_has_an_example_that_does_the_same(
    variant: str, state: State
) -> None:
    rules, profile = VARIANTS[variant].rules, VARIANTS[variant].profile
    host = Host(profile, Seq(number("host.iss"), BITS))
    for bits in CONTROLS:
        tcb, seg = tcb_in(state), segment_with(bits)
        short_ones = short(tcb, seg)
        for path in paths(lambda t=tcb, s=seg: rules.segment_arrives(host, t, s), short_ones):  # type: ignore[misc]
            solver = z3.Solver()
            solver.add(path.condition, short_ones)
            assert solver.check() == z3.sat
            solution = solver.model()
            expected = on(solution, path.result)
            assert rules.segment_arrives(*on(solution, (host, tcb, seg))) == expected


@pytest.mark.parametrize("state", State)
def test_the_paths_of_segment_arrives_are_disjoint_and_leave_nothing_out(state: State) -> None:
    rules, host = VARIANTS["rfc9293"].rules, Host(Profile(), Seq(10, BITS))
    for bits in CONTROLS:
        tcb, seg = tcb_in(state), segment_with(bits)
        found = [p.condition for p in paths(lambda t=tcb, s=seg: rules.segment_arrives(host, t, s))]  # type: ignore[misc]
        assert not satisfiable(z3.Not(z3.Or(*found)))
        assert len(found) == 1 or not satisfiable(z3.PbGe([(one, 1) for one in found], 2))


# --- the relation ---------------------------------------------------------------------------------

RELATIONS = {
    "small": SCOPES["small"],
    "text": Scope("text", capacity=1, start="established"),
    "clock": Scope("clock", data=0, clock=True, start="established", loss="not-acks"),
    "sent-set": Scope(
        "both", data=0, clock=True, start="established", loss="not-acks", channel="sent-set"
    ),
    "all the rest": Scope("rest", data=0, capacity=1, aborts=True, retransmissions=1),
}
EDGES, NON_EDGES = 60, 40


@pytest.mark.exhaustive
@pytest.mark.parametrize("scope", RELATIONS.values(), ids=RELATIONS.keys())
def test_every_edge_satisfies_the_relation_and_nothing_else_does(scope: Scope) -> None:
    model = Model(VARIANTS["rfc9293"], scope)
    table = TabulatedModel(model)
    found = sample(table)
    encoding = Encoding(model, segments_sent(table, found))
    states = [table.system(s) for s in random.Random(9293).sample(found.tolist(), 200)]
    solver = z3.SolverFor("QF_FD")
    solver.add(encoding.step)

    def is_step(before: System, after: System) -> bool:
        now = encoding.equals(encoding.frame0, before)
        yes = solving.satisfiable(solver, now, encoding.equals(encoding.frame1, after))
        if yes:
            solution = solver.model()
            assert encoding.decode(encoding.frame0, solution) == before
            assert encoding.decode(encoding.frame1, solution) == after
        return yes

    for before, event, after in edges(model, states):
        assert is_step(before, after), (event, before)
    for before, after in non_edges(model, states):
        assert not is_step(before, after), (before, after)


def edges(model: Model, states: list[System]) -> Iterator[tuple[System, str, System]]:
    """Edges of every kind of event: the rare kinds first."""
    by_kind: dict[str, list[tuple[System, str, System]]] = {}
    for before in states:
        for event, _, after in model.successors(before):
            by_kind.setdefault(event.kind, []).append((before, event.kind, after))
    share = EDGES // len(by_kind) + 1
    for found in by_kind.values():
        yield from found[:share]


def non_edges(model: Model, states: list[System]) -> Iterator[tuple[System, System]]:
    """Pairs of reachable states that are two steps or more apart, half of them just two."""
    for number_, before in enumerate(states[:NON_EDGES]):
        near = [after for _, _, after in model.successors(before)]
        further = [after for state in near[:3] for _, _, after in model.successors(state)]
        candidates = further if number_ % 2 else states
        for after in random.Random(number_).sample(candidates, len(candidates)):
            if after not in near:
                yield before, after
                break
