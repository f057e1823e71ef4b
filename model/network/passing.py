"""A step of an end beside which a middlebox stands: what passes the box, and what the box makes of
it. The rules of the end know nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import Step
from tcpmc.model.middleboxes.middlebox import Entry, Middlebox, Transit
from tcpmc.model.network.product import Dropped, End, Move

Receive = Callable[[End, Segment], Move]
"""What a segment that has come through does at the end."""


def arriving(
    box: Middlebox, windows: tuple[int, int], end: End, segment: Segment, receive: Receive
) -> Move:
    """A segment comes to the box from outside, and to the end if it passes. `windows` are RCV.WND
    in octets of the end and of the other one."""
    own, other = windows
    passage = box.sees(end.entry, Transit(segment, True, other))
    label = f"{box.name}: {passage.rule}"
    if passage.passes:
        move = receive(replace(end, entry=passage.entry), segment)
        return leaving(box, own, passage.entry, labelled(move, label), receive)
    reply = () if passage.reply is None else (passage.reply,)
    after = replace(end, entry=passage.entry, dropped=Dropped(segment, True))
    return Move(EventKind.DELIVER, Step(label, end.tcb, send=reply), after)


def leaving(box: Middlebox, window: int, entry: Entry, move: Move, receive: Receive) -> Move:
    """The move with what passes the box of that which the end sends. With a reset the box answers
    the end itself."""
    passed, dropped, labels = list[Segment](), None, list[str]()
    replies = list[Segment]()
    for segment in move.step.send:
        passage = box.sees(entry, Transit(segment, False, window))
        entry = passage.entry
        labels.append(f"{box.name}: {passage.rule}")
        if passage.passes:
            passed.append(segment)
        else:
            dropped = Dropped(segment, False)
            replies += [] if passage.reply is None else [passage.reply]
    after = replace(move.end, entry=entry, dropped=dropped)
    step = replace(move.step, send=tuple(passed), rules=(*move.step.rules, *labels))
    move = replace(move, step=step, end=after)
    for reply in replies:
        move = _answered(move, receive(move.end, reply))
    return move


def _answered(move: Move, answer: Move) -> Move:
    """The move, after which the end has taken the reset of the box."""
    step = replace(
        answer.step,
        send=move.step.send,
        rules=(*move.step.rules, *answer.step.rules),
        signals=(*move.step.signals, *answer.step.signals),
    )
    end = replace(answer.end, entry=move.end.entry, dropped=move.end.dropped)
    return replace(move, step=step, end=end)


def labelled(move: Move, label: str) -> Move:
    """The move, before which the box did what the label says."""
    return replace(move, step=replace(move.step, rules=(label, *move.step.rules)))


def entry_after_handshake(
    box: Middlebox, which: int, iss: tuple[Seq, Seq], windows: tuple[int, int]
) -> Entry:
    """What the box beside that end remembers when both are ESTABLISHED: A has opened, or B where
    the box does not let that pass. `windows` are RCV.WND in octets of A and B.

    Raises ValueError where neither passes.
    """
    for opener in (0, 1):
        entry: Entry = None
        for sender, segment in _handshake(opener, iss):
            passage = box.sees(entry, Transit(segment, sender != which, windows[sender]))
            entry = passage.entry
            if not passage.passes:
                break
        else:
            return entry
    raise ValueError(f"{box.name}: no handshake passes, neither of A's nor of B's OPEN")


def _handshake(opener: int, iss: tuple[Seq, Seq]) -> Iterator[tuple[int, Segment]]:
    """The three segments of the handshake (RFC 9293, 3.5, Figure 6), and who sends each."""
    other, mine, theirs = 1 - opener, iss[opener], iss[1 - opener]
    yield opener, Segment(mine, Seq(0, mine.bits), SYN=True)
    yield other, Segment(theirs, mine + 1, SYN=True, ACK=True)
    yield opener, Segment(mine + 1, theirs + 1, ACK=True)


def forgetting(box: Middlebox, end: End) -> Move | None:
    """The idle time of the box is over; None where that changes nothing."""
    entry = box.forgets(end.entry)
    if entry == end.entry:
        return None
    step = Step(f"{box.name}: idle time over", end.tcb)
    return Move(EventKind.FORGET, step, replace(end, entry=entry, dropped=None))
