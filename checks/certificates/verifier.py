"""The check of a certificate, from its text alone.

The obligations are stated here, from the definitions in the file, and not read from it: so a file
cannot weaken them. Two further things are needed for the file to prove what it says it proves, and
they are checked as well: that `parameters`, `initial`, `step` and `broken` are those of the model
(the rules are executed again for this; `statement` of `write` is all that is used of the rest of
tcpmc), and that the condition is the one in the heading. What nobody can check is whether the model
is the TCP that you mean: for that, read `model/`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tcpmc.checks.certificates.reader import Expression, Malformed, read, written
from tcpmc.checks.certificates.solvers import SOLVERS, answers

DEFINITIONS = ("parameters", "initial", "step", "broken", "condition", "invariant")
OBLIGATIONS = ("initiation", "consecution", "safety")
HEADING = ("theorem", "variant", "assume", "condition")
LOGICS = ("QF_LRA", "QF_BV")
Regenerate = Callable[[Mapping[str, str]], tuple[str, str]]
"""From the heading to the statement of the model and the condition, as SMT-LIB text."""


@dataclass(frozen=True)
class Checked:
    """Whether a certificate is accepted; if not, the obligation that fails, why, and the state that
    breaks it if there is one. `seconds` is the time of each solver for each obligation."""

    accepted: bool
    obligation: str = ""
    reason: str = ""
    state: tuple[str, ...] = ()
    solvers: tuple[str, ...] = ()
    theorem: str = ""
    seconds: Mapping[tuple[str, str], float] = field(default_factory=dict)


@dataclass(frozen=True)
class Certificate:
    """The parts of a certificate: its heading, its logic, its constants with their sorts, and its
    definitions."""

    heading: Mapping[str, str]
    logic: str
    constants: Mapping[str, str]
    definitions: Mapping[str, list[Expression]]


def parsed(text: str) -> Certificate:
    """The parts. Raises Malformed where one is missing or is there twice, or more is there."""
    heading: dict[str, str] = {}
    logic = ""
    constants: dict[str, str] = {}
    definitions: dict[str, list[Expression]] = {}
    for one in read(text):
        match one:
            case ["set-info", str(key), str(value)]:
                heading[key.removeprefix(":")] = value.strip('"')
            case ["set-logic", str(name)] if not logic and name in LOGICS:
                logic = name
            case ["declare-const", str(name), sort] if not definitions:
                constants[name] = written(sort)
            case ["define-fun", str(name), list(), "Bool", _] if name in DEFINITIONS:
                if name in definitions:
                    raise Malformed(f"{name} is defined twice")
                definitions[name] = one
            case ["declare-const" | "echo" | "push" | "pop" | "assert" | "check-sat", *_]:
                pass
            case _:
                raise Malformed(f"no certificate has this: {written(one):.60}")
    missing = [name for name in DEFINITIONS if name not in definitions]
    missing += [name for name in OBLIGATIONS if f'(echo "{name}")' not in text]
    missing += [f":{key}" for key in HEADING if key not in heading]
    missing += ["set-logic"] * (not logic)
    if missing:
        raise Malformed(f"missing: {', '.join(missing)}")
    return Certificate(heading, logic, constants, definitions)


def check(
    text: str,
    regenerate: Regenerate | None,
    solvers: Sequence[str] = SOLVERS,
    seconds: float = 300,
) -> Checked:
    """Check a certificate. Without `regenerate` its statement is not compared with the model.

    Raises Missing where a solver is not installed.
    """
    try:
        found = parsed(text)
    except Malformed as error:
        return Checked(False, "reading", str(error))
    theorem = found.heading["theorem"]
    if regenerate is not None:
        try:
            wrong = _differs(found, *regenerate(found.heading), seconds)
        except (ValueError, KeyError) as error:
            wrong = str(error)
        if wrong:
            return Checked(False, "statement", wrong, theorem=theorem)
    took: dict[tuple[str, str], float] = {}
    for solver in solvers:
        for obligation in OBLIGATIONS:
            began = time.monotonic()
            failed = _fails(found, obligation, solver, seconds)
            took[solver, obligation] = time.monotonic() - began
            if failed is not None:
                return failed
    return Checked(True, solvers=tuple(solvers), theorem=theorem, seconds=took)


def _arguments(definition: list[Expression]) -> list[tuple[str, str]]:
    return [(str(name), written(sort)) for name, sort in definition[2]]


def _preamble(found: Certificate) -> list[str]:
    lines = [f"(set-logic {found.logic})"]
    lines += [f"(declare-const {name} {sort})" for name, sort in found.constants.items()]
    return lines + [written(found.definitions[name]) for name in DEFINITIONS]


def _question(found: Certificate, obligation: str) -> tuple[list[str], list[str]]:
    """The obligation as SMT-LIB text, and the names of the state before."""
    state = _arguments(found.definitions["invariant"])
    step = _arguments(found.definitions["step"])
    broken = _arguments(found.definitions["broken"])
    if step[: len(state)] != state or broken[: len(state)] != state:
        raise Malformed("the definitions are not about the same state")
    if _arguments(found.definitions["initial"]) != state:
        raise Malformed("the definitions are not about the same state")
    after = step[len(state) : 2 * len(state)]
    known = "parameters condition"
    names = " ".join(name for name, _ in state)
    then = " ".join(name for name, _ in after)
    stated = {
        "initiation": (state, f"(initial {names}) (not (invariant {names}))"),
        "consecution": (
            step,
            f"(invariant {names}) (step {' '.join(name for name, _ in step)}) "
            f"(not (invariant {then}))",
        ),
        "safety": (
            broken,
            f"(invariant {names}) (broken {' '.join(name for name, _ in broken)})",
        ),
    }
    variables, claim = stated[obligation]
    lines = [f"(declare-const {name} {sort})" for name, sort in variables]
    return [*lines, f"(assert (and {known} {claim}))", "(check-sat)"], [n for n, _ in variables]


def _fails(found: Certificate, obligation: str, solver: str, seconds: float) -> Checked | None:
    """What is wrong with an obligation, or None."""
    theorem = found.heading["theorem"]
    try:
        question, names = _question(found, obligation)
    except Malformed as error:
        return Checked(False, obligation, str(error), theorem=theorem)
    lines = _preamble(found) + question
    answer = answers(solver, "\n".join(lines), seconds)
    if answer == ["unsat"]:
        return None
    if answer != ["sat"]:
        return Checked(False, obligation, f"{solver}: {' '.join(answer)[:200]}", theorem=theorem)
    values = "\n".join(
        ["(set-option :produce-models true)", *lines, f"(get-value ({' '.join(names)}))"]
    )
    state = _state(answers(solver, values, seconds), found.heading)
    return Checked(False, obligation, f"{solver}: sat", state, theorem=theorem)


def _state(printed: list[str], heading: Mapping[str, str]) -> tuple[str, ...]:
    """The truths that hold, the moments and the numbers of a printed solution; the number of a
    state with what the heading says of it."""
    try:
        pairs = read("\n".join(printed[1:]))[0]
    except (Malformed, IndexError):
        return ()
    shown = []
    for pair in pairs:
        if isinstance(pair, list) and len(pair) == 2 and pair[1] != "false":
            name, value = written(pair[0]).strip("|"), written(pair[1])
            shown.append(name if value == "true" else f"{name} = {_number(value, heading)}")
    return tuple(shown)


def _number(value: str, heading: Mapping[str, str]) -> str:
    """A bit-vector as a number, with its meaning if it is that of a state; others as they are."""
    base = {"#b": 2, "#x": 16}.get(value[:2])
    if base is None:
        return value
    number = str(int(value[2:], base))
    meaning = heading.get(f"state.{number}")
    return f"{number} ({meaning})" if meaning else number


def _differs(found: Certificate, statement: str, condition: str, seconds: float) -> str:
    """Which definition is not the model's, or ""; the text is compared, and where it differs the
    meaning, by z3."""
    model = {str(one[1]): one for one in read(statement + condition) if one[0] == "define-fun"}
    declared = [one for one in read(statement) if one[0] == "declare-const"]
    constants = {str(one[1]): written(one[2]) for one in declared}
    if found.constants != constants:
        return f"the parameters are {', '.join(found.constants)}, not {', '.join(constants)}"
    for name, expected in model.items():
        given = found.definitions[name]
        if given == expected:
            continue
        if given[2] != expected[2]:
            return f"{name} is not about the state of the model"
        arguments = _arguments(given)
        lines = [f"(set-logic {found.logic})"]
        lines += [f"(declare-const {one} {sort})" for one, sort in constants.items()]
        lines += [f"(declare-const {one} {sort})" for one, sort in arguments]
        lines.append(f"(assert (not (= {written(given[4])} {written(expected[4])})))")
        answer = answers("z3", "\n".join([*lines, "(check-sat)"]), seconds)
        if answer != ["unsat"]:
            return f"{name} is not that of the model"
    return ""
