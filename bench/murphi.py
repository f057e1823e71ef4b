"""The table of rules as Murphi, in its efficient idiom: rule sets over the ends and the places of a
channel, and a procedure for arrival.

`python -m bench.murphi K C` prints it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from bench.ir import ARRIVALS, KINDS, OWN, STATES, Rule, number_bits

FIELDS = ("rn", "inc", "pas", "st")  # in this order: `inc+1` and `rn+1` speak of the old values

DECLARATIONS = """\
const K: {K}; C: {C}; Q: {Q}; {kinds}
type Side: 0..1; Place: 0..{last}; Slot: 0..{top};
var st: array[Side] of 0..10; inc: array[Side] of 0..{K}; rn: array[Side] of 0..{number};
    pas: array[Side] of 0..1; ch: array[Side] of array[Place] of Slot;
procedure insert(i: Side; s: Slot);
var v: Slot; w: Slot;
begin
  if ch[i][C-1] = 0 then
    v := s;
    for z: Place do
      if ch[i][z] < v then w := ch[i][z]; ch[i][z] := v; v := w; end;
    end;
  end;
end;
procedure remove(i: Side; z: Place);
begin
  for y: Place do
    if y >= z & y < C-1 then ch[i][y] := ch[i][y+1]; end;
  end;
  ch[i][C-1] := 0;
end;
function sent(s: 0..10): 0..2;
begin
  if s < 2 then return 0; elsif s = 5 | s = 6 | s >= 8 then return 2; else return 1; end;
end;
procedure arrive(i: Side; s: Slot);
var v: Slot; k: 0..3; q: 0..{mask}; a: 0..{mask}; ln: 0..1; iss: {numbers}; nxt: {numbers};
begin
  k := s / {QQ}; q := (s / Q) % Q; a := s % Q;
  if k = SYN | k = FIN then ln := 1; else ln := 0; end;
  iss := 3 * (inc[i] - 1); nxt := iss + sent(st[i]);
  switch st[i]"""

START = """\
startstate begin
  for i: Side do
    st[i] := 0; inc[i] := 0; rn[i] := 0; pas[i] := 0;
    for z: Place do ch[i][z] := 0; end;
  end;
end;"""

CHANNEL = """\
ruleset i: Side; z: Place do
  rule "lose" {present} ==> begin remove(1-i, z); end;
  rule "duplicate" {present} & ch[1-i][C-1] = 0 ==> begin insert(1-i, ch[1-i][z]); end;
  rule "deliver" {present} ==> var s: Slot;
    begin s := ch[1-i][z]; remove(1-i, z); arrive(i, s); end;
end;"""

PRESENT = "ch[1-i][z] != 0 & (z = 0 ? true : ch[1-i][z] != ch[1-i][z-1])"


def murphi(connections: int, capacity: int) -> str:
    """The model with K connections and channels of capacity C."""
    bits = number_bits(connections)
    numbers = f"-3..{3 * connections}"
    lines = [
        DECLARATIONS.format(
            K=connections,
            C=capacity,
            Q=1 << bits,
            QQ=1 << 2 * bits,
            kinds=" ".join(f"{name}: {code};" for name, code in KINDS.items()),
            last=capacity - 1,
            top=(1 << 2 + 2 * bits) - 1,
            number=3 * connections - 1,
            mask=(1 << bits) - 1,
            numbers=numbers,
        ),
        *_cases(bits),
        "  end;\nend;",
        START,
        "ruleset i: Side do",
        *(_own_rule(n, rule, bits, numbers) for n, rule in enumerate(OWN)),
        "end;",
        CHANNEL.format(present=PRESENT),
    ]
    return "\n".join([*lines, ""])


def _of(text: str) -> str:
    """An expression of the table, about end i."""
    text = text.replace(" and ", " & ").replace("==", "=")
    return re.sub(r"\b(st|inc|rn|pas)\b", r"\1[i]", text)


def _apply(rule: Rule, bits: int) -> str:
    parts = []
    if rule.send:
        k, q, a = map(_of, rule.send)
        parts.append(f"v := ({k}) * {1 << 2 * bits} + ({q}) * {1 << bits} + ({a});")
    parts += [f"{name}[i] := {_of(rule.update[name])};" for name in FIELDS if name in rule.update]
    if rule.send:
        parts.append("insert(i, v);")
    return " ".join(parts)


def _cases(bits: int) -> Iterator[str]:
    """For each state, the first rule that matches."""
    for state in STATES:
        chain, word = "", "if"
        for rule in (rule for rule in ARRIVALS if state in rule.states):
            if rule.guard:
                chain += f"{word} {_of(rule.guard)} then {_apply(rule, bits)} "
                word = "elsif"
            else:
                chain += f"else {_apply(rule, bits)} "
                break
        yield f"  case {state}: {chain}end;"


def _own_rule(number: int, rule: Rule, bits: int, numbers: str) -> str:
    guards = ["(" + " | ".join(f"st[i] = {state}" for state in rule.states) + ")", _of(rule.guard)]
    guards += ["ch[i][C-1] = 0"] if rule.needs_room else []
    return (
        f'  rule "{rule.name} {number}" {" & ".join(filter(None, guards))} ==>'
        f" var v: Slot; iss: {numbers}; nxt: {numbers};"
        f" begin iss := 3 * (inc[i] - 1); nxt := iss + sent(st[i]); {_apply(rule, bits)} end;"
    )


if __name__ == "__main__":
    print(murphi(int(sys.argv[1]), int(sys.argv[2])), end="")
