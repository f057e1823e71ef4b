"""Numbers at which comparisons change their minds, by the dozen: quick to try before a proof."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache
from random import Random
from typing import Any

import z3

from tcpmc.checks.audit.cases import MAX_SND_WND, Case
from tcpmc.checks.audit.numbers import BITS
from tcpmc.checks.symbolic.fields import plain
from tcpmc.checks.symbolic.symbolic import Sym
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import Tcb

DISTANCES = ("ISS", "IRS", "SND.UNA", "SND.NXT", "RCV.NXT", "SEG.SEQ", "SEG.ACK", "ISS to select")
"""Numbers that are far from each other or beyond one another, and their sizes."""
SIZES = (
    *("queued", "gap", "held", "remembered", "TS.Recent", "SEG.TSval", "octets"),
    MAX_SND_WND,
)
FLAGS = ("passive", "held FIN", "CLOSE queued", "may open")
LONGEST = 65_535

Values = Mapping[str, Any]


@cache
def samples(count: int, window: int) -> tuple[dict[str, Any], ...]:
    """That many assignments to everything a case can be about, the same ones each time."""
    return tuple(_samples(Random(9293), count, window))


def _samples(random: Random, count: int, window: int) -> Iterator[dict[str, Any]]:
    edges = [0, 0, 1, 1, 2, 3, -1, -2, window - 1, window, window + 1, -window, -window - 1]
    far = [2**31 - 1, 2**31, 2**31 + 1]
    for _ in range(count):
        values: dict[str, Any] = {}
        for prefix in ("", "old "):
            for name in DISTANCES:
                kinds = (edges, edges, edges, far, [random.getrandbits(BITS)])
                values[prefix + name] = random.choice(random.choice(kinds)) % 2**BITS
            for name in SIZES:
                values[prefix + name] = random.choice((0, 0, 1, 2, window, random.getrandbits(8)))
            for name in FLAGS:
                values[prefix + name] = random.random() < 0.5
        values["octets"] = min(values["octets"], LONGEST)
        yield values


def model_of(values: Values) -> z3.ModelRef:
    """The assignment as a solution, in which terms can be evaluated."""
    model = z3.Model()
    for name, value in values.items():
        if isinstance(value, bool):
            model.update_value(z3.Bool(name), z3.BoolVal(value))
        else:
            model.update_value(z3.BitVec(name, BITS), z3.BitVecVal(value, BITS))
    return model


def concrete(old: Any, model: z3.ModelRef) -> Any:
    """A TCB, a segment or a number, with the numbers of a solution."""
    if isinstance(old, Seq):
        return Seq(concrete(old.value, model), old.bits)
    if isinstance(old, Sym):
        return plain(model.eval(old.term, model_completion=True))
    if isinstance(old, Tcb | Segment):
        values = {one.name: concrete(getattr(old, one.name), model) for one in fields(old)}
        return type(old)(**values)
    return old


def arguments_of(case: Case, model: z3.ModelRef) -> tuple[Tcb, Segment | None]:
    """The TCB and the segment of a case, with the numbers of a solution."""
    segment = concrete(case.segment, model) if case.event == "segment" else None
    return concrete(case.tcb, model), segment
