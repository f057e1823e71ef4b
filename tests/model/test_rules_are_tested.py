"""Every rule label of the model is the expected outcome of some test: a new rule needs a test.

A label is a string that a rule function hands to `Step`, directly or through a name or a helper;
it counts as tested where a test compares a step's `rule` with it.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from checkout import TESTS
from tcpmc.model.endpoint.rules import rule_modules

MODULES = rule_modules()


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def is_label(node: ast.AST) -> bool:
    """Whether these statements and expressions can hold labels: no docstring, no signal, no test
    for a value, no error."""
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    signal = isinstance(node, ast.keyword) and node.arg == "signals"
    named = isinstance(node, ast.Assign) and "signal" in ast.unparse(node.targets[0])
    other = isinstance(node, ast.Compare | ast.MatchValue | ast.Raise)
    return not (docstring or signal or named or other)


def strings(node: ast.AST) -> Iterator[str]:
    """The strings under `node` that are labels, as patterns; what an f-string inserts is open."""
    match node:
        case ast.JoinedStr(values=parts):
            fixed = [str(p.value) if isinstance(p, ast.Constant) else None for p in parts]
            yield "".join(".*" if text is None else re.escape(text) for text in fixed)
        case ast.Constant(value=str(text)) if text.strip(" +"):
            yield re.escape(text)
        case _ if is_label(node):
            for child in ast.iter_child_nodes(node):
                yield from strings(child)


def labels(path: Path) -> Iterator[str]:
    """The labels, as patterns, in the functions of a module."""
    for function in ast.walk(parse(path)):
        if isinstance(function, ast.FunctionDef):
            for statement in function.body:
                yield from strings(statement)


def expected(path: Path) -> Iterator[str]:
    """The labels with which the tests of a file compare `step.rule`, one check's at a time."""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Compare) and ast.unparse(node.left) == "step.rule":
            for text in ast.walk(node.comparators[0]):
                if isinstance(text, ast.Constant):
                    yield from str(text.value).split(" + ")


TESTED = {text for path in TESTS.rglob("test_rules_*.py") for text in expected(path)}


@pytest.mark.parametrize(
    "label", sorted({label for module in MODULES for label in labels(Path(str(module.__file__)))})
)
def test_rule_is_tested(label: str) -> None:
    assert any(re.fullmatch(label, text) for text in TESTED)
