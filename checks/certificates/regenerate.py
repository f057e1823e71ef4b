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
from tcpmc.checks.symbolic.solving import GaveUp, satisfiable
from tcpmc.checks.symbolic.symbolic import PathLimit
from tcpmc.checks.timed.encoding import TimedFormulas
from tcpmc.checks.timed.fourier_motzkin import fulfilled
from tcpmc.checks.timed.phases import NotFinite
from tcpmc.checks.timed.threshold import ThresholdQuestion
from tcpmc.checks.timed.timed_system import TimedSystem
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.properties.kinds import Always, Lemma, Property, Reachable
from tcpmc.model.timed.assumptions import ASSUMPTIONS, spelled
from tcpmc.model.timed.linear import Condition, condition
from tcpmc.model.timed.theorems import THEOREMS, Theorem
from tcpmc.model.variants.variant import Variant

ONE_STEP = "any TCB, and any segment, call or timeout"
"""What is assumed of a lemma."""


UNFIT = (
    ValueError, NotFinite, Unending, FixedNumbers, PathLimit, NotImplementedError, GaveUp,
)  # fmt: skip
"""What the rules of a variant, or a heading, may be to the proofs."""


class UnknownStatement(Exception):
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
    """What the heading with these values says is proved of the variant. Raises UnknownStatement."""
    try:
        if theorem in THEOREMS:
            return _timed(THEOREMS[theorem], variant, assume, where)
        if theorem in PROPERTIES:
            return _untimed(PROPERTIES[theorem], variant, assume, where)
    except UNFIT as error:
        raise UnknownStatement(str(error)) from error
    raise UnknownStatement(f"unknown theorem {theorem!r}")


def _timed(theorem: Theorem, variant: Variant, assume: str, where: str) -> Regenerated:
    names = tuple(assume.split("; ")) if assume else ()
    further = names[len(theorem.assume) :]
    if names != theorem.under(further) or [*names] != [*map(spelled, names)]:
        raise UnknownStatement(
            f"{assume!r} are not the assumptions of {theorem.name}, as they are spelled"
        )
    stated = condition(where)
    if str(stated) != where:
        raise UnknownStatement(f"the condition {where!r} must be spelled: {stated}")
    question = ThresholdQuestion(theorem.name, theorem.claim, variant, names)
    formulas = TimedFormulas(TimedSystem(variant, theorem.claim.circumstances(names)))
    strange = stated.names - {*formulas.system.parameters}
    if strange:
        raise UnknownStatement(f"{min(strange)} is not a parameter of {theorem.name}")
    if not ASSUMPTIONS.keys() & {*further}:
        _as_strong_as_expected(theorem, variant, stated, formulas)
    if not any(theorem.claim.timer.runs(phase.end) for phase in formulas.system.table.phases):
        raise UnknownStatement(
            f"{theorem.claim.timer.what} is never entered: the statement would be vacuous"
        )
    scope = "dense time, any number of segments in flight"
    return Regenerated(
        statements.timed(formulas, theorem.claim),
        fulfilled(stated, formulas.parameters),
        theorem.meaning,
        (*question.assumed, scope),
    )


def _as_strong_as_expected(
    theorem: Theorem, variant: Variant, stated: Condition, formulas: TimedFormulas
) -> None:
    """Raise UnknownStatement where the catalogue says that it is refuted or empty, or that it holds
    in more cases than this."""
    expected = theorem.holds.get(variant.name)
    if expected is None:
        return
    if expected in ("never", "vacuous"):
        raise UnknownStatement(f"{theorem.name} on {variant.name}: {expected}, by the catalogue")
    more, this = (fulfilled(each, formulas.parameters) for each in (condition(expected), stated))
    if satisfiable(z3.Solver(), formulas.sensible(), more, z3.Not(this)):
        raise UnknownStatement(
            f"{theorem.name} on {variant.name} holds if {expected}, not only if {stated}"
        )


def _untimed(prop: Property, variant: Variant, assume: str, where: str) -> Regenerated:
    left_out = excluded(where)
    if str(left_out) != where:
        raise UnknownStatement(f"the condition {where!r} must be spelled: {left_out}")
    if not provable(prop):
        raise UnknownStatement(
            f"{prop.name} is not a safety property of a single connection without time"
        )
    if isinstance(prop, Lemma):
        if (assume, where) != (ONE_STEP, str(Excluded())):
            raise UnknownStatement(f"a lemma is about {ONE_STEP}, always")
        stated = statements.one_step(OneStep(variant), prop)
        return Regenerated(stated, z3.BoolVal(True), prop.meaning, (*assumed(prop, variant, 0),))
    data = octets(assume)
    if not isinstance(prop, Always | Reachable) or prop.scope_for(scope_of(data)) != scope_of(data):
        raise UnknownStatement(f"{prop.name} is not about {assume}")
    prover = Prover(variant, data)
    _each_refuted(prover, prop, left_out)
    stated = statements.untimed(prover.formulas, prop)
    scope = "any number of segments in flight, every 32-bit ISS that the condition allows"
    lines = (*assumed(prop, variant, data), scope)
    return Regenerated(stated, left_out.formula(prover.formulas.iss), prop.meaning, lines)


def _each_refuted(prover: Prover, prop: Always | Reachable, stated: Excluded) -> None:
    """Raise UnknownStatement where an ISS is left out with which there is no counterexample."""
    if stated == Excluded():
        return
    refuted, _ = prover.refuting(prop)
    for who, left_out, broken in zip(
        ENDS, (stated.a, stated.b), (refuted.a, refuted.b), strict=True
    ):
        for number in sorted({*left_out} - {*broken}):
            raise UnknownStatement(
                f"with ISS {number} of {who} no run breaks it: it is not to be left out"
            )


def octets_said(data: int) -> str:
    """The assumption about text."""
    return f"{data} octets of text each way"


def octets(assumed: str) -> int:
    """The octets of text each way that a heading says. Raises ValueError."""
    for data in (0, 1, 2):
        if assumed == octets_said(data):
            return data
    raise ValueError(f"unknown assumption {assumed!r}")
