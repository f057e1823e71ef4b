"""The audit of a variant: its differences from RFC 9293, and whether they are all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from tcpmc.checks.audit.differences import VariantComparison
from tcpmc.checks.audit.reached import reached
from tcpmc.checks.audit.rows import AuditRow, rows
from tcpmc.checks.audit.unobservable import Unseen
from tcpmc.model.endpoint.alternatives import Choice
from tcpmc.model.endpoint.rule_requirements import RequirementLevel
from tcpmc.model.variants.variant import Variant

PROVED, HOLDS = "PROVED", "HOLDS"


@dataclass(frozen=True)
class Audit:
    """A variant (named or in the file `source`), the ways in which it differs and the choices that
    its switches make; and in `tried` the rules that could only be tried with many numbers, with the
    reason."""

    variant: Variant
    source: str
    rows: tuple[AuditRow, ...]
    choices: tuple[Choice, ...]
    tried: tuple[tuple[str, str], ...] = ()

    @property
    def word(self) -> str:
        """How it is known that there are no other differences: for all numbers, or as tried."""
        return HOLDS if self.tried else PROVED

    @cached_property
    def broken(self) -> list[AuditRow]:
        """The rows that anybody can observe, the most binding requirement first."""
        return [row for row in self.rows if not row.unseen]

    @property
    def worst(self) -> RequirementLevel | None:
        """The most binding requirement that is broken."""
        levels = [row.level for row in self.broken] + [one.level for one in self.choices]
        return max(levels, default=None)

    def fails(self, level: RequirementLevel) -> bool:
        """Whether a requirement is broken that is at least as binding as this."""
        return self.worst is not None and self.worst >= level


def audit(variant: Variant, source: str) -> Audit:
    """Compare the variant with the RFC. Raises BadInput for a rule of a user that goes wrong."""
    comparison = VariantComparison(variant)
    found = rows(comparison.gaps())
    unseen = Unseen(comparison)
    told = reached([unseen.told(row) for row in found], comparison)
    return Audit(variant, source, tuple(told), comparison.choices, tuple(comparison.tried.items()))


@dataclass(frozen=True)
class Audits:
    """Several audits, and the level at which a broken requirement fails the run."""

    audits: Sequence[Audit]
    level: RequirementLevel = RequirementLevel.MUST

    @property
    def fails(self) -> bool:
        """Whether any of them breaks a requirement of that level."""
        return any(one.fails(self.level) for one in self.audits)
