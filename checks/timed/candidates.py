"""What is thought to hold for one pair of phases, and what of it a sampled state leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tcpmc.checks.timed.bounds import Bounds, DifferenceOfMoments, Sample

Fact = tuple[str | DifferenceOfMoments, int]
"""A flag and its value, or a pair of moments and the index of a bound."""


class CandidateInvariant:
    """Flags with one value, and for pairs of moments the bounds of their difference."""

    def __init__(self, bounds: Bounds, telling: Sequence[str]) -> None:
        """`telling` are the flags whose value is not implied by the phase."""
        self.bounds, self.flags = bounds, dict[str, bool]()
        self._telling = telling
        self._seen = False
        self._meant = np.zeros(len(bounds.pairs), bool)
        self._held = np.ones((len(bounds.pairs), 2 * len(bounds.sums)), bool)
        self._least: dict[int, tuple[int, ...]] = {}
        """For each pair that means something its strongest bounds."""

    def __len__(self) -> int:
        return len(self.flags) + sum(map(len, self._least.values()))

    def weaken(self, sample: Sample) -> None:
        """Drop what this state breaks."""
        values = self.bounds.truths(sample)
        if not self._seen:
            self._seen = True
            self.flags = {name: values[name] for name in self._telling}
        else:
            self.flags = {n: value for n, value in self.flags.items() if values[n] == value}
        meant = self.bounds.meant(sample)
        held = self._held & (self.bounds.met(sample) | ~meant[:, None])
        changed = (held != self._held).any(axis=1) | (meant & ~self._meant)
        self._held, self._meant = held, self._meant | meant
        for row in np.flatnonzero(changed & self._meant).tolist():
            mask = np.packbits(held[row], bitorder="little").tobytes()
            self._least[row] = self.bounds.least(int.from_bytes(mask, "little"))

    def all(self) -> Iterator[Fact]:
        """The facts; a weaker one is left out where a stronger one is there."""
        yield from self.flags.items()
        for row, bounds in self._least.items():
            pair = self.bounds.pairs[row]
            yield from ((pair, index) for index in bounds)

    def new(self, before: CandidateInvariant, changed: set[str]) -> Iterator[Fact]:
        """The facts, but those that are known already of what did not change."""
        for name, value in self.flags.items():
            if name in changed or before.flags.get(name) != value:
                yield name, value
        for row, bounds in self._least.items():
            pair = self.bounds.pairs[row]
            unchanged = changed.isdisjoint(pair.names) and before._meant[row]
            yield from ((pair, i) for i in bounds if not (unchanged and before._held[row, i]))
