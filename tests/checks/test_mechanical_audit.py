"""Mutants made from the source of the rules, in one step: the audit notices each that is not
equivalent.

`equivalent_mutants.txt` has those that do the same as the RFC's rules on every TCB and event, by a
proof of the audit, each below the reason for it. CI looks at some; with TCPMC_CAMPAIGNS=1 at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from checkout import TESTS
from mechanical import Mutant, mutants
from tcpmc.model import Variant

pytest.importorskip("z3")

from tcpmc.checks.audit.cases import entered_with
from tcpmc.checks.audit.differences import Gap, VariantComparison
from tcpmc.checks.audit.joint import Both
from tcpmc.checks.audit.rows import rows
from tcpmc.checks.audit.unobservable import Unseen

SOME = 97


@cache
def equivalent() -> dict[str, str]:
    """The reason for each equivalent mutant, by its name."""
    found, reason = {}, ""
    text = (TESTS / "checks" / "equivalent_mutants.txt").read_text(encoding="utf-8")
    for line in filter(None, text.splitlines()):
        if line.startswith("# "):
            reason = line[2:]
        else:
            found[line] = reason
    return found


def is_noticed(mutant: Mutant) -> bool:
    """Whether the audit has a row that somebody can observe, or the rule raises."""
    comparison = VariantComparison(Variant("mutant", rules=mutant.rules))
    unseen = Unseen(comparison)
    try:
        return any(
            not unseen.told(row).unseen for gap in some_first(comparison) for row in rows([gap])
        )
    except (TypeError, AttributeError, UnboundLocalError):
        return True


def some_first(comparison: VariantComparison) -> Iterator[Gap]:
    """The gaps, those first that are in the state and control bits in which a rule parts."""
    if not comparison.whole:
        for rule, state, controls in comparison.apart(set(comparison.suspects())):
            both = Both(comparison.rfc, comparison.own, frozenset({(rule, state, controls)}))
            for case in entered_with(rule, *comparison.kind):
                if (case.state, case.controls) == (state, controls):
                    yield from comparison.gaps_of(both, case)
    yield from comparison.gaps()


def test_every_equivalent_mutant_is_one_and_has_its_reason() -> None:
    assert set(equivalent()) <= set(map(str, mutants()))
    assert all(equivalent().values())


@pytest.mark.parametrize("kept", [False, True], ids=["others", "equivalent"])
def test_some_mutants_are_noticed_unless_they_are_equivalent(kept: bool) -> None:
    found = [mutant for mutant in mutants() if (str(mutant) in equivalent()) == kept]
    for mutant in found[::SOME]:
        assert is_noticed(mutant) != kept, mutant


@pytest.mark.exhaustive
def test_every_mutant_is_noticed_unless_it_is_equivalent() -> None:
    wrong = [
        str(mutant) for mutant in mutants() if is_noticed(mutant) == (str(mutant) in equivalent())
    ]
    assert not wrong, "\n".join(wrong)
