"""Frames as they lie in a file, many at a time, and what is told of those that are left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CHUNK = 2**22
"""Octets of a file that are looked at together."""
LONGEST = 2**24
"""Octets of a frame: a length beyond it is damage."""
SHOWN = 100
"""Columns of a line that cannot be read."""
PADDING = 2**9
"""Octets of zeros behind the frames, so that a header that is cut off may be read, and refused."""


@dataclass(slots=True)
class Frames:
    """Frames of one link type: where each begins in `octets` (as integers from 0 to 255, with
    `PADDING` behind them), how many octets of it were captured and how many there were, its time
    in nanoseconds, its number in the file, counted from 1, and the index of its interface."""

    link: int
    octets: NDArray[np.uint8]
    start: NDArray[np.int64]
    captured: NDArray[np.int64]
    original: NDArray[np.int64]
    time: NDArray[np.int64]
    number: NDArray[np.int64]
    interface: int = 0
    outbound: NDArray[np.int64] | None = None


@dataclass(slots=True)
class ReaderNotes:
    """What a reader has to say of a file besides its packets: how many were left out, by reason;
    notes, each a sentence; and of a text, its kinds, how many lines could not be read, and the
    first of them: its number, the line, and why, if that is known. `ended` is when the capture
    ended, in nanoseconds, where the file tells it."""

    left_out: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    unread: int = 0
    first_unread: tuple[int, str, str] | None = None
    ended: int | None = None

    def reasons(self) -> list[str]:
        """Everything that is not in the packets, each in a few words, printable."""
        texts = [*self.notes]
        for why, count in self.left_out.items():
            texts.append(f"{count:,} packet{'s' * (count != 1)} left out: {why}")
        if self.first_unread is not None:
            place, text, why = self.first_unread
            shown = "".join(c if c.isprintable() else "?" for c in text.strip()[:SHOWN])
            lines = "1 line" if self.unread == 1 else f"{self.unread:,} lines"
            cause = f" ({why})" if why else ""
            texts.append(f"{lines} could not be read; the first is line {place}{cause}: {shown}")
        return texts


def padded(data: bytes) -> NDArray[np.uint8]:
    """The octets as an array, with zeros behind them."""
    import numpy as np

    return np.frombuffer(data + bytes(PADDING), np.uint8)
