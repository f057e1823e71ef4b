"""Certificates for tests: written once in a process, and ways to change them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from tcpmc.checks.certificates.regenerate import regenerated
from tcpmc.checks.certificates.smtlib import certificate_of_proof, certificate_of_threshold
from tcpmc.checks.certificates.verifier import Checked, Named, check
from tcpmc.checks.certificates.write import HEADING, frame_of
from tcpmc.checks.parametric.prover import Prover
from tcpmc.checks.timed.threshold import Finder, ThresholdQuestion
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.timed.theorems import THEOREMS
from tcpmc.model.variants.shipped import VARIANTS


@cache
def of_theorem(name: str, variant: str = "rfc9293") -> str:
    """The certificate of a theorem of dense time."""
    theorem = THEOREMS[name]
    finder = Finder(ThresholdQuestion(name, theorem.claim, VARIANTS[variant], theorem.assume))
    return certificate_of_threshold(finder, finder.find(), variant)


@cache
def prover() -> Prover:
    """What proves properties of rfc9293."""
    return Prover(VARIANTS["rfc9293"])


@cache
def of_property(name: str) -> str:
    """The certificate of a property of rfc9293."""
    prop = PROPERTIES[name]
    return certificate_of_proof(prover(), prop, prover().prove(prop), "rfc9293")


def by_z3(text: str | bytes, named: Named | None = None) -> Checked:
    """The check by z3 alone."""
    return check(text if isinstance(text, bytes) else text.encode(), named, ("z3",))


def parts(text: str) -> tuple[str, str, str]:
    """The text before, of, and after the body of the invariant."""
    begin = text.index("\n", text.index("(define-fun invariant")) + 1
    end = text.index("\n)\n(echo", begin)
    return text[:begin], text[begin:end], text[end:]


def with_invariant(text: str, body: str) -> str:
    """The certificate with another invariant."""
    before, _, after = parts(text)
    return before + body + after


def forged(body: str, heading: Mapping[str, str], steps: tuple[int, ...] = ()) -> str:
    """A certificate that is well made, but for its invariant: all that a forger can choose."""
    variant = VARIANTS[heading["variant"]]
    theorem, assume, where = (heading[key] for key in ("theorem", "assume", "condition"))
    model = regenerated(theorem, variant, assume, where)
    said = {key: heading.get(key, " ".join(map(str, steps))) for key in HEADING}
    before, after = frame_of(model.statement, model.condition, steps, said)
    return before + body + after
