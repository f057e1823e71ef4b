"""Where in the source a difference comes from: the line that makes the variant's step."""

from __future__ import annotations

import inspect
from pathlib import Path

from tcpmc.checks.audit.cases import CALLS, TIMEOUTS
from tcpmc.checks.audit.rows import AuditRow
from tcpmc.checks.audit.variant_audit import Audit
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.variants import shipped
from tcpmc.model.variants.variant import RFC9293
from tcpmc.reports.places import Place, definition, noting


def place_of(audit: Audit, row: AuditRow) -> Place:
    """The line of the variant's rule that makes the step of the row's example, or else where the
    rule begins; where it is the RFC's rule with other switches, the line that names the variant."""
    rule = getattr(audit.variant.rules, row.rule, None)
    if rule is None or rule is getattr(RFC9293, row.rule):
        return of_variant(audit)
    code = getattr(inspect.unwrap(rule), "__code__", None)
    if code is None:
        return of_variant(audit)
    inside = [place for place in _made(audit, row) if place.file == code.co_filename]
    start = Place(code.co_filename, code.co_firstlineno, code.co_name)
    return inside[-1] if inside else start


def of_variant(audit: Audit) -> Place:
    """The line that names the variant."""
    own = audit.source.endswith(".py")
    file = Path(audit.source) if own else Path(shipped.__file__)
    return definition(file, audit.variant.name)


def _made(audit: Audit, row: AuditRow) -> list[Place]:
    """The lines that made the labels of the step, of the rule's own label if there is one."""
    example, gap = row.example, row.gaps[0]
    host = Host(audit.variant.profile, example.iss, example.remembered, example.may_open)
    with noting() as made:
        rules = audit.variant.rules
        if gap.case.event in (*CALLS, *TIMEOUTS):
            octets = () if example.octets is None else (example.octets,)
            getattr(rules, gap.case.event)(host, example.tcb, *octets)
        else:
            assert example.segment is not None
            rules.segment_arrives(host, example.tcb, example.segment)
    named = [place for rules, place in made if set(gap.own_here.rules[-1:]) & set(rules)]
    return named or [place for _, place in made]
