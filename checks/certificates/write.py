"""A proof as a self-contained SMT-LIB 2 file.

The parameters are free constants. `parameters`, `initial`, `step`, `broken` and `premise` state the
question, `condition` and `invariant` are the answer. The file ends with the obligations: questions
that a solver has to answer as they say, `sat` or `unsat`. All of it but the heading and the body of
the invariant follows from the model: `frame_of` makes it anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import z3

from tcpmc.checks.certificates.canonical import canonical

HEADING = ("theorem", "variant", "assume", "condition", "premise")
"""What a heading says, in this order."""


@dataclass(frozen=True)
class Statement:
    """What is to be proved: a system, and when a claim is broken in it.

    constants, parameters
        The free parameters, and what is assumed of them.
    state, then, inputs, choices
        The constants of the state before and after a step, what else `step` is about, and what else
        `broken` and `premise` are about.
    premise
        When the claim says anything: it would hold of a system in which this never is the case.
    under_condition
        Whether the premise has to be the case under the condition; else for any parameters, for the
        condition may be just what keeps a timer from ending.
    guide
        That the step to a state is the one with this number: by it a run is found again.
    further
        What else must have no solution, by name, over `free`.
    states
        The meaning of the number of a state, by `state.NUMBER`.
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
    premise: Any
    guide: Callable[[int], Any]
    further: Mapping[str, Any] = field(default_factory=dict)
    free: Sequence[Any] = ()
    under_condition: bool = True
    states: Mapping[str, str] = field(default_factory=dict)

    def definitions(self, condition: Any) -> list[str]:
        """Its declarations and definitions, and the condition under which it is proved."""
        before, after = list(self.state), list(self.then)
        return [
            f"(set-logic {self.logic})",
            *map(_declared, self.constants),
            defined("parameters", [], self.parameters),
            defined("initial", before, self.initial),
            defined("step", [*before, *after, *self.inputs], self.step),
            defined("broken", [*before, *self.choices], self.broken),
            defined("premise", [*before, *self.choices], self.premise),
            defined("condition", [], condition),
        ]

    def sorts(self) -> dict[str, str]:
        """What an invariant may be about, and the sort of each: the state and the parameters."""
        return {
            constant.sexpr(): constant.sort().sexpr() for constant in (*self.state, *self.constants)
        }


@dataclass(frozen=True)
class Obligation:
    """A question to a solver: its text, the one answer that it must have, and the names of the
    state that an answer would be about."""

    name: str
    answer: str
    lines: tuple[str, ...]
    about: tuple[str, ...] = ()


def obligations(stated: Statement, steps: Sequence[int]) -> list[Obligation]:
    """What makes it a proof. `steps` lead to the premise.

    `possible`, `premise`: there are parameters as assumed under the condition and an initial state,
    and a run from one in which the claim says something. `initiation`, `consecution`, `safety`: the
    invariant holds in the beginning, each step keeps it, and where it holds the claim is not
    broken. Then what the statement asks for besides.
    """
    now, after = _names(stated.state), _names(stated.then)
    begins = f"(initial {now}) (not (invariant {now}))"
    moved = [*stated.state, *stated.then, *stated.inputs]
    here = [*stated.state, *stated.choices]
    preserved = (
        f"(invariant {now}) (step {now} {after} {_names(stated.inputs)}) (not (invariant {after}))"
    )
    return [
        _obligation("possible", "sat", stated.state, f"(initial {now})"),
        _run(stated, steps),
        _obligation("initiation", "unsat", stated.state, begins),
        _obligation("consecution", "unsat", moved, preserved),
        _obligation(
            "safety", "unsat", here, f"(invariant {now}) (broken {now} {_names(stated.choices)})"
        ),
        *(
            _obligation(name, "unsat", stated.free, canonical(formula).sexpr())
            for name, formula in stated.further.items()
        ),
    ]


def _obligation(name: str, answer: str, constants: Sequence[Any], parts: str) -> Obligation:
    declared = tuple(map(_declared, constants))
    asserted = f"(assert (and parameters condition {parts}))"
    return Obligation(name, answer, (*declared, asserted), tuple(map(_name, constants)))


def _run(stated: Statement, steps: Sequence[int]) -> Obligation:
    """That the steps with these numbers lead from an initial state to the premise."""
    frames = [_copies(stated.state, number) for number in range(len(steps) + 1)]
    lines = [_declared(constant) for frame in frames for constant in frame]
    parts = [f"(initial {_names(frames[0])})"]
    for number, step in enumerate(steps):
        inputs = _copies(stated.inputs, number)
        lines += map(_declared, inputs)
        before, after = frames[number], frames[number + 1]
        parts.append(f"(step {_names(before)} {_names(after)} {_names(inputs)})")
        old = [*stated.then, *stated.inputs]
        pairs = list(zip(old, [*after, *inputs], strict=True))
        parts.append(z3.substitute(stated.guide(step), *pairs).sexpr())
    choices = _copies(stated.choices, len(steps))
    lines += map(_declared, choices)
    parts.append(f"(premise {_names(frames[-1])} {_names(choices)})".replace(" )", ")"))
    where = "parameters condition" if stated.under_condition else "parameters"
    lines.append(f"(assert (and {where} {' '.join(parts)}))")
    return Obligation("premise", "sat", tuple(lines))


def frame_of(
    stated: Statement, condition: Any, steps: Sequence[int], heading: Mapping[str, str]
) -> tuple[str, str]:
    """All of the file before the body of the invariant, and all after it."""
    about = [f'(set-info :{key} "{heading[key]}")' for key in HEADING]
    about += [f'(set-info :{key} "{meaning}")' for key, meaning in stated.states.items()]
    arguments = " ".join(f"({one.sexpr()} {one.sort().sexpr()})" for one in stated.state)
    before = [
        "; A proof by tcpmc: a solver has to answer each question as its echo says.",
        *about,
        *stated.definitions(condition),
        f"(define-fun invariant ({arguments}) Bool",
    ]
    after = []
    for one in obligations(stated, steps):
        after += [f'(echo "{one.name}: {one.answer}")', "(push 1)", *one.lines]
        after += ["(check-sat)", "(pop 1)"]
    return "\n".join(before) + "\n", "\n" + "\n".join([")", *after]) + "\n"


def certificate(
    stated: Statement,
    condition: Any,
    steps: Sequence[int],
    heading: Mapping[str, str],
    invariant: Any,
) -> str:
    """The file. `condition` is on the parameters: under it the claim is proved. `invariant` is of
    the state; `steps` lead to the premise."""
    before, after = frame_of(stated, condition, steps, heading)
    body: str = invariant.sexpr()
    return before + body + after


def defined(name: str, arguments: list[Any], body: Any) -> str:
    """A definition as text."""
    given = " ".join(f"({argument.sexpr()} {argument.sort().sexpr()})" for argument in arguments)
    text: str = canonical(body).sexpr()
    return f"(define-fun {name} ({given}) Bool\n{text})"


def _copies(constants: Sequence[Any], number: int) -> list[Any]:
    """The same constants, of a step with this number."""
    return [z3.Const(f"{constant}!{number}", constant.sort()) for constant in constants]


def _declared(const: Any) -> str:
    return f"(declare-const {const.sexpr()} {const.sort().sexpr()})"


def _name(term: Any) -> str:
    return str(term.sexpr())


def _names(terms: Sequence[Any]) -> str:
    return " ".join(map(_name, terms))
