"""Properties, variants and scopes by name, and variants from a user's file."""

from __future__ import annotations

import ast
import inspect
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import fields, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from tcpmc.checks.own_rules.rule_guard import explained, guarded_rules
from tcpmc.errors import BadInput, where
from tcpmc.model.endpoint.profile import Profile
from tcpmc.model.endpoint.rules import Rules
from tcpmc.model.network.scope import SCOPES, Scope
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.properties.kinds import Property
from tcpmc.model.timed.theorems import THEOREMS, Theorem
from tcpmc.model.variants.bugs import BUGS, Bug
from tcpmc.model.variants.shipped import VARIANTS
from tcpmc.model.variants.variant import Variant

T = TypeVar("T")
MACHINE = ".dot"
"""How the files of learned machines end."""


def find_property(name: str) -> Property:
    """The property of that name. Raises BadInput with the nearest names."""
    return find_named("property", PROPERTIES, name)


def matching_properties(pattern: str) -> list[str]:
    """The names of the properties that a name or a pattern of the shell (`closing*`) stands for, in
    catalogue order. Raises BadInput where there is none."""
    if not any(sign in pattern for sign in "*?["):
        return [find_property(pattern).name]
    found = [name for name in PROPERTIES if fnmatchcase(name, pattern)]
    if not found:
        raise BadInput(f"no property matches {pattern!r} (see: tcpmc list properties)")
    return found


def find_theorem(name: str) -> Theorem:
    """The theorem of dense time of that name. Raises BadInput."""
    if name not in THEOREMS:
        raise BadInput(f"unknown theorem {name!r} (see: tcpmc threshold)")
    return THEOREMS[name]


def find_scope(name: str) -> Scope:
    """The scope of that name. Raises BadInput with the nearest names."""
    return find_named("scope", SCOPES, name)


def bounded(scope: str | Scope, bounds: Mapping[str, Any]) -> Scope:
    """The scope, or that of the name, with some bounds changed. Raises BadInput."""
    known = {field.name for field in fields(Scope)} - {"name"}
    for bound in bounds.keys() - known:
        raise BadInput(f"unknown bound {bound!r}; one of {', '.join(sorted(known))}")
    found = scope if isinstance(scope, Scope) else find_scope(scope)
    try:
        return found.with_(**bounds)
    except ValueError as error:
        raise BadInput(f"impossible bounds: {error}") from error


def find_bug(name: str) -> Bug:
    """The seeded bug of that name. Raises BadInput with the nearest names."""
    return find_named("bug", BUGS, name)


def names_machine(text: str) -> bool:
    """Whether the text is the file of a learned machine."""
    return text.endswith(MACHINE) and "=" not in text


def find_variant(text: str, machines: bool = False) -> Variant:
    """The variant of that name, or the one that a Python file (`./my_stack.py`) defines; and where
    `machines` are taken, that of a learned machine (`learned.dot`).

    Raises BadInput with the nearest names, or with what is wrong with the file, and where.
    """
    if text.startswith(("A=", "B=")):
        raise BadInput(f"{text}: this is asked of one stack, not of a pair")
    if names_machine(text):
        if not machines:
            raise BadInput(f"{text}: a machine has no rules; tcpmc check and compare take it")
        from tcpmc.checks.drive.machine_rules import machine_variant

        return machine_variant(text)
    if text.endswith(".py"):
        return load_variant(text)
    if text not in VARIANTS and ("/" in text or "\\" in text):
        raise BadInput(f"{text}: a variant is a name, or a Python file whose name ends in .py")
    return find_named("variant", VARIANTS, text)


def variant_of(asked: str | Variant) -> Variant:
    """The variant of that name or file, or the one that a program made. Raises BadInput."""
    return find_variant(asked) if isinstance(asked, str) else own_variant(asked)


def load_variant(text: str) -> Variant:
    """The object called `variant` in a Python file, its own rules guarded while they run.

    Raises BadInput, on one line with the file and line, for whatever is wrong with the file.
    """
    source = source_in(text)
    place, variant = defined_in(text, source, "variant", "Variant(...)")
    _check_parts(place, variant)
    assert isinstance(variant, Variant)
    _check_name(place, variant)
    if variant.middlebox is not None:
        raise BadInput(
            f"{place}: a middlebox is no part of a variant: define it in a file of its own, and "
            "put it beside an end with --between FILE"
        )
    found = _guarded(variant, lambda rule: text)
    _loaded[found] = source
    return found


_loaded: WeakKeyDictionary[Variant, bytes] = WeakKeyDictionary()


def source_of(variant: Variant) -> bytes | None:
    """What was in the file when the variant was loaded from it; None for any other."""
    return _loaded.get(variant)


def defined_in(text: str, source: bytes, name: str, example: str) -> tuple[str, Any]:
    """The object of that name in a Python file with that source, and its file and line. Raises
    BadInput."""
    names = _run(text, source)
    if name not in names:
        raise BadInput(f"{text}: defines no `{name}`; it needs: {name} = {example}")
    return f"{text}:{_line_of(name, source)}", names[name]


def own_variant(variant: Variant) -> Variant:
    """A variant that a program made, its own rules guarded while they run; one of the shipped ones
    as it is. Raises BadInput for what is wrong with it."""
    _check_parts("variant", variant)
    shipped = VARIANTS.get(variant.name)
    if shipped is not None and _is_same(shipped, variant):
        return variant
    _check_name("variant", variant)
    return _guarded(variant, _file_of)


