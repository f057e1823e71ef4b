"""Invariants of dense time that come with the package: text that is read, and then proved again.

Nothing is believed of what is shipped. What is read is an invariant over the phases, flags and
moments of the rules at hand, and `threshold` puts every obligation of the proof to the solver anew.
Where it is damaged, is about other phases, or an obligation fails, it is as if it were not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from tcpmc.checks.timed.candidates import Fact
from tcpmc.checks.timed.houdini import Mine
from tcpmc.checks.timed.proof import Needed, Slice, exchanged

if TYPE_CHECKING:
    from tcpmc.checks.timed.threshold import ThresholdQuestion

FIRST = "An inductive invariant in dense time, to be checked before it is believed."
DIGEST = "sha256: "
RELATIONS = "<", "<="
"""Of the bounds with an even and an odd index (see `Bounds`)."""


class DamagedProof(Exception):
    """The text is no invariant of this system; says why."""


def file_name(question: ThresholdQuestion, variant: str) -> str:
    """The file of a question on a variant: its name, and a digest of what is assumed."""
    assumed = sha256("; ".join(question.assume).encode()).hexdigest()[:8]
    return f"{question.name}.{variant}.{assumed}.txt"


def shipped(question: ThresholdQuestion) -> str | None:
    """The text that is shipped for the question: that of the variant, or of the RFC's rules, which
    may do for rules that close alike. None if there is none."""
    folder = files("tcpmc.checks.timed") / "invariants"
    for variant in dict.fromkeys((question.variant.name, "rfc9293")):
        try:
            return (folder / file_name(question, variant)).read_text("ascii")
        except (OSError, ValueError):
            continue
    return None


def written(proof: Slice) -> str:
    """The invariant of a proof as text, with a digest in its second line."""
    body = "".join(f"{line}\n" for line in _lines(proof))
    return f"{FIRST}\n{DIGEST}{sha256(body.encode()).hexdigest()}\n{body}"


def _lines(proof: Slice) -> Iterator[str]:
    """The facts of each pair of phases; where the ends are alike, of each pair once."""
    system = proof.mine.system
    phases = system.table.phases
    for (a, b), facts in proof.needed.items():
        if system.alike and a > b:
            continue
        yield f"A {phases[a]} and B {phases[b]}:"
        yield from sorted(f"  {fact_text(proof.mine, fact)}" for fact in facts)


def fact_text(mine: Mine, fact: Fact) -> str:
    """A fact as a line: `not A.owed.FIN,ACK(1,1)`, `A.sent.FIN,ACK(1,1) - now <= -MSL`."""
    what, value = fact
    if isinstance(what, str):
        return what if value else f"not {what}"
    limit, relation = mine.bounds.sums[value // 2], RELATIONS[value % 2]
    return f"{what.left or 0} - {what.right or 0} {relation} {limit}"


def read(mine: Mine, text: str) -> Slice:
    """The invariant of a text, over the phases, flags and moments of a system. Raises
    DamagedProof."""
    first, _, rest = text.partition("\n")
    digest, _, body = rest.partition("\n")
    if first != FIRST or digest != DIGEST + sha256(body.encode()).hexdigest():
        raise DamagedProof("the digest is that of another text")
    phases = {str(phase): number for number, phase in enumerate(mine.system.table.phases)}
    facts, needed, here = _Facts(mine), Needed(), dict[Fact, None]()
    for line in body.splitlines():
        if line.startswith("  "):
            here[facts.of(line[2:])] = None
            continue
        a, _, b = line.removeprefix("A ").removesuffix(":").partition(" and B ")
        if a not in phases or b not in phases:
            raise DamagedProof(f"no end is ever in the phases {line!r}")
        here = needed[phases[a], phases[b]] = {}
    if mine.system.alike:
        for (one, other), known in tuple(needed.items()):
            needed.setdefault((other, one), {}).update(dict.fromkeys(map(exchanged, known)))
    return Slice(mine, needed)


class _Facts:
    """Facts about a system, from their lines."""

    def __init__(self, mine: Mine) -> None:
        self.flags = {*mine.flags}
        self.pairs = {(pair.left or "0", pair.right or "0"): pair for pair in mine.bounds.pairs}
        self.sums = {str(one): number for number, one in enumerate(mine.bounds.sums)}

    def of(self, line: str) -> Fact:
        """The fact that a line states. Raises DamagedProof."""
        flag = line.removeprefix("not ")
        if flag in self.flags:
            return flag, int(flag == line)
        for strict, relation in enumerate(RELATIONS):
            difference, found, limit = line.partition(f" {relation} ")
            left, _, right = difference.partition(" - ")
            if found and (left, right) in self.pairs and limit in self.sums:
                return self.pairs[left, right], 2 * self.sums[limit] + strict
        raise DamagedProof(f"this system has no {line!r}")
