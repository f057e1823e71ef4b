"""What the timed system knows of the copies of one kind of segment: the moment at which the
youngest was sent and, while a copy has to arrive, the moment at which the first of those was.

A segment can be delivered until its age is its lifetime, and is left while its age is below that
(`model/properties/clocked.py` says why). Moments are numbers, traced numbers or terms.
"""

from __future__ import annotations

from typing import Any

import z3

from tcpmc.checks.timed.provenance import either, no


def deliverable(youngest: Any, life: Any, t: Any) -> Any:
    """Whether a copy can be delivered at the moment `t`."""
    return t <= youngest + life


def left(youngest: Any, life: Any, t: Any) -> Any:
    """Whether a copy has some of its lifetime left at the moment `t`."""
    return t < youngest + life


def in_time(owed: Any, first: Any, life: Any, t: Any) -> Any:
    """Whether the clocks may reach the moment `t`: not while the first copy that has to arrive, if
    there is one, would be too old."""
    return either(no(owed), t <= first + life)


def first_sent(owed: Any, first: Any, t: Any) -> Any:
    """When the first copy that has to arrive was sent, where one is sent at the moment `t`."""
    if isinstance(owed, bool):
        return first if owed else t
    return z3.If(owed, first, t)
