"""Verdicts: the fixed words, what each engine answered, and how the answers become one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from tcpmc.checks.trace import Trace
from tcpmc.model.network.scope import Scope
from tcpmc.model.properties.kinds import (
    DISAGREE,
    INCONCLUSIVE,
    PROVED,
    REFUTED,
    UNREACHABLE,
    VACUOUS,
    WITNESS,
    Property,
    Word,
)
from tcpmc.model.variants.bugs import BUGS
from tcpmc.model.variants.pair import Stacks

__all__ = [
    "DISAGREE",
    "INCONCLUSIVE",
    "PROVED",
    "REFUTED",
    "UNREACHABLE",
    "VACUOUS",
    "WITNESS",
    "Word",
]

DEFINITE = (PROVED, REFUTED, WITNESS, UNREACHABLE, VACUOUS)
OPPOSITE: dict[str, Word] = {
    PROVED: REFUTED,
    REFUTED: PROVED,
    WITNESS: UNREACHABLE,
    UNREACHABLE: WITNESS,
}


def holds_up_to(depth: int) -> str:
    """The word for a bounded answer: no counterexample within `depth` steps, and no proof."""
    return f"HOLDS<={depth}"


@dataclass(frozen=True, order=True)
class Never:
    """A rule that was to be followed and never was, for want of room for the segments it sends."""

    rule: str
    segments: int

    @property
    def label(self) -> str:
        """The last of the labels: what the rules before it let pass is done elsewhere too."""
        return self.rule.split(" + ")[-1]


@dataclass(frozen=True)
class Cut:
    """What the capacity of the channels cut off of a search.

    sends, copies
        How many pairs of what is in a channel and what was to be sent into it had no room, and in
        how many contents of a channel there was none for a duplicate.
    never
        The rules of steps that found room in no state: of them nothing is known.
    larger
        What the next larger capacity gave, if it was tried.
    """

    capacity: int
    sends: int
    copies: int
    never: tuple[Never, ...] = ()
    larger: str | None = None

    @property
    def missing(self) -> str:
        """What was never done, and which capacity has room for it, on one line."""
        most = max(self.capacity + 1, *(each.segments for each in self.never))
        lines = [
            f"the {each.segments} segment{'s' * (each.segments > 1)} of {each.label!r}"
            for each in self.never
        ]
        rules = list(dict.fromkeys(lines))
        more = [f"{len(rules) - MOST_RULES} more"] if len(rules) > MOST_RULES else []
        what = ", ".join(rules[:MOST_RULES] + more)
        return f"capacity {self.capacity} never has room for {what}: --capacity {most}"


@dataclass(frozen=True)
class Answer:
    """What one engine says: the word, how it knows (one line), and the trace if there is one.

    `narrower` names the bounds of the answer where they are narrower than the scope asked for:
    then it is evidence beside another engine's answer, and settles nothing by itself. `cut` is what
    the capacity cut off, where a search over all runs within it met it.
    """

    word: str
    method: str
    trace: Trace | None = None
    narrower: str = ""
    cut: Cut | None = None

    @property
    def definite(self) -> bool:
        """Whether the question is settled in the scope."""
        return self.word in DEFINITE and not self.narrower


def beside_larger(answer: Answer, later: Answer) -> Answer:
    """An answer that met the capacity, with what the next larger one gives. Where the verdicts
    differ it is the capacity that decides, and the answer is INCONCLUSIVE."""
    assert answer.cut is not None
    here, there = answer.cut.capacity, answer.cut.capacity + 1
    cut = replace(answer.cut, larger=later.word)
    if later.word == answer.word:
        how = f"{answer.method}; the same at capacity {there}"
    elif INCONCLUSIVE in (answer.word, later.word):
        how = f"{answer.method}; at capacity {there} {later.word}: {later.method}"
    else:
        how = f"{answer.word} at capacity {here}, and {later.word} at capacity {there}"
        return Answer(INCONCLUSIVE, how, cut=cut)
    return replace(answer, method=how, cut=cut)


class Standing(Enum):
    """What a verdict means for whoever waits for the run to pass: the first two do not let it."""

    UNEXPECTED = "not as expected"
    UNSETTLED = "not settled"
    AS_EXPECTED = "as expected"
    NOT_JUDGED = "without an expected verdict"


@dataclass(frozen=True)
class Verdict:
    """The answer to one property on one variant in one scope, with what it rests on.

    `expected_override` is the word that the user expects where the catalogue expects none.
    """

    prop: Property
    variant: Stacks
    scope: Scope
    answers: Mapping[str, Answer]
    expected_override: Word | None = None

    @property
    def word(self) -> str:
        """One word for all engines."""
        return merged(list(self.answers.values()))

    @property
    def expected(self) -> Word | None:
        """The word that is expected on this variant; None where nothing is said."""
        a, b = self.variant.at(0), self.variant.at(1)
        word = expected_on(self.prop, a.name if a == b else self.variant.name)
        return self.expected_override if word is None else word

    @property
    def as_expected(self) -> bool:
        """Whether the word is the expected one. Without one, nothing unexpected can be said."""
        return self.expected is None or self.word == self.expected

    @property
    def standing(self) -> Standing:
        """What the verdict means for whoever waits for the run to pass."""
        if self.word == DISAGREE or (self.word in DEFINITE and not self.as_expected):
            return Standing.UNEXPECTED
        if self.word not in DEFINITE:
            return Standing.UNSETTLED
        return Standing.AS_EXPECTED if self.expected is not None else Standing.NOT_JUDGED

    @property
    def differs(self) -> bool:
        """Whether nothing is expected, and rfc9293 is expected to give something else."""
        return self.expected is None and self.prop.expected.get("rfc9293", self.word) != self.word

    @property
    def cut(self) -> Cut | None:
        """What the capacity cut off, where no engine has the word without one."""
        same = [a for a in self.answers.values() if a.word == self.word and not a.narrower]
        cuts = [answer.cut for answer in same]
        return None if None in cuts else next(iter(cuts), None)

    @property
    def trace(self) -> Trace | None:
        """The canonical trace: the explicit engine's, else any."""
        traces = [answer.trace for answer in self.answers.values() if answer.trace is not None]
        return traces[0] if traces else None


