"""One step of the model as a constraint between two frames.

What an end does comes from the symbolic paths of `Model.own_move`, `Model.receive` and
`Model.tick_end`, what a channel does to one kind of segment from `Channel`, tabulated. The numbers
of a segment stay symbolic until it is in a channel: sending one of no known kind raises the flag
`escaped`, after which nothing happens, and a proof has to show that this never is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import z3

from tcpmc.checks.smt.message_alphabet import Kinds
from tcpmc.checks.symbolic.fields import CONTROLS, controls, like, segment_terms
from tcpmc.checks.symbolic.symbolic import Path, paths, truth_of
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.network.product import OWN_EVENTS, End, Move

if TYPE_CHECKING:
    from tcpmc.checks.smt.encode import Encoding


class Relation:
    """Builds the transition relation of an encoding."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self.scope, self.channels, self.inputs = encoding.scope, encoding.channels, encoding.inputs
        self.frame0, self.frame1 = encoding.frame0, encoding.frame1
        self._received: dict[int, list[Path[Move | None]]] = {}

    def step(self) -> z3.BoolRef:
        """Frame 1 follows frame 0."""
        ways = [self._end_moves(0), self._end_moves(1), self._network_moves()]
        if self.scope.clock:
            ways.append(self._tick())
        return z3.Or(*ways)

    def _end_moves(self, which: int) -> z3.BoolRef:
        """End `which` does something by itself or on a delivery; the other stays as it is."""
        me, other = "AB"[which], "BA"[which]
        alone = self._branches(self._own_paths(which), which)
        arrival = self._branches(self._receive_paths(self.encoding.rules_of(which)), which)
        untouched = self._same(other, end=True, channel=False)
        quiet_in = self._same(other, end=False, channel=True)
        choose = z3.Or(z3.And(alone, quiet_in), z3.And(arrival, self._delivered(other)))
        return z3.And(choose, untouched, self._sent(me), self._room(me), self._known(0))

    def _own_paths(self, which: int) -> Iterator[Path[Move | None]]:
        model, end = self.encoding.model, self.encoding.end
        for event in OWN_EVENTS:
            yield from paths(partial(model.own_move, event, which, end), self.encoding.valid)

    def _receive_paths(self, which: int) -> list[Path[Move | None]]:
        """SEGMENT ARRIVES by the rules of that end, for every combination of control bits that is
        ever sent. In the one connection that is encoded it depends on the end by its TCB, its ISS
        and its rules only."""
        assert self.scope.one_connection
        if which not in self._received:
            self._received[which] = self._arrivals(which)
        return self._received[which]

    def _arrivals(self, which: int) -> list[Path[Move | None]]:
        model, end = self.encoding.model, self.encoding.end
        branches = list[Path[Move | None]]()
        alphabet = {controls(kind.segment) for kinds in self.channels for kind in kinds}
        for bits in sorted(alphabet):
            carried = [self.inputs[f"in.{c}"] == b for c, b in zip(CONTROLS, bits, strict=True)]
            arriving = self.encoding.arriving(bits)
            for path in paths(partial(model.receive, which, end, arriving), self.encoding.valid):
                branches.append(Path(z3.And(*carried, path.condition), path.result))
        return branches

    def _branches(self, branches: Iterable[Path[Move | None]], which: int) -> z3.BoolRef:
        """One of the paths is taken: its condition, what it makes of the end, what it sends."""
        me, other = "AB"[which], "BA"[which]
        own = self.encoding.end_in(self.frame0, me)
        ways = []
        for path in branches:
            move = path.result
            if move is None:
                continue
            parts = [path.condition, *self._becomes(me, move.end, self.inputs["strays"])]
            parts.append(self.inputs["sends"] == bool(move.step.send))
            if len(move.step.send) > 1:
                raise NotImplementedError("a rule that sends more than one segment at a time")
            parts += [self._is("out", segment) for segment in move.step.send]
            way = self.encoding.about(z3.And(*parts), me, own)
            ways.append(z3.And(way, self._settled(other)) if move.settled else way)
        return z3.Or(*ways)

    def _becomes(self, who: str, end: End, strays: z3.BoolRef) -> Iterator[z3.BoolRef]:
        """The end is this one in frame 1, or it strays from what is known of an end."""
        stray = self.encoding.strays(end)
        yield strays == stray
        yield z3.Or(stray, z3.And(*self.encoding.same_fields(self.frame1, who, end)))

    def _settled(self, other: str) -> z3.BoolRef:
        end = self.encoding.end_in(self.frame0, other)
        settled = truth_of(lambda: self.encoding.reference.settled(end))
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
        names = [
            name
            for name in self.frame0
            if (end and name.startswith(f"{who}.")) or (channel and name.startswith(f"{who}:"))
        ]
        return z3.And(*(self.frame1[name] == self.frame0[name] for name in names))

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
        """The input segment `name` is this one, its numbers symbolic or not."""
        consts = [(self.inputs[f"{name}.{p}"], v) for p, v in segment_terms(segment).items()]
        return z3.And(*(const == like(value, const) for const, value in consts))

    def _known(self, frame: int) -> z3.BoolRef:
        """Only known kinds have been sent."""
        return z3.Not((self.frame0, self.frame1)[frame]["escaped"])

    def _sent(self, who: str) -> z3.BoolRef:
        """What is sent joins its kind in the channel from `who`; other kinds stay as they are."""
        kinds = self.channels["AB".index(who)]
        sends, parts, in_alphabet = self.inputs["sends"], [], []
        for number, kind in enumerate(kinds):
            name = f"{who}:{number}"
            hit = z3.And(sends, self._is("out", kind.segment))
            in_alphabet.append(hit)
            stays = self.frame1[name] == self.frame0[name]
            parts.append(z3.If(hit, self._way(name, kind.put), stays))
        unknown = z3.And(sends, z3.Not(z3.Or(*in_alphabet)))
        parts.append(self.frame1["escaped"] == z3.Or(unknown, self.inputs["strays"]))
        return z3.And(*parts)

    def _room(self, who: str) -> z3.BoolRef:
        """No more than the capacity is in flight in the channel from `who`."""
        if self.scope.channel == "sent-set":
            return z3.BoolVal(True)
        held = []
        for number, kind in enumerate(self.channels["AB".index(who)]):
            for index, contents in enumerate(kind.contents):
                held += [self.frame1[f"{who}:{number}"] == index] * len(contents)
        return z3.AtMost(*held, self.scope.capacity) if held else z3.BoolVal(True)

    def _network_moves(self) -> z3.BoolRef:
        """One kind in one channel is lost, doubled or gone; all else stays as it is."""
        ways = []
        for who, other in (("A", "B"), ("B", "A")):
            change = self._one_changes(who, lambda kind: kind.network)
            rest = [self._same(who, True, False), self._same(other, True, True)]
            ways.append(z3.And(change, *rest, self._room(who)))
        return z3.And(z3.Or(*ways), self._known(0), self._known(1))

    def _tick(self) -> z3.BoolRef:
        """Every clock and every age moves on by one."""
        branches = list(
            paths(lambda: self.encoding.model.tick_end(self.encoding.end), self.encoding.valid)
        )
        strays = [self.encoding.strays(path.result) for path in branches if path.result is not None]
        parts, strayed = [self._known(0)], list[z3.BoolRef]()
        for who in "AB":
            now = self.encoding.end_in(self.frame0, who)
            ends = [path for path in branches if path.result is not None]
            ways = []
            for path, stray in zip(ends, strays, strict=True):
                assert path.result is not None
                becomes = self.encoding.end_is(self.frame1, who, path.result)
                ways.append(z3.And(path.condition, z3.Or(stray, becomes)))
                out = z3.And(path.condition, stray)
                strayed.append(self.encoding.about(out, who, now))
            parts.append(z3.Or(*(self.encoding.about(way, who, now) for way in ways)))
            for number, kind in enumerate(self.channels["AB".index(who)]):
                parts.append(self._way(f"{who}:{number}", kind.tick))
        return z3.And(self.frame1["escaped"] == z3.Or(*strayed), *parts)
