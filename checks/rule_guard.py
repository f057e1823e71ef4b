"""What a user's own rules do wrong while they run, found at once and said on one line."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from difflib import get_close_matches
from functools import wraps
from pathlib import Path
from typing import Any

from tcpmc.errors import BadInput, one_line, where
from tcpmc.model.endpoint.profile import Profile
from tcpmc.model.endpoint.rules import Rules
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import State, Step, Tcb
from tcpmc.model.variants.variant import Variant

OCTETS, FLAGS = ("queued", "ts_recent", "gap", "held"), ("passive", "close_queued", "held_fin")
UNEXPECTED = re.compile(r"(\w+)\.__init__\(\) got an unexpected keyword argument '(\w+)'")
RECORDS: dict[str, type[Any]] = {
    record.__name__: record for record in (Rules, Profile, Variant, Tcb, Segment, Step)
}
NUMBERS = ("iss", "irs", "snd_una", "snd_nxt", "rcv_nxt")


def guarded(path: str, name: str, rule: Callable[..., Any]) -> Callable[..., Step]:
    """The rule, which raises BadInput where it raises, returns what no rule may return, or is not
    pure: called again on copies of its arguments it has to return an equal Step."""

    @wraps(rule)
    def checked(host: Any, tcb: Tcb, *arguments: Any) -> Step:
        step = called(path, name, rule, host, tcb, *arguments)
        wrong = nonsense(step, tcb)
        if not wrong and not _is_symbolic(tcb, *arguments):
            again = called(path, name, rule, host, replace(tcb), *map(_copied, arguments))
            if again != step:
                wrong = "is not pure: called again with equal arguments it returns another Step"
        if wrong:
            raise BadInput(f"{_place(path, rule)}: rule {name} {wrong}")
        assert isinstance(step, Step)
        return step

    return checked


def called(path: str, name: str, rule: Callable[..., Any], *arguments: Any) -> object:
    """What the rule returns. What it prints goes to stderr; where it goes to another folder, this
    process comes back. Only Ctrl-C and the limits of an engine pass as they are."""
    output, folder = sys.stdout, Path.cwd()
    sys.stdout = sys.stderr
    try:
        return rule(*arguments)
    except (BadInput, KeyboardInterrupt, MemoryError):
        raise
    except BaseException as error:  # SystemExit as well: no verdict may depend on it
        if type(error).__module__.startswith("tcpmc."):
            raise  # a limit of an engine, which is not the rule's fault
        raise BadInput(f"{where(path, error)}: in rule {name}: {explained(error)}") from error
    finally:
        sys.stdout = output
        if Path.cwd() != folder:
            os.chdir(folder)


def explained(error: BaseException) -> str:
    """What the error is and says; where it names a field that a record of the model does not have,
    with the fields that it has."""
    said = one_line(error)
    found = UNEXPECTED.search(said)
    record = RECORDS.get(found[1]) if found else None
    if found is None or record is None:
        return said
    names = [entry.name for entry in fields(record)]
    near = get_close_matches(found[2], names, n=3, cutoff=0.5)
    nearest = f"nearest: {', '.join(near)}; " if near else ""
    return f"{said}; {nearest}{found[1]} has {', '.join(names)}"


def _copied(argument: Any) -> Any:
    return replace(argument) if isinstance(argument, Segment) else argument


def _is_symbolic(tcb: Tcb, *arguments: Any) -> bool:
    """Whether the call is of symbolic execution, which runs each path once."""
    records: list[Tcb | Segment] = [tcb, *(part for part in arguments if isinstance(part, Segment))]
    values = [getattr(record, entry.name) for record in records for entry in fields(record)]
    values += [part for part in arguments if not isinstance(part, Segment)]
    return any(_symbolic(value.value if isinstance(value, Seq) else value) for value in values)


def nonsense(step: object, before: Tcb) -> str:
    """What is wrong with what a rule returned, as a predicate ("returns ..."); "" if nothing is."""
    if not isinstance(step, Step):
        return f"returns a {type(step).__name__}, not a Step"
    for label in step.rules if isinstance(step.rules, tuple) else (step.rules,):
        if not isinstance(label, str):
            return f"returns a Step whose rule is a {type(label).__name__}, not a str"
    if not isinstance(step.tcb, Tcb):
        return f"returns a Step whose tcb is a {type(step.tcb).__name__}, not a Tcb"
    if not isinstance(step.send, tuple) or not all(isinstance(s, Segment) for s in step.send):
        return f"returns a Step whose send is not a tuple of Segment: {step.send!r:.60}"
    return _nonsense_in_tcb(step.tcb, before) or next(
        filter(None, (_nonsense_in_segment(segment, before) for segment in step.send)), ""
    )


def _nonsense_in_tcb(tcb: Tcb, before: Tcb) -> str:
    if not (isinstance(tcb.state, State) or _symbolic(tcb.state)):
        return f"returns a Tcb whose state is {tcb.state!r:.60}, not a State"
    for field in NUMBERS:
        wrong = _nonsense_in_number(getattr(tcb, field), before)
        if wrong:
            return f"returns a Tcb whose {field} {wrong}"
    for field in OCTETS:
        if not _is_natural(getattr(tcb, field)):
            return (
                f"returns a Tcb whose {field} is {getattr(tcb, field)!r:.60}, not a number from 0"
            )
    for field in FLAGS:
        if not _is_flag(getattr(tcb, field)):
            return f"returns a Tcb whose {field} is {getattr(tcb, field)!r:.60}, not a bool"
    if tcb.reopened is None:
        return ""
    if not isinstance(tcb.reopened, Tcb):
        return f"returns a Tcb whose reopened is {tcb.reopened!r:.60}, not a Tcb or None"
    return _nonsense_in_tcb(tcb.reopened, before)


def _nonsense_in_segment(segment: Segment, before: Tcb) -> str:
    for field in ("seq", "ack"):
        wrong = _nonsense_in_number(getattr(segment, field), before)
        if wrong:
            return f"sends a segment whose {field} {wrong}"
    for field in ("length", "stamp"):
        if not _is_natural(getattr(segment, field)):
            value = getattr(segment, field)
            return f"sends a segment whose {field} is {value!r:.60}, not a number from 0"
    for bit in ("SYN", "ACK", "FIN", "RST"):
        if not _is_flag(getattr(segment, bit)):
            return f"sends a segment whose {bit} is {getattr(segment, bit)!r:.60}, not a bool"
    return ""


def _is_natural(value: object) -> bool:
    return _symbolic(value) or (isinstance(value, int) and value >= 0)


def _is_flag(value: object) -> bool:
    return _symbolic(value) or (isinstance(value, int) and value in (0, 1))


def _nonsense_in_number(number: object, before: Tcb) -> str:
    if not isinstance(number, Seq):
        return f"is {number!r:.60}, not a Seq"
    if number.bits != before.iss.bits:
        return f"has {number.bits} bits where the scope has {before.iss.bits}: use tcb.iss.bits"
    if _symbolic(number.value):  # a symbol may pass for an int
        return ""
    if not isinstance(number.value, int):
        return f"is Seq({number.value!r:.60}), and not of an int"
    if not 0 <= number.value < 1 << number.bits:
        return f"is {number.value}, which has more than {number.bits} bits: add to a Seq instead"
    return ""


def _symbolic(value: object) -> bool:
    """Whether it is a solver's term. Without the solver there is none, and no need to load it."""
    symbolic = sys.modules.get("tcpmc.checks.symbolic.symbolic")
    return symbolic is not None and isinstance(value, symbolic.Sym)


def _place(path: str, rule: Callable[..., Any]) -> str:
    code = getattr(rule, "__code__", None)
    return f"{path}:{code.co_firstlineno}" if code and code.co_filename == path else path
