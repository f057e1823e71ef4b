"""Connection tracking of Linux, with the usual rule that what is INVALID is dropped.

Facts from net/netfilter/nf_conntrack_proto_tcp.c of Linux 5.14: the table of directions, flags and
states, the window tracking (van Rooij, "Real Stateful TCP Packet Filtering in IP Filter", 2000),
`nf_conntrack_tcp_loose` and `nf_conntrack_tcp_be_liberal`. Left out: SACK, window scaling, NAT of
sequence numbers, and the lower bound of an ACK (66,000 octets, more than a scope has).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from tcpmc.model.endpoint.segment import Segment, is_pure_ack
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.middleboxes.middlebox import Entry, Middlebox, Passage, Transit


class Tracked(StrEnum):
    """The states of a tracked connection, as `conntrack -L` spells them."""

    NONE = "NONE"
    SYN_SENT = "SYN_SENT"
    SYN_RECV = "SYN_RECV"
    ESTABLISHED = "ESTABLISHED"
    FIN_WAIT = "FIN_WAIT"
    CLOSE_WAIT = "CLOSE_WAIT"
    LAST_ACK = "LAST_ACK"
    TIME_WAIT = "TIME_WAIT"
    CLOSE = "CLOSE"
    SYN_SENT2 = "SYN_SENT2"


INVALID, IGNORE = "INVALID", "IGNORE"
_LETTERS = ("NO", "SS", "SR", "ES", "FW", "CW", "LA", "TW", "CL", "S2")
_SHORT = dict(zip(_LETTERS, Tracked, strict=True)) | {
    "--": INVALID,
    "ig": IGNORE,
}


def _rows(text: str) -> dict[tuple[str, Tracked], str]:
    """A table of which each line has the flags and the next state from each state."""
    rows = [line.split() for line in text.strip().splitlines()]
    return {
        (flags, state): _SHORT[after]
        for flags, *row in rows
        for state, after in zip(Tracked, row, strict=True)
    }


ORIGINAL = _rows(
    """
    SYN      SS SS ig ig ig ig ig SS SS S2
    SYN,ACK  -- -- SR -- -- -- -- -- -- SR
    FIN      -- -- FW FW LA LA LA TW CL --
    ACK      ES -- ES ES CW CW TW TW CL --
    RST      -- CL CL CL CL CL CL CL CL CL
    """
)
"""Of the end that opened (or was seen first), from NONE, SYN_SENT, ... SYN_SENT2."""

REPLY = _rows(
    """
    SYN      -- S2 -- -- -- -- -- SS -- S2
    SYN,ACK  -- SR ig ig ig ig ig ig ig SR
    FIN      -- -- FW FW LA LA LA TW CL --
    ACK      -- ig SR ES CW CW TW TW CL ig
    RST      -- CL CL CL CL CL CL CL CL CL
    """
)
"""Of the other end."""

IDLE_SECONDS = {
    Tracked.SYN_SENT: 120,
    Tracked.SYN_RECV: 60,
    Tracked.ESTABLISHED: 432_000,
    Tracked.FIN_WAIT: 120,
    Tracked.CLOSE_WAIT: 60,
    Tracked.LAST_ACK: 30,
    Tracked.TIME_WAIT: 120,
    Tracked.CLOSE: 10,
    Tracked.SYN_SENT2: 120,
}
"""How long an entry lasts in each state when no segment comes, in seconds, by default
(nf_conntrack_tcp_timeout_*)."""


@dataclass(frozen=True, slots=True)
class SentSoFar:
    """What one end has sent, as far as window tracking goes: the end of its highest octet, the
    highest that the other allowed, its largest window in octets (0 before its first segment), and
    its highest acknowledgment."""

    end: Seq
    max_end: Seq
    window: int = 0
    ack: Seq | None = None


@dataclass(frozen=True, slots=True)
class TrackedConnection:
    """An entry. `opener_inward`: whether the original direction leads to the end beside the box.

    `last` is the last segment that counts: flags, direction, and where it ended, for a SYN that was
    ignored and for an acknowledgment; `loose`: picked up in the middle; `closes`: a FIN was seen.
    """

    state: Tracked
    opener_inward: bool
    sent: tuple[SentSoFar, SentSoFar]
    last: tuple[str, int, Seq | None]
    loose: bool = False
    closes: bool = False
    simultaneous: bool = False
    challenge: bool = False
    assured: bool = False
    replied: bool = False


def flags_of(seg: Segment) -> str:
    """The row of the table that the segment has."""
    if seg.RST:
        return "RST"
    if seg.SYN:
        return "SYN,ACK" if seg.ACK else "SYN"
    return "FIN" if seg.FIN else "ACK"


@dataclass(frozen=True)
class Conntrack:
    """The rules of the tracker, for its settings."""

    loose: bool = True
    liberal: bool = False

    def sees(self, entry: Entry, seen: Transit) -> Passage:
        """What the tracker does with a segment."""
        if entry is None:
            return self._first(seen)
        assert isinstance(entry, TrackedConnection)
        direction = int(seen.inward != entry.opener_inward)
        passage = self._known(entry, direction, seen)
        if direction == 1 and passage.passes and isinstance(passage.entry, TrackedConnection):
            return replace(passage, entry=replace(passage.entry, replied=True))
        return passage

    def _first(self, seen: Transit) -> Passage:
        """A segment of a connection that is not known."""
        seg, flags = seen.segment, flags_of(seen.segment)
        after = ORIGINAL[flags, Tracked.NONE]
        if after == INVALID or (after != Tracked.SYN_SENT and not self.loose):
            return Passage(None, False, f"no entry, {flags}: INVALID, dropped")
        end, zero = seg.seq + seg.len, Seq(0, seg.seq.bits)
        picked_up = after != Tracked.SYN_SENT
        sender = SentSoFar(end, end + seen.window if picked_up else end, max(1, seen.window))
        other = SentSoFar(seg.ack, seg.ack) if picked_up else SentSoFar(zero, zero)
        last = (flags, 0, None)
        new = TrackedConnection(Tracked(after), seen.inward, (sender, other), last, loose=picked_up)
        entry = _in_window(new, 0, seen, True) if picked_up else new
        return Passage(entry or new, True, f"no entry, {flags}: {after}")

    def _known(self, entry: TrackedConnection, direction: int, seen: Transit) -> Passage:
        """A segment of a connection that is known."""
        flags = flags_of(seen.segment)
        after = (REPLY if direction else ORIGINAL)[flags, entry.state]
        label = f"{entry.state}, {flags} of {('the opener', 'the other')[direction]}"
        if after == INVALID:
            return Passage(entry, False, f"{label}: INVALID, dropped")
        if after == Tracked.SYN_SENT and entry.state in (Tracked.TIME_WAIT, Tracked.CLOSE):
            if entry.closes or entry.last[:2] == ("RST", direction):
                return self._first(seen)  # reopened: the entry is deleted and looked up again
            after = IGNORE
        if after == IGNORE:
            return self._ignored(entry, direction, seen, label)
        if _is_challenge(entry, direction, flags, after):
            kept = replace(entry, challenge=False)
            return Passage(kept, True, f"{label}: challenge ACK, no change")
        if after == Tracked.SYN_SENT2:
            entry = replace(entry, simultaneous=True)
        if after == Tracked.SYN_RECV and direction and flags == "ACK" and entry.simultaneous:
            after = Tracked.ESTABLISHED
        if flags == "RST":
            return self._reset(entry, direction, seen, label)
        return self._tracked(entry, direction, seen, Tracked(after), label)

    def _reset(
        self, entry: TrackedConnection, direction: int, seen: Transit, label: str
    ) -> Passage:
        """A RST: before what was acknowledged it is INVALID; not exactly there, it may draw a
        challenge ACK."""
        seg, acked, after = seen.segment, entry.sent[1 - direction].ack, Tracked.CLOSE
        if acked is not None:
            if seg.seq < acked:
                return Passage(entry, False, f"{label}: old, INVALID, dropped")
            train = entry.last == ("ACK", direction, seg.seq)
            if entry.assured and seg.seq != acked and not train:
                after = entry.state
        answers_syn = entry.replied and entry.last[0] == "SYN"
        answers_ack = not entry.assured and entry.last[0] == "ACK"
        if (answers_syn or answers_ack) and seg.ACK and seg.ack == entry.last[2]:
            last = ("RST", direction, None)
            return Passage(replace(entry, state=after, last=last), True, f"{label}: {after}")
        return self._tracked(entry, direction, seen, after, label)

    def _ignored(
        self, entry: TrackedConnection, direction: int, seen: Transit, label: str
    ) -> Passage:
        """A segment that may belong to another connection of the two ends than the one that is
        tracked: it passes and is noted, and a SYN,ACK that answers such a SYN is believed."""
        seg, flags = seen.segment, flags_of(seen.segment)
        if flags == "SYN,ACK" and entry.last == ("SYN", 1 - direction, seg.ack):
            end, zero = seg.ack, Seq(0, seg.seq.bits)
            opener = SentSoFar(end, end, max(1, entry.sent[1 - direction].window))
            other = SentSoFar(zero, zero)
            sent = (opener, other) if direction else (other, opener)
            synced = replace(entry, state=Tracked.SYN_SENT, sent=sent, challenge=False)
            return self._tracked(synced, direction, seen, Tracked.SYN_RECV, label)
        syn = flags == "SYN" and direction == 0
        last = (flags, direction, seg.seq + seg.len)
        challenge = entry.challenge or (syn and entry.state == Tracked.LAST_ACK)
        sender = replace(entry.sent[direction], ack=None) if syn else entry.sent[direction]
        noted = replace(_with(entry, direction, sender), last=last, challenge=challenge)
        return Passage(noted, True, f"{label}: ignored, passed")

    def _tracked(
        self, entry: TrackedConnection, direction: int, seen: Transit, after: Tracked, label: str
    ) -> Passage:
        """A segment that the table allows: it has to be in the window."""
        inside = _in_window(entry, direction, seen, self.liberal or entry.loose)
        if inside is None:
            return Passage(entry, False, f"{label}: outside the window, INVALID, dropped")
        flags = flags_of(seen.segment)
        end = seen.segment.seq + seen.segment.len if is_pure_ack(seen.segment) else None
        begun = (Tracked.SYN_RECV, Tracked.ESTABLISHED)
        sure = entry.replied and entry.state in begun and after == Tracked.ESTABLISHED
        if flags == "RST" and not entry.replied:
            return Passage(None, True, f"{label}: entry deleted")
        kept = replace(
            inside,
            state=after,
            last=(flags, direction, end),
            closes=entry.closes or (after == Tracked.FIN_WAIT != entry.state),
            assured=entry.assured or sure,
        )
        return Passage(kept, True, f"{label}: {after}")


def _is_challenge(entry: TrackedConnection, direction: int, flags: str, after: str) -> bool:
    """Whether an ACK in LAST_ACK is the answer to a SYN that was let pass (RFC 5961), and not the
    acknowledgment of the last FIN."""
    answers = entry.last[:2] == ("SYN", 1 - direction) and entry.challenge
    return (
        after == Tracked.TIME_WAIT
        and entry.state == Tracked.LAST_ACK
        and flags == "ACK"
        and answers
    )


def _with(entry: TrackedConnection, direction: int, sender: SentSoFar) -> TrackedConnection:
    """The entry with what one end has sent replaced."""
    other = entry.sent[1 - direction]
    return replace(entry, sent=(other, sender) if direction else (sender, other))


def _in_window(
    entry: TrackedConnection, direction: int, seen: Transit, liberal: bool
) -> TrackedConnection | None:
    """The entry after a segment that is in the window as the tracker sees it; None for another."""
    seg, win = seen.segment, seen.window
    end = seg.seq + seg.len
    sender, receiver = entry.sent[direction], entry.sent[1 - direction]
    begins_anew = (entry.state, direction) in ((Tracked.SYN_SENT, 0), (Tracked.SYN_RECV, 1))
    if sender.window == 0:
        if seg.SYN:
            sender = SentSoFar(end, end, max(1, win))
            if not seg.ACK:
                return _with(entry, direction, sender)
        else:
            sender = SentSoFar(end, end + win, max(1, win))
            if receiver.window == 0:
                receiver = SentSoFar(seg.ack, seg.ack)
            elif seg.ack == receiver.end + 1:
                receiver = replace(receiver, end=seg.ack)
    elif begins_anew and sender.end < end:
        sender = replace(sender, end=end, max_end=end, window=max(1, win))
    ack = seg.ack if seg.ACK and not (seg.RST and seg.ack.value == 0) else receiver.end
    seq = seg.seq
    if seg.RST and seq.value == 0 and entry.state == Tracked.SYN_SENT:
        seq = end = sender.end
    lowest = (
        receiver.window == 0
        or Seq(sender.end.value - receiver.window - 1 & _mask(end), end.bits) < end
    )
    inside = seq <= sender.max_end and lowest and ack <= receiver.end
    if not inside:
        return entry if liberal else None
    sender = SentSoFar(
        end if sender.end < end else sender.end,
        sender.max_end,
        max(sender.window, win),
        _later(sender.ack, ack) if seg.ACK else sender.ack,
    )
    grown = end - sender.max_end if receiver.window and sender.max_end < end else 0
    right = ack + win
    if right == receiver.max_end or receiver.max_end < right:
        right = right + 1 if win == 0 else right
    else:
        right = receiver.max_end
    receiver = replace(receiver, window=receiver.window + grown, max_end=right)
    return _with(_with(entry, direction, sender), 1 - direction, receiver)


def _mask(number: Seq) -> int:
    return (1 << number.bits) - 1


def _later(first: Seq | None, second: Seq) -> Seq:
    """The later of two numbers, of which the first may be missing."""
    return second if first is None or first < second else first


def _established(entry: Entry) -> bool:
    return isinstance(entry, TrackedConnection) and entry.state == Tracked.ESTABLISHED


def conntrack(name: str, title: str, *, forgets: bool = False, **settings: bool) -> Middlebox:
    """The tracker with these settings; one that forgets waits for less than the ends do."""
    rules = Conntrack(**settings)
    if forgets:
        return Middlebox(name, title, rules.sees, lambda entry: None, _established)
    return Middlebox(name, title, rules.sees, established=_established)
