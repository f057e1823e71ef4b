"""Which ISSs a proof is about: all, or all but some."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import z3

EXCLUDED = re.compile(r"iss\.([AB]) != (\d+)")


@dataclass(frozen=True)
class Excluded:
    """The ISSs of A and of B that are left out."""

    a: tuple[int, ...] = ()
    b: tuple[int, ...] = ()

    def formula(self, iss: tuple[Any, Any]) -> z3.BoolRef:
        """None of them is chosen."""
        left_out = zip(iss, (self.a, self.b), strict=True)
        parts = [variable != number for variable, numbers in left_out for number in numbers]
        return z3.simplify(z3.And(*parts))

    def __str__(self) -> str:
        """As a certificate has it: "always", or "iss.A != 7 and iss.B != 8"."""
        named = [("A", n) for n in self.a] + [("B", n) for n in self.b]
        return " and ".join(f"iss.{who} != {n}" for who, n in named) or "always"


def excluded(text: str) -> Excluded:
    """Read what `str` of it is. Raises ValueError."""
    numbers: dict[str, list[int]] = {"A": [], "B": []}
    for part in [] if text == "always" else text.split(" and "):
        match = EXCLUDED.fullmatch(part)
        if match is None or not int(match[2]) < 2**32:
            raise ValueError(f"{part!r}: a condition is about an ISS, such as iss.A != 7")
        numbers[match[1]].append(int(match[2]))
    return Excluded(tuple(numbers["A"]), tuple(numbers["B"]))
