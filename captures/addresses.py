"""Addresses and ports of many segments at once, as endpoints."""

from __future__ import annotations

from ipaddress import IPv6Address
from typing import TYPE_CHECKING

from tcpmc.captures.packet import Endpoint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]

V6_ADDRESSES = 2**32
"""IPv4 addresses are numbers below this; IPv6 addresses are numbered from here."""


class Addresses:
    """The IPv6 addresses of some frames, numbered."""

    def __init__(self) -> None:
        self._six: list[tuple[int, int]] = []

    def numbers(self, *halves: NDArray[np.uint64]) -> tuple[Numbers, Numbers]:
        """The numbers of the source and destination addresses, each given in two halves."""
        import numpy as np

        high = np.concatenate([halves[0], halves[2]])
        low = np.concatenate([halves[1], halves[3]])
        highs, high_index = np.unique(high, return_inverse=True)
        lows, low_index = np.unique(low, return_inverse=True)
        pairs, index = np.unique(high_index * max(len(lows), 1) + low_index, return_inverse=True)
        most = max(len(lows), 1)
        self._six = [(int(highs[pair // most]), int(lows[pair % most])) for pair in pairs.tolist()]
        numbers = V6_ADDRESSES + index.astype(np.int64)
        return numbers[: len(halves[0])], numbers[len(halves[0]) :]

    def endpoints(
        self, source: Numbers, source_port: Numbers, destination: Numbers, port: Numbers
    ) -> tuple[Numbers, Numbers, list[Endpoint]]:
        """For each segment the indices of its source and destination among the endpoints."""
        import numpy as np

        codes = np.concatenate([source << 16 | source_port, destination << 16 | port])
        distinct, index = np.unique(codes, return_inverse=True)
        text = {number: self._text(number) for number in np.unique(distinct >> 16).tolist()}
        endpoints = [Endpoint(text[code >> 16], code & 0xFFFF) for code in distinct.tolist()]
        return index[: len(source)], index[len(source) :], endpoints

    def _text(self, number: int) -> str:
        if number < V6_ADDRESSES:
            return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))
        high, low = self._six[number - V6_ADDRESSES]
        return IPv6Address(high << 64 | low).compressed
