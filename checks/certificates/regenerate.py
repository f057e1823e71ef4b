"""What a certificate has to be, made anew from the rules of the model and from its heading."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import z3

from tcpmc.checks.certificates import statements
from tcpmc.checks.certificates.write import Statement
from tcpmc.checks.labels import ENDS
from tcpmc.checks.parametric.formulas import FixedNumbers
from tcpmc.checks.parametric.iss_conditions import Excluded, excluded
from tcpmc.checks.parametric.prover import Prover, assumed, provable
from tcpmc.checks.parametric.symbolic_endpoint import Unending, scope_of
from tcpmc.checks.symbolic.onestep import OneStep
from tcpmc.checks.symbolic.symbolic import PathLimit
from tcpmc.checks.timed.encoding import Formulas as TimedFormulas
from tcpmc.checks.timed.fourier_motzkin import fulfilled
from tcpmc.checks.timed.phases import NotFinite
from tcpmc.checks.timed.threshold import Question
from tcpmc.checks.timed.timed_system import Closing
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.properties.kinds import Always, Lemma, Property, Reachable
from tcpmc.model.timed.assumptions import spelled
from tcpmc.model.timed.linear import Condition, condition
from tcpmc.model.timed.theorems import THEOREMS, Theorem
from tcpmc.model.variants.variant import Variant

ONE_STEP = "any TCB, and any segment, call or timeout"
"""What is assumed of a lemma."""


class Foreign(Exception):
    """The heading names what is no theorem of these proofs, or a weaker one; says which."""


@dataclass(frozen=True)
class Regenerated:
    """What the heading says is proved: the system with the claim, the condition, and in words the
    claim, what is assumed, and the scope."""

    statement: Statement
    condition: Any
    meaning: str
    assumed: tuple[str, ...]


@lru_cache(maxsize=8)
def regenerated(theorem: str, variant: Variant, assume: str, where: str) -> Regenerated:
    """What the heading with these values says is proved of the variant. Raises Foreign."""
    try:
        if theorem in THEOREMS:
            return _timed(THEOREMS[theorem], variant, assume, where)
        if theorem in PROPERTIES:
            return _untimed(PROPERTIES[theorem], variant, assume, where)
    except (ValueError, NotFinite, Unending, FixedNumbers, PathLimit, NotImplementedError) as error:
        raise Foreign(str(error)) from error
    raise Foreign(f"there is no theorem {theorem!r}")


def _timed(theorem: Theorem, variant: Variant, assume: str, where: str) -> Regenerated:
    names = tuple(assume.split("; ")) if assume else ()
    further = names[len(theorem.assume) :]
    if names != theorem.under(further) or [*names] != [*map(spelled, names)]:
        raise Foreign(f"{assume!r} are not the assumptions of {theorem.name}, as they are spelled")
    found = condition(where)
    if str(found) != where:
        raise Foreign(f"the condition {where!r} is not spelled so: {found}")
    if not further:
        _as_expected(theorem, variant, found)
    question = Question(theorem.name, theorem.claim, variant, names)
    formulas = TimedFormulas(Closing(variant, theorem.claim.circumstances(names)))
    if not any(theorem.claim.timer.runs(phase.end) for phase in formulas.system.table.phases):
        raise Foreign(f"{theorem.claim.timer.what} is never entered: it would say nothing")
    scope = "dense time, any number of segments in flight"
    return Regenerated(
        statements.timed(formulas, theorem.claim),
        fulfilled(found, formulas.parameters),
        theorem.meaning,
        (*question.assumed, scope),
    )


def _as_expected(theorem: Theorem, variant: Variant, found: Condition) -> None:
    """Raise Foreign where the catalogue has another condition: a weaker theorem, or a false one."""
    expected = theorem.holds.get(variant.name)
    if expected in ("never", "vacuous"):
        raise Foreign(f"{theorem.name} on {variant.name}: {expected}, by the catalogue")
    if expected is not None and {*condition(expected).clauses} != {*found.clauses}:
        raise Foreign(f"{theorem.name} on {variant.name} holds if {expected}, not if {found}")


def _untimed(prop: Property, variant: Variant, assume: str, where: str) -> Regenerated:
    found = excluded(where)
    if str(found) != where:
        raise Foreign(f"the condition {where!r} is not spelled so: {found}")
    if not provable(prop):
        raise Foreign(f"{prop.name} is no safety property of one connection without time")
    if isinstance(prop, Lemma):
        if (assume, where) != (ONE_STEP, str(Excluded())):
            raise Foreign(f"a lemma is about {ONE_STEP}, always")
        stated = statements.one_step(OneStep(variant), prop)
        return Regenerated(stated, z3.BoolVal(True), prop.meaning, (*assumed(prop, variant, 0),))
    data = octets(assume)
    if not isinstance(prop, Always | Reachable) or prop.setting(scope_of(data)) != scope_of(data):
        raise Foreign(f"{prop.name} is not about {assume}")
    prover = Prover(variant, data)
    _each_singled_out(prover, found)
    stated = statements.untimed(prover.formulas, prop)
    scope = "any number of segments in flight, every 32-bit ISS that the condition allows"
    lines = (*assumed(prop, variant, data), scope)
    return Regenerated(stated, found.formula(prover.formulas.iss), prop.meaning, lines)


def _each_singled_out(prover: Prover, found: Excluded) -> None:
    """Raise Foreign where an ISS is left out which the rules treat as they do any other."""
    left_out = [(0, number) for number in found.a] + [(1, number) for number in found.b]
    special = {*prover.singled_out()} if left_out else set()
    for which, number in left_out:
        if (which, number) not in special:
            raise Foreign(f"no rule singles out ISS {number} of {ENDS[which]}")


def octets_said(data: int) -> str:
    """The assumption about text."""
    return f"{data} octets of text each way"


def octets(assumed: str) -> int:
    """The octets of text each way that a heading says. Raises ValueError."""
    for data in (0, 1, 2):
        if assumed == octets_said(data):
            return data
    raise ValueError(f"{assumed!r}: no such assumption")
