"""A proof as a self-contained SMT-LIB 2 file.

The parameters are free constants. `parameters`, `initial`, `step` and `broken` state the question,
`invariant` is the answer, and the file ends with the three obligations, each of which a solver has
to call unsat.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Statement:
    """What is to be proved: a system, and when a claim is broken in it.

    `constants` are the free parameters, `parameters` is what is assumed of them. `state` and `then`
    are the constants of the state before and after a step, `inputs` what else `step` is about, and
    `choices` what else `broken` is about.
    """

    logic: str
    constants: Sequence[Any]
    parameters: Any
    state: Sequence[Any]
    then: Sequence[Any]
    inputs: Sequence[Any]
    choices: Sequence[Any]
    initial: Any
    step: Any
    broken: Any

    def __str__(self) -> str:
        """Its declarations and definitions."""
        before, after = list(self.state), list(self.then)
        lines = [_declared(one) for one in self.constants]
        lines += [
            defined("parameters", [], self.parameters),
            defined("initial", before, self.initial),
            defined("step", [*before, *after, *self.inputs], self.step),
            defined("broken", [*before, *self.choices], self.broken),
        ]
        return "\n".join(lines) + "\n"


def certificate(stated: Statement, condition: Any, invariant: Any, about: Mapping[str, str]) -> str:
    """The file. `condition` is on the parameters: under it the claim is proved. `invariant` is of
    the state; `about` names the theorem, the variant, and so on."""
    lines = ["; A proof by tcpmc: each of the three checks has to be unsat."]
    lines += [f'(set-info :{key} "{value}")' for key, value in about.items()]
    lines += [f"(set-logic {stated.logic})", str(stated).rstrip()]
    lines.append(defined("condition", [], condition))
    lines.append(defined("invariant", list(stated.state), invariant))
    return "\n".join([*lines, *_obligations(stated)]) + "\n"


def _obligations(stated: Statement) -> Iterator[str]:
    free = {one.sexpr(): one for one in (*stated.state, *stated.then)}
    free |= {one.sexpr(): one for one in (*stated.inputs, *stated.choices)}
    yield from map(_declared, free.values())
    now, after = _names(stated.state), _names(stated.then)
    known = "parameters condition"
    for name, parts in {
        "initiation": f"(initial {now}) (not (invariant {now}))",
        "consecution": f"(invariant {now}) (step {now} {after} {_names(stated.inputs)}) "
        f"(not (invariant {after}))",
        "safety": f"(invariant {now}) (broken {now} {_names(stated.choices)})",
    }.items():
        yield f'(echo "{name}")\n(push 1)\n(assert (and {known} {parts}))\n(check-sat)\n(pop 1)'


def defined(name: str, arguments: list[Any], body: Any) -> str:
    """A definition as text."""
    given = " ".join(f"({one.sexpr()} {one.sort().sexpr()})" for one in arguments)
    return f"(define-fun {name} ({given}) Bool\n{body.sexpr()})"


def _declared(const: Any) -> str:
    return f"(declare-const {const.sexpr()} {const.sort().sexpr()})"


def _names(terms: Any) -> str:
    return " ".join(term.sexpr() for term in terms)
