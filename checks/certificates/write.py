"""A proof as a self-contained SMT-LIB 2 file.

The parameters are free constants. `parameters`, `initial`, `step` and `broken` state the question,
`invariant` is the answer, and the file ends with the three obligations, each of which a solver has
to call unsat.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tcpmc.checks.dense.encoding import Formulas
from tcpmc.checks.dense.proof import Slice
from tcpmc.model.closing import Claim


def statement(formulas: Formulas, claim: Claim) -> str:
    """The question: the parameters and what is assumed of them, and the timed system."""
    state, then, t = formulas.frame("0"), formulas.frame("1"), formulas.moment("0")
    bits = formulas.choice("0")
    now, after = list(state.values()), list(then.values())
    lines = [f"(declare-const {name} Real)" for name in formulas.system.parameters]
    lines += [
        defined("parameters", [], formulas.sensible()),
        defined("initial", now, formulas.initial("0")),
        defined("step", [*now, *after, t, *bits], formulas.step),
        defined("broken", [*now, t], formulas.broken(claim)),
    ]
    return "\n".join(lines) + "\n"


def certificate(
    formulas: Formulas, claim: Claim, region: Any, proof: Slice, about: Mapping[str, str]
) -> str:
    """The file. `region` is the condition under which the claim is proved; `about` names the
    theorem, the variant, and so on."""
    state = formulas.frame("0")
    lines = ["; A proof about TIME-WAIT by tcpmc: each of the three checks has to be unsat."]
    lines += [f'(set-info :{key} "{value}")' for key, value in about.items()]
    lines += ["(set-logic QF_LRA)", statement(formulas, claim).rstrip()]
    lines.append(defined("condition", [], region))
    lines.append(defined("invariant", list(state.values()), proof.invariant(state)))
    return "\n".join([*lines, *_obligations(formulas)]) + "\n"


def _obligations(formulas: Formulas) -> Iterator[str]:
    state, then = formulas.frame("0"), formulas.frame("1")
    inputs = [formulas.moment("0"), *formulas.choice("0")]
    for const in (*state.values(), *then.values(), *inputs):
        yield f"(declare-const {const.sexpr()} {const.sort()})"
    now, after, t = _names(state.values()), _names(then.values()), inputs[0].sexpr()
    known = "parameters condition"
    for name, parts in {
        "initiation": f"(initial {now}) (not (invariant {now}))",
        "consecution": f"(invariant {now}) (step {now} {after} {_names(inputs)}) "
        f"(not (invariant {after}))",
        "safety": f"(invariant {now}) (broken {now} {t})",
    }.items():
        yield f'(echo "{name}")\n(push 1)\n(assert (and {known} {parts}))\n(check-sat)\n(pop 1)'


def defined(name: str, arguments: list[Any], body: Any) -> str:
    """A definition as text."""
    given = " ".join(f"({one.sexpr()} {one.sort()})" for one in arguments)
    return f"(define-fun {name} ({given}) Bool\n{body.sexpr()})"


def _names(terms: Any) -> str:
    return " ".join(term.sexpr() for term in terms)
