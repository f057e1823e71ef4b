"""What a user's own rules do wrong while they run, found at once and said on one line."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from functools import wraps
from pathlib import Path
from typing import Any

from tcpmc.checks.own_rules.asked_again import AskedAgain
from tcpmc.checks.own_rules.compared import ComparedWithRfc
from tcpmc.checks.own_rules.line_budget import TooManyLines, within_lines
from tcpmc.checks.own_rules.step_values import is_symbol, nonsense
from tcpmc.errors import BadInput, one_line, where
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.profile import Host, Profile
from tcpmc.model.endpoint.rules import ENTRIES, Rules
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import Step, Tcb
from tcpmc.model.variants.variant import RFC9293, Variant

UNEXPECTED = re.compile(r"(\w+)\.__init__\(\) got an unexpected keyword argument '(\w+)'")
RECORDS: dict[str, type[Any]] = {
    record.__name__: record for record in (Rules, Profile, Variant, Tcb, Segment, Step)
}


CHANGES = "changes a number of what it is given: make another, by + or replace()"


class EndlessRule(BadInput):
    """The rule of that name does not come to an end on some numbers."""

    def __init__(self, name: str, said: str) -> None:
        super().__init__(said)
        self.name = name


def guarded_rules(rules: Rules, path: Callable[[Callable[..., Any]], str]) -> Rules:
    """The rules with those guarded that are not the RFC's; `path` says in which file a rule is."""
    if type(rules) is not Rules:
        return _guarded_class(rules, path)
    own = {
        entry.name: guarded(path(rule), entry.name, rule)
        for entry in fields(Rules)
        if (rule := getattr(rules, entry.name)) is not getattr(RFC9293, entry.name)
    }
    return replace(rules, **own)


@dataclass(frozen=True)
class GuardedRules(Rules):
    """Rules of a class of the user's: SEGMENT ARRIVES is what that class makes of it, and each
    entry for a call or a timeout what its `call` does."""

    whole: Callable[..., Step] = RFC9293.segment_arrives

    def segment_arrives(self, host: Host, tcb: Tcb, seg: Segment) -> Step:
        """SEGMENT ARRIVES, as the user's class has it."""
        return self.whole(host, tcb, seg)


def _guarded_class(rules: Rules, path: Callable[[Callable[..., Any]], str]) -> Rules:
    own = {entry.name: getattr(rules, entry.name) for entry in fields(Rules)}
    if type(rules).call is not Rules.call:
        own |= {name: _by_call(rules, event) for event, name in ENTRIES.items()}
    entries = {
        name: rule if rule is getattr(RFC9293, name) else guarded(path(rule), name, rule)
        for name, rule in own.items()
    }
    arrives = type(rules).segment_arrives
    if arrives is Rules.segment_arrives and type(rules)._checks is Rules._checks:
        return Rules(**entries)
    whole = guarded(path(arrives), "segment_arrives", rules.segment_arrives)
    return GuardedRules(**entries, whole=whole)


def _by_call(rules: Rules, event: EventKind) -> Callable[..., Step]:
    """What the rules' own `call` does on an event."""

    @wraps(type(rules).call)
    def called(host: Host, tcb: Tcb, *octets: int) -> Step:
        return rules.call(event, host, tcb, *octets)

    return called


def guarded(path: str, name: str, rule: Callable[..., Any]) -> Callable[..., Step]:
    """The rule, which raises BadInput where it raises, does not end, returns what no rule may
    return, changes what it was given, or is not pure: called again on copies of its arguments, at
    once and at some other time, it has to return an equal Step."""

    def call(*arguments: Any) -> object:
        return contained(path, name, rule, *arguments)

    asked = AskedAgain(call, name, _place(path, rule), rule)
    compared = ComparedWithRfc(name)

    @wraps(rule)
    def checked(host: Any, tcb: Tcb, *arguments: Any) -> Step:
        given = _values(host, tcb, *arguments)
        step = call(host, tcb, *arguments)
        now = _values(host, tcb, *arguments)
        if any(old is not new for old, new in zip(given, now, strict=True)):
            raise BadInput(f"{asked.told} {CHANGES}")
        wrong = nonsense(step, tcb)
        if wrong:
            raise BadInput(f"{asked.told} {wrong}")
        assert isinstance(step, Step)
        if not any(map(is_symbol, given)):
            asked.again((host, tcb, *arguments), step)
            compared.on((host, tcb, *arguments), step)
        return step

    vars(checked)["asked"] = asked
    vars(checked)["compared"] = compared
    return checked


def _values(*arguments: Any) -> list[Any]:
    """Every value in the arguments of a rule, none of which it may change."""
    values = []
    todo = [*arguments]
    while todo:
        part = todo.pop()
        if isinstance(part, Host | Tcb | Segment):
            todo += [getattr(part, entry.name) for entry in fields(part)]
        else:
            values.append(part.value if isinstance(part, Seq) else part)
    return values


def contained(path: str, name: str, rule: Callable[..., Any], *arguments: Any) -> object:
    """What the rule returns. What it prints goes to stderr; where it goes to another folder, this
    process comes back. Only Ctrl-C and the limits of an engine pass as they are."""
    output, folder = sys.stdout, Path.cwd()
    sys.stdout = sys.stderr
    try:
        return within_lines(rule, *arguments)
    except (BadInput, KeyboardInterrupt, MemoryError):
        raise
    except TooManyLines as error:
        raise EndlessRule(name, f"{where(path, error)}: in rule {name}: {error}") from error
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
    match = UNEXPECTED.search(said)
    record = RECORDS.get(match[1]) if match else None
    if match is None or record is None:
        return said
    names = [entry.name for entry in fields(record)]
    near = get_close_matches(match[2], names, n=3, cutoff=0.5)
    nearest = f"nearest: {', '.join(near)}; " if near else ""
    return f"{said}; {nearest}{match[1]} has {', '.join(names)}"


def _place(path: str, rule: Callable[..., Any]) -> str:
    code = getattr(rule, "__code__", None)
    return f"{path}:{code.co_firstlineno}" if code and code.co_filename == path else path
