"""What a rule hangs on besides its arguments: then no run of it says what the next one does."""

from __future__ import annotations

import builtins
import dis
import inspect
import sys
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

CHANGING = frozenset(
    ("datetime", "os", "random", "secrets", "socket", "subprocess", "tempfile", "time", "uuid")
)
"""Modules that answer otherwise another time."""
BUILTINS = (builtins.open, builtins.input, builtins.id, builtins.hash)
TRUSTED = frozenset(("tcpmc", "z3", "numpy", *sys.stdlib_module_names))
"""Packages that are not the user's."""
ASKS_A_SET = ("CONTAINS_OP", "COMPARE_OP", "IS_OP")
"""What may be done with a set without hanging on its order, which is another in each process."""


def hangs_on(rule: Any) -> str:
    """What the rule, or a function that it calls, hangs on besides its arguments; "" if nothing
    is known of the kind. Functions of the model are not looked at."""
    for function in functions_of(rule):
        for value, name in named_in(function):
            if _changes(value):
                return f"it hangs on {name}"
        if any(map(_iterates_over_set, _codes(function.__code__))):
            return "it hangs on the order of a set"
        kept_name = next(_kept(function.__code__, function.__code__.co_freevars), "")
        if kept_name:
            return f"it keeps {kept_name} from one call to the next"
    return ""


def functions_of(rule: Any) -> Iterator[FunctionType]:
    """The function that a rule is, or that it calls when it is an object, a method or a `partial`;
    and the user's functions that these name."""
    seen, todo = list[Any](), [rule]
    while todo:
        one = _function(todo.pop())
        if one is None or any(one is known for known in seen):
            continue
        seen.append(one)
        yield one
        todo += [value for value, _ in named_in(one) if _is_users(value)]


def _function(rule: Any) -> FunctionType | None:
    """The function that is run when the rule is called; None where there is none in Python."""
    rule = inspect.unwrap(rule)
    if isinstance(rule, partial):
        return _function(rule.func)
    if isinstance(rule, MethodType):
        return _function(rule.__func__)
    if isinstance(rule, FunctionType):
        return rule
    called = inspect.getattr_static(type(rule), "__call__", None)
    return called if isinstance(called, FunctionType) else None


def named_in(function: FunctionType) -> Iterator[tuple[Any, str]]:
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
            if deref or step.opname in ("STORE_GLOBAL", "DELETE_GLOBAL", "STORE_ATTR"):
                yield step.argval


def _iterates_over_set(code: CodeType) -> bool:
    """Whether a set that is written in the function, or made there, is not just asked whether
    something is in it."""
    steps = list(dis.get_instructions(code))
    for step, after in pairwise(steps):
        constant = step.opname == "LOAD_CONST" and isinstance(step.argval, frozenset)
        made = step.opname in ("BUILD_SET", "SET_UPDATE")
        if (constant or made) and after.opname not in (*ASKS_A_SET, "SET_UPDATE", "LOAD_CONST"):
            return True
        if step.opname == "LOAD_GLOBAL" and step.argval in ("set", "frozenset"):
            return True
    return False


def _changes(value: Any) -> bool:
    if isinstance(value, ModuleType):
        return value.__name__.partition(".")[0] in CHANGING
    if any(value is one for one in BUILTINS):
        return True
    module = getattr(value, "__module__", None) or type(value).__module__
    return isinstance(module, str) and module.partition(".")[0] in CHANGING


def _is_users(value: Any) -> bool:
    """Whether it is something of the user's that can be called."""
    module = getattr(value, "__module__", None)
    users = isinstance(module, str) and module.partition(".")[0] not in TRUSTED
    return users and callable(value) and not isinstance(value, type)


__all__ = ["hangs_on"]
