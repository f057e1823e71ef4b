"""Clauses about a state: what they speak of, and which ones a sample of states proposes.

A clause has at most two literals, so that a set of clauses is a square matrix of truths. That makes
it cheap to propose all clauses that a sample satisfies (one matrix product per pair of parts of the
state) and to drop all that a counterexample breaks (one outer product). Two literals suffice
because a state's phase is one variable: what would take a long clause about the fields of an end is
a short one about its phase.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import z3

from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.smt.encode import Encoding, Frame
from tcpmc.checks.statespace import distinct, unpack
from tcpmc.checks.statespace.tables import Ids, Ints
from tcpmc.checks.symbolic.fields import end_terms, like, plain
from tcpmc.model.network.channel import Contents
from tcpmc.model.network.product import End

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
OTHER = -1
"""Stands for every value of a variable that was not seen."""

IDS = 20
"""The bits of the lower of two ids in one key."""

LOW = (1 << IDS) - 1


class Literal(NamedTuple):
    """A variable has a value; see `Vocabulary`."""

    variable: str
    value: int

    @property
    def is_other(self) -> bool:
        """Whether it says that the variable has none of the values that were seen."""
        return self.value == OTHER

    @property
    def about_both_phases(self) -> bool:
        """Whether it is about the phases of both ends."""
        return self.variable == PAIR

    @property
    def about_a_phase(self) -> bool:
        """Whether it is about the phase of one end."""
        return self.variable.endswith(PHASE)

    @property
    def about_a_whole_end(self) -> bool:
        """Whether it says that an end is none of those that were seen."""
        return self.variable.endswith(END)


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
        terms_of: dict[str, list[z3.BoolRef]] = {}
        for literal in self.literals:
            if not literal.is_other:
                terms_of.setdefault(literal.variable, []).append(self._term(frame, literal))
        for who, ends in self.ends.items():
            terms_of[who + END] = [self.encoding.end_is(frame, who, end) for end in ends]
        return [
            z3.Not(z3.Or(*terms_of[literal.variable]))
            if literal.is_other
            else self._term(frame, literal)
            for literal in self.literals
        ]

    def _term(self, frame: Frame, literal: Literal) -> z3.BoolRef:
        name, value = literal
        if literal.about_both_phases:
            phases = zip("AB", self.pairs[value], strict=True)
            return z3.And(*(self._term(frame, Literal(w + PHASE, p)) for w, p in phases))
        if literal.about_a_phase:
            parts = zip(self.fields, self.phases[value], strict=True)
            constants = ((frame[f"{name[0]}.{field}"], part) for field, part in parts)
            return z3.And(*(const == like(part, const) for const, part in constants))
        const = frame[name]
        return const == (z3.BoolVal(bool(value)) if z3.is_bool(const) else value)

    def truths(self, frame: Frame, solution: z3.ModelRef) -> npt.NDArray[np.bool_]:
        """Which literals a solution makes true in a frame."""
        terms = {name: solution.eval(frame[name], model_completion=True) for name in frame}
        actual = {name: int(plain(term)) for name, term in terms.items()}
        for who in "AB":
            phase = tuple(actual[f"{who}.{field}"] for field in self.fields)
            actual[f"{who}{PHASE}"] = self.phases(phase)
        system = self.encoding.decode(frame, solution)
        for (who, ends), end in zip(self.ends.items(), system.ends, strict=True):
            actual[who + END] = 0 if end in ends else OTHER
        actual[PAIR] = self.pairs((actual[f"A{PHASE}"], actual[f"B{PHASE}"]))
        literals = set(self.literals)

        def holds(literal: Literal) -> bool:
            value = actual[literal.variable]
            if literal.is_other and not literal.about_a_whole_end:
                return Literal(literal.variable, value) not in literals
            return value == literal.value

        return np.array([holds(literal) for literal in self.literals])


@dataclass(frozen=True)
class Clauses:
    """Candidate clauses as a symmetric matrix of truths, with a row and a column for each literal:

                        A.state=1   A.state=2   B.phase=0
            A.state=1       .           x           x
            A.state=2       x           .           .
            B.phase=0       x           .           .

    `excluded[i, j]` says that literals i and j do not hold together, and `excluded[i, i]` that
    literal i does not hold at all.
    """

    vocabulary: Vocabulary
    excluded: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.irredundant())

    def irredundant(self) -> list[tuple[int, int]]:
        """The clauses without those that others imply: a pair one of whose literals is excluded by
        itself, or is a pair of phases of which one phase is excluded with the other literal; and a
        pair that is about two values of one variable."""
        alone = np.diagonal(self.excluded)
        literals = self.vocabulary.literals
        implied = alone[:, None] | alone[None, :] | self._said_of_one_phase()
        pairs = np.triu(self.excluded & ~implied)
        units = [(i, i) for i in np.flatnonzero(alone).tolist()]
        return units + [
            (i, j)
            for i, j in np.argwhere(pairs).tolist()
            if literals[i].variable != literals[j].variable
        ]

    def _said_of_one_phase(self) -> npt.NDArray[np.bool_]:
        """Which clauses about both phases hold because of a clause about one of the two."""
        literals = self.vocabulary.literals
        index = {literal: number for number, literal in enumerate(literals)}
        said = np.zeros_like(self.excluded)
        for number, literal in enumerate(literals):
            if literal.about_both_phases and not literal.is_other:
                for who, phase in zip("AB", self.vocabulary.pairs[literal.value], strict=True):
                    excluded = self.excluded[index[Literal(who + PHASE, phase)]]
                    said[number] |= excluded
                    said[:, number] |= excluded
        return said

    def without(self, broken: npt.NDArray[np.bool_]) -> Clauses:
        """The clauses that are not broken."""
        return Clauses(self.vocabulary, self.excluded & ~broken)

    def as_formula(self, frame: Frame) -> list[z3.BoolRef]:
        """The clauses over a frame, and that nothing unknown was sent."""
        negated = [z3.Not(term) for term in self.vocabulary.terms(frame)]
        return [z3.Not(frame["escaped"])] + [
            negated[i] if i == j else z3.Or(negated[i], negated[j]) for i, j in self.irredundant()
        ]


Rows = tuple[list[Literal], npt.NDArray[np.bool_]]
"""Literals, and for each id of a part of the state (row) which of them hold (columns)."""


@dataclass(frozen=True)
class Sampler:
    """Reads the values of the variables off sampled states; see `proposed`."""

    encoding: Encoding
    table: TabulatedModel
    fields: tuple[str, ...]
    phases: Ids[Phase]
    pairs: Ids[Phase]

    def ends(self, who: str, ids: Ints) -> Rows:
        """The fields and the phase of end `who`."""
        names = [name for name in self.encoding.frame0 if name.startswith(f"{who}.")]

        def values(end: End) -> list[int]:
            terms, frame = end_terms(end), self.encoding.frame0
            numbers = {name: int(plain(like(terms[name[2:]], frame[name]))) for name in names}
            phase = tuple(numbers[f"{who}.{field}"] for field in self.fields)
            return [*numbers.values(), self.phases(phase)]

        values_of = {number: values(self.table.ends[number]) for number in np.unique(ids).tolist()}
        return one_hot([*names, f"{who}{PHASE}"], values_of)

    def channels(self, who: str, ids: Ints) -> Rows:
        """What the channel away from `who` has of each kind of segment."""
        kinds = self.encoding.channels["AB".index(who)]

        def values(contents: Contents) -> list[int]:
            held = [tuple(f for f in contents if f.segment == kind.segment) for kind in kinds]
            return [kind.contents.index(part) for kind, part in zip(kinds, held, strict=True)]

        values_of = {
            number: values(self.table.contents[number]) for number in np.unique(ids).tolist()
        }
        return one_hot([f"{who}:{number}" for number in range(len(kinds))], values_of)

    def both_phases(self, rows: list[Rows], a: Ints, b: Ints) -> tuple[Ints, Rows]:
        """For each state the id of its pair of phases, and the literals of the pairs; with them
        the two that say that an end is none of those sampled."""
        of_a, of_b = (_phases(part)[ids] for part, ids in zip(rows[:2], (a, b), strict=True))
        keys, inverse = np.unique(of_a << IDS | of_b, return_inverse=True)
        pairs = zip((keys >> IDS).tolist(), (keys & LOW).tolist(), strict=True)
        ids = np.array([self.pairs(pair) for pair in pairs], np.int64)
        literals, hot = one_hot([PAIR], {i: [i] for i in range(len(self.pairs))})
        literals += [Literal(f"{who}{END}", OTHER) for who in "AB"]
        return ids[inverse], (literals, np.hstack((hot, np.zeros((len(hot), 2), bool))))


def _phases(rows: Rows) -> Ints:
    """The phase of an end, by the id of the end."""
    literals, hot = rows
    columns = [
        n for n, literal in enumerate(literals) if literal.about_a_phase and not literal.is_other
    ]
    phases: Ints = np.array([literals[column].value for column in columns])
    values: Ints = phases[hot[:, columns].argmax(axis=1)]  # one of them holds
    return values


def one_hot(names: list[str], values: dict[int, list[int]]) -> Rows:
    """A literal for each value of each variable and for OTHER, and for each id whether it holds."""
    literals = sorted(
        {(n, OTHER) for n in range(len(names))}
        | {(n, v) for row in values.values() for n, v in enumerate(row)}
    )
    column = {literal: index for index, literal in enumerate(literals)}
    hot = np.zeros((max(values) + 1, len(literals)), bool)
    for identifier, row in values.items():
        for literal in enumerate(row):
            hot[identifier, column[literal]] = True
    return [Literal(names[n], v) for n, v in literals], hot


def proposed(encoding: Encoding, table: TabulatedModel, states: Ints) -> Clauses:
    """Every clause of at most two literals that no sampled state breaks."""
    a, b, ab, ba = unpack(states)
    wanted = PHASE_FIELDS if encoding.scope.clock else PHASE_FIELDS + NUMBERS
    fields = tuple(field for field in wanted if f"A.{field}" in encoding.frame0)
    read = Sampler(encoding, table, fields, Ids(), Ids())
    rows = [read.ends("A", a), read.ends("B", b), read.channels("A", ab), read.channels("B", ba)]
    both, more = read.both_phases(rows, a, b)
    ends = {w: [table.ends[i] for i in np.unique(ids).tolist()] for w, ids in (("A", a), ("B", b))}
    literals = [literal for names, _ in (*rows, more) for literal in names]
    vocabulary = Vocabulary(encoding, ends, fields, read.phases, read.pairs, literals)
    return Clauses(vocabulary, ~_co_occurrence([*rows, more], [a, b, ab, ba, both]))


def _co_occurrence(rows: list[Rows], parts: list[Ints]) -> npt.NDArray[np.bool_]:
    """Which two literals hold together in some state; `parts` are the ids of each state.

    A block of the matrix for each two parts: over the pairs of ids that occur, the product of the
    literals of the one and of the other counts the pairs in which both hold.
    """
    first = np.cumsum([0] + [len(names) for names, _ in rows])
    together = np.zeros((first[-1], first[-1]), bool)
    for i, j in combinations_with_replacement(range(len(rows)), 2):
        met = distinct(parts[i] << IDS | parts[j])
        # In float32, which BLAS multiplies: a sum of ones may be rounded, but never to zero.
        left = rows[i][1][met >> IDS].astype(np.float32)
        right = rows[j][1][met & LOW].astype(np.float32)
        block = left.T @ right > 0
        together[first[i] : first[i + 1], first[j] : first[j + 1]] = block
        together[first[j] : first[j + 1], first[i] : first[i + 1]] = block.T
    return together
