"""The table of rules as Promela, in SPIN's efficient idiom: one process whose every transition is
one d_step, channels as sorted arrays, scratch variables hidden from the state.

`python -m bench.promela K C` prints it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from bench.ir import ARRIVALS, KINDS, OWN, SENT, STATES, Rule, number_bits

FIELDS = ("rn", "inc", "pas", "st")  # in this order: `inc+1` and `rn+1` speak of the old values
SCRATCH = ("v", "w", "k", "q", "a", "ln", "iss", "nxt")


def goal(capacity: int) -> str:
    """`bench.goal.reached` in Promela."""
    ends = [f"st[{end}]==10 && inc[{end}]==K" for end in (0, 1)]
    full = [f"{_slot(end, capacity - 1, capacity)}!=0" for end in (0, 1)]
    return " && ".join(ends + full)


def promela(connections: int, capacity: int, bad: str = "", hidden: bool = True) -> str:
    """The model with K connections and channels of capacity C. With `bad`, a transition that fails
    where it holds. Breadth-first search refuses hidden variables: without `hidden` the scratch
    variables are ordinary ones and zero between transitions."""
    bits = number_bits(connections)
    slot = "byte" if 2 + 2 * bits <= 8 else "short"
    secret = "hidden " if hidden else ""
    lines = [
        f"/* K={connections} C={capacity} */",
        f"#define K {connections}",
        *(f"#define {name} {code}" for name, code in KINDS.items()),
        f"byte st[2], inc[2], rn[2]; bit pas[2]; {slot} ch[{2 * capacity}];",
        f"{secret}{slot} v, w; {secret}byte {', '.join(SCRATCH[2:])};",
        *(_put(end, capacity) for end in (0, 1)),
        *(line for end in (0, 1) for line in _arrive(end, bits)),
        "active proctype tcp() {",
        "end: do",
    ]
    reset = "" if hidden else "; " + "; ".join(f"{name} = 0" for name in SCRATCH)
    for guard, action in _transitions(capacity, bits):
        lines.append(f":: d_step {{ {guard} -> {action}{reset} }}")
    if bad:
        lines.append(f":: d_step {{ {bad} -> assert(false) }}")
    return "\n".join([*lines, "od }", ""])


def _slot(end: int, place: int, capacity: int) -> str:
    """A place of the channel from `end`; segments are in descending order, 0 is an empty place."""
    return f"ch[{end * capacity + place}]"


def _put(end: int, capacity: int) -> str:
    """Sort v into the channel from `end` if there is room."""
    insert = " ".join(
        f"if :: {place} < v -> w = {place}; {place} = v; v = w :: else fi;"
        for place in (_slot(end, n, capacity) for n in range(capacity))
    )
    last = _slot(end, capacity - 1, capacity)
    return f"inline put{end}() {{ if :: {last} == 0 -> {insert} :: else fi }}"


def _remove(end: int, place: int, capacity: int) -> str:
    moves = [
        f"{_slot(end, n, capacity)} = {_slot(end, n + 1, capacity)}"
        for n in range(place, capacity - 1)
    ]
    return "; ".join([*moves, f"{_slot(end, capacity - 1, capacity)} = 0"])


def _of(end: int, text: str) -> str:
    """An expression of the table, about `end`."""
    return re.sub(r"\b(st|inc|rn|pas)\b", rf"\1[{end}]", text.replace(" and ", " && "))


def _numbers(end: int) -> str:
    two = " || ".join(f"st[{end}] == {state}" for state in STATES if SENT[state] == 2)
    sent = f"({two} -> 2 : (st[{end}] >= 2 -> 1 : 0))"
    return f"iss = 3 * (inc[{end}] - 1); nxt = iss + {sent}"


def _apply(rule: Rule, end: int, bits: int) -> str:
    parts = []
    if rule.send:
        k, q, a = (_of(end, text) for text in rule.send)
        parts.append(f"v = (({k}) << {2 * bits}) | (({q}) << {bits}) | ({a})")
    parts += [
        f"{name}[{end}] = {_of(end, rule.update[name])}" for name in FIELDS if name in rule.update
    ]
    if rule.send:
        parts.append(f"put{end}()")
    return "; ".join(parts) or "skip"


def _arrive(end: int, bits: int) -> Iterator[str]:
    """Segment v arrives at `end`: the first rule that matches."""
    mask = (1 << bits) - 1
    yield f"inline arrive{end}() {{"
    yield f" {_numbers(end)}; k = v >> {2 * bits}; q = (v >> {bits}) & {mask}; a = v & {mask};"
    yield " ln = (k == SYN || k == FIN);"
    yield " if"
    for state in STATES:
        chain, closing = "", ""
        for rule in (rule for rule in ARRIVALS if state in rule.states):
            if not rule.guard:
                chain += _apply(rule, end, bits)
                break
            chain += f"if :: {_of(end, rule.guard)} -> {_apply(rule, end, bits)} :: else -> "
            closing += " fi"
        else:
            chain += "skip"
        yield f" :: st[{end}] == {state} -> {chain}{closing}"
    yield " fi }"


def _transitions(capacity: int, bits: int) -> Iterator[tuple[str, str]]:
    """The guard and the action of each transition."""
    for end in (0, 1):
        room = f"{_slot(end, capacity - 1, capacity)} == 0"
        for rule in OWN:
            for state in rule.states:
                guards = [f"st[{end}] == {state}", _of(end, rule.guard)]
                guards += [room] if rule.needs_room else []
                numbers = f"{_numbers(end)}; " if rule.send else ""
                yield " && ".join(filter(None, guards)), numbers + _apply(rule, end, bits)
        for place in range(capacity):
            yield from _of_the_channel(1 - end, place, capacity)


def _of_the_channel(end: int, place: int, capacity: int) -> Iterator[tuple[str, str]]:
    """Loss, duplication and delivery of a segment from `end`: of equal ones, the first."""
    this, remove = _slot(end, place, capacity), _remove(end, place, capacity)
    present = f"{this} != 0"
    if place:
        present += f" && {this} != {_slot(end, place - 1, capacity)}"
    yield present, remove
    if place < capacity - 1:
        room = f"{_slot(end, capacity - 1, capacity)} == 0"
        yield f"{present} && {room}", f"v = {this}; put{end}()"
    yield present, f"v = {this}; {remove}; arrive{1 - end}()"


if __name__ == "__main__":
    print(promela(int(sys.argv[1]), int(sys.argv[2])), end="")
