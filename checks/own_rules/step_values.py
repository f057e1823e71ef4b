"""What a rule of a user may return: a Step whose parts are of the model's own classes.

Two values that are equal have to be the same in every respect. The engines put equal values in one
place, and what they meet second is never looked at again; a class of one's own can call things
equal that a rule tells apart (`__eq__`, a `True` that stands for 1), and then each engine would
decide about another stack.
"""

from __future__ import annotations

import sys
from typing import Any

from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import State, Step, Tcb

NUMBERS = ("iss", "irs", "snd_una", "snd_nxt", "rcv_nxt")
OCTETS, FLAGS = ("queued", "ts_recent", "gap", "held"), ("passive", "close_queued", "held_fin")


def nonsense(step: object, before: Tcb) -> str:
    """What is wrong with what a rule returned, as a predicate ("returns ..."); "" if nothing is."""
    if type(step) is not Step:
        return f"returns {_kind(step, Step)}"
    if type(step.rules) is not tuple:
        return f"returns a Step whose rules is {_kind(step.rules, tuple)}"
    for label in step.rules:
        if type(label) is not str:
            return f"returns a Step whose rule is {_kind(label, str)}"
    if type(step.tcb) is not Tcb:
        return f"returns a Step whose tcb is {_kind(step.tcb, Tcb)}"
    sent = step.send if type(step.send) is tuple else (None,)
    if any(type(segment) is not Segment for segment in sent):
        return f"returns a Step whose send is not a tuple of Segment: {shown(step.send)}"
    if type(step.signals) is not tuple:
        return f"returns a Step whose signals is {_kind(step.signals, tuple)}"
    for name in ("done", "starts_time_wait"):
        if type(getattr(step, name)) is not bool:
            return f"returns a Step whose {name} is {shown(getattr(step, name))}, not a bool"
    return _nonsense_in_tcb(step.tcb, before) or next(
        filter(None, (_nonsense_in_segment(segment, before) for segment in step.send)), ""
    )


def _nonsense_in_tcb(tcb: Tcb, before: Tcb) -> str:
    if not (isinstance(tcb.state, State) or is_symbol(tcb.state)):
        return f"returns a Tcb whose state is {shown(tcb.state)}, not a State"
    for field in NUMBERS:
        wrong = _nonsense_in_number(getattr(tcb, field), before)
        if wrong:
            return f"returns a Tcb whose {field} {wrong}"
    wrong = _nonsense_in_fields(tcb, OCTETS, FLAGS)
    if wrong:
        return f"returns a Tcb whose {wrong}"
    if tcb.reopened is None:
        return ""
    if type(tcb.reopened) is not Tcb:
        return f"returns a Tcb whose reopened is {shown(tcb.reopened)}, not a Tcb or None"
    return _nonsense_in_tcb(tcb.reopened, before)


def _nonsense_in_segment(segment: Segment, before: Tcb) -> str:
    for field in ("seq", "ack"):
        wrong = _nonsense_in_number(getattr(segment, field), before)
        if wrong:
            return f"sends a segment whose {field} {wrong}"
    wrong = _nonsense_in_fields(segment, ("length", "stamp"), ("SYN", "ACK", "FIN", "RST"))
    return f"sends a segment whose {wrong}" if wrong else ""


def _nonsense_in_fields(record: Any, octets: tuple[str, ...], flags: tuple[str, ...]) -> str:
    for field in octets:
        value = getattr(record, field)
        if not (is_symbol(value) or (type(value) is int and value >= 0)):
            return f"{field} is {shown(value)}, not a number from 0"
    for field in flags:
        value = getattr(record, field)
        if not (is_symbol(value) or type(value) is bool):
            return f"{field} is {shown(value)}, not a bool"
    return ""


def _nonsense_in_number(number: object, before: Tcb) -> str:
    if type(number) is not Seq:
        return f"is {shown(number)}, not a Seq"
    if type(number.bits) is not int or number.bits != before.iss.bits:
        return (
            f"has {shown(number.bits)} bits where the scope has {before.iss.bits}: use tcb.iss.bits"
        )
    if is_symbol(number.value):  # a symbol may pass for an int
        return ""
    if type(number.value) is not int:
        return f"is Seq({shown(number.value)}), and not of an int"
    if not 0 <= number.value < 1 << number.bits:
        return f"is {number.value}, which has more than {number.bits} bits: add to a Seq instead"
    return ""


def _kind(value: object, kind: type) -> str:
    """Of which class the value is, and of which it should be."""
    if isinstance(value, kind):
        return f"a {type(value).__name__}, a class of its own, not a {kind.__name__} itself"
    return f"a {type(value).__name__}, not a {kind.__name__}"


def shown(value: object) -> str:
    """The value as it is written, cut short; what it is where it is of another class."""
    if isinstance(value, bool | int | str | float | None):
        plain = type(value).__module__ == "builtins" or isinstance(value, State)
        return f"{value!r:.60}" if plain else f"a {type(value).__name__}"
    try:
        return f"{value!r:.60}"
    except Exception:  # a class of the user's
        return f"a {type(value).__name__}"


def is_symbol(value: object) -> bool:
    """Whether it is a solver's term. Without the solver there is none, and no need to load it."""
    symbolic = sys.modules.get("tcpmc.checks.symbolic.symbolic")
    return symbolic is not None and isinstance(value, symbolic.Sym)
