"""Stacks made up at random: any switches, and rules of RFC 9293 that go wrong on some occasions.

What they do may be foolish. All that matters is that every engine says the same of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from random import Random
from typing import Any, get_args, get_type_hints

from tcpmc.checks.statespace import Graph, TooLarge
from tcpmc.model import (
    CONNECTION_CLOSING,
    CONNECTION_RESET,
    RFC9293,
    Host,
    Profile,
    Rules,
    Segment,
    State,
    Step,
    Tcb,
    Variant,
    ack,
    delete_tcb,
)
from tcpmc.model.endpoint.segment import reset

STATES = 200_000
"""What is explored of a stack that has more: nothing that is proved may be among them either."""

CALLS = ("open_active", "open_passive", "close", "retransmission_timeout", "time_wait_timeout")
ARRIVALS = (
    "segment_in_closed",
    "segment_in_listen",
    "segment_in_syn_sent",
    "check_timestamp",
    "check_sequence",
    "note_timestamp",
    "check_reset",
    "check_syn",
    "check_order",
    "check_ack",
    "process_text",
    "check_fin",
)
Occasion = Callable[[Tcb, Segment | None], bool]
Deed = Callable[[Tcb, Segment | None, Step], Step]


@dataclass(frozen=True)
class Fault:
    """On this occasion the rule does something else; in words, for who has to look into it."""

    rule: str
    words: str
    occasion: Occasion
    deed: Deed

    def in_rules(self, rules: Rules) -> Rules:
        """The rules with this fault in them."""
        right = getattr(rules, self.rule)

        def on_call(host: Host, tcb: Tcb) -> Step:
            step = right(host, tcb)
            return self.deed(tcb, None, step) if self.occasion(tcb, None) else step

        def on_arrival(host: Host, tcb: Tcb, seg: Segment) -> Step:
            step = right(host, tcb, seg)
            return self.deed(tcb, seg, step) if self.occasion(tcb, seg) else step

        wrong: dict[str, Any] = {self.rule: on_call if self.rule in CALLS else on_arrival}
        return replace(rules, **wrong)


def stop_at_limit(graph: Graph) -> None:
    """Explore no further level once there are `STATES`."""
    if graph.states > STATES:
        raise TooLarge(f"more than {STATES:,} states")


def random_profile(chance: Random) -> Profile:
    """A profile in which half of the switches are as in RFC 9293, and the others anyhow."""
    hints, found = get_type_hints(Profile), dict[str, Any]()
    for field in fields(Profile):
        choices = get_args(hints[field.name]) or (False, True)
        if field.name == "window":
            choices = (1, 4, 10)
        if chance.random() < 0.5:
            found[field.name] = chance.choice(choices)
    return Profile(**found)


def random_variant(seed: int, most: int = 3) -> Variant:
    """A variant with at most so many faults; its title says which."""
    chance = Random(seed)
    faults = [
        random_fault(chance) for _ in range(min(most, chance.choice((0, 1, 1, 1, 2, 2, 3, 3))))
    ]
    rules = RFC9293
    for fault in faults:
        rules = fault.in_rules(rules)
    title = "; ".join(fault.words for fault in faults)
    return Variant(f"random-{seed}", title, random_profile(chance), rules)


def random_fault(chance: Random) -> Fault:
    rule = chance.choice((*ARRIVALS, *ARRIVALS, *CALLS))
    when = [_in_state(chance)]
    if rule in ARRIVALS:
        when += chance.sample([*_about_segments(chance)], chance.randint(0, 2))
    when += [_MEMORY[chance.randrange(len(_MEMORY))]] * (chance.random() < 0.3)
    words, deed = chance.choice([*_deeds(chance, rule)])

    def occasion(tcb: Tcb, seg: Segment | None) -> bool:
        return all(condition(tcb, seg) for _, condition in when)

    said = " and ".join(text for text, _ in when)
    return Fault(rule, f"{rule} {said}: {words}", occasion, deed)


Said = tuple[str, Occasion]


def _in_state(chance: Random) -> Said:
    states = chance.sample(list(State), chance.choice((1, 1, 2, len(State))))
    return f"in {'/'.join(map(str, states))}", lambda tcb, seg: tcb.state in states


_MEMORY: list[Said] = [
    ("with nothing queued", lambda tcb, seg: tcb.queued == 0),
    ("with something queued", lambda tcb, seg: tcb.queued == 1),
    ("if passive", lambda tcb, seg: tcb.passive),
    ("with TS.Recent 1", lambda tcb, seg: tcb.ts_recent == 1),
]


def _about_segments(chance: Random) -> Iterator[Said]:
    for bit in ("SYN", "ACK", "FIN", "RST"):
        yield f"{bit}", lambda tcb, seg, bit=bit: getattr(seg, bit)  # type: ignore[misc]
        yield f"no {bit}", lambda tcb, seg, bit=bit: not getattr(seg, bit)  # type: ignore[misc]
    yield "SEG.SEQ=RCV.NXT", lambda tcb, seg: seg is not None and seg.seq == tcb.rcv_nxt
    yield "SEG.SEQ+1=RCV.NXT", lambda tcb, seg: seg is not None and seg.seq + 1 == tcb.rcv_nxt
    yield "SEG.ACK=SND.NXT", lambda tcb, seg: seg is not None and seg.ack == tcb.snd_nxt
    yield "SEG.ACK<SND.NXT", lambda tcb, seg: seg is not None and seg.ack < tcb.snd_nxt
    yield "SEG.SEQ=0", lambda tcb, seg: seg is not None and seg.seq.value == 0
    yield "TSval 3", lambda tcb, seg: seg is not None and seg.stamp == 3


def _deeds(chance: Random, rule: str) -> Iterator[tuple[str, Deed]]:
    """What a fault may do; each answers with one segment at the most."""
    state = chance.choice(list(State))
    yield "nothing", lambda tcb, seg, step: Step("fault", tcb)
    yield "no reply", lambda tcb, seg, step: replace(step, send=())
    yield (
        f"enters {state}",
        lambda tcb, seg, step: replace(
            step, tcb=replace(step.tcb, state=state), starts_time_wait=state == State.TIME_WAIT
        ),
    )
    yield (
        "drops the connection",
        lambda tcb, seg, step: Step("fault", delete_tcb(tcb), signals=(CONNECTION_RESET,)),
    )
    yield "is done", lambda tcb, seg, step: replace(step, rules=step.rules or ("fault",), done=True)
    yield "one queued", lambda tcb, seg, step: replace(step, tcb=replace(step.tcb, queued=1))
    yield "none queued", lambda tcb, seg, step: replace(step, tcb=replace(step.tcb, queued=0))
    yield "active", lambda tcb, seg, step: replace(step, tcb=replace(step.tcb, passive=False))
    yield "TS.Recent 1", lambda tcb, seg, step: replace(step, tcb=replace(step.tcb, ts_recent=1))
    yield (
        "CLOSE queued",
        lambda tcb, seg, step: replace(step, tcb=replace(step.tcb, close_queued=True)),
    )
    yield "signals closing", lambda tcb, seg, step: replace(step, signals=(CONNECTION_CLOSING,))
    yield (
        "takes all as acknowledged",
        lambda tcb, seg, step: replace(step, tcb=replace(step.tcb, snd_una=step.tcb.snd_nxt)),
    )
    yield "answers by ACK", lambda tcb, seg, step: replace(step, send=(ack(step.tcb),))
    yield "sends a field more", _garbled(chance)
    if rule in ARRIVALS:
        yield (
            "answers by RST",
            lambda tcb, seg, step: replace(step, send=() if seg is None else (reset(seg),)),
        )
        yield (
            "takes SEG.SEQ",
            lambda tcb, seg, step: replace(
                step, tcb=step.tcb if seg is None else replace(step.tcb, rcv_nxt=seg.seq)
            ),
        )


def _garbled(chance: Random) -> Deed:
    """One field of what is sent is another: two kinds of segments then differ in nothing else."""
    field = chance.choice(("seq", "ack", "length", "FIN", "ACK"))

    def other(segment: Segment, tcb: Tcb) -> Segment:
        value: Any = not getattr(segment, field)
        if field in ("seq", "ack"):
            value = tcb.rcv_nxt if field == "seq" else tcb.snd_nxt
        changed: dict[str, Any] = {field: 1 if field == "length" else value}
        return replace(segment, **changed)

    return lambda tcb, seg, step: replace(
        step, send=tuple(other(one, step.tcb) for one in step.send[:1])
    )
