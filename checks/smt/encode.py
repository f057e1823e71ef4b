"""The state of the model as Z3 constants, and its predicates as formulas.

A frame is one state of the system. The ends are symbolic; a channel knows a finite list of kinds of
segments, and holds for each the index of what it has of it (`kinds.py`). What happens between two
frames is in `relation.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, cast

import z3

from tcpmc.checks.in_flight import PartialSystem, loses_unseen
from tcpmc.checks.smt.message_alphabet import kinds_of
from tcpmc.checks.smt.relation import Relation
from tcpmc.checks.symbolic.fields import (
    CONTROLS,
    SEQUENCE_FIELDS,
    STATE_BITS,
    controls,
    end_terms,
    equal,
    like,
    plain,
    rebuilt,
    segment_terms,
)
from tcpmc.checks.symbolic.symbolic import Sym, truth_of
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import State, Step, Tcb
from tcpmc.model.network.channel import Contents, Flight
from tcpmc.model.network.history import History
from tcpmc.model.network.product import End, System
from tcpmc.model.network.system import Model
from tcpmc.model.properties.kinds import Each, Predicate

Frame = Mapping[str, Any]


class SymbolicSystem(PartialSystem):
    """A state whose ends are symbolic and whose channels are known by what kinds are in them."""

    __slots__ = ("present",)
    present: Sequence[tuple[Flight, z3.BoolRef]]
    unsettled = (
        "it reads System.channels, which the solver knows only by what is in them: use "
        "System.in_flight, or the explicit engine"
    )

    def __init__(self, ends: tuple[End, End], present: Sequence[tuple[Flight, z3.BoolRef]]) -> None:
        super().__init__(ends)
        object.__setattr__(self, "present", present)

    def in_flight(self, which: Callable[[Segment], bool], younger: int | None = None) -> bool:
        """Whether a segment of that kind, and of that age, is in either channel, as a term."""
        found = [
            is_there
            for flight, is_there in self.present
            if which(flight.segment) and (younger is None or flight.age < younger)
        ]
        return cast(bool, Sym(z3.Or(*found)))


class Encoding:
    """The transition relation of a model, and its predicates, over frames "0" and "1".

    `sent[i]` are the segments that end i is known to send.
    """

    def __init__(self, model: Model, sent: tuple[Sequence[Segment], Sequence[Segment]]) -> None:
        self.scope = model.scope
        self.model = SymbolicModel(model.variant, model.scope)
        self.bits = model.scope.bits
        self.iss = [host.iss.value for host in model.hosts]
        symbolic_iss = Seq(cast(int, Sym(z3.BitVec("iss", self.bits))), self.bits)
        self.model.hosts = (Host(model.variant.profile, symbolic_iss),) * 2
        self.reference = model
        self.channels = tuple([kinds_of(model.channel, seg) for seg in kinds] for kinds in sent)
        self.end = self._any_end()
        self.valid = z3.ULT(z3.BitVec("E.state", STATE_BITS), len(State))
        self.frame0, self.frame1 = self.frame("0"), self.frame("1")
        self.inputs = self._inputs()
        self._ignored: dict[tuple[bool, ...], z3.BoolRef] = {}
        self.step = Relation(self).step()

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

    def _any_end(self) -> End:
        """An end with symbolic fields; those that the scope keeps at zero stay concrete."""
        scope = self.scope

        def number(name: str, used: bool = True) -> int:
            return cast(int, Sym(z3.BitVec(f"E.{name}", self.bits))) if used else 0

        def flag(name: str) -> bool:
            return cast(bool, Sym(z3.Bool(f"E.{name}")))

        numbers = {"opens": True, "sent": scope.data > 0, "crashes": scope.crashes > 0}
        history: dict[str, Any] = {
            f.name: number(f.name, numbers[f.name]) if f.name in numbers else flag(f.name)
            for f in fields(History)
        }
        holds = self.reference.variant.profile.out_of_order == "hold"
        sequence: dict[str, Any] = {name: Seq(number(name), self.bits) for name in SEQUENCE_FIELDS}
        tcb = Tcb(
            state=cast(State, Sym(z3.BitVec("E.state", STATE_BITS))),
            **sequence,
            passive=flag("passive"),
            queued=number("queued", scope.data > 0),
            close_queued=flag("close_queued") if scope.data > 0 else False,
            gap=number("gap", holds),
            held=number("held", holds),
            held_fin=flag("held_fin") if holds else False,
        )
        return End(
            tcb,
            History(**history),
            time_wait=number("time_wait", scope.clock),
            rexmt=number("rexmt", scope.clock),
            retries=number("retries", scope.retransmissions is not None),
        )

    def _inputs(self) -> dict[str, Any]:
        """The segment that a step delivers, the one that it sends, and whether it sends."""
        inputs: dict[str, Any] = {"sends": z3.Bool("sends")}
        for name in ("in", "out"):
            for part in ("seq", "ack", "length"):
                inputs[f"{name}.{part}"] = z3.BitVec(f"{name}.{part}", self.bits)
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

    def arriving(self, bits: tuple[bool, ...]) -> Segment:
        """The delivered segment with these control bits and symbolic numbers."""
        seq, ack, length = (
            cast(int, Sym(self.inputs[f"in.{p}"])) for p in ("seq", "ack", "length")
        )
        return Segment(Seq(seq, self.bits), Seq(ack, self.bits), length, *bits)

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
        return z3.And(
            *(
                frame[f"{who}.{name}"] == like(term, frame[f"{who}.{name}"])
                for name, term in end_terms(end).items()
                if f"{who}.{name}" in frame
            )
        )

    def predicate(self, predicate: Predicate) -> z3.BoolRef:
        """A predicate of the catalogue as a formula over frame 0."""
        frame = self.frame0
        valid = [z3.ULT(frame[f"{who}.state"], len(State)) for who in "AB"]
        model, system = Summarized(self), self.system(frame)
        if isinstance(predicate, Each):
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
        if bits not in self._ignored:
            arriving = self.arriving(bits)
            self._ignored[bits] = truth_of(
                lambda: self.model.ignores(0, self.end, arriving), self.valid
            )
        formula = self.about(self._ignored[bits], who, end)
        consts = [(self.inputs[f"in.{p}"], v) for p, v in segment_terms(segment).items()]
        return z3.substitute(formula, *((const, like(value, const)) for const, value in consts))

    def sent_in(self, solution: z3.ModelRef) -> Segment:
        """The segment that a step sends in a solution."""
        parts = {
            name: plain(solution.eval(term, model_completion=True))
            for name, term in self.inputs.items()
        }
        seq, ack = (Seq(parts[f"out.{part}"], self.bits) for part in ("seq", "ack"))
        return Segment(seq, ack, parts["out.length"], *(parts[f"out.{c}"] for c in CONTROLS))

    def at(self, formula: Any, tag: int) -> Any:
        """A formula over frames 0 and 1 as one over frames `tag` and `tag` + 1."""
        first, second = self.frame(str(tag)), self.frame(str(tag + 1))
        pairs = [(self.frame0[name], first[name]) for name in first]
        pairs += [(self.frame1[name], second[name]) for name in second]
        pairs += [(term, z3.Const(f"{term}@{tag}", term.sort())) for term in self.inputs.values()]
        return z3.substitute(formula, *pairs)


class SymbolicModel(Model):
    """The model on symbolic ends. What counts as a change is decided by the solver, on terms: the
    explicit engine, which compares values, does not share it."""

    def changes_nothing(self, before: Tcb, step: Step) -> bool:
        """As `Model.changes_nothing`, as a term."""
        return not step.send and cast(bool, Sym(equal(step.tcb, before)))


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
