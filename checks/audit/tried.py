"""Rules that cannot be run on symbols: tried with small numbers, all of them, and random ones.

A loop over a number or a call of a library needs a number in its hand. Such a rule is run as it is,
beside the RFC's, on every combination of small distances and on random 32-bit numbers. What is
found is a difference; that there are no others is then not proved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt
import z3

from tcpmc.checks.audit.cases import LARGEST_WINDOW, LONGEST, MAX_SND_WND, SEGMENT, Case
from tcpmc.checks.audit.numbers import BITS
from tcpmc.model.endpoint.profile import Host, Profile
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import UNCONNECTED, State, Tcb, empty_tcb

RANDOM, FEW = 60, 16
"""Random numbers for a case; and how many where only a few are wanted."""
ISS, IRS = 100, 300

Point = dict[str, Any]


@dataclass(frozen=True)
class Tried(Case):
    """A case with numbers: `point` says what each name of the case stands for."""

    point: tuple[tuple[str, Any], ...] = ()

    @cached_property
    def values(self) -> Point:
        """The point by name."""
        return dict(self.point)

    @cached_property
    def tcb(self) -> Tcb:
        """The TCB."""
        of = self.values
        if self.state in UNCONNECTED:
            return empty_tcb(self.state, BITS)
        iss, irs = Seq(of["ISS"], BITS), Seq(of["IRS"], BITS)
        una = iss + of["SND.UNA"]
        old = None
        if self.reopened:
            numbers = (iss, irs, una, una, irs + of["RCV.NXT"])
            old = Tcb(State.TIME_WAIT, *numbers, ts_recent=of["TS.Recent"])
        return Tcb(
            self.state,
            iss,
            irs,
            una,
            una + of["SND.NXT"],
            irs + of["RCV.NXT"],
            passive=of["passive"],
            queued=of["queued"],
            close_queued=of["CLOSE queued"],
            ts_recent=of["TS.Recent"] if self.stamps else 0,
            reopened=old,
            gap=of["gap"] if self.holds else 0,
            held=of["held"] if self.holds else 0,
            held_fin=of["held FIN"] if self.holds else False,
        )

    @cached_property
    def segment(self) -> Segment:
        """The segment."""
        of, tcb = self.values, self.tcb
        seq, acked = tcb.rcv_nxt + of["SEG.SEQ"], tcb.snd_una + of["SEG.ACK"]
        stamp = of["SEG.TSval"] if self.stamps else 0
        syn, acks, fin, rst = self.controls
        return Segment(seq, acked, of["octets"], syn, acks, fin, rst, stamp)

    @cached_property
    def arguments(self) -> tuple[Any, ...]:
        """What the rule is given besides the host and the TCB."""
        if self.event == SEGMENT:
            return (self.segment,)
        return (self.values["octets"],) if self.event == "send" else ()

    @cached_property
    def where(self) -> z3.BoolRef:
        """The point as a condition."""
        return z3.And(
            *(
                z3.Bool(name) == value
                if isinstance(value, bool)
                else z3.BitVec(name, BITS) == z3.BitVecVal(value, BITS)
                for name, value in self.point
            )
        )


def host_at(profile: Profile, point: Point) -> Host:
    """The host at that point."""
    iss = Seq(point["ISS to select"], BITS)
    return Host(profile, iss, point["remembered"], point["may open"], point[MAX_SND_WND])


def points(case: Case, window: int, few: bool = False) -> Iterator[Tried]:
    """The numbers that a case is tried with: all small ones and many random ones, or a few of
    each."""
    parts = (case.state, case.event, case.controls, case.stamps, case.reopened, case.holds)
    random = Random(f"{case.state} {case.event} {case.controls}")
    ranges = _near(case, window)
    if few:
        small = [tuple(map(random.choice, ranges)) for _ in range(FEW)]
    else:
        small = list(product(*ranges))
    near = [_rest(window) | dict(zip(NEAR, values, strict=True)) for values in small]
    for point in (*near, *_random(random, window, FEW // 4 if few else RANDOM)):
        if case.event == "send":
            point["octets"] = max(1, point["octets"])
        yield Tried(*parts, tuple((point | _before(point)).items()))


def _before(point: Point) -> Point:
    """The names of the TIME-WAIT that a TCB was reopened from."""
    same = ("ISS", "IRS", "SND.UNA", "RCV.NXT", "TS.Recent")
    blank_ = ("SND.NXT", "queued", "gap", "held")
    flags = ("passive", "CLOSE queued", "held FIN")
    known = {name: point[name] for name in same} | dict.fromkeys(blank_, 0)
    return {f"old {name}": value for name, value in (known | dict.fromkeys(flags, False)).items()}


def columns(tries: Sequence[Tried]) -> dict[str, npt.NDArray[Any]]:
    """The values of each name at these points."""
    return {
        name: np.array(
            [one.values[name] for one in tries], bool if isinstance(value, bool) else np.uint64
        )
        for name, value in tries[0].point
    }


NEAR = ("SND.UNA", "SND.NXT", "SEG.SEQ", "SEG.ACK", "octets", "passive", "queued")


def _near(case: Case, window: int) -> tuple[tuple[Any, ...], ...]:
    """Small distances, for each of the names in `NEAR`."""
    arrives, full = case.event == SEGMENT, case.state not in UNCONNECTED
    near = tuple(one % 2**BITS for one in (-2, -1, 0, 1, window - 1, window, window + 1))
    acks = (2**BITS - 1, 0, 1, 2) if arrives and case.controls[1] else (0,)
    waiting = case.state in (State.SYN_SENT, State.SYN_RECEIVED)
    return (
        (0, 1) if full else (0,),
        (0, 1, 2) if full else (0,),
        near if arrives else (0,),
        acks,
        (0, 1),
        (False, True) if waiting else (False,),
        (0, 1) if waiting else (0,),
    )


def _rest(window: int) -> Point:
    return {
        "ISS": ISS,
        "IRS": IRS,
        "RCV.NXT": 1,
        "ISS to select": ISS,
        "remembered": 0,
        "TS.Recent": 0,
        "SEG.TSval": 0,
        "CLOSE queued": False,
        "may open": True,
        "gap": 0,
        "held": 0,
        "held FIN": False,
        MAX_SND_WND: window,
    }


def _random(random: Random, window: int, count: int) -> Iterator[Point]:
    """Random numbers, near the places where rules change their minds or anywhere."""
    edges = (0, 1, 2, window - 1, window, window + 1, -1, -window, 2**31 - 1, 2**31)

    def number() -> int:
        return int(random.choice((random.choice(edges), random.getrandbits(BITS))) % 2**BITS)

    for _ in range(count):
        point = {name: number() for name in _rest(window)}
        point |= {name: number() for name in ("SND.UNA", "SND.NXT", "SEG.SEQ", "SEG.ACK")}
        point["octets"] = random.choice((0, 1, window, random.randrange(LONGEST)))
        point |= {name: random.choice((0, 0, 1, 2)) for name in ("gap", "held")}
        point[MAX_SND_WND] = random.choice((0, 1, window, random.randrange(LARGEST_WINDOW)))
        point["queued"] = random.choice((0, 1, random.getrandbits(16)))
        for name in ("passive", "CLOSE queued", "may open", "held FIN"):
            point[name] = random.random() < 0.5
        yield point
