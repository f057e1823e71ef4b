"""What a rule hangs on besides its arguments: then no run of it says what the next one does."""

from __future__ import annotations

import builtins
import dis
import inspect
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

CHANGING = frozenset(
    ("datetime", "os", "random", "secrets", "socket", "subprocess", "tempfile", "time", "uuid")
)
"""Modules that answer otherwise another time."""
BUILTINS = (builtins.open, builtins.input, builtins.id)


def hangs_on(rule: Any) -> str:
    """What the rule, or a function that it calls, hangs on besides its arguments; "" if nothing
    is known of the kind. Functions of the model are not looked at."""
    seen, todo = list[Any](), [inspect.unwrap(rule)]
    while todo:
        one = todo.pop()
        if any(one is known for known in seen) or not isinstance(one, FunctionType):
            continue
        seen.append(one)
        for value, name in _named(one):
            if _changes(value):
                return f"it hangs on {name}"
            if _is_users(value):
                todo.append(inspect.unwrap(value))
        kept = next(_kept(one.__code__, one.__code__.co_freevars), "")
        if kept:
            return f"it keeps {kept} from one call to the next"
    return ""


def _named(function: FunctionType) -> Iterator[tuple[Any, str]]:
    """The values of the global names in a function, of what it imports, and of its closure."""
    for code in _codes(function.__code__):
        for step in dis.get_instructions(code):
            if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                known = function.__globals__ | {"__builtins__": None}
                yield known.get(step.argval, getattr(builtins, step.argval, None)), step.argval
            elif step.opname == "IMPORT_NAME":
                yield ModuleType(step.argval), step.argval
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield cell.cell_contents, name
        except ValueError:  # it has no value yet
            continue


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _codes(inner)


def _kept(code: CodeType, outer: tuple[str, ...]) -> Iterator[str]:
    """The names outside of the function to which it gives a value."""
    for one in _codes(code):
        for step in dis.get_instructions(one):
            deref = step.opname in ("STORE_DEREF", "DELETE_DEREF") and step.argval in outer
            if deref or step.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
                yield step.argval


def _changes(value: Any) -> bool:
    if isinstance(value, ModuleType):
        return value.__name__.partition(".")[0] in CHANGING
    if any(value is one for one in BUILTINS):
        return True
    module = getattr(value, "__module__", None) or type(value).__module__
    return isinstance(module, str) and module.partition(".")[0] in CHANGING


def _is_users(value: Any) -> bool:
    return isinstance(value, FunctionType) and not value.__module__.startswith("tcpmc.")


__all__ = ["hangs_on"]
