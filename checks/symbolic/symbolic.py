"""Symbolic execution of the model's functions: a branch on a symbolic truth forks.

King 1976. The fields of a TCB, a segment, a history are wrapped Z3 terms (`Sym`); a function runs
once for each feasible path, and its result and the path's condition are collected. This is the
one clever file; everywhere else the rules are ordinary Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar

import z3

from tcpmc.checks.symbolic.solving import satisfiable

R = TypeVar("R")
PATH_LIMIT = 3000
BRANCH_LIMIT = 300
"""Open branches of one path: a rule has a few dozen, and a loop over a number no end of them."""


class Sym:
    """A Z3 bit-vector or Boolean that a model function can compute with.

    Numbers compare as unsigned. An enum member stands for its position. Outside `paths` a branch
    on a Sym raises, and a Sym is never hashed: either would lose a case silently.
    """

    __slots__ = ("term",)
    __hash__ = None  # type: ignore[assignment]
    decide: ClassVar[Callable[[z3.BoolRef], bool] | None] = None

    def __init__(self, term: Any) -> None:
        self.term = term

    def __bool__(self) -> bool:
        if Sym.decide is None:
            raise RuntimeError("a branch on a symbolic value outside of paths()")
        truth = self.term if z3.is_bool(self.term) else self.term != 0
        return Sym.decide(truth)

    def __add__(self, other: Any) -> Sym:
        return lifted(lambda a, b: a + b, self, other)

    def __sub__(self, other: Any) -> Sym:
        return lifted(lambda a, b: a - b, self, other)

    def __and__(self, other: Any) -> Sym:
        return lifted(lambda a, b: z3.And(a, b) if z3.is_bool(a) else a & b, self, other)

    def __or__(self, other: Any) -> Sym:
        return lifted(lambda a, b: z3.Or(a, b) if z3.is_bool(a) else a | b, self, other)

    def __xor__(self, other: Any) -> Sym:
        return lifted(lambda a, b: z3.Xor(a, b) if z3.is_bool(a) else a ^ b, self, other)

    def __eq__(self, other: object) -> Any:
        return lifted(lambda a, b: a == b, self, other)

    def __ne__(self, other: object) -> Any:
        return lifted(lambda a, b: a != b, self, other)

    def __lt__(self, other: Any) -> Sym:
        return lifted(z3.ULT, self, other)

    def __le__(self, other: Any) -> Sym:
        return lifted(z3.ULE, self, other)

    def __gt__(self, other: Any) -> Sym:
        return lifted(z3.UGT, self, other)

    def __ge__(self, other: Any) -> Sym:
        return lifted(z3.UGE, self, other)

    def __radd__(self, other: Any) -> Sym:
        return self.__add__(other)

    def __rand__(self, other: Any) -> Sym:
        return self.__and__(other)

    def __ror__(self, other: Any) -> Sym:
        return self.__or__(other)

    def __rsub__(self, other: Any) -> Sym:
        return lifted(lambda a, b: b - a, self, other)


_made: dict[tuple[object, ...], tuple[Sym, object, Sym]] = {}
"""What was computed before, by operation and operands, which are kept: every path of a function
computes much the same."""
MADE_LIMIT = 200_000


def lifted(operation: Callable[[Any, Any], Any], left: Sym, right: Any) -> Sym:
    """The operation on the terms of both, as a value of the left one's kind."""
    other = id(right) if isinstance(right, Sym) else right
    key = (operation.__code__, id(left), type(right), other)
    made = _made.get(key)
    if made is None:
        if len(_made) >= MADE_LIMIT:
            _made.clear()
        made = _made[key] = (left, right, type(left)(_computed(operation, left, right)))
    return made[2]


def _computed(operation: Callable[[Any, Any], Any], left: Sym, right: Any) -> Any:
    a, b = left.term, right.term if isinstance(right, Sym) else right
    if not z3.is_bv(a) and isinstance(b, bool):
        return operation(a, z3.BoolVal(b))
    if not z3.is_bv(a) and z3.is_bool(b):
        return operation(a, b)
    sizes = [part.size() for part in (a, b) if z3.is_bv(part)]
    if isinstance(b, int):
        sizes.append(b.bit_length())
    size = max(sizes) if z3.is_bv(a) or z3.is_bv(b) else max(32, *sizes)
    return operation(as_bits(a, size), as_bits(b, size))


def as_bits(value: Any, size: int) -> Any:
    """A bit-vector term for a number, a truth, an enum member, or a Sym of one. What is wider is
    cut to the lower bits, what is narrower is a number without a sign."""
    value = value.term if isinstance(value, Sym) else value
    if isinstance(value, Enum):
        value = list(type(value)).index(value)
    if isinstance(value, bool | int):
        return z3.BitVecVal(int(value), size)
    if z3.is_bool(value):
        return z3.If(value, z3.BitVecVal(1, size), z3.BitVecVal(0, size))
    if value.size() < size:
        return z3.ZeroExt(size - value.size(), value)
    return z3.Extract(size - 1, 0, value) if value.size() > size else value


