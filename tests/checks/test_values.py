"""Values are compared as values: a rule may return the TCB that it was given, or a copy of it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import fields, replace
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

import tcpmc
from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.smt.smt_engine import SolverEngine
from tcpmc.checks.verdict import REFUTED, Answer
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.rules import Rules
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import State, Step, Tcb
from tcpmc.model.network.scope import SCOPES, Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import PROPERTIES, UNTIMED
from tcpmc.model.properties.kinds import Always
from tcpmc.model.variants.shipped import VARIANTS
from tcpmc.model.variants.variant import RFC9293, Variant

ROOT = Path(tcpmc.__file__).parent
SMALL = SCOPES["small"]
SMALLEST = SMALL.with_(capacity=1)
FROM_ESTABLISHED = SMALLEST.with_(start="established")

# -- no identity in the source --------------------------------------------------------------------

SINGLE = (None, True, False)
ALONE = (
    "bool",
    "int",
    "str",
    "tuple",
    "Rules",
    "Segment",
    "Seq",
    "Step",
    "Tcb",
    "MISSING",
    "Variant",
)
"""Types, and what a field has where it has no default."""


def identities(source: str) -> Iterator[ast.Compare | ast.Call]:
    """Each comparison by `is` or `is not`, but with None, a truth or a type, and each
    call of `id`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            operands = [node.left, *node.comparators]
            pairs = zip(node.ops, operands, operands[1:], strict=False)
            if any(isinstance(op, ast.Is | ast.IsNot) and not known(a, b) for op, a, b in pairs):
                yield node
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "id":
            yield node


def known(*operands: ast.expr) -> bool:
    """Whether one of the operands is a thing that there is only one of, and that a rule cannot
    return a copy of."""
    return any(
        (isinstance(each, ast.Constant) and each.value in SINGLE)
        or (isinstance(each, ast.Name) and each.id in ALONE)
        for each in operands
    )


APART = {
    "checks/audit/numbers.py": ("a is b", "type(value) is Number"),
    "checks/conform/explaining.py": ("id(n)", "id(node)", "self._view.rows is packets"),
    "checks/conform/layers.py": ("id(origin)", "origin is not node"),
    "checks/conform/search.py": ("id(n)", "id(origin)"),
    "checks/conform/stretch_proof.py": ("id(origin)",),
    "checks/own_rules/hangs_on.py": ("one is known", "value is one"),
    "checks/own_rules/kept_values.py": ("id(value)",),
    "checks/own_rules/rule_guard.py": (
        "(rule := getattr(rules, entry.name)) is not getattr(RFC9293, entry.name)",
        "old is not new",
        "rule is getattr(RFC9293, name)",
        "type(rules).call is not Rules.call",
        "arrives is Rules.segment_arrives",
        "type(rules)._checks is Rules._checks",
    ),
    "checks/parametric/symbolic_endpoint.py": ("values is self.kinds",),
    "checks/running/loading.py": (
        "one is other",
        "own is not getattr(Rules, entry.name)",
        "type(value) is not kind",
        "vars(rules).get(entry.name) is not own",
    ),
    "checks/symbolic/symbolic.py": ("id(left)", "id(right)"),
}
"""Where identity is not of what a rule returns: terms that a memo keeps (others are compared as
terms), a type, functions and what they name, the nodes of a search, the two lists of a table."""


def sources() -> list[Path]:
    return sorted(path for folder in ("model", "checks") for path in (ROOT / folder).rglob("*.py"))


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", sources(), ids=place)
def test_nothing_is_compared_by_identity(path: Path) -> None:
    found = {ast.unparse(node) for node in identities(path.read_text(encoding="utf-8"))}
    assert found == set(APART.get(place(path), ()))


@pytest.mark.parametrize(
    "line", ["step.tcb is end.tcb", "not a is b", "a is not b is None", "id(a) == id(b)"]
)
def test_identity_is_noticed(line: str) -> None:
    assert list(identities(line))


