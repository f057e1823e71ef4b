"""The state of the model as Z3 constants, and its predicates as formulas.

A frame is one state of the system. The ends are symbolic; a channel knows a finite list of kinds of
segments, and holds for each the index of what it has of it (`kinds.py`). What happens between two
frames is in `relation.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, cast

import z3

from tcpmc.checks.in_flight import loses_unseen
from tcpmc.checks.smt.message_alphabet import kinds_of
from tcpmc.checks.smt.relation import Relation
from tcpmc.checks.symbolic.fields import (
    CONTROLS,
    STATE_BITS,
    controls,
    end_terms,
    like,
    plain,
    rebuilt,
    segment_terms,
)
from tcpmc.checks.symbolic.symbolic import Sym, as_truth, truth_of
from tcpmc.checks.symbolic.symbolic_system import SymbolicModel, SymbolicSystem, check_encodable
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import State
from tcpmc.model.network.channel import Contents
from tcpmc.model.network.product import End, System
from tcpmc.model.network.system import Model
from tcpmc.model.properties.kinds import AtBothEnds, Predicate

Frame = Mapping[str, Any]
COUNTER_BITS, WIDTHS = 8, {"ts_recent": 32, "stamp": 32}
"""The bits of a number that is no sequence number, at the least, and of those that need more."""


class Encoding:
    """The transition relation of a model, and its predicates, over frames "0" and "1".

    `sent[i]` are the segments that end i is known to send, and `varying` the fields of an end that
    are not always as in the initial state (None: all that have terms). A step that sends another
    segment, or changes another field, raises the flag `escaped`: then nothing is known.
    """

    def __init__(
        self,
        model: Model,
        sent: tuple[Sequence[Segment], Sequence[Segment]],
        varying: Collection[str] | None = None,
    ) -> None:
        check_encodable(model.variant)
        self.scope = model.scope
        self.bits = model.scope.bits
        self.iss = [host.iss.value for host in model.hosts]
        symbolic_iss = Seq(cast(int, Sym(z3.BitVec("iss", self.bits))), self.bits)
        a, b = (replace(host, iss=symbolic_iss) for host in model.hosts)
        self.model = SymbolicModel(model.variant, model.scope, (a, b))
        self.alike = model.stacks[0] == model.stacks[1]
        self.reference = model
        self.channels = tuple([kinds_of(model.channel, seg) for seg in kinds] for kinds in sent)
        self.end = self._any_end(varying)
        self.valid = z3.ULT(z3.BitVec("E.state", STATE_BITS), len(State))
        self.frame0, self.frame1 = self.frame("0"), self.frame("1")
        self.inputs = self._inputs()
        self._ignored: dict[tuple[int, tuple[bool, ...]], z3.BoolRef] = {}
        self.step = Relation(self).step()

    def rules_of(self, which: int) -> int:
        """The end whose rules are worked out for that end: A for both where their rules are the
        same."""
        return 0 if self.alike else which

    def frame(self, tag: str) -> dict[str, Any]:
        """Fresh constants for one state, by name."""
        names: dict[str, Any] = {"escaped": z3.Bool(f"escaped@{tag}")}
        for who in "AB":
            for name, value in end_terms(self.end).items():
                if isinstance(value, Sym):
                    names[f"{who}.{name}"] = z3.Const(f"{who}.{name}@{tag}", value.term.sort())
        for who, kinds in zip("AB", self.channels, strict=True):
            for number, kind in enumerate(kinds):
                names[f"{who}:{number}"] = z3.BitVec(f"{who}:{number}@{tag}", kind.bits)
        return names

    def _any_end(self, varying: Collection[str] | None) -> End:
        """An end with a term for each field that varies."""
        initial = self.reference.initial().ends[0]

        def value(name: str, old: Any) -> Any:
            if isinstance(old, State):
                return Sym(z3.BitVec("E.state", STATE_BITS))
            if isinstance(old, Seq):
                return Seq(cast(int, Sym(z3.BitVec(f"E.{name}", self.bits))), self.bits)
            if isinstance(old, bool):
                return Sym(z3.Bool(f"E.{name}"))
            if isinstance(old, int):
                return Sym(z3.BitVec(f"E.{name}", WIDTHS.get(name, max(self.bits, COUNTER_BITS))))
            return old

        def with_terms(part: Any) -> Any:
            names = [f.name for f in fields(part) if varying is None or f.name in varying]
            return replace(part, **{name: value(name, getattr(part, name)) for name in names})

        tcb, history = with_terms(initial.tcb), with_terms(initial.history)
        end: End = replace(with_terms(initial), tcb=tcb, history=history)
        return end

    def _inputs(self) -> dict[str, Any]:
        """The segment that a step delivers, the one that it sends, whether it sends, and whether
        the end strays from what is known of it."""
        inputs: dict[str, Any] = {name: z3.Bool(name) for name in ("sends", "strays")}
        for name in ("in", "out"):
            for part, width in self._segment_widths().items():
                inputs[f"{name}.{part}"] = z3.BitVec(f"{name}.{part}", width)
            for control in CONTROLS:
                inputs[f"{name}.{control}"] = z3.Bool(f"{name}.{control}")
        if loses_unseen(self.reference):
            lost = [
                (who, n)
                for who, kinds in zip("AB", self.channels, strict=True)
                for n in range(len(kinds))
            ]
            inputs |= {f"left.{who}:{n}": z3.Bool(f"left.{who}:{n}") for who, n in lost}
        return inputs

    def _segment_widths(self) -> dict[str, int]:
        """The bits of the numbers of a segment, by their names."""
        names = (field.name for field in fields(Segment) if field.name not in CONTROLS)
        return {name: WIDTHS.get(name, self.bits) for name in names}

    def _segment(self, value: Callable[[str], Any]) -> Segment:
        """The segment with these values of its fields."""
        parts: dict[str, Any] = {field.name: value(field.name) for field in fields(Segment)}
        numbers = {name: Seq(parts[name], self.bits) for name in ("seq", "ack")}
        return Segment(**parts | numbers)

    def arriving(self, bits: tuple[bool, ...]) -> Segment:
        """The delivered segment with these control bits and symbolic numbers."""
        carried = dict(zip(CONTROLS, bits, strict=True))
        return self._segment(
            lambda name: carried[name] if name in carried else Sym(self.inputs[f"in.{name}"])
        )

    def about(self, term: Any, who: str, end: End) -> Any:
        """A formula about the generic end E as one about this end, of host `who`."""
        actual = end_terms(end)
        pairs = [
            (generic.term, like(actual[name], generic.term))
            for name, generic in end_terms(self.end).items()
            if isinstance(generic, Sym)
        ]
        iss = z3.BitVecVal(self.iss["AB".index(who)], self.bits)
        return z3.substitute(term, *pairs, (z3.BitVec("iss", self.bits), iss))

    def system(self, frame: Frame) -> SymbolicSystem:
        """The state of a frame, as predicates see it."""
        present = [
            (flight, z3.And(_one_of(frame[f"{who}:{number}"], places), *self._left(who, number)))
            for who, kinds in zip("AB", self.channels, strict=True)
            for number, kind in enumerate(kinds)
            for flight, places in kind.holding.items()
        ]
        return SymbolicSystem((self.end_in(frame, "A"), self.end_in(frame, "B")), present)

    def _left(self, who: str, number: int) -> list[z3.BoolRef]:
        """That what was sent of a kind is not lost, where a state does not say so."""
        name = f"left.{who}:{number}"
        return [self.inputs[name]] if name in self.inputs else []

    def end_in(self, frame: Frame, who: str) -> End:
        """End `who` with the constants of a frame as its fields."""
        return rebuilt(self.end, lambda name: Sym(frame[f"{who}.{name}"]))

    def decode(self, frame: Frame, solution: z3.ModelRef) -> System:
        """The concrete state that a solution assigns to a frame."""

        def value(name: str) -> Any:
            return plain(solution.eval(frame[name], model_completion=True))

        a, b = (rebuilt(self.end, lambda name, w=who: value(f"{w}.{name}")) for who in "AB")  # type: ignore[misc]
        contents = []
        for who, kinds in zip("AB", self.channels, strict=True):
            flights: Contents = ()
            for number, kind in enumerate(kinds):
                flights += kind.contents[value(f"{who}:{number}")]
            contents.append(self.reference.channel.arranged(flights))
        return System((a, b), (contents[0], contents[1]))

    def initial(self) -> z3.BoolRef:
        """Frame 0 is the initial state."""
        return self.equals(self.frame0, self.reference.initial())

    def equals(self, frame: Frame, system: System) -> z3.BoolRef:
        """The frame is this concrete state."""
        same = [z3.Not(frame["escaped"])]
        same += [self.end_is(frame, who, end) for who, end in zip("AB", system.ends, strict=True)]
        for who, kinds, contents in zip("AB", self.channels, system.channels, strict=True):
            for number, kind in enumerate(kinds):
                held = tuple(f for f in contents if f.segment == kind.segment)
                same.append(frame[f"{who}:{number}"] == kind.contents.index(held))
        return z3.And(*same)

    def end_is(self, frame: Frame, who: str, end: End) -> z3.BoolRef:
        """End `who` in the frame has the fields of `end`, symbolic or not."""
        return z3.And(z3.Not(self.strays(end)), *self.same_fields(frame, who, end))

    def same_fields(self, frame: Frame, who: str, end: End) -> list[z3.BoolRef]:
        """That each field which varies is in the frame as in `end`."""
        same = []
        for name, value in end_terms(end).items():
            if f"{who}.{name}" in frame:
                same.append(frame[f"{who}.{name}"] == like(value, frame[f"{who}.{name}"]))
        return same

    def strays(self, end: End) -> z3.BoolRef:
        """Some field that does not vary, as far as is known, has another value."""
        fixed, differences = end_terms(self.end), [z3.BoolVal(False)]
        for name, value in end_terms(end).items():
            if not isinstance(fixed[name], Sym):
                differences.append(as_truth(value != fixed[name]))
        return z3.simplify(z3.Or(*differences))

    def predicate(self, predicate: Predicate) -> z3.BoolRef:
        """A predicate of the catalogue as a formula over frame 0."""
        frame = self.frame0
        valid = [z3.ULT(frame[f"{who}.state"], len(State)) for who in "AB"]
        model, system = Summarized(self), self.system(frame)
        if isinstance(predicate, AtBothEnds):
            condition = predicate.condition
            return z3.And(
                truth_of(lambda: condition(model, system, 0), *valid),
                truth_of(lambda: condition(model, system, 1), *valid),
            )
        return truth_of(lambda: predicate(model, system), *valid)

    def ignored(self, who: str, end: End, segment: Segment) -> z3.BoolRef:
        """Whether end `who` with these fields ignores the segment, from the paths of SEGMENT
        ARRIVES for its control bits."""
        bits = controls(segment)
        which = self.rules_of("AB".index(who))
        if (which, bits) not in self._ignored:
            arriving = self.arriving(bits)
            self._ignored[which, bits] = truth_of(
                lambda: self.model.ignores(which, self.end, arriving), self.valid
            )
        formula = self.about(self._ignored[which, bits], who, end)
        consts = [(self.inputs[f"in.{p}"], v) for p, v in segment_terms(segment).items()]
        return z3.substitute(formula, *((const, like(value, const)) for const, value in consts))

    def sent_in(self, solution: z3.ModelRef) -> Segment:
        """The segment that a step sends in a solution."""

        def value(name: str) -> Any:
            return plain(solution.eval(self.inputs[f"out.{name}"], model_completion=True))

        return self._segment(value)

    def at(self, formula: Any, tag: int) -> Any:
        """A formula over frames 0 and 1 as one over frames `tag` and `tag` + 1."""
        first, second = self.frame(str(tag)), self.frame(str(tag + 1))
        pairs = [(self.frame0[name], first[name]) for name in first]
        pairs += [(self.frame1[name], second[name]) for name in second]
        pairs += [(term, z3.Const(f"{term}@{tag}", term.sort())) for term in self.inputs.values()]
        return z3.substitute(formula, *pairs)


def _one_of(index: z3.BitVecRef, places: Sequence[int]) -> z3.BoolRef:
    """The index of a kind's contents is one of these."""
    return z3.Or(*(index == place for place in places))


class Summarized(SymbolicModel):
    """The model for predicates: whether an end ignores a segment is a formula that was computed
    once for any end and any segment, and not executed again on each path."""

    def __init__(self, encoding: Encoding) -> None:
        super().__init__(encoding.reference.variant, encoding.scope)
        self.encoding = encoding

    def ignores(self, which: int, end: End, segment: Segment) -> bool:
        """As `Model.ignores`, as a term."""
        return cast(bool, Sym(self.encoding.ignored("AB"[which], end, segment)))
