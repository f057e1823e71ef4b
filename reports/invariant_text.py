"""An invariant in words: statements about the two ends and what each has sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from itertools import combinations

from tcpmc.checks.parametric.formulas import distance
from tcpmc.checks.parametric.short_invariant import EndsStatement, ShortInvariant, States
from tcpmc.model.endpoint.tcb import State
from tcpmc.model.network.history import History
from tcpmc.model.network.product import End

SAID = {
    "opens": "opened",
    "closed": "closed by its user",
    "gave_up": "given up",
    "fin_sent": "FIN sent",
    "fin_received": "FIN received",
    "active": "FIN sent before the other's arrived",
    "told": "the user was told",
    "reset": "reset",
    "time_wait": "through TIME-WAIT",
    "waited": "through TIME-WAIT",
    "assassinated": "TIME-WAIT cut short",
    "combined": "FIN came with the ACK",
}
"""What a history says, in words; a field that is not here by its own name."""

LEGEND = (
    "FIN,ACK(1,2): SEG.SEQ is the sender's ISS + 1, SEG.ACK the other's ISS + 2. Each statement is "
    "about either end."
)


def statements(found: ShortInvariant) -> list[str]:
    """A line for each statement; statements that differ only in the segment are one."""
    words, merged = InvariantWords(found), dict[tuple[object, ...], list[int]]()
    for one in found.statements:
        key = (one.here, one.there, one.by_other, one.sent, one.kind is None)
        merged.setdefault(key, [])
        merged[key] += [] if one.kind is None else [one.kind]
    lines, seen = [], set[tuple[object, ...]]()
    for one in found.statements:
        key = (one.here, one.there, one.by_other, one.sent, one.kind is None)
        if key not in seen:
            seen.add(key)
            lines.append(words.line(one, merged[key]))
    return lines


class InvariantWords:
    """The words for the states and the segments of an invariant."""

    def __init__(self, found: ShortInvariant) -> None:
        formulas = found.formulas
        self._ends = formulas.endpoint.ends
        names = formulas.sent_names[: len(formulas.endpoint.kinds)]
        self._kinds = [name.removeprefix("A.sent.") for name in names]
        self._features = [frozenset(_features(end)) for end in self._ends]
        self._all = frozenset(range(len(self._ends)))

    def line(self, one: EndsStatement, kinds: Sequence[int]) -> str:
        """A statement about these kinds."""
        what, here = _listed(self._kinds[kind] for kind in kinds), self.states(one.here)
        who = "the other" if one.by_other else "it"
        does = "has sent" if one.sent else "has not sent"
        if one.there is None:
            rest = self.states(self._all - one.here)
            if not one.sent and len(rest) < len(here):
                of = "While the other has" if one.by_other else "An end that has"
                verb = "an end is" if one.by_other else "is"
                comma = "," if one.by_other else ""
                either = _listed((self._kinds[kind] for kind in kinds), "or")
                return f"{of} sent {either}{comma} {verb} in {rest}."
            return f"While an end is in {here}, {who} {does} {what}."
        if not kinds:
            return (
                f"While an end is in {here}, the other is in {self.states(self._all - one.there)}."
            )
        there = self.states(one.there)
        who = "the other" if one.by_other else "the first"
        return f"While an end is in {here} and the other in {there}, {who} {does} {what}."

    def states(self, chosen: States) -> str:
        """A set of states: by name where all of that name are in it, else with what tells them from
        those that are not; by what is left out where that is shorter."""
        said, without = self._named(chosen), self._named(self._all - chosen)
        if chosen == self._all:
            return "any state"
        return f"any state but {without}" if chosen and len(without) + 14 < len(said) else said

    def _named(self, chosen: States) -> str:
        parts = []
        for state in State:
            every = {number for number, end in enumerate(self._ends) if end.state == state}
            some = every & chosen
            if some:
                parts.append(
                    str(state) if some == every else f"{state} ({self._told(some, every)})"
                )
        return _listed(parts, "or")

    def _told(self, some: set[int], every: set[int]) -> str:
        """What these states have, and the others of the name have not, in as few cases as seem to
        do."""
        known = sorted({feature for number in every for feature in self._features[number]})
        literals = [(name, has) for name in known for has in (True, False)]
        cases = [
            (asked, {n for n in every if self._meets(n, asked)})
            for count in (1, 2, 3)
            for asked in combinations(literals, count)
        ]
        fitting = [(asked, meant) for asked, meant in cases if meant and meant <= some]
        open_, told = set(some), []
        while open_:
            asked, meant = max(fitting, key=lambda case: (len(case[1] & open_), -len(case[0])))
            open_ -= meant
            told.append(", ".join(name if has else f"not {name}" for name, has in asked))
        return "; or ".join(told)

    def _meets(self, number: int, asked: Iterable[tuple[str, bool]]) -> bool:
        return all((name in self._features[number]) == has for name, has in asked)


def _features(end: End) -> Iterator[str]:
    """What is true of an end, in words."""
    for entry in fields(History):
        if getattr(end.history, entry.name):
            yield SAID.get(entry.name, entry.name.replace("_", " "))
    if end.tcb.passive:
        yield "from LISTEN"
    if end.tcb.close_queued:
        yield "CLOSE queued"
    for name in ("snd_una", "snd_nxt", "rcv_nxt"):
        yield f"{name.upper().replace('_', '.')} {distance(name, getattr(end.tcb, name))}"


def _listed(parts: Iterable[str], word: str = "and") -> str:
    *first, last = list(parts) or [""]
    return f"{', '.join(first)} {word} {last}" if first else last
