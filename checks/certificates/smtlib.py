"""Proofs as certificates: what was found, beside the statement of the model."""

from __future__ import annotations

import z3

from tcpmc.checks.certificates import statements
from tcpmc.checks.certificates.write import certificate
from tcpmc.checks.parametric.formulas import told
from tcpmc.checks.parametric.prover import Proof, Prover
from tcpmc.checks.timed.fourier_motzkin import fulfilled
from tcpmc.checks.timed.threshold import Finder, Threshold
from tcpmc.model.properties.kinds import Lemma, Property


def certificate_of_proof(prover: Prover, prop: Property, proof: Proof, variant: str) -> str:
    """That of a safety property, which is proved. `variant` is a name or a file."""
    about = {
        "theorem": prop.name,
        "variant": variant,
        "assume": f"{prover.data} octets of text each way",
        "condition": str(proof.where),
    }
    if isinstance(prop, Lemma):
        true = z3.BoolVal(True)
        return certificate(statements.one_step(prover.rules, prop), true, true, about)
    assert proof.invariant is not None
    formulas = prover.formulas
    stated = statements.untimed(formulas, prop)  # type: ignore[arg-type]
    about |= {f"state.{number}": told(end) for number, end in enumerate(formulas.endpoint.ends)}
    condition = proof.where.formula(formulas.iss)
    return certificate(stated, condition, proof.invariant.formula("0"), about)


def certificate_of_threshold(finder: Finder, answer: Threshold, variant: str) -> str:
    """That of a theorem of dense time, which has a proof. `variant` is a name or a file."""
    assert answer.proof is not None
    question, formulas = finder.question, finder.formulas
    about = {
        "theorem": question.name,
        "variant": variant,
        "assume": "; ".join(question.assume),
        "condition": str(answer.condition),
    }
    where = fulfilled(answer.condition, formulas.parameters)
    invariant = answer.proof.invariant(formulas.frame("0"))
    return certificate(statements.timed(formulas, question.claim), where, invariant, about)
