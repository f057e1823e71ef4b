"""Records of switches, whose type hints say what each may be."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_args, get_type_hints


def check_switches(record: Any) -> None:
    """Check each field that is a Literal or a bool against its type hint.

    Raises ValueError, with what is allowed, for the first that is something else.
    """
    hints = get_type_hints(type(record))
    for field in fields(record):
        hint, value = hints[field.name], getattr(record, field.name)
        allowed = [choice for choice in get_args(hint) if isinstance(choice, str)]
        if allowed and value not in allowed:
            raise ValueError(f"{field.name}={value!r}: choose one of {', '.join(allowed)}")
        if hint is bool and not isinstance(value, bool):
            raise ValueError(f"{field.name}={value!r}: choose True or False")
