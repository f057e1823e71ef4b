"""What a rule could keep from one call to the next: whatever it can reach that can be changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from tcpmc.checks.own_rules.hangs_on import TRUSTED, functions_of, named_in

Print = Any
"""What a value is made of: equal if nothing in it has changed."""

PLAIN = (int, float, complex, str, bytes, type(None))


class Kept:
    """What a rule names, before the first call: globals, what is in its closure, its defaults, and
    the object whose method it is."""

    def __init__(self, rule: Any) -> None:
        self._rule = rule
        self._before = _prints(rule)

    def changed(self) -> str:
        """The name of what has changed since; "" if nothing has."""
        now = _prints(self._rule)
        names = [name for name in self._before if self._before[name] != now.get(name)]
        return (names + [name for name in now if name not in self._before] or [""])[0]


def _prints(rule: Any) -> dict[str, Print]:
    return {name: _print(value, {}) for name, value in _reached(rule)}


def _reached(rule: Any) -> Iterator[tuple[str, Any]]:
    """What a rule, and each function of the user's that it calls, can reach, by name."""
    yield from _objects(rule)
    for function in functions_of(rule):
        yield from ((name, value) for value, name in named_in(function))
        yield (
            f"the defaults of {function.__name__}",
            (
                function.__defaults__,
                function.__kwdefaults__,
                vars(function),
            ),
        )
        if any(name == "globals" for _, name in named_in(function)):
            yield from _own_globals(function.__globals__)


def _objects(rule: Any) -> Iterator[tuple[str, Any]]:
    """The object whose method the rule is, and the arguments of a `partial`."""
    while hasattr(rule, "__wrapped__"):
        rule = rule.__wrapped__
    if isinstance(rule, partial):
        yield "the arguments of a partial", (rule.args, rule.keywords)
        yield from _objects(rule.func)
    elif isinstance(rule, MethodType):
        yield "self", rule.__self__
    elif not isinstance(rule, FunctionType):
        yield "self", rule


def _own_globals(names: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in names.items() if not name.startswith("__"))


def _print(value: Any, seen: dict[int, Any]) -> Print:
    """What the value is made of. What is not the user's, and not a container, is itself; so is
    what cannot be taken apart."""
    if type(value) in PLAIN:
        return value
    if id(value) in seen:
        return id(value)
    seen[id(value)] = value  # kept, so that no other one gets its number
    if isinstance(value, dict):
        return [(_print(key, seen), _print(part, seen)) for key, part in value.items()]
    if isinstance(value, list | tuple):
        return [_print(part, seen) for part in value]
    if isinstance(value, set | frozenset | bytearray):
        return sorted(map(repr, value)) if len(value) < MANY else len(value)
    if isinstance(value, ModuleType | type):
        return _of_namespace(value, seen)
    if isinstance(value, FunctionType | MethodType | BuiltinFunctionType):
        return id(value)
    return [id(value), _of_object(value, seen)]


MANY = 10_000


def _of_namespace(value: Any, seen: dict[int, Any]) -> Print:
    """What is in a module or a class of the user's."""
    name = value.__name__ if isinstance(value, ModuleType) else value.__module__
    if str(name).partition(".")[0] in TRUSTED:
        return id(value)
    return [(name, _print(part, seen)) for name, part in _own_globals(vars(value))]


def _of_object(value: Any, seen: dict[int, Any]) -> Print:
    """What an object remembers: its attributes; of an iterator or a generator of numbers, what its
    copy would be made from."""
    if type(value).__module__.startswith("tcpmc."):
        return None
    if hasattr(value, "__dict__"):
        return _print(vars(value), seen)
    try:
        return _print(value.__reduce_ex__(4), seen)
    except Exception:  # it cannot be copied: all that is known is which one it is
        return None
