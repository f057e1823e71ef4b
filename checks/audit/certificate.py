"""The proof that a variant differs in nothing else, as SMT-LIB 2: a solver has to call each check
unsat.

For each rule that is not the RFC's own, state and combination of control bits: that every number
takes one of the paths that were found, and that none of them ends differently. Where the rules do
part, the same for the whole case, the conditions of the rows apart. What is not in the file is the
same for another reason: it is the same function, with the same switches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import z3

from tcpmc.checks.audit.cases import (
    RULES,
    SEGMENT,
    Case,
    arrivals,
    calls_and_timeouts,
    entered_with,
)
from tcpmc.checks.audit.differences import WHOLE, VariantComparison, is_open
from tcpmc.checks.audit.joint import Both, JointPath
from tcpmc.checks.audit.variant_audit import Audit, Audits

Obligation = tuple[str, z3.BoolRef]


def certificate(found: Audits) -> str:
    """The file."""
    lines = ["; A proof by tcpmc audit: each check has to be unsat.", "(set-logic QF_BV)"]
    for one in found.audits:
        lines += [*_comments(one), *_checks(list(obligations(one)))]
    return "\n".join(lines) + "\n"


def obligations(audit: Audit) -> Iterator[Obligation]:
    """What has to be unsatisfiable, with what it says. Nothing where a rule could only be tried."""
    if audit.tried:
        return
    comparison = VariantComparison(audit.variant)
    both = Both(comparison.rfc, comparison.own)
    told: dict[Case, list[z3.BoolRef]] = {}
    for row in audit.rows:
        for gap in row.gaps:
            told.setdefault(gap.case, []).append(gap.when)
    suspects = set(comparison.suspects())
    for case in calls_and_timeouts(*comparison.kind):
        if case.event in suspects:
            yield from _of(case, list(both.paths(case)), told.get(case, []))
    if comparison.whole:
        for case in arrivals(*comparison.kind):
            yield from _of(case, list(both.paths(case, (WHOLE,))), told.get(case, []))
    else:
        yield from _of_arrivals(comparison, told)


def _of_arrivals(
    comparison: VariantComparison, told: Mapping[Case, list[z3.BoolRef]]
) -> Iterator[Obligation]:
    """Of the rules for segments, each by itself, and of the cases in which one does part."""
    both, apart = Both(comparison.rfc, comparison.own), set()
    for rule in comparison.suspects():
        for case in entered_with(rule, *comparison.kind):
            paths = list(both.paths(case, (rule,)))
            if is_open(z3.Or(*(path.parts for path in paths))):
                apart.add((rule, case.state, case.controls))
            else:
                yield from _of_rule(rule, case, paths)
    joint = Both(comparison.rfc, comparison.own, frozenset(apart))
    for case in arrivals(*comparison.kind):
        if case.controls in {controls for _, _, controls in apart}:
            yield from _of(case, list(joint.paths(case)), told.get(case, []))


def _of_rule(rule: str, case: Case, paths: Sequence[JointPath]) -> Iterator[Obligation]:
    """That the paths of the rule by itself are all there are, and that both part on none of them:
    they do the same, and go on or not."""
    name = f"{rule}, {_named(case)}"
    yield _every(name, case, paths)
    yield f"{name}: both do the same", z3.Or(*(path.parts for path in paths))


def _of(case: Case, paths: Sequence[JointPath], told: Sequence[z3.BoolRef]) -> Iterator[Obligation]:
    """That the paths are all there are, and that on none of them both end differently but where
    that is told."""
    yield _every(_named(case), case, paths)
    differ = z3.Or(*(path.differs for path in paths))
    yield f"{_named(case)}: nothing else differs", z3.And(differ, z3.Not(z3.Or(*told)))


def _every(name: str, case: Case, paths: Sequence[JointPath]) -> Obligation:
    taken = z3.Or(*(path.condition for path in paths))
    return f"{name}: every number takes a path", z3.And(case.domain, z3.Not(taken))


def _named(case: Case) -> str:
    event = case.segment.controls or "no control bit" if case.event == SEGMENT else case.event
    return f"{case.state}, {event}"


def _comments(audit: Audit) -> Iterator[str]:
    comparison = VariantComparison(audit.variant)
    same = [rule for rule in RULES if rule not in comparison.suspects()]
    yield f"; variant {_plain(audit.variant.name)}: {audit.word}"
    yield f"; the same function, with the same switches: {', '.join(same)}"
    for rule, why in audit.tried:
        yield f"; {rule} is not proved: {_plain(why)}"
    for choice in audit.choices:
        yield f"; switch {choice.switch} = {choice.value}: {choice.level} {choice.name}"


def _plain(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode().replace("\n", " ")


def _checks(found: Sequence[Obligation]) -> Iterator[str]:
    """The checks, with the constants that they are about."""
    simple = [(name, z3.simplify(term)) for name, term in found]
    constants: dict[str, z3.ExprRef] = {}
    for _, term in simple:
        for one in z3.z3util.get_vars(term):
            constants[one.sexpr()] = one
    yield "(push 1)"
    for name, one in sorted(constants.items()):
        yield f"(declare-const {name} {one.sort().sexpr()})"
    for name, term in simple:
        yield f'(echo "{name}")\n(push 1)\n(assert {term.sexpr()})\n(check-sat)\n(pop 1)'
    yield "(pop 1)"