def _is_same(a: Variant, b: Variant) -> bool:
    """Whether both have the same switches and the very same functions as rules: one of the user's
    may call itself equal to any."""
    texts = (a.title, a.profile) == (b.title, b.profile)
    rules = zip(_rules(a.rules).values(), _rules(b.rules).values(), strict=True)
    return texts and type(b.rules) is Rules and all(one is other for one, other in rules)


def _check_name(place: str, variant: Variant) -> None:
    if variant.name in VARIANTS:
        raise BadInput(f"{place}: the name {variant.name!r} is taken; choose another for your own")


def _guarded(variant: Variant, path: Callable[[Callable[..., Any]], str]) -> Variant:
    """The variant with its own rules guarded; `path` says in which file a rule is."""
    return replace(variant, rules=guarded_rules(variant.rules, path))


def _file_of(rule: Callable[..., Any]) -> str:
    code = getattr(rule, "__code__", None)
    return code.co_filename if code else "a rule"


PLURALS = {"property": "properties", "bug": "variants", "middlebox": "middleboxes"}


def find_named(kind: str, known: Mapping[str, T], name: str) -> T:
    """The thing of that kind with that name. Raises BadInput, with the nearest names."""
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=3, cutoff=0.5) or get_close_matches(
        name, known, n=3, cutoff=0.3
    )
    hint = f"; nearest: {', '.join(near)}" if near else ""
    plural = PLURALS.get(kind, f"{kind}s")
    raise BadInput(f"unknown {kind} {name!r}{hint} (see: tcpmc list {plural})")


def text_of(name: str) -> str:
    """The text in a file. Raises BadInput."""
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise BadInput(f"{name}: {getattr(error, 'strerror', None) or error}") from error


def source_in(text: str) -> bytes:
    """What is in a file. Raises BadInput."""
    try:
        return Path(text).read_bytes()
    except (OSError, ValueError) as error:  # a null byte is a ValueError
        raise BadInput(f"{text}: {getattr(error, 'strerror', None) or error}") from error


def _run(text: str, source: bytes) -> dict[str, Any]:
    """The names that the file defines. What it prints goes to stderr."""
    try:
        code = compile(source, text, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise BadInput(f"{text}:{error.lineno or 1}: syntax error: {error.msg}") from error
    except (RecursionError, MemoryError) as error:
        raise BadInput(f"{text}: nested too deeply for Python's parser") from error
    except (ValueError, OverflowError) as error:  # null bytes, before Python 3.12
        raise BadInput(f"{text}: {error}") from error
    module = ModuleType(f"tcpmc_variant_{Path(text).stem}")
    module.__file__ = text
    sys.modules[module.__name__] = module  # where dataclasses and pickle look for it
    folder = Path.cwd()
    try:
        with _siblings(text), redirect_stdout(sys.stderr):
            exec(code, module.__dict__)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise BadInput(f"{where(text, error)}: {explained(error)}") from error
    finally:
        os.chdir(folder)  # other files are named from here
    return vars(module)


@contextmanager
def _siblings(text: str) -> Iterator[None]:
    """Lets the file import the modules beside it, as it could if it were run."""
    folder = str(Path(text).resolve().parent)
    sys.path.append(folder)
    try:
        yield
    finally:
        sys.path.remove(folder)


def _line_of(name: str, source: bytes) -> int:
    """The line on which the name was last assigned, or 1."""
    lines = [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == name
    ]
    return max(lines, default=1)


def _check_parts(place: str, variant: object) -> None:
    """Raise BadInput unless it is a Variant whose parts are what their annotations say."""
    if type(variant) is not Variant:
        told = " itself" if isinstance(variant, Variant) else ""
        raise BadInput(f"{place}: `variant` is a {type(variant).__name__}, not a Variant{told}")
    parts: Iterable[tuple[str, object, type]] = (
        ("name", variant.name, str),
        ("title", variant.title, str),
        ("profile", variant.profile, Profile),
        ("rules", variant.rules, Rules),
    )
    for name, value, kind in parts:
        if type(value) is not kind and not (kind is Rules and isinstance(value, Rules)):
            told = f"{kind.__name__}{' itself' if isinstance(value, kind) else ''}"
            raise BadInput(
                f"{place}: the variant's {name} is a {type(value).__name__}, not a {told}"
            )
    if not variant.name.strip():
        raise BadInput(f"{place}: the variant's name is empty")
    if not variant.name.isprintable():
        raise BadInput(
            f"{place}: the variant's name {variant.name!r} cannot be printed on one line"
        )
    for name, rule in _rules(variant.rules).items():
        if not callable(rule):
            raise BadInput(f"{place}: the rule {name} is a {type(rule).__name__}, not a function")
    _check_class(place, variant.rules)


def _check_class(place: str, rules: Rules) -> None:
    """Raise BadInput for a class of rules with a method that is never called, because the entry of
    the same name hides it."""
    for entry in fields(Rules):
        own = inspect.getattr_static(type(rules), entry.name)
        if own is not getattr(Rules, entry.name) and vars(rules).get(entry.name) is not own:
            raise BadInput(
                f"{place}: {entry.name} of the class {type(rules).__name__} is never called: "
                f"an entry of Rules is given as Rules({entry.name}=...) or by replace()"
            )


def _rules(rules: Rules) -> dict[str, Callable[..., Any]]:
    return {field.name: getattr(rules, field.name) for field in fields(Rules)}
