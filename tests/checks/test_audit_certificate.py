"""The proof of an audit is checked again, by a solver in a process of its own."""

from dataclasses import replace

import pytest

from tcpmc.checks.certificates.solvers import Missing, answers
from tcpmc.model import VARIANTS

pytest.importorskip("z3")

from tcpmc.checks.audit.certificate import certificate
from tcpmc.checks.audit.variant_audit import Audits, audit


def checked(text: str, solver: str) -> list[str]:
    return [line for line in answers(solver, text, 300) if line in ("sat", "unsat", "unknown")]


@pytest.mark.exhaustive
@pytest.mark.parametrize("solver", ["z3", "cvc5"])
def test_the_proof_is_accepted(solver: str) -> None:
    text = certificate(Audits([audit(VARIANTS["no-restart"], "no-restart")]))
    try:
        found = checked(text, solver)
    except Missing as missing:
        pytest.skip(str(missing))
    assert len(found) == text.count("(check-sat)") > 100
    assert set(found) == {"unsat"}


def test_a_difference_that_is_left_out_is_found() -> None:
    one = audit(VARIANTS["no-restart"], "no-restart")
    found = checked(certificate(Audits([replace(one, rows=())])), "z3")
    assert "sat" in found
