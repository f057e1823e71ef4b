"""A state of the model as terms: the ends, and which kinds of segments are in flight; and the model
on such states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import z3

from tcpmc.checks.in_flight import PartialSystem
from tcpmc.checks.symbolic.fields import equal
from tcpmc.checks.symbolic.symbolic import Sym
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import Step, Tcb
from tcpmc.model.network.channel import Flight
from tcpmc.model.network.product import End
from tcpmc.model.network.system import Model
from tcpmc.model.variants.pair import Stacks


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
        present = [
            is_there
            for flight, is_there in self.present
            if which(flight.segment) and (younger is None or flight.age < younger)
        ]
        return cast(bool, Sym(z3.Or(*present)))


def check_encodable(variant: Stacks) -> None:
    """Raise NotImplementedError where a middlebox stands beside an end: what it remembers has no
    encoding, and leaving it out would prove what is not so."""
    if any(variant.at(end).middlebox is not None for end in (0, 1)):
        raise NotImplementedError("a middlebox stands beside an end")


class SymbolicModel(Model):
    """The model on symbolic ends. What counts as a change is decided by the solver, on terms: the
    explicit engine, which compares values, does not share it."""

    def changes_nothing(self, before: Tcb, step: Step) -> bool:
        """As `Model.changes_nothing`, as a term."""
        return not step.send and cast(bool, Sym(equal(step.tcb, before)))
