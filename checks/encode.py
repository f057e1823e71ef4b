"""The model as Z3 constraints: the same functions, executed symbolically.

A frame is one state of the system as Z3 constants. What an end does comes from the symbolic paths
of `Model.own_move`, `Model.receive` and `Model.tick_end`; what a channel does to one kind of
segment from `Channel`, tabulated. The numbers of a segment stay symbolic until it is in a channel,
which knows a finite list of kinds: sending anything else raises the flag `escaped`, and a proof has
to show that this never happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import product
from typing import Any, cast

import z3

from tcpmc.checks.symbolic import Path, Sym, as_bits, as_truth, paths, truth_of
from tcpmc.model.channel import Channel, Contents
from tcpmc.model.history import History
from tcpmc.model.profile import Host
from tcpmc.model.property import Each, Predicate
from tcpmc.model.scope import Scope
from tcpmc.model.segment import Segment
from tcpmc.model.sequence import Seq
from tcpmc.model.system import OWN_EVENTS, End, Model, Move, System
from tcpmc.model.tcb import State, Tcb

Frame = Mapping[str, Any]
Update = list[tuple[str, Any]]

SEQUENCE_FIELDS = ("iss", "irs", "snd_una", "snd_nxt", "rcv_nxt")
STATE_BITS = 4
CONTROLS = ("SYN", "ACK", "FIN", "RST")


@dataclass(frozen=True)
class Kinds:
    """What a channel does to one kind of segment: the contents that hold only that kind, by
    index (0 is none), and the ways from one to another."""

    segment: Segment
    contents: tuple[Contents, ...]
    put: tuple[tuple[int, int], ...]
    deliver: tuple[tuple[int, int], ...]
    network: tuple[tuple[int, int], ...]
    tick: tuple[tuple[int, int], ...]

    @property
    def bits(self) -> int:
        """How many bits the index needs."""
        return max(1, (len(self.contents) - 1).bit_length())


def kinds_of(channel: Channel, segment: Segment) -> Kinds:
    """Tabulate the channel on contents of one kind only."""
    contents: list[Contents] = [()]
    ways: dict[str, set[tuple[int, int]]] = {"put": set(), "deliver": set(), "network": set(), "tick": set()}

    def index(after: Contents) -> int:
        if after not in contents:
            contents.append(after)
        return contents.index(after)

    for number, before in enumerate(contents):  # grows while it is read
        for name, results in (
            ("put", [channel.put(before, (segment,))]),
            ("deliver", [rest for _, rest in channel.deliveries(before)]),
            ("network", [rest for _, rest in channel.losses(before)]),
            ("network", [more for _, more in channel.duplicates(before)]),
            ("network", [rest for _, rest in channel.expiries(before)]),
            ("tick", [channel.tick(before)] if channel.scope.clock else []),
        ):
            ways[name] |= {(number, index(after)) for after in results if after is not None}
    ordered = {name: tuple(sorted(pairs)) for name, pairs in ways.items()}
    return Kinds(segment, tuple(contents), **ordered)


class SymbolicSystem(System):
    """A state whose ends are symbolic and whose channels are known by what kinds are in them."""

    __slots__ = ("present",)

    def __init__(self, ends: tuple[End, End], present: Sequence[tuple[Segment, z3.BoolRef]]) -> None:
        super().__init__(ends)
        object.__setattr__(self, "present", present)

    def in_flight(self, which: Callable[[Segment], bool]) -> bool:
        """Whether a segment of that kind is in either channel, as a term."""
        found = [is_there for segment, is_there in self.present if which(segment)]
        return cast(bool, Sym(z3.Or(*found)))


class Encoding:
    """The transition relation of a model, and its predicates, over frames "0" and "1".

    `sent[i]` are the segments that end i is known to send.
    """

    def __init__(self, model: Model, sent: tuple[Sequence[Segment], Sequence[Segment]]) -> None:
        self.scope = model.scope
        self.model = Model(model.variant, model.scope)
        self.bits = model.scope.bits
        self.iss = [host.iss.value for host in model.hosts]
        symbolic_iss = Seq(cast(int, Sym(z3.BitVec("iss", self.bits))), self.bits)
        self.model.hosts = (Host(model.variant.profile, symbolic_iss),) * 2
        self.reference = model
        self.channels = tuple([kinds_of(model.channel, seg) for seg in kinds] for kinds in sent)
        self._symbolic_end = self._end("E")
        self._valid = z3.ULT(z3.BitVec("E.state", STATE_BITS), len(State))
        self.frame0, self.frame1 = self.frame("0"), self.frame("1")
        self.inputs: dict[str, Any] = {}
        self._ignored: dict[tuple[bool, ...], z3.BoolRef] = {}
        self.step = self._step()

    # --- frames -------------------------------------------------------------------------------

    def frame(self, tag: str) -> dict[str, Any]:
        """Fresh constants for one state, by name."""
        names: dict[str, Any] = {"escaped": z3.Bool(f"escaped@{tag}")}
        for who in "AB":
            for name, value in end_terms(self._symbolic_end).items():
                if isinstance(value, Sym):
                    names[f"{who}.{name}"] = z3.Const(f"{who}.{name}@{tag}", value.term.sort())
        for who, kinds in zip("AB", self.channels, strict=True):
            for number, kind in enumerate(kinds):
                names[f"{who}:{number}"] = z3.BitVec(f"{who}:{number}@{tag}", kind.bits)
        return names

    def _end(self, prefix: str) -> End:
        """An end with symbolic fields; those that the scope keeps at zero stay concrete."""
        scope = self.scope

        def number(name: str, used: bool = True) -> int:
            return cast(int, Sym(z3.BitVec(f"{prefix}.{name}", self.bits))) if used else 0

        def flag(name: str) -> bool:
            return cast(bool, Sym(z3.Bool(f"{prefix}.{name}")))

        numbers = {"opens": True, "sent": scope.data > 0, "crashes": scope.crashes > 0}
        history: dict[str, Any] = {
            f.name: number(f.name, numbers[f.name]) if f.name in numbers else flag(f.name)
            for f in fields(History)
        }
        sequence = {name: Seq(number(name), self.bits) for name in SEQUENCE_FIELDS}
        tcb = Tcb(
            state=cast(State, Sym(z3.BitVec(f"{prefix}.state", STATE_BITS))),
            **sequence,
            passive=flag("passive"),
            queued=number("queued", scope.data > 0),
            close_queued=flag("close_queued") if scope.data > 0 else False,
        )
        return End(
            tcb,
            History(**history),
            time_wait=number("time_wait", scope.clock),
            rexmt=number("rexmt", scope.clock),
            retries=number("retries", scope.retransmissions is not None),
        )

    def of_end(self, term: Any, frame: Frame, who: str) -> Any:
        """A formula about the generic end E as one about end `who` in a frame."""
        pairs = [
            (generic.term, frame[f"{who}.{name}"])
            for name, generic in end_terms(self._symbolic_end).items()
            if isinstance(generic, Sym)
        ]
        iss = z3.BitVecVal(self.iss["AB".index(who)], self.bits)
        return z3.substitute(term, *pairs, (z3.BitVec("iss", self.bits), iss))

    def system(self, frame: Frame) -> SymbolicSystem:
        """The state of a frame, as predicates see it."""
        present = [
            (kind.segment, frame[f"{who}:{number}"] != 0)
            for who, kinds in zip("AB", self.channels, strict=True)
            for number, kind in enumerate(kinds)
        ]
        if self.scope.channel == "sent-set" and not self.scope.clock:
            present = []  # all of it may have been lost
        return SymbolicSystem((self._end_in(frame, "A"), self._end_in(frame, "B")), present)

    def _end_in(self, frame: Frame, who: str) -> End:
        """End `who` with the constants of a frame as its fields."""
        return rebuilt(self._symbolic_end, lambda name: Sym(frame[f"{who}.{name}"]))

    def decode(self, frame: Frame, solution: z3.ModelRef) -> System:
        """The concrete state that a solution assigns to a frame."""
        def value(name: str) -> Any:
            term = solution.eval(frame[name], model_completion=True)
            return z3.is_true(term) if z3.is_bool(term) else term.as_long()

        def end(who: str) -> End:
            plain = rebuilt(self._symbolic_end, lambda name: value(f"{who}.{name}"))
            return plain

        contents = []
        for who, kinds in zip("AB", self.channels, strict=True):
            flights: Contents = ()
            for number, kind in enumerate(kinds):
                flights += kind.contents[value(f"{who}:{number}")]
            contents.append(self.reference.channel.arranged(flights))
        return System((end("A"), end("B")), (contents[0], contents[1]))

    # --- formulas -----------------------------------------------------------------------------

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
            generic, arriving = self._symbolic_end, self._segment("in", bits)
            self._ignored[bits] = truth_of(
                lambda: self.model.ignores(0, generic, arriving), self._valid
            )
        pairs = [
            (generic.term, like(actual, generic.term))
            for generic, actual in zip(
                end_terms(self._symbolic_end).values(), end_terms(end).values(), strict=True
            )
            if isinstance(generic, Sym)
        ]
        for part, value in segment_terms(segment).items():
            const = self.inputs[f"in.{part}"]
            pairs.append((const, like(value, const)))
        iss = z3.BitVecVal(self.iss["AB".index(who)], self.bits)
        return z3.substitute(self._ignored[bits], *pairs, (z3.BitVec("iss", self.bits), iss))

    def sent_in(self, solution: z3.ModelRef) -> Segment:
        """The segment that a step sends in a solution."""

        def value(part: str) -> Any:
            term = solution.eval(self.inputs[f"out.{part}"], model_completion=True)
            return z3.is_true(term) if z3.is_bool(term) else term.as_long()

        seq, ack = (Seq(value(part), self.bits) for part in ("seq", "ack"))
        return Segment(seq, ack, value("length"), *(value(control) for control in CONTROLS))

    def at(self, formula: Any, tag: int) -> Any:
        """A formula over frames 0 and 1 as one over frames `tag` and `tag` + 1."""
        first, second = self.frame(str(tag)), self.frame(str(tag + 1))
        pairs = [(self.frame0[name], first[name]) for name in first]
        pairs += [(self.frame1[name], second[name]) for name in second]
        pairs += [(term, z3.Const(f"{term}@{tag}", term.sort())) for term in self.inputs.values()]
        return z3.substitute(formula, *pairs)

    def _input(self, name: str, sort: z3.SortRef) -> Any:
        self.inputs[name] = z3.Const(name, sort)
        return self.inputs[name]

    def _step(self) -> z3.BoolRef:
        ways = [self._end_moves(0), self._end_moves(1), self._network_moves()]
        if self.scope.clock:
            ways.append(self._tick())
        return z3.Or(*ways)

    def _end_moves(self, which: int) -> z3.BoolRef:
        """End `which` does something by itself or on a delivery; the other stays as it is."""
        me, other = "AB"[which], "BA"[which]
        now, then = self.frame0, self.frame1
        alone = self._branches(self._own_paths(), which)
        arrival = self._branches(self._receive_paths(), which)
        untouched = self._same(other, end=True, channel=False)
        quiet_in = self._same(other, end=False, channel=True)
        choose = z3.Or(z3.And(alone, quiet_in), z3.And(arrival, self._delivered(other)))
        return z3.And(choose, untouched, self._sent(me), self._room(me, then), now["escaped"] == False)  # noqa: E712

    def _own_paths(self) -> Iterator[Path[Move | None]]:
        for event in OWN_EVENTS:
            end = self._symbolic_end
            yield from paths(lambda event=event: self.model.own_move(event, 0, end), self._valid)  # type: ignore[misc]

    def _receive_paths(self) -> Iterator[Path[Move | None]]:
        """SEGMENT ARRIVES for every combination of control bits that is ever sent."""
        known = {controls(kind.segment) for kinds in self.channels for kind in kinds}
        for bits in sorted(known):
            segment = self._segment("in", bits)
            end = self._symbolic_end
            carried = z3.And(*(z3.Bool(f"in.{c}") == b for c, b in zip(CONTROLS, bits, strict=True)))
            for path in paths(lambda: self.model.receive(0, end, segment), self._valid):
                yield Path(z3.And(carried, path.condition), path.result)

    def _segment(self, name: str, bits: tuple[bool, ...]) -> Segment:
        def number(part: str) -> Any:
            return Sym(self._input(f"{name}.{part}", z3.BitVecSort(self.bits)))

        for control in CONTROLS:
            self._input(f"{name}.{control}", z3.BoolSort())
        seq, ack = (Seq(number(part), self.bits) for part in ("seq", "ack"))
        return Segment(seq, ack, number("length"), *bits)

    def _branches(self, found: Iterator[Path[Move | None]], which: int) -> z3.BoolRef:
        """One of the paths is taken: its condition, what it makes of the end, what it sends."""
        me, other = "AB"[which], "BA"[which]
        self._segment("out", (False,) * 4)
        sends = self._input("sends", z3.BoolSort())
        ways = []
        for path in found:
            move = path.result
            if move is None:
                continue
            parts = [path.condition, self.end_is(self.frame1, me, move.end)]
            parts.append(sends == bool(move.step.send))
            if len(move.step.send) > 1:
                raise NotImplementedError("a rule that sends more than one segment at a time")
            parts += [same for seg in move.step.send for same in self._out_is(seg)]
            way = self.of_end(z3.And(*parts), self.frame0, me)
            ways.append(z3.And(way, self._settled(other)) if move.settled else way)
        return z3.Or(*ways)

    def _out_is(self, segment: Segment) -> Iterator[z3.BoolRef]:
        for part, value in segment_terms(segment).items():
            const = self.inputs[f"out.{part}"]
            yield const == like(value, const)

    def _settled(self, other: str) -> z3.BoolRef:
        end = self._end_in(self.frame0, other)
        settled = truth_of(lambda: self.reference.settled(end))
        if self.scope.channel == "sent-set":
            return settled
        empty = [
            self.frame0[f"{who}:{number}"] == 0
            for who, kinds in zip("AB", self.channels, strict=True)
            for number in range(len(kinds))
        ]
        return z3.And(settled, *empty)

    def _same(self, who: str, end: bool, channel: bool) -> z3.BoolRef:
        """An end, or the channel that leads away from it, does not change."""
        kept = [
            name
            for name in self.frame0
            if (end and name.startswith(f"{who}.")) or (channel and name.startswith(f"{who}:"))
        ]
        return z3.And(*(self.frame1[name] == self.frame0[name] for name in kept))

    def _delivered(self, sender: str) -> z3.BoolRef:
        """Exactly one kind in the channel from `sender` is delivered, and it is the input."""
        return self._one_changes(sender, lambda kind: kind.deliver, "in")

    def _one_changes(
        self,
        who: str,
        ways: Callable[[Kinds], tuple[tuple[int, int], ...]],
        segment: str | None = None,
    ) -> z3.BoolRef:
        kinds = self.channels["AB".index(who)]
        choices = []
        for chosen, kind in enumerate(kinds):
            if not ways(kind):
                continue
            parts = [self._way(f"{who}:{chosen}", ways(kind))]
            parts += [
                self.frame1[f"{who}:{n}"] == self.frame0[f"{who}:{n}"]
                for n in range(len(kinds))
                if n != chosen
            ]
            if segment:
                parts += [self._is(segment, kind.segment)]
            choices.append(z3.And(*parts))
        return z3.Or(*choices)

    def _way(self, name: str, pairs: Sequence[tuple[int, int]]) -> z3.BoolRef:
        now, then = self.frame0[name], self.frame1[name]
        return z3.Or(*(z3.And(now == before, then == after) for before, after in pairs))

    def _is(self, name: str, segment: Segment) -> z3.BoolRef:
        """The input segment `name` is this one."""
        terms = segment_terms(segment)
        return z3.And(
            *(self.inputs[f"{name}.{part}"] == like(v, self.inputs[f"{name}.{part}"]) for part, v in terms.items())
        )

    def _sent(self, who: str) -> z3.BoolRef:
        """What is sent joins its kind in the channel from `who`; other kinds stay as they are."""
        kinds = self.channels["AB".index(who)]
        sends, parts, known = self.inputs["sends"], [], []
        for number, kind in enumerate(kinds):
            name = f"{who}:{number}"
            hit = z3.And(sends, self._is("out", kind.segment))
            known.append(hit)
            stays = self.frame1[name] == self.frame0[name]
            parts.append(z3.If(hit, self._way(name, kind.put), stays))
        parts.append(self.frame1["escaped"] == z3.And(sends, z3.Not(z3.Or(*known))))
        return z3.And(*parts)

    def _room(self, who: str, frame: Frame) -> z3.BoolRef:
        """No more than the capacity is in flight in the channel from `who`."""
        if self.scope.channel == "sent-set":
            return z3.BoolVal(True)
        held = []
        for number, kind in enumerate(self.channels["AB".index(who)]):
            for index, contents in enumerate(kind.contents):
                held += [frame[f"{who}:{number}"] == index] * len(contents)
        return z3.AtMost(*held, self.scope.capacity)

    def _network_moves(self) -> z3.BoolRef:
        """One kind in one channel is lost, doubled or gone; all else stays as it is."""
        ways = []
        for who, other in (("A", "B"), ("B", "A")):
            change = self._one_changes(who, lambda kind: kind.network)
            rest = [self._same(who, True, False), self._same(other, True, True)]
            ways.append(z3.And(change, *rest, self._room(who, self.frame1)))
        return z3.And(z3.Or(*ways), self.frame1["escaped"] == False, self.frame0["escaped"] == False)  # noqa: E712

    def _tick(self) -> z3.BoolRef:
        """Every clock and every age moves on by one."""
        parts = [self.frame1["escaped"] == False, self.frame0["escaped"] == False]  # noqa: E712
        end = self._symbolic_end
        found = [p for p in paths(lambda: self.model.tick_end(end), self._valid) if p.result]
        for who in "AB":
            ways = [
                z3.And(path.condition, self.end_is(self.frame1, who, cast(End, path.result)))
                for path in found
            ]
            parts.append(z3.Or(*(self.of_end(way, self.frame0, who) for way in ways)))
            for number, kind in enumerate(self.channels["AB".index(who)]):
                parts.append(self._way(f"{who}:{number}", kind.tick))
        return z3.And(*parts)


class Summarized(Model):
    """The model for predicates: whether an end ignores a segment is a formula that was computed
    once for any end and any segment, and not executed again on each path."""

    def __init__(self, encoding: Encoding) -> None:
        super().__init__(encoding.reference.variant, encoding.scope)
        self.encoding = encoding

    def ignores(self, which: int, end: End, segment: Segment) -> bool:
        """As `Model.ignores`, as a term."""
        return cast(bool, Sym(self.encoding.ignored("AB"[which], end, segment)))


def end_terms(end: End) -> dict[str, Any]:
    """The fields of an end by name, flat."""
    tcb, history = end.tcb, end.history
    return {
        "state": tcb.state,
        **{name: getattr(tcb, name).value for name in SEQUENCE_FIELDS},
        **{name: getattr(tcb, name) for name in ("passive", "queued", "close_queued")},
        **{field.name: getattr(history, field.name) for field in fields(History)},
        **{name: getattr(end, name) for name in ("time_wait", "rexmt", "retries")},
    }


def rebuilt(end: End, value: Callable[[str], Any]) -> End:
    """The end with each symbolic field replaced by `value(name)`."""

    def field_of(name: str, old: Any) -> Any:
        if isinstance(old, Seq):
            return Seq(field_of(name, old.value), old.bits)
        if not isinstance(old, Sym):
            return old
        new = value(name)
        return list(State)[new] if name == "state" and isinstance(new, int) else new

    def part(old: Any) -> Any:
        return type(old)(**{f.name: field_of(f.name, getattr(old, f.name)) for f in fields(old)})

    clocks = {name: field_of(name, getattr(end, name)) for name in ("time_wait", "rexmt", "retries")}
    return End(part(end.tcb), part(end.history), **clocks)


def segment_terms(segment: Segment) -> dict[str, Any]:
    """The fields of a segment by name, flat."""
    numbers = {"seq": segment.seq.value, "ack": segment.ack.value, "length": segment.length}
    return {**numbers, **{control: getattr(segment, control) for control in CONTROLS}}


def controls(segment: Segment) -> tuple[bool, ...]:
    """The control bits of a segment."""
    return tuple(bool(getattr(segment, control)) for control in CONTROLS)


def like(value: Any, const: Any) -> Any:
    """A value or Sym as a term of the same sort as a constant."""
    if z3.is_bool(const):
        return as_truth(bool(value) if isinstance(value, int) else value)
    return as_bits(value, const.size())