@pytest.mark.parametrize("line", ["a is None", "a is not True", "type(a) is int", "a == b"])
def test_what_there_is_only_one_of_may_be_compared_by_identity(line: str) -> None:
    assert not list(identities(line))


# -- copies ---------------------------------------------------------------------------------------


def copying(variant: Variant) -> Variant:
    """The variant, each of whose rules is given copies and returns copies."""

    def copied(rule: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(rule)
        def on_copies(*arguments: Any) -> Any:
            return deepcopy(rule(*deepcopy(arguments)))

        return on_copies

    rules = {field.name: copied(getattr(variant.rules, field.name)) for field in fields(Rules)}
    return replace(variant, rules=replace(variant.rules, **rules))


def verdicts(variant: Variant, scope: Scope) -> dict[str, tuple[str, str]]:
    """What the explicit engine says of every untimed property that needs no other scope."""
    asked = [prop for prop in UNTIMED if prop.scope_for(scope) == scope]
    answers = ExplicitEngine(Model(variant, scope)).decide(asked)
    return {name: (answer.word, answer.method) for name, answer in answers.items()}


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", VARIANTS)
def test_rules_on_copies_give_the_same_verdicts(name: str) -> None:
    assert verdicts(copying(VARIANTS[name]), SMALLEST) == verdicts(VARIANTS[name], SMALLEST)


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", VARIANTS)
def test_rules_on_copies_give_the_same_verdicts_in_the_small_scope(name: str) -> None:
    assert verdicts(copying(VARIANTS[name]), SMALL) == verdicts(VARIANTS[name], SMALL)


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ["no-time-wait-silent"])
def test_rules_on_copies_give_the_same_verdict_by_z3(name: str) -> None:
    prop = PROPERTIES["no-deadlock"]
    words = [
        SolverEngine(Model(variant, FROM_ESTABLISHED)).decide([prop])[prop.name].word
        for variant in (VARIANTS[name], copying(VARIANTS[name]))
    ]
    assert words[0] == words[1]


# -- a FIN that is ignored ------------------------------------------------------------------------


def ignoring_fin(answer: Callable[[Tcb], Tcb]) -> Variant:
    """A stack that ignores FIN in FIN-WAIT-2; `answer` is the TCB that it returns."""

    def check_fin(host: Host, tcb: Tcb, seg: Segment) -> Step:
        if tcb.state == State.FIN_WAIT_2 and seg.FIN:
            return Step("bug: FIN ignored in FIN-WAIT-2", answer(tcb))
        return RFC9293.check_fin(host, tcb, seg)

    return Variant("ignores-fin", rules=replace(RFC9293, check_fin=check_fin))


SAME: dict[str, Callable[[Tcb], Tcb]] = {
    "itself": lambda tcb: tcb,
    "a copy": replace,
    "a deep copy": deepcopy,
    "what it was": lambda tcb: replace(tcb, rcv_nxt=tcb.rcv_nxt + 0),
}


def no_deadlock(engine: Any, answer: str) -> Answer:
    prop = PROPERTIES["no-deadlock"]
    assert isinstance(prop, Always)
    found: Answer = engine(Model(ignoring_fin(SAME[answer]), FROM_ESTABLISHED)).decide([prop])[
        prop.name
    ]
    return found


@pytest.mark.parametrize("answer", SAME)
def test_fin_wait_2_fin_ignored_is_a_deadlock(answer: str) -> None:
    found = no_deadlock(ExplicitEngine, answer)
    assert found.word == REFUTED
    assert found.trace is not None
    assert len(found.trace) == 5


def test_fin_wait_2_fin_ignored_is_a_deadlock_by_z3() -> None:
    assert no_deadlock(SolverEngine, "a copy").word == REFUTED


@pytest.mark.parametrize("answer", SAME)
def test_what_comes_of_an_ignored_fin_does_not_hang_on_how_it_is_ignored(answer: str) -> None:
    assert verdicts(ignoring_fin(SAME[answer]), SMALLEST) == verdicts(
        ignoring_fin(SAME["itself"]), SMALLEST
    )
