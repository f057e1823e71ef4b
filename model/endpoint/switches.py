"""Records of switches, whose type hints say what each may be."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import Any, get_args, get_type_hints


def check_switches(record: Any) -> None:
    """Check each field that is a Literal or a bool against its type hint.

    Raises ValueError, with what is allowed, for the first that is something else.
    """
    for name, allowed in _allowed(record.__class__):
        value = getattr(record, name)
        if allowed and value not in allowed:
            raise ValueError(f"{name}={value!r}: choose one of {', '.join(allowed)}")
        if not allowed and not isinstance(value, bool):
            raise ValueError(f"{name}={value!r}: choose True or False")


@cache
def _allowed(kind: Any) -> list[tuple[str, list[str]]]:
    """The fields that are a Literal, with what each may be, or a bool, with nothing."""
    hints = get_type_hints(kind)
    switches = [
        (f.name, [c for c in get_args(hints[f.name]) if isinstance(c, str)]) for f in fields(kind)
    ]
    return [(name, allowed) for name, allowed in switches if allowed or hints[name] is bool]
