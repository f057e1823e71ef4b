"""Which rule labels a run reached, and which it did not.

The labels that there are come from the source: every string in the modules of the RFC's rules, and
in a function that replaces one of them, that is written like a label ("3.10.7.1: RST discarded").
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from functools import cache
from types import ModuleType
from typing import Any

from tcpmc.model.endpoint.rules import Rules, rule_modules
from tcpmc.model.variants.variant import RFC9293, Variant

LABEL = re.compile(r"(?!error)[\w][^:\n]*: .+")


def coverage(variants: Iterable[Variant], reached: set[str]) -> dict[str, list[str]]:
    """`reached` and `not_reached`, each in order. Labels with a part that is filled in when the
    rule runs are shown with "..." for it while they are not reached."""
    all_labels = {label for variant in variants for label in labels(variant)}
    missed = [label for label in all_labels if not any(matches(label, rule) for rule in reached)]
    return {"reached": sorted(reached - {""}), "not_reached": sorted(missed)}


def as_text(found: Mapping[str, list[str]]) -> list[str]:
    """The coverage as lines."""
    lines = []
    for title, key in (("Rules reached", "reached"), ("Rules not reached", "not_reached")):
        lines += [f"{title} ({len(found[key])}):", *(f"  {label}" for label in found[key])]
    return lines


def labels(variant: Variant) -> set[str]:
    """Every label that the variant's rules are written with."""
    all_labels = {label for module in rule_modules() for label in _in_module(module)}
    for field in fields(Rules):
        rule = getattr(variant.rules, field.name)
        if rule != getattr(RFC9293, field.name):
            all_labels |= written_in(rule)
    return all_labels


@cache
def _in_module(module: ModuleType) -> set[str]:
    return set(_written(inspect.getsource(module)))


@cache
def written_in(rule: Callable[..., Any]) -> set[str]:
    """Every label that one function is written with."""
    return set(_written(_source(rule)))


def _source(rule: Callable[..., Any]) -> str:
    try:
        return textwrap.dedent(inspect.getsource(inspect.unwrap(rule)))
    except (OSError, TypeError, SyntaxError):  # no source: its labels are known once reached
        return ""


def _written(source: str) -> Iterator[str]:
    """The strings in the source that look like a label; docstrings are none."""
    tree = ast.parse(source)
    inner = set[ast.AST]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            inner.add(node.value)
        if isinstance(node, ast.JoinedStr):
            inner |= set(node.values)
    for node in ast.walk(tree):
        text = _text(node) if node not in inner else ""
        if LABEL.fullmatch(text):
            yield text


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        parts = [p.value if isinstance(p, ast.Constant) else "..." for p in node.values]
        return "".join(map(str, parts))
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def matches(label: str, rule: str) -> bool:
    """Whether a rule that was reached is that label, "..." standing for anything."""
    return re.fullmatch(".+".join(map(re.escape, label.split("..."))), rule) is not None
