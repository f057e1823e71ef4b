"""Times, in nanoseconds, from what a text shows of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

SECOND, DAY = 10**9, 86_400 * 10**9
SHOWN = re.compile(
    r"(?:\d{4}-\d\d-\d\d[ T])?\d\d:\d\d:\d\d(?:[.,]\d+)?|(?<![\w.])\d+\.\d{3,9}(?![\w.])"
)
"""A time where it stands in a line; no part of an address."""
PARTS = re.compile(r"(?:(\d{4})-(\d\d)-(\d\d)[ T])?(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?")
SECONDS = re.compile(r"(\d{1,11})(?:\.(\d{1,9}))?\d*$")
DATED = re.compile(r"(\w{3}) +(\d+), (\d{4}) (\d\d:\d\d:\d\d(?:\.\d{1,9})?)")
"""tshark's frame.time."""
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
MOST = 2**33


class Clock:
    """Understands the times of one text, in order. A time of day that goes back is of the next
    day, unless times are from line to line (tcpdump -ttt)."""

    def __init__(self) -> None:
        self._days = 0
        self._last: int | None = None
        self._steps: bool | None = None
        self._now = 0

    def understand(self, shown: Sequence[str]) -> list[int | None]:
        """The times that these texts mean; None where there is none."""
        times = [_nanoseconds(text) for text in shown]
        if self._steps is None:
            self._steps = _are_steps([time for time in times if time is not None])
        return [None if time is None else self._next(time) for time in times]

    def _next(self, time: int) -> int:
        if self._steps:
            self._now += time
            return self._now
        if self._last is not None and time < DAY and time + DAY // 2 < self._last:
            self._days += 1
        self._last = time
        return time + (self._days * DAY if time < DAY else 0)


def _are_steps(times: Sequence[int]) -> bool:
    """Whether these are times from line to line: they begin with 0, and are not in order."""
    return (
        len(times) > 2
        and times[0] == 0
        and any(after < before for before, after in pairwise(times))
    )


def _nanoseconds(text: str) -> int | None:
    dated = DATED.search(text)
    if dated and dated[1] in MONTHS:
        text = f"{dated[3]}-{MONTHS.index(dated[1]) + 1:02}-{int(dated[2]):02} {dated[4]}"
    parts = PARTS.search(text)
    if parts is None:
        seconds = SECONDS.match(text.strip())
        if seconds is None or int(seconds[1]) >= MOST:
            return None
        return int(seconds[1]) * SECOND + _fraction(seconds[2])
    year, month, day, *rest, fraction = parts.groups()
    hour, minute, second = map(int, rest)
    since = 0
    if year:
        try:
            since = int(datetime(int(year), int(month), int(day), tzinfo=UTC).timestamp()) * SECOND
        except (ValueError, OverflowError):
            return None
    return since + (hour * 3600 + minute * 60 + second) * SECOND + _fraction(fraction)


def _fraction(digits: str | None) -> int:
    return int((digits or "0").ljust(9, "0"))