def as_truth(value: Any) -> z3.BoolRef:
    """A Boolean term for a truth or a Sym of one."""
    value = value.term if isinstance(value, Sym) else value
    if z3.is_bv(value):
        return value != 0
    return z3.BoolVal(bool(value)) if isinstance(value, bool | int) else value


@dataclass(frozen=True)
class Path(Generic[R]):
    """One feasible path: its condition and the function's result on it."""

    condition: z3.BoolRef
    result: R


class PathLimit(Exception):
    """A function has too many symbolic paths."""


def paths(run: Callable[[], R], *assuming: z3.BoolRef, prune: bool = True) -> Iterator[Path[R]]:
    """Yield every feasible path of `run` under the assumptions; the conditions are disjoint and
    together amount to the assumptions. Without `prune` no branch is tested, which is faster where
    a test is dear, and infeasible paths are among them. Raises PathLimit beyond 3000 paths."""
    feasible = _Feasible(assuming)
    todo: list[tuple[bool, ...]] = [()]
    count = 0
    while todo:
        count += 1
        if count > PATH_LIMIT:
            raise PathLimit(f"more than {PATH_LIMIT} symbolic paths")
        walk = _Walk(todo.pop(), feasible, prune)
        Sym.decide, outer = walk.decide, Sym.decide
        try:
            result = run()
        finally:
            Sym.decide = outer
        walk.check_length()
        todo += walk.untaken
        yield Path(z3.And(*walk.condition), result)


class _Feasible:
    """Whether there are values with which a path is taken. A solver is made when it is first asked:
    most runs branch on nothing open."""

    def __init__(self, assuming: tuple[z3.BoolRef, ...]) -> None:
        self._assuming = assuming

    @cached_property
    def _solver(self) -> z3.Solver:
        solver = z3.Solver()
        solver.add(*self._assuming)
        return solver

    def example(self, condition: list[z3.BoolRef]) -> z3.ModelRef | None:
        """Values that meet the condition; None where there are none."""
        self._solver.push()
        self._solver.add(*condition)
        model = self._solver.model() if satisfiable(self._solver) else None
        self._solver.pop()
        return model


class _Walk:
    """One path: it follows `prefix`, then takes at each branch a side that is feasible, and keeps
    the other one for later if that is feasible too."""

    def __init__(self, prefix: tuple[bool, ...], feasible: _Feasible, prune: bool) -> None:
        self.prefix, self.feasible, self.prune = prefix, feasible, prune
        self.example: z3.ModelRef | None = None
        self.condition: list[z3.BoolRef] = []
        self.taken: list[bool] = []
        self.known: dict[int, bool] = {}
        self.untaken: list[tuple[bool, ...]] = []

    def decide(self, truth: z3.BoolRef) -> bool:
        """The side that this path takes at a branch."""
        truth, settled = simplified(truth)
        if settled is not None:
            return settled
        number = truth.get_id()
        if number not in self.known:
            self.check_length()
            self.known[number] = side = self._side(truth)
            self.taken.append(side)
            self.condition.append(truth if side else z3.Not(truth))
        return self.known[number]

    def check_length(self) -> None:
        """Raise PathLimit if the path has too many open branches."""
        if len(self.taken) >= BRANCH_LIMIT:
            raise PathLimit(f"more than {BRANCH_LIMIT} open branches on one path")

    def _side(self, truth: z3.BoolRef) -> bool:
        if len(self.taken) < len(self.prefix):
            return self.prefix[len(self.taken)]
        if not self.prune:
            self.untaken.append((*self.taken, False))
            return True
        if self.example is None:
            self.example = self.feasible.example(self.condition)
            assert self.example is not None, "a path that no values take"
        side = bool(z3.is_true(self.example.eval(truth, model_completion=True)))
        other = z3.Not(truth) if side else truth
        if self.feasible.example([*self.condition, other]) is not None:
            self.untaken.append((*self.taken, not side))
        return side


_simple: dict[int, tuple[z3.BoolRef, z3.BoolRef, bool | None]] = {}
"""What was simplified before, by the number of the term, which is kept."""


def simplified(truth: z3.BoolRef) -> tuple[z3.BoolRef, bool | None]:
    """The truth in simple terms, and which one it is if it does not hang on anything."""
    made = _simple.get(truth.get_id())
    if made is None:
        if len(_simple) >= MADE_LIMIT:
            _simple.clear()
        simple = z3.simplify(truth)
        settled = True if z3.is_true(simple) else False if z3.is_false(simple) else None
        made = _simple[truth.get_id()] = (truth, simple, settled)
    return made[1:]


def truth_of(run: Callable[[], Any], *assuming: z3.BoolRef, prune: bool = True) -> z3.BoolRef:
    """The condition under which a predicate holds, as one formula; `prune` as for `paths`."""
    ways = paths(run, *assuming, prune=prune)
    return z3.Or(*(z3.And(path.condition, as_truth(path.result)) for path in ways))
