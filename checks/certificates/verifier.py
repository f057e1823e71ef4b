"""The check of a certificate.

Of a file three things are taken: its heading, the numbers of a run, and the invariant, which is
read by a grammar of its own (`grammar`) and written anew. Everything else is made again from the
model and has to be in the file letter by letter; so a file cannot weaken what it proves, and
nothing in it is handed to a solver or run. A variant in a file is read only where the user names
that file. What nobody can check is whether the model is the TCP that you mean: read `model/`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePath

from tcpmc.checks.certificates.grammar import formula
from tcpmc.checks.certificates.reader import Malformed, read
from tcpmc.checks.certificates.regenerate import Regenerated, UnknownStatement, regenerated
from tcpmc.checks.certificates.solvers import SOLVERS, answers
from tcpmc.checks.certificates.write import HEADING, Obligation, frame_of, obligations
from tcpmc.checks.own_rules.asked_again import ask_again
from tcpmc.checks.symbolic.onestep import OneStep
from tcpmc.checks.symbolic.with_numbers import unproved
from tcpmc.model.variants.shipped import VARIANTS
from tcpmc.model.variants.variant import Variant

LARGEST = 16_000_000
"""Octets, more than any certificate of ours has."""
LINE = re.compile(r'\(set-info :([a-z]+(?:\.\d+)?) "([ !#-~]{0,2000})"\)')
STEPS = re.compile(r"((0|[1-9]\d{0,8})( (0|[1-9]\d{0,8})){0,99})?")
READING, STATEMENT = "reading", "statement"


@dataclass(frozen=True)
class Named:
    """A variant that the user names: as on the command line, and the variant itself."""

    source: str
    variant: Variant


@dataclass(frozen=True)
class Checked:
    """Whether a certificate is accepted; if not, the obligation that fails, why, and the state that
    breaks it if there is one. `proved` says what it proves, line by line. `seconds` is the time of
    each solver for each obligation."""

    accepted: bool
    obligation: str = ""
    reason: str = ""
    state: tuple[str, ...] = ()
    solvers: tuple[str, ...] = ()
    theorem: str = ""
    proved: tuple[str, ...] = ()
    seconds: Mapping[tuple[str, str], float] = field(default_factory=dict)


def text_of_certificate(data: bytes) -> str:
    """The text of a file. Raises Malformed."""
    if len(data) > LARGEST:
        raise Malformed(f"more than {LARGEST:,} octets")
    text = data.decode("ascii", errors="replace")
    odd = next((c for c in text if c != "\n" and not " " <= c <= "~"), None)
    if odd is not None:
        line = text.count("\n", 0, text.index(odd)) + 1
        raise Malformed(f"line {line} has an octet that is not printable ASCII")
    return text


def heading_of(text: str) -> dict[str, str]:
    """What the lines of the heading say. Raises Malformed for one that is unknown, missing, there
    twice, or out of order."""
    fields: dict[str, str] = {}
    for line in text.split("\n", 60_000)[1:60_000]:
        match = LINE.fullmatch(line)
        if match is None:
            break
        if match[1] in fields:
            raise Malformed(f":{match[1]} appears twice")
        fields[match[1]] = match[2]
    keys = [key for key in fields if not key.startswith("state.")]
    if keys != [*HEADING]:
        wrong = [*(k for k in HEADING if k not in keys), *(k for k in keys if k not in HEADING)]
        raise Malformed(
            f"expected the heading {', '.join(HEADING)}; wrong: {', '.join(wrong) or 'the order'}"
        )
    if not STEPS.fullmatch(fields["premise"]):
        raise Malformed(":premise must be a list of step numbers")
    return fields


def variant_of(source: str, named: Named | None) -> Variant:
    """The variant that a heading names. Raises UnknownStatement where it is in a file that the user
    does not name, or another."""
    if named is None:
        if source not in VARIANTS:
            raise UnknownStatement(
                f"it is about the variant in {source!r}: name that with --variant FILE"
            )
        return VARIANTS[source]
    same = source == named.source or (
        source not in VARIANTS and PurePath(source).name == PurePath(named.source).name
    )
    if not same:
        raise UnknownStatement(f"it is about the variant {source!r}, not {named.source!r}")
    return named.variant


@dataclass(frozen=True)
class Remade:
    """All of a certificate but its invariant: what it is about, the text around the invariant, and
    the obligations."""

    model: Regenerated
    before: str
    after: str
    obligations: tuple[Obligation, ...]


@lru_cache(maxsize=8)
def remade(said: tuple[tuple[str, str], ...], variant: Variant) -> Remade:
    """The certificate with this heading, made anew. Raises UnknownStatement."""
    heading = dict(said)
    theorem, assume, where = (heading[key] for key in ("theorem", "assume", "condition"))
    model = regenerated(theorem, variant, assume, where)
    steps = tuple(map(int, heading["premise"].split()))
    before, after = frame_of(model.statement, model.condition, steps, heading)
    return Remade(model, before, after, tuple(obligations(model.statement, steps)))


def check(
    data: bytes,
    named: Named | None = None,
    solvers: Sequence[str] = SOLVERS,
    seconds: float = 300,
) -> Checked:
    """Check the certificate that a file holds. `named` is the variant that the user names.

    Raises Missing where a solver is not installed, and BadInput for a user's rule that goes wrong.
    """
    heading: dict[str, str] = {}
    try:
        text = text_of_certificate(data)
        heading = heading_of(text)
        variant = variant_of(heading["variant"], named)
        made = remade(tuple((key, heading[key]) for key in HEADING), variant)
        body = _between(text, made.before, made.after)
        invariant = formula(body, made.model.statement.sorts())
    except Malformed as error:
        return Checked(False, READING, str(error), theorem=heading.get("theorem", ""))
    except UnknownStatement as error:
        return Checked(False, STATEMENT, str(error), theorem=heading["theorem"])
    apart = unproved(OneStep(variant))
    if apart:
        return Checked(False, STATEMENT, apart, theorem=heading["theorem"])
    preamble = [made.before, invariant, ")"]
    took: dict[tuple[str, str], float] = {}
    for solver in solvers:
        for obligation in made.obligations:
            began = time.monotonic()
            failed = _fails(preamble, obligation, solver, seconds, heading)
            took[solver, obligation.name] = time.monotonic() - began
            if failed is not None:
                return failed
    ask_again(variant)
    proved, theorem = _proved(heading, made.model, named), heading["theorem"]
    return Checked(True, solvers=tuple(solvers), theorem=theorem, proved=proved, seconds=took)


def _between(text: str, before: str, after: str) -> str:
    """The body of the invariant. Raises UnknownStatement where the rest is not what the model
    makes."""
    if not text.startswith(before):
        wrong = next(n for n, c in enumerate(before) if text[n : n + 1] != c)
        raise UnknownStatement(
            f"line {before.count(chr(10), 0, wrong) + 1} is not what the model says"
        )
    if not text.endswith(after) or len(text) < len(before) + len(after):
        raise UnknownStatement(
            "what follows the invariant are not the obligations of its statement"
        )
    return text[len(before) : len(text) - len(after)]


def _proved(heading: Mapping[str, str], model: Regenerated, named: Named | None) -> tuple[str, ...]:
    """What an accepted certificate proves."""
    variant = named.source if named is not None else heading["variant"]
    return (
        f"{heading['theorem']} on {variant}: {model.meaning}",
        f"if: {heading['condition']}",
        *(f"assumed: {line}" for line in model.assumed),
    )


def _fails(
    preamble: Sequence[str],
    obligation: Obligation,
    solver: str,
    seconds: float,
    heading: Mapping[str, str],
) -> Checked | None:
    """What is wrong with an obligation, or None."""
    lines = [*preamble, *obligation.lines, "(check-sat)"]
    answer = answers(solver, "\n".join(lines), seconds)
    if answer == [obligation.answer]:
        return None
    state: tuple[str, ...] = ()
    if answer == ["sat"] and obligation.about:
        command = f"(get-value ({' '.join(obligation.about)}))"
        values = "\n".join(["(set-option :produce-models true)", *lines, command])
        state = _state(answers(solver, values, seconds), heading)
    reason = f"{solver}: {' '.join(answer)[:200]}, not {obligation.answer}"
    return Checked(False, obligation.name, reason, state, theorem=heading["theorem"])


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
            name, value = str(pair[0]).strip("|"), _value(pair[1])
            shown.append(name if value == "true" else f"{name} = {_number(value, heading)}")
    return tuple(shown)


def _value(printed: object) -> str:
    if isinstance(printed, list):
        return "(" + " ".join(map(_value, printed)) + ")"
    return str(printed)


def _number(value: str, heading: Mapping[str, str]) -> str:
    """A bit-vector as a number, with its meaning if it is that of a state; others as they are."""
    base = {"#b": 2, "#x": 16}.get(value[:2])
    if base is None:
        return value
    number = str(int(value[2:], base))
    meaning = heading.get(f"state.{number}")
    return f"{number} ({meaning})" if meaning else number
