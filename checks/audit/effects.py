"""What a step does, in the words of the RFC."""

from __future__ import annotations

from typing import Any

import z3

from tcpmc.checks.audit.cases import NAMES, SEGMENT, Case
from tcpmc.checks.audit.joint import parts
from tcpmc.checks.audit.numbers import BITS, ROOM, number
from tcpmc.checks.symbolic.symbolic import Sym, as_bits
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import UNCONNECTED, Step

SIZE = BITS + ROOM
BITS_OF_CONTROL = ("SYN", "FIN", "RST", "ACK")


def effect(case: Case, step: Step, other: Step) -> str:
    """What the step does, as far as the other one does not do it too; what is common to both is
    left out, but what is sent and which state is entered is told."""
    differs = {name for name, term in parts(step, other).items() if term is not True}
    before, after, names = case.tcb, step.tcb, _names(case)
    told = []
    if after.state != before.state:
        told.append(f"enters {after.state}")
    elif "state" in differs:
        told.append(f"stays in {after.state}")
    told += [f"sends {_segment(seg, names)}" for seg in step.send]
    if "send" in differs and not step.send:
        told.append("sends nothing")
    told += [f'tells the user "{text}"' for text in step.signals]
    if "signals" in differs and not step.signals:
        told.append("tells the user nothing")
    if "timer" in differs:
        starts = "starts" if step.starts_time_wait else "does not start"
        told.append(f"{starts} the timer of TIME-WAIT")
    if "state" not in differs:
        told += [
            _field(name, getattr(after, name), names)
            for name in NAMES
            if name in differs and name != "reopened"
        ]
    return ", ".join(told) or "nothing"


def _field(name: str, value: Any, names: dict[str, str]) -> str:
    if isinstance(getattr(value, "value", value), Sym) and _number(value, names) == NAMES[name]:
        return f"keeps {NAMES[name]}"
    if name in ("passive", "close_queued", "held_fin"):
        return f"{NAMES[name]}: {_number(value, names)}"
    return f"{NAMES[name]} is {_number(value, names)}"


def _segment(seg: Segment, names: dict[str, str]) -> str:
    """As `str(seg)`, with the RFC's names for its numbers."""
    controls = ",".join(bit for bit in BITS_OF_CONTROL if getattr(seg, bit) is not False)
    none = not isinstance(seg.length, Sym) and seg.length == 0
    text = "" if none else f"<DATA={_number(seg.length, names)}>"
    acked = f"<ACK={_number(seg.ack, names)}>" if seg.ACK is not False else ""
    return f"<SEQ={_number(seg.seq, names)}>{acked}{text}<CTL={controls}>"


def _number(value: Any, names: dict[str, str]) -> str:
    value = value.value if isinstance(value, Seq) else value
    if not isinstance(value, Sym):
        return str(value)
    if z3.is_bool(value.term):
        return str(z3.simplify(value.term)).replace("Not(passive)", "not passive")
    return names.get(_id(value), "another number")


def _names(case: Case) -> dict[str, str]:
    """What the numbers that can be written with the RFC's names are called."""
    tcb, known = case.tcb, {}
    pairs: list[tuple[str, Any]] = [("ISS", Seq(_free("ISS to select"), 32))]
    if case.state not in UNCONNECTED:
        pairs += [(NAMES[n], getattr(tcb, n)) for n in ("iss", "irs", "snd_una", "snd_nxt")]
        pairs.append(("RCV.NXT", tcb.rcv_nxt))
    if case.event == SEGMENT:
        seg = case.segment
        pairs += [
            ("SEG.SEQ", seg.seq),
            ("SEG.ACK", seg.ack),
            ("SEG.SEQ+SEG.LEN", seg.seq + seg.len),
        ]
    for name, first in pairs:
        for octets in (2, -1, 1, 0):
            known[_id((first + octets).value)] = name + (f"{octets:+d}" if octets else "")
    if case.event == "send":
        octets = _free("octets")
        known[_id(octets)] = "the octets"
        for name, first in pairs:
            known[_id((first + octets).value)] = f"{name}+octets"
    if case.event == SEGMENT:
        known[_id(_free("octets"))] = "the octets"
    if case.state not in UNCONNECTED:
        known[_id(tcb.queued)] = "the octets queued"
        for name, first in pairs:
            known[_id((first + tcb.queued).value)] = f"{name}+queued"
            known[_id((first + (tcb.queued + 1)).value)] = f"{name}+queued+1"
    return known


def _free(name: str) -> Any:
    return number(name)


def _id(value: Any) -> str:
    return str(z3.simplify(as_bits(value, SIZE)).sexpr())
