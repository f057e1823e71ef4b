"""What of the catalogue has a proof: found, written as a certificate, and checked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from tcpmc.checks.certificates.smtlib import certificate_of_proof, certificate_of_threshold
from tcpmc.checks.certificates.verifier import Checked, Named, check
from tcpmc.checks.parametric.prover import Prover, catalogue
from tcpmc.checks.running.loading import find_variant
from tcpmc.checks.running.parallel import side_by_side
from tcpmc.checks.statespace.backend import threads_available
from tcpmc.checks.timed.phases import NotFinite
from tcpmc.checks.timed.threshold import Finder, Threshold, ThresholdQuestion
from tcpmc.checks.verdict import (
    DISAGREE,
    EXIT_AS_EXPECTED,
    EXIT_DISAGREE,
    EXIT_INCONCLUSIVE,
    EXIT_UNEXPECTED,
    INCONCLUSIVE,
    REFUTED,
    expected_on,
)
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.timed.theorems import THEOREMS


@dataclass(frozen=True)
class ProofRequest:
    """What is to be proved: properties, or theorems, by name, on a variant by name or file; their
    certificates are checked by the solvers. `seconds` are for each proof, `patience` is for each
    of its obligations."""

    names: tuple[str, ...]
    variant: str
    seconds: float | None = None
    solvers: tuple[str, ...] = ()
    patience: float = 300


@dataclass(frozen=True)
class Proved:
    """What was found of one property or theorem in so many seconds: the verdict; for which ISSs or
    parameters; where it is proved the certificate, if it was asked for, and the check of that."""

    name: str
    word: str
    where: str
    clauses: int
    seconds: float
    as_expected: bool
    certificate: str = ""
    checked: Checked | None = None

    @property
    def remark(self) -> str:
        """What a table adds to its line."""
        return "" if self.as_expected else "  (unexpected)"

    @property
    def code(self) -> int:
        """The exit code that it alone would give."""
        if self.checked is not None and not self.checked.accepted:
            return EXIT_UNEXPECTED
        if self.word == DISAGREE:
            return EXIT_DISAGREE
        if self.word == INCONCLUSIVE:
            return EXIT_INCONCLUSIVE
        return EXIT_AS_EXPECTED if self.as_expected else EXIT_UNEXPECTED


@dataclass(frozen=True)
class ProofOutcome:
    """Rows in the order asked, and whether they are all."""

    rows: list[Proved]
    whole: bool

    @property
    def ending(self) -> str:
        """What follows the table."""
        return "" if self.whole else "INCONCLUSIVE: interrupted, and the others are not done.\n"

    @property
    def code(self) -> int:
        """The exit code."""
        return max([row.code for row in self.rows] + [EXIT_INCONCLUSIVE] * (not self.whole))


def safety() -> tuple[str, ...]:
    """The safety properties and lemmas of the catalogue, which share most of their work."""
    return tuple(prop.name for prop in catalogue())


def theorems(variant: str) -> Iterator[tuple[str, ...]]:
    """Each theorem of dense time of which it is known what holds of the variant; of a variant of
    which nothing is known, each."""
    known = [name for name, theorem in THEOREMS.items() if variant in theorem.holds]
    yield from ((name,) for name in known or THEOREMS)


def rows(
    asked: Sequence[ProofRequest],
    at_once: int | None,
    each: Callable[[Proved], None] = lambda row: None,
    tell: Callable[[str], None] = lambda line: None,
) -> ProofOutcome:
    """What is found in so many processes, or in one for each processor; Ctrl-C ends it with what is
    done. `each` is called with a row when it is done, and `tell` with a line about it."""
    names = [name for one in asked for name in one.names]
    found: list[Proved] = []
    try:
        # What takes long is begun first: groups of many, and the theorems at the end of the list.
        tasks = sorted(asked, key=lambda one: (len(one.names), asked.index(one)), reverse=True)
        for _, group in side_by_side(prove, tasks, at_once or threads_available()):
            for row in group:
                found.append(row)
                each(row)
                tell(f"{len(found)} of {len(names)}: {row.word} {row.name}, {row.seconds:.1f} s")
    except KeyboardInterrupt:
        pass
    in_order = sorted(found, key=lambda row: names.index(row.name))
    return ProofOutcome(in_order, whole=len(found) == len(names))


def prove(request: ProofRequest) -> list[Proved]:
    """The rows of these properties or theorems. Raises Missing for a solver that is not there."""
    rows = _thresholds(request) if request.names[0] in THEOREMS else _properties(request)
    return [_checked(row, request) for row in rows]


def _properties(request: ProofRequest) -> Iterator[Proved]:
    prover = Prover(find_variant(request.variant), seconds=request.seconds)
    for prop in (PROPERTIES[name] for name in request.names):
        began = time.monotonic()
        proof = prover.prove(prop)
        took = time.monotonic() - began
        expected = expected_on(prop, prover.variant.name) in (None, proof.word)
        where = str(proof.where) if proof.word not in (INCONCLUSIVE, DISAGREE) else proof.how
        row = Proved(prop.name, proof.word, where, proof.clauses, took, expected)
        if proof.proved and request.solvers:
            text = certificate_of_proof(prover, prop, proof, request.variant)
            row = replace(row, certificate=text)
        yield row


def _thresholds(request: ProofRequest) -> Iterator[Proved]:
    variant = find_variant(request.variant)
    for theorem in (THEOREMS[name] for name in request.names):
        began = time.monotonic()
        question = ThresholdQuestion(theorem.name, theorem.claim, variant, theorem.assume)
        try:
            finder = Finder(question, seconds=request.seconds)
        except NotFinite as reason:
            yield Proved(theorem.name, INCONCLUSIVE, str(reason), 0, 0.0, False)
            continue
        answer, expected = finder.find(), theorem.holds.get(variant.name)
        took = time.monotonic() - began
        row = Proved(
            theorem.name,
            answer.word,
            where=_found(answer),
            clauses=len(answer.proof) if answer.proof is not None else 0,
            seconds=took,
            as_expected=expected is None or answer.meets(expected),
        )
        if answer.proof is not None and request.solvers:
            text = certificate_of_threshold(finder, answer, request.variant)
            row = replace(row, certificate=text)
        yield row


def _found(answer: Threshold) -> str:
    """For which parameters a theorem holds, or why that is not said."""
    if answer.word == DISAGREE:
        return answer.how
    return "never" if answer.word == REFUTED else str(answer.condition)


def _checked(row: Proved, request: ProofRequest) -> Proved:
    """The row with the check of its certificate, if there is one."""
    if not row.certificate:
        return row
    named = Named(request.variant, find_variant(request.variant))
    checked = check(row.certificate.encode(), named, request.solvers, request.patience)
    return replace(row, checked=checked)