def expected_on(prop: Property, variant: str) -> Word | None:
    """The word that the catalogue expects on the variant of that name; None where it says nothing.
    A seeded bug turns the verdict of the property that catches it into its opposite."""
    bug = BUGS.get(variant)
    if bug is not None and bug.caught_by == prop.name:
        return OPPOSITE[prop.expected[bug.sound]]
    return prop.expected.get(variant)


def merged(answers: Sequence[Answer]) -> str:
    """The word that several engines' answers amount to.

    Engines that settle the question differently DISAGREE, and so does one with the rules. One that
    found the premise never to hold says more than one that only proved the claim: VACUOUS.
    """
    if any(answer.word == DISAGREE for answer in answers):
        return DISAGREE
    definite = {answer.word for answer in answers if answer.definite}
    if definite == {PROVED, VACUOUS}:
        return VACUOUS
    if len(definite) > 1:
        return DISAGREE
    if definite:
        return definite.pop()
    if any(answer.word == INCONCLUSIVE and answer.cut is not None for answer in answers):
        return INCONCLUSIVE
    bounded = [a.word for a in answers if a.word not in DEFINITE and a.word != INCONCLUSIVE]
    return bounded[0] if bounded else INCONCLUSIVE


MOST_RULES = 3

EXIT_AS_EXPECTED, EXIT_UNEXPECTED, EXIT_USAGE, EXIT_INCONCLUSIVE = 0, 1, 2, 3
EXIT_DISAGREE, EXIT_NOTHING, EXIT_INTERNAL = 4, 5, 70
EXIT_CODES = {
    EXIT_AS_EXPECTED: "all verdicts are as expected, or nothing was expected",
    EXIT_UNEXPECTED: "a verdict is not the expected one, or a stack, proof or capture is at fault",
    EXIT_USAGE: "wrong use of the command, or bad input; one line on standard error says which",
    EXIT_INCONCLUSIVE: "a question is not settled, or only up to a bound; also after Ctrl-C",
    EXIT_DISAGREE: "two engines disagree, or a trace failed its replay: a bug in tcpmc",
    EXIT_NOTHING: "there was nothing to decide or to show",
    EXIT_INTERNAL: "an internal error: a bug in tcpmc",
}
"""What each exit code means; the same for every command."""


def exit_code(verdicts: list[Verdict]) -> int:
    """The exit code for a run; the worst verdict decides."""
    if not verdicts:
        return EXIT_NOTHING
    if any(verdict.word == DISAGREE for verdict in verdicts):
        return EXIT_DISAGREE
    if any(verdict.word in DEFINITE and not verdict.as_expected for verdict in verdicts):
        return EXIT_UNEXPECTED
    if any(verdict.word not in DEFINITE for verdict in verdicts):
        return EXIT_INCONCLUSIVE
    return EXIT_AS_EXPECTED
