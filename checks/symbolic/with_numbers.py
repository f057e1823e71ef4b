"""Whether a rule does the same with numbers as on symbols.

A rule of a user can tell them apart (`type(seg.length)`), and then what is proved on symbols is of
another stack. Each case is tried with a few numbers near the places where rules change their minds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from random import Random

import z3

from tcpmc.checks.symbolic.fields import SEQUENCE_FIELDS
from tcpmc.checks.symbolic.onestep import BITS, FLAGS, HELD, OneStep, at
from tcpmc.checks.symbolic.symbolic import Path
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.network.product import EndStep
from tcpmc.model.variants.shipped import VARIANTS

FEW = 6
"""Numbers for each state, event and combination of control bits."""
EDGES = (0, 0, 1, 1, 2, 3, -1, -2, 2**31 - 1, 2**31)
SMALL = (0, 0, 1, 2, 3)


def tells_apart(one: OneStep) -> str:
    """The first step found that a rule takes otherwise with numbers than on symbols; "" if none."""
    random = Random(9293)
    for _, paths in groupby(one.paths(), lambda path: _case(path.result)):
        cases = list(paths)
        for _ in range(FEW):
            solution = _solution(random, one)
            told = _differs(one, cases, solution)
            if told:
                return f"with numbers a rule does something else than on symbols: {told}"
    return ""


@cache
def unproved(one: OneStep) -> str:
    """Why what is proved on symbols is not proved of the rules; "" if nothing is known of the kind.
    The rules of the stacks that are shipped need no look: the tests have it."""
    return "" if one.variant in VARIANTS.values() else tells_apart(one)


def _case(step: EndStep) -> tuple[object, ...]:
    return step.event, step.tcb.state, step.segment.controls, step.tcb.reopened is None


def _differs(one: OneStep, cases: Sequence[Path[EndStep]], solution: z3.ModelRef) -> str:
    for path in cases:
        if z3.is_true(solution.eval(path.condition, model_completion=True)):
            symbols = path.result
            host, tcb, segment = (
                at(part, solution) for part in (one.host, symbols.tcb, symbols.segment)
            )
            rules = one.variant.rules
            if symbols.event == EventKind.DELIVER:
                step = rules.segment_arrives(host, tcb, segment)
            else:
                step = rules.call(symbols.event, host, tcb)
            return "" if step == at(symbols.step, solution) else f"{symbols.event} in {tcb.state}"
    return ""  # nothing happens there


def _solution(random: Random, one: OneStep) -> z3.ModelRef:
    """Numbers for everything that a step is about: near one another, and some that are far."""
    solution = z3.Model()
    values = dict(_numbers(random))
    for name, value in values.items():
        solution.update_value(z3.BitVec(name, BITS), z3.BitVecVal(value % 2**BITS, BITS))
    for name in FLAGS:
        solution.update_value(z3.Bool(name), z3.BoolVal(random.random() < 0.5))
    return solution


def _numbers(random: Random) -> Iterator[tuple[str, int]]:
    def near() -> int:
        return random.choice((*EDGES, random.getrandbits(BITS)))

    for prefix in ("", "before."):
        iss, irs, una, nxt, rcv = (f"{prefix}{name}" for name in SEQUENCE_FIELDS)
        first, theirs = random.getrandbits(BITS), random.getrandbits(BITS)
        acknowledged, expected = first + near(), theirs + near()
        yield from ((iss, first), (irs, theirs), (una, acknowledged), (rcv, expected))
        yield nxt, acknowledged + random.choice(SMALL)
        yield f"{prefix}ts_recent", random.choice(SMALL)
        if not prefix:
            yield "seg.seq", expected + near()
            yield "seg.ack", acknowledged + near()
    yield "host.iss", random.getrandbits(BITS)
    for name in ("host.remembered", "seg.length", "seg.stamp", "queued", *HELD):
        yield name, random.choice(SMALL)
