"""Proofs as certificates: what was found, beside the statement of the model."""

from __future__ import annotations

import re

import z3

from tcpmc.checks.certificates import statements
from tcpmc.checks.certificates.regenerate import ONE_STEP, octets_said
from tcpmc.checks.certificates.write import certificate
from tcpmc.checks.parametric.premise import run_to_premise
from tcpmc.checks.parametric.prover import Proof, Prover
from tcpmc.checks.timed.fourier_motzkin import fulfilled
from tcpmc.checks.timed.threshold import Finder, Threshold
from tcpmc.errors import BadInput
from tcpmc.model.properties.kinds import Always, Lemma, Property, Reachable
from tcpmc.model.timed.assumptions import spelled

PLAIN = re.compile(r"[!#-~][ !#-~]*")
"""What a heading can hold: printable ASCII without quotes."""


def certificate_of_proof(prover: Prover, prop: Property, proof: Proof, variant: str) -> str:
    """That of a safety property, which is proved. `variant` is a name or a file. Raises BadInput
    where no run to the premise is found, or the file's name cannot be written down."""
    heading = {"theorem": prop.name, "variant": _writable(variant), "condition": str(proof.where)}
    if isinstance(prop, Lemma):
        true = z3.BoolVal(True)
        heading |= {"assume": ONE_STEP, "premise": ""}
        return certificate(statements.one_step(prover.rules, prop), true, (), heading, true)
    assert proof.invariant is not None
    assert isinstance(prop, Always | Reachable)
    formulas = prover.formulas
    condition = proof.where.formula(formulas.iss)
    steps = run_to_premise(formulas, prop, condition)
    if steps is None:
        raise BadInput(f"{prop.name}: no run to the premise was found, so there is no certificate")
    heading |= {"assume": octets_said(prover.data), "premise": _listed(steps)}
    stated = statements.untimed(formulas, prop)
    return certificate(stated, condition, steps, heading, proof.invariant.formula("0"))


def certificate_of_threshold(finder: Finder, answer: Threshold, variant: str) -> str:
    """That of a theorem of dense time, which has a proof. `variant` is a name or a file. Raises
    BadInput where the file's name cannot be written down."""
    assert answer.proof is not None
    question, formulas = finder.question, finder.formulas
    heading = {
        "theorem": question.name,
        "variant": _writable(variant),
        "assume": "; ".join(map(spelled, question.assume)),
        "condition": str(answer.condition),
        "premise": _listed(answer.steps),
    }
    where = fulfilled(answer.condition, formulas.parameters)
    invariant = answer.proof.invariant(formulas.frame("0"))
    stated = statements.timed(formulas, question.claim)
    return certificate(stated, where, answer.steps, heading, invariant)


def _listed(steps: list[int] | tuple[int, ...]) -> str:
    return " ".join(map(str, steps))


def _writable(variant: str) -> str:
    if not PLAIN.fullmatch(variant):
        raise BadInput(f"{variant!r}: a certificate names a file in printable ASCII only")
    return variant
