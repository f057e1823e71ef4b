"""Inductive invariants over an unbounded channel: the explicit graph proposes, the solver proves.

States sampled from the sent-set system propose every clause "never this value of one variable with
that value of another" that none of them breaks. Clauses that one step can break are dropped until
the rest is inductive (Houdini; Flanagan and Leino 2001). The sample need not be complete, nor even
right: what is left is proved by Z3 from the symbolic rules alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations_with_replacement

from typing import cast

import numpy as np
import numpy.typing as npt
import z3

from tcpmc.checks.encode import Encoding, Frame, end_terms, like
from tcpmc.checks.explore import contains, distinct, pack, successors, unpack
from tcpmc.checks.tables import Ids, Ints
from tcpmc.checks.tabulate import TabulatedModel
from tcpmc.model.channel import Contents
from tcpmc.model.segment import Segment
from tcpmc.model.system import End, Model

SAMPLE_WIDTH = 20_000
SAMPLE_SEED = 9293

Phase = tuple[int, ...]
END, PHASE, PAIR = ".end", ".phase", "phases"
PHASE_FIELDS = (
    "state",
    "closed",
    "gave_up",
    "fin_sent",
    "fin_received",
    "active",
    "reset",
    "time_wait",
)
NUMBERS = ("snd_una", "snd_nxt", "rcv_nxt")
Literal = tuple[str, int]
"""A variable of the encoding and the value that it has; OTHER stands for every value not seen."""
OTHER = -1


def sample(table: TabulatedModel) -> Ints:
    """Packed reachable states: breadth-first, at most 20,000 of each level, chosen at random with
    a fixed seed."""
    choose = np.random.default_rng(SAMPLE_SEED)
    level = pack(*(np.array([part], np.int64) for part in table.initial))
    seen = level
    while len(level):
        found = distinct(successors(table, level).target)
        level = found[~contains(seen, found)]
        if len(level) > SAMPLE_WIDTH:
            level = np.sort(choose.choice(level, SAMPLE_WIDTH, replace=False))
        seen = np.sort(np.concatenate((seen, level)), kind="stable")
    return seen


def segments_sent(table: TabulatedModel, states: Ints) -> tuple[list[Segment], list[Segment]]:
    """The segments in flight in the states, for each channel."""
    _, _, ab, ba = unpack(states)
    found = [
        {f.segment for c in np.unique(ids).tolist() for f in table.contents[c]} for ids in (ab, ba)
    ]
    return sorted(found[0], key=str), sorted(found[1], key=str)


@dataclass(frozen=True)
class Vocabulary:
    """What clauses speak of: `literals` are (variable, value) pairs. The variables are the fields
    of both ends, the phase of each (its state with what its history says of the close), and every
    kind of segment in each channel. A phase is an index into `phases`, and both phases together,
    one variable more, an index into `pairs`."""

    encoding: Encoding
    ends: dict[str, list[End]]
    fields: tuple[str, ...]
    phases: Ids[Phase]
    pairs: Ids[Phase]
    literals: list[Literal]

    def terms(self, frame: Frame) -> list[z3.BoolRef]:
        """The literals as formulas over a frame."""
        seen: dict[str, list[z3.BoolRef]] = {}
        for name, value in self.literals:
            if value != OTHER:
                seen.setdefault(name, []).append(self._term(frame, name, value))
        for who, ends in self.ends.items():
            seen[who + END] = [self.encoding.end_is(frame, who, end) for end in ends]
        return [
            z3.Not(z3.Or(*seen[name])) if value == OTHER else self._term(frame, name, value)
            for name, value in self.literals
        ]

    def _term(self, frame: Frame, name: str, value: int) -> z3.BoolRef:
        if name == PAIR:
            return z3.And(
                *(self._term(frame, w + PHASE, p) for w, p in zip("AB", self.pairs[value], strict=True))
            )
        if name.endswith(PHASE):
            who = name[0]
            return z3.And(
                *(
                    frame[f"{who}.{field}"] == like(part, frame[f"{who}.{field}"])
                    for field, part in zip(self.fields, self.phases[value], strict=True)
                )
            )
        const = frame[name]
        return const == (z3.BoolVal(bool(value)) if z3.is_bool(const) else value)

    def truths(self, frame: Frame, solution: z3.ModelRef) -> npt.NDArray[np.bool_]:
        """Which literals a solution makes true in a frame."""
        terms = {name: solution.eval(frame[name], model_completion=True) for name in frame}
        actual = {name: number(term) for name, term in terms.items()}
        for who in "AB":
            phase = tuple(actual[f"{who}.{field}"] for field in self.fields)
            actual[f"{who}{PHASE}"] = self.phases(phase)
        system = self.encoding.decode(frame, solution)
        for (who, ends), end in zip(self.ends.items(), system.ends, strict=True):
            actual[who + END] = 0 if end in ends else OTHER
        actual[PAIR] = self.pairs((actual[f"A{PHASE}"], actual[f"B{PHASE}"]))
        known = set(self.literals)
        return np.array(
            [
                actual[name] == value
                if name.endswith(END) or value != OTHER
                else (name, actual[name]) not in known
                for name, value in self.literals
            ]
        )


def number(term: z3.ExprRef) -> int:
    """A literal term as an int."""
    return int(z3.is_true(term)) if z3.is_bool(term) else cast(z3.BitVecNumRef, term).as_long()


@dataclass(frozen=True)
class Clauses:
    """Candidate clauses: `never[i, j]` says that literals i and j do not hold together, and
    `never[i, i]` that literal i does not hold."""

    vocabulary: Vocabulary
    never: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.needed())

    def needed(self) -> list[tuple[int, int]]:
        """The pairs that say something which no clause of one literal says already, and which do
        not speak of two values of one variable."""
        alone = np.diagonal(self.never)
        literals = self.vocabulary.literals
        index = {literal: number for number, literal in enumerate(literals)}
        implied = alone[:, None] | alone[None, :]
        for number, (name, value) in enumerate(literals):
            if name == PAIR and value != OTHER:
                parts = self.vocabulary.pairs[value]
                for who, part in zip("AB", parts, strict=True):
                    said = self.never[index[who + PHASE, part]]
                    implied[number] |= said
                    implied[:, number] |= said
        pairs = np.triu(self.never & ~implied)
        names = [name for name, _ in literals]
        units = [(i, i) for i in np.flatnonzero(alone).tolist()]
        return units + [(i, j) for i, j in np.argwhere(pairs).tolist() if names[i] != names[j]]

    def without(self, broken: npt.NDArray[np.bool_]) -> Clauses:
        """The clauses that are not broken."""
        return Clauses(self.vocabulary, self.never & ~broken)

    def as_formula(self, frame: Frame) -> list[z3.BoolRef]:
        """The clauses over a frame, and that nothing unknown was sent."""
        negated = [z3.Not(term) for term in self.vocabulary.terms(frame)]
        return [z3.Not(frame["escaped"])] + [
            negated[i] if i == j else z3.Or(negated[i], negated[j]) for i, j in self.needed()
        ]


def proposed(encoding: Encoding, table: TabulatedModel, states: Ints) -> Clauses:
    """Every clause of at most two literals that no sampled state breaks."""
    parts = unpack(states)
    wanted = PHASE_FIELDS if encoding.scope.clock else PHASE_FIELDS + NUMBERS
    fields = tuple(field for field in wanted if f"A.{field}" in encoding.frame0)
    phases: Ids[Phase] = Ids()
    pairs: Ids[Phase] = Ids()
    rows = [
        _end_rows(encoding, table, fields, phases, who, ids)
        for who, ids in zip("AB", parts[:2], strict=True)
    ]
    rows += [_channel_rows(encoding, table, w, ids) for w, ids in zip("AB", parts[2:], strict=True)]
    both = _phase_pairs(rows, parts[0], parts[1], pairs)
    parts = (*parts, both)
    rows.append(_one_hot([PAIR], {i: [i] for i in range(len(pairs))}))
    nowhere = np.zeros((len(pairs), 2), bool)
    rows[-1] = (
        [*rows[-1][0], (f"A{END}", OTHER), (f"B{END}", OTHER)],
        np.hstack((rows[-1][1], nowhere)),
    )
    literals = [literal for names, _ in rows for literal in names]
    together = np.zeros((len(literals), len(literals)), bool)
    first = np.cumsum([0] + [len(names) for names, _ in rows])
    for i, j in combinations_with_replacement(range(5), 2):
        met = distinct(parts[i] << 20 | parts[j])
        left = rows[i][1][met >> 20].astype(np.float32)
        right = rows[j][1][met & (1 << 20) - 1].astype(np.float32)
        block = left.T @ right > 0
        together[first[i] : first[i + 1], first[j] : first[j + 1]] = block
        together[first[j] : first[j + 1], first[i] : first[i + 1]] = block.T
    ends = {
        who: [table.ends[i] for i in np.unique(ids).tolist()]
        for who, ids in zip("AB", parts[:2], strict=True)
    }
    return Clauses(Vocabulary(encoding, ends, fields, phases, pairs, literals), ~together)


def _end_rows(
    encoding: Encoding,
    table: TabulatedModel,
    fields: tuple[str, ...],
    phases: Ids[Phase],
    who: str,
    ids: Ints,
) -> tuple[list[Literal], npt.NDArray[np.bool_]]:
    names = [name for name in encoding.frame0 if name.startswith(f"{who}.")]

    def value(end: End) -> list[int]:
        terms = end_terms(end)
        values = {n: number(like(terms[n[2:]], encoding.frame0[n])) for n in names}
        phase = tuple(values[f"{who}.{field}"] for field in fields)
        return [*values.values(), phases(phase)]

    return _one_hot(
        [*names, f"{who}{PHASE}"], {i: value(table.ends[i]) for i in np.unique(ids).tolist()}
    )


def _phase_pairs(
    rows: list[tuple[list[Literal], npt.NDArray[np.bool_]]], a: Ints, b: Ints, pairs: Ids[Phase]
) -> Ints:
    """For each sampled state the id of its pair of phases."""
    phase = []
    for (names, hot), ids in zip(rows[:2], (a, b), strict=True):
        at = [i for i, (name, v) in enumerate(names) if name.endswith(PHASE) and v != OTHER]
        values = np.array([names[i][1] for i in at])
        phase.append(values[hot[:, at].argmax(axis=1)][ids])
    found, inverse = np.unique(phase[0] << 20 | phase[1], return_inverse=True)
    ids = np.array([pairs((p >> 20, p & (1 << 20) - 1)) for p in found.tolist()], np.int64)
    return ids[inverse]


def _channel_rows(
    encoding: Encoding, table: TabulatedModel, who: str, ids: Ints
) -> tuple[list[Literal], npt.NDArray[np.bool_]]:
    kinds = encoding.channels["AB".index(who)]

    def value(contents: Contents) -> list[int]:
        held = [tuple(f for f in contents if f.segment == kind.segment) for kind in kinds]
        return [kind.contents.index(part) for kind, part in zip(kinds, held, strict=True)]

    names = [f"{who}:{number}" for number in range(len(kinds))]
    return _one_hot(names, {i: value(table.contents[i]) for i in np.unique(ids).tolist()})


def _one_hot(
    names: list[str], values: dict[int, list[int]]
) -> tuple[list[Literal], npt.NDArray[np.bool_]]:
    """A literal for each value of each variable, and for each id whether it holds there."""
    seen = sorted(
        {(n, OTHER) for n in range(len(names))}
        | {(n, v) for row in values.values() for n, v in enumerate(row)}
    )
    column = {literal: index for index, literal in enumerate(seen)}
    hot = np.zeros((max(values) + 1, len(seen)), bool)
    for identifier, row in values.items():
        for literal in enumerate(row):
            hot[identifier, column[literal]] = True
    return [(names[n], v) for n, v in seen], hot


class Escaped(Exception):
    """The invariant could not rule out a segment that no sampled state had in flight."""


def inductive(encoding: Encoding, clauses: Clauses, progress: Callable[[str], None]) -> Clauses:
    """The largest inductive subset of the clauses (Houdini). Raises Escaped."""
    clauses = clauses.without(_broken_initially(encoding, clauses))
    while True:
        progress(f"induction: {len(clauses):,} clauses")
        broken = _broken_by_a_step(encoding, clauses)
        if not broken.any():
            return clauses
        clauses = clauses.without(broken)


def _broken_initially(encoding: Encoding, clauses: Clauses) -> npt.NDArray[np.bool_]:
    solver = z3.Solver()
    solver.add(encoding.initial())
    solver.check()
    truths = clauses.vocabulary.truths(encoding.frame0, solver.model())
    return clauses.never & np.outer(truths, truths)


def _broken_by_a_step(encoding: Encoding, clauses: Clauses) -> npt.NDArray[np.bool_]:
    """The clauses that some step from a state of all clauses breaks, for each pair of literals."""
    solver = z3.SolverFor("QF_FD")
    solver.add(encoding.step, *clauses.as_formula(encoding.frame0))
    if solver.check(encoding.frame1["escaped"]) == z3.sat:
        raise Escaped(str(encoding.sent_in(solver.model())))
    after = clauses.vocabulary.terms(encoding.frame1)
    breaks = {(i, j): z3.Bool(f"breaks:{i}:{j}") for i, j in clauses.needed()}
    for (i, j), const in breaks.items():
        solver.add(z3.Implies(const, z3.And(after[i], after[j])))
    solver.add(z3.Or(*breaks.values()))
    broken = np.zeros_like(clauses.never)
    while solver.check() == z3.sat:
        truths = clauses.vocabulary.truths(encoding.frame1, solver.model())
        fresh = clauses.never & np.outer(truths, truths) & ~broken
        for i, j in np.argwhere(np.triu(fresh)).tolist():
            if (i, j) in breaks:
                solver.add(z3.Not(breaks[i, j]))
        broken |= fresh
    return broken
