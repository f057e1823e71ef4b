"""Which requirement of RFC 9293 a rule is about."""

from __future__ import annotations

REQUIREMENTS = (
    ("TIME-WAIT for 2 MSL", "MUST-13"),
    ("3.6.1 MAY-2", "MAY-2"),
    ("MAY-12", "MAY-12"),
    ("MAY-13", "MAY-13"),
    ("SHLD-3", "SHLD-3"),
    ("SHLD-31", "SHLD-31"),
    ("RFC 7323", "RFC 7323"),
    ("RFC 1337", "RFC 1337"),
)


def requirement(rule: str) -> str:
    """The requirement or, where it has none, the section that a label begins with."""
    for words, name in REQUIREMENTS:
        if words in rule:
            return name
    head = rule.split(":", 1)[0].split(",", 1)[0]
    return head if head[:1].isdigit() else "3.10.7"
