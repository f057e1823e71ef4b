"""Mutants of the rules, made mechanically from their source.

Every comparison is turned or moved by one, every condition made true or false or robbed of one of
its parts, every number moved by one; every `Step` loses its reply, its signal, its timer or its
TCB, and goes on where it was done or the other way round; every state becomes another one; every
helper's call that leads on is left out. What is text (a rule's label) is left alone.
"""

from __future__ import annotations

import ast
import copy
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from functools import cached_property, partial
from types import ModuleType
from typing import Any

from tcpmc.model import RFC9293, Rules
from tcpmc.model.endpoint import segment_arrives, timeouts, user_calls

MODULES = (segment_arrives, user_calls, timeouts)
ENTRIES = {field.name for field in fields(Rules)}

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
OTHER_STATE = {
    "CLOSED": "LISTEN",
    "LISTEN": "CLOSED",
    "SYN_SENT": "SYN_RECEIVED",
    "SYN_RECEIVED": "ESTABLISHED",
    "ESTABLISHED": "CLOSE_WAIT",
    "FIN_WAIT_1": "FIN_WAIT_2",
    "FIN_WAIT_2": "TIME_WAIT",
    "CLOSE_WAIT": "LAST_ACK",
    "CLOSING": "TIME_WAIT",
    "LAST_ACK": "CLOSING",
    "TIME_WAIT": "FIN_WAIT_2",
}
DROPPED = ("send", "signals", "starts_time_wait", "done")

Change = Callable[[Any], Any]


@dataclass(frozen=True)
class Mutant:
    """One change of a rule's source: the function it is in, what was changed there, and the rules
    with it, which are made when they are asked for."""

    function: str
    change: str
    make: Callable[[], Rules]

    @cached_property
    def rules(self) -> Rules:
        """RFC 9293's rules, with the change."""
        return self.make()

    def __str__(self) -> str:
        return f"{self.function}: {self.change}"


def mutants() -> Iterator[Mutant]:
    """Every mutant of what a rule comes to, in the order of the source."""
    for module in MODULES:
        tree = ast.parse(inspect.getsource(module))
        for function in tree.body:
            if not isinstance(function, ast.FunctionDef):
                continue
            if not callers(tree, function.name) & ENTRIES:
                continue
            for change, mutated in mutated_functions(function):
                make = partial(rules_with, module, function.name, mutated)
                yield Mutant(function.name, change, make)


def mutated_functions(function: ast.FunctionDef) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Each change of one place in the function, and the function with it."""
    given = {argument.arg for argument in function.args.args} & {"tcb", "step"}
    for number, node in enumerate(ast.walk(function)):
        for name, change in changes(node):
            if change is _second_argument and not given:
                continue
            mutated = copy.deepcopy(function)
            target = list(ast.walk(mutated))[number]
            before = ast.unparse(target)
            change(target)
            line = f"{getattr(node, 'lineno', function.lineno) - function.lineno}"
            yield f"line {line}, {name}: {' '.join(before.split())[:70]}".rstrip(), mutated


def changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """What can be changed in place at a node, by name."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in COMPARISONS:
            yield "comparison", _set("ops", [COMPARISONS[type(op)]()])
        case ast.If() | ast.IfExp():
            yield "always", _set("test", ast.Constant(True))
            yield "never", _set("test", ast.Constant(False))
        case ast.BoolOp(values=values):
            for index in range(len(values)):
                yield f"without part {index}", _without(index)
        case ast.match_case(guard=guard) if guard is not None:
            yield "no guard", _set("guard", None)
            yield "never this case", _set("guard", ast.Constant(False))
        case ast.match_case(pattern=ast.MatchValue() | ast.MatchOr()):
            yield "never this case", _set("guard", ast.Constant(False))
        case ast.BinOp(op=ast.Add(), right=ast.Constant(value=int(value))):
            yield "off by one", _set("right", ast.Constant(value + 1))
            yield "off by one, less", _set("right", ast.Constant(value - 1))
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr(), left=left, right=right):
            yield "left part only", _become(left)
            yield "right part only", _become(right)
        case ast.Attribute(value=ast.Name(id="State"), attr=state) if state in OTHER_STATE:
            yield "other state", _set("attr", OTHER_STATE[state])
        case ast.Call(func=ast.Name(id="Step"), keywords=keywords):
            yield "TCB as it was", _second_argument
            yield "goes on, or does not", _other_end
            for index, keyword in enumerate(keywords):
                if keyword.arg in DROPPED[:-1]:
                    yield f"no {keyword.arg}", _drop(index)
        case ast.Call(func=ast.Name(id="replace" | "Tcb" | "Segment"), keywords=keywords):
            for index, keyword in enumerate(keywords):
                yield f"no {keyword.arg}", _drop(index)
        case ast.Call(func=ast.Name(id="delete_tcb"), args=[kept]):
            yield "TCB kept", _become(kept)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "without not", _become(operand)


def _set(name: str, value: Any) -> Change:
    return lambda node: setattr(node, name, copy.deepcopy(value))


def _without(index: int) -> Change:
    def change(node: ast.BoolOp) -> None:
        del node.values[index]
        if len(node.values) == 1:
            node.values.append(node.values[0])

    return change


def _drop(index: int) -> Change:
    def change(node: ast.Call) -> None:
        del node.keywords[index]

    return change


def _second_argument(node: ast.Call) -> None:
    """The TCB of a step is the one that the function was given."""
    node.args[1] = ast.Name("tcb_before", ast.Load())


def _other_end(node: ast.Call) -> None:
    """A step that is done goes on, and the other way round."""
    done = [k for k in node.keywords if k.arg == "done"]
    node.keywords = [k for k in node.keywords if k.arg != "done"]
    was = ast.unparse(done[0].value) if done else "True"
    node.keywords.append(ast.keyword("done", ast.parse(f"not ({was})", mode="eval").body))


def _become(other: ast.expr) -> Change:
    """The node is put in parentheses' place by another expression: `(other or False)`, in place."""

    def change(node: Any) -> None:
        kept = copy.deepcopy(other)
        node.__class__ = ast.IfExp
        for field in list(vars(node)):
            if field not in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
                delattr(node, field)
        node.test, node.body, node.orelse = ast.Constant(True), kept, copy.deepcopy(kept)

    return change


def callers(module: ast.Module, name: str) -> set[str]:
    """The function and all of a module's that call it, themselves or through others."""
    functions = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    names = {
        one.name: {n.id for n in ast.walk(one) if isinstance(n, ast.Name)} for one in functions
    }
    found, before = {name}, set[str]()
    while found != before:
        before = found
        found = found | {one for one, called in names.items() if called & found}
    return found


def rules_with(module: ModuleType, name: str, function: ast.FunctionDef) -> Rules:
    """RFC 9293's rules with one function of a module replaced."""
    arguments = [argument.arg for argument in function.args.args]
    if "tcb" in arguments:
        function.body.insert(0, ast.parse("tcb_before = tcb").body[0])
    elif "step" in arguments:
        function.body.insert(0, ast.parse("tcb_before = step.tcb").body[0])
    tree = ast.parse(inspect.getsource(module))
    tree.body = [function if getattr(n, "name", "") == name else n for n in tree.body]
    namespace: dict[str, Any] = {"__name__": f"mutant of {module.__name__}"}
    exec(compile(ast.fix_missing_locations(tree), f"<{name}>", "exec"), namespace)
    changed = callers(tree, name) & ENTRIES
    own = {one: namespace[one] for one in changed}
    return replace(RFC9293, **own)
