"""Two stacks, one at each end of a connection."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from tcpmc.model.variants.variant import Variant


@dataclass(frozen=True)
class StackPair:
    """The stack of end A and that of end B."""

    a: Variant
    b: Variant

    @property
    def name(self) -> str:
        """Both names, as `--variant` takes them."""
        return f"A={self.a.name},B={self.b.name}"

    @property
    def title(self) -> str:
        """What is different in each (one line)."""
        return f"A: {self.a.title or self.a.name}; B: {self.b.title or self.b.name}"

    def at(self, which: int) -> Variant:
        """The stack of that end (0 is A, 1 is B), as it is in a connection with the other."""
        return self._connected[which]

    @cached_property
    def _connected(self) -> tuple[Variant, Variant]:
        """Both as they agree in the handshake: the timestamps option is used if both SYNs carry it
        (RFC 7323, 3.2). All else is each end's own."""
        if self.a.profile.timestamps == self.b.profile.timestamps:
            return self.a, self.b
        return without_timestamps(self.a), without_timestamps(self.b)


def without_timestamps(stack: Variant) -> Variant:
    """The stack in a connection in which the option was not agreed on."""
    if not stack.profile.timestamps:
        return stack
    return replace(stack, profile=replace(stack.profile, timestamps=False))


Stacks = Variant | StackPair
"""What is asked about: one stack at both ends, or two."""
