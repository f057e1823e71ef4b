"""The rules within the bounds of a scope: what can happen next, in plain Python.

This is the reference semantics. Explorers may tabulate its local functions; traces are replayed
with `successors`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import FIN_UNACKNOWLEDGED, State, Step, Tcb, empty_tcb
from tcpmc.model.endpoint.timestamps import stamped
from tcpmc.model.network.channel import Channel, Contents, Flight
from tcpmc.model.network.history import History, observe, opens_connection
from tcpmc.model.network.incarnations import (
    FIRST,
    FORGED,
    About,
    Incarnation,
    about_sent,
    after_arrival,
    after_step,
    clock,
    forgeries,
    offsets,
)
from tcpmc.model.network.passing import arriving, entry_after_handshake, forgetting, leaving
from tcpmc.model.network.product import (
    NO_SEGMENT,
    OPENS,
    OWN_EVENTS,
    End,
    EndStep,
    Event,
    Move,
    System,
)
from tcpmc.model.network.scope import Scope
from tcpmc.model.variants.pair import Stacks

CALLS = (EventKind.ACTIVE_OPEN, EventKind.SEND, EventKind.CLOSE, EventKind.ABORT)


class Model:
    """The rules of one variant, or of a pair of them, within the bounds of one scope.

    `stacks` are those of the two ends: one variant at both, or two, as they are in a connection.
    """

    def __init__(
        self, variant: Stacks, scope: Scope, hosts: tuple[Host, Host] | None = None
    ) -> None:
        """`hosts` are the two that the ends run on, if not those with the ISSs of the scope. Raise
        ValueError where a window is too large for the order of the numbers."""
        self.variant, self.scope = variant, scope
        self.stacks = (variant.at(0), variant.at(1))
        self.widest = max((stack.profile for stack in self.stacks), key=lambda one: one.window)
        window, bits = self.widest.window, scope.bits
        if window >= 2 ** (bits - 1):
            raise ValueError(
                f"window={window} and bits={bits}: choose a window below {2 ** (bits - 1)}, "
                "half of 2**bits"
            )
        self.channel = Channel(scope)
        a, b = (self._host(which, Seq(iss, bits)) for which, iss in enumerate(scope.iss))
        self.hosts = (a, b) if hosts is None else hosts

    def _host(self, which: int, iss: Seq) -> Host:
        """The host of that end. The window that it is offered is the other's (MAX.SND.WND)."""
        own, other = self.stacks[which].profile, self.stacks[1 - which].profile
        return Host(own, iss, max_snd_wnd=None if own.window == other.window else other.window)

    def initial(self) -> System:
        """The state in which every run begins."""
        if self.scope.start == "closed":
            end = End(empty_tcb(State.CLOSED, self.scope.bits))
            return System((end, end))
        return System((self._established(0), self._established(1)))

    def _established(self, which: int) -> End:
        iss, irs = self.hosts[which].iss, self.hosts[1 - which].iss
        tcb = Tcb(State.ESTABLISHED, iss, irs, iss + 1, iss + 1, irs + 1)
        known = FIRST if self.scope.one_connection else Incarnation(peer=1)
        box, entry = self.stacks[which].middlebox, None
        if box is not None:
            windows = (self.stacks[0].profile.window, self.stacks[1].profile.window)
            a, b = self.hosts
            entry = entry_after_handshake(box, which, (a.iss, b.iss), windows)
        return End(tcb, History(opens=1), incarnation=known, entry=entry)

    def host(self, which: int, end: End) -> Host:
        """What the rules may consult at that end now."""
        host, scope = self.hosts[which], self.scope
        if scope.one_connection and not host.profile.timestamps:
            return host
        known, more = end.incarnation, end.history.opens < scope.opens
        iss = host.iss + known.offset
        return replace(host, iss=iss, remembered=known.remembered, may_open=more)

    def own_moves(self, which: int, end: End) -> Iterator[Move]:
        """What the user and the timers of one end can do, and forged segments to it; without what
        changes nothing."""
        for event in OWN_EVENTS:
            for offset in self._offsets(event, end):
                move = self.own_move(event, which, end, offset)
                if move is not None:
                    yield move
        box = self.stacks[which].middlebox
        if box is not None and (forgets := forgetting(box, end)) is not None:
            yield forgets
        if end.incarnation.forged < self.scope.attacks:
            for segment in forgeries(self.stacks[which].profile, end.tcb):
                yield self.receive(which, end, segment, FORGED)

    def _offsets(self, event: EventKind, end: End) -> tuple[int, ...]:
        """The ISSs that an OPEN in CLOSED may choose; otherwise the one that is chosen."""
        if event not in OPENS or end.state != State.CLOSED or self.scope.opens == 1:
            return (end.incarnation.offset,)
        # A host that has crashed has lost track of its numbers, and of the clock that made them,
        # unless that is one that survives.
        lost = end.history.crashes > 0 and self.scope.isn != "new"
        number = 1 if lost else end.history.opens + 1
        return offsets(self.scope, self.widest, number)

    def own_move(self, event: EventKind, which: int, end: End, offset: int = 0) -> Move | None:
        """One user call or timeout; None where it is not possible or changes nothing. `offset`: of
        the ISS from now on."""
        profile, scope = self.stacks[which].profile, self.scope
        if end.incarnation.offset != offset:
            end = replace(end, incarnation=replace(end.incarnation, offset=offset))
        step = self.own_step(event, which, end)
        if step is None or self.changes_nothing(end.tcb, step):
            return None
        move = self._stamped(which, end, self._move(event, end, step))
        if event != EventKind.CRASH:
            move = self._listening(which, move)
        box = self.stacks[which].middlebox
        if box is not None:
            window = profile.window
            move = leaving(box, window, end.entry, move, partial(self._received, which))
        if scope.prompt and event in (EventKind.RETRANSMISSION_TIMEOUT, EventKind.USER_TIMEOUT):
            return replace(move, quiet=True)
        if event == EventKind.TIME_WAIT_TIMEOUT:
            return replace(move, settled=profile.time_wait == "quiet" and not scope.clock)
        if event in OPENS and scope.opens > 1:
            quiet = profile.quiet_time and scope.crashes > 0 and end.history.crashes > 0
            return replace(move, quiet=quiet or scope.prompt, offset=offset)
        return move

    def own_step(self, event: EventKind, which: int, end: End) -> Step | None:
        """What the rule for a user call or timeout does; None where it does not come to that."""
        if not self._may(event, which, end):
            return None
        if event == EventKind.CRASH:
            return Step("crash: TCB forgotten", empty_tcb(State.CLOSED, self.scope.bits))
        return self.stacks[which].rules.call(event, self.host(which, end), end.tcb)

    def _may(self, event: EventKind, which: int, end: End) -> bool:
        """Whether the scope and the timers let it come to a user call, a timeout or a crash."""
        scope, history = self.scope, end.history
        if self.listens(which) and event in CALLS and self._waits_for_a_call(event, end):
            return False
        match event:
            case EventKind.ACTIVE_OPEN | EventKind.PASSIVE_OPEN:
                begins = end.state in (State.CLOSED, State.TIME_WAIT)
                return history.opens < scope.opens or not begins
            case EventKind.SEND:
                return scope.sender in ("both", "AB"[which]) and history.sent < scope.data
            case EventKind.CLOSE if (
                scope.closer not in ("both", "AB"[which]) and not history.fin_received
            ):
                return False
            case EventKind.CLOSE:
                return True
            case EventKind.ABORT:
                return scope.aborts
            case EventKind.CRASH:
                return history.crashes < scope.crashes and end.state != State.CLOSED
            case EventKind.TIME_WAIT_TIMEOUT if end.state == State.TIME_WAIT:
                return not scope.clock or end.time_wait >= scope.time_wait
            case EventKind.RETRANSMISSION_TIMEOUT:
                return self._retransmits(end)
            case EventKind.USER_TIMEOUT:
                return self._gives_up(end)
        return False

    def listens(self, which: int) -> bool:
        """Whether a listener stands at that end."""
        return self.scope.listener in ("both", "AB"[which])

    @staticmethod
    def _waits_for_a_call(event: EventKind, end: End) -> bool:
        """Whether a listener does not make that call: it never calls itself, and it makes none in
        LISTEN."""
        return event == EventKind.ACTIVE_OPEN or end.state == State.LISTEN

    def _due(self, end: End) -> bool:
        """Whether something is unacknowledged and the retransmission timer has run out."""
        if end.tcb.snd_una == end.tcb.snd_nxt:
            return False
        return not self.scope.clock or end.rexmt >= self.scope.rto

    def _retransmits(self, end: End) -> bool:
        limit = self.scope.retransmissions
        return self._due(end) and (limit is None or end.retries < limit)

    def _gives_up(self, end: End) -> bool:
        limit = self.scope.retransmissions
        return limit is not None and self._due(end) and end.retries >= limit

    def receive(self, which: int, end: End, segment: Segment, about: About = (0, 0)) -> Move:
        """What a segment does at one end, if it passes the middlebox beside it."""
        box = self.stacks[which].middlebox
        if box is None:
            return self._received(which, end, segment, about)
        a, b = (self.stacks[one].profile.window for one in (which, 1 - which))
        receive = partial(self._received, which, about=about)
        move = arriving(box, (a, b), end, segment, receive)
        if self.scope.one_connection or not move.end.dropped_inward:
            return move
        known = end.incarnation
        about = about_sent(move.step, (segment, about), end.history.opens, known.peer)
        return replace(move, about=about)

    def _received(self, which: int, end: End, segment: Segment, about: About = (0, 0)) -> Move:
        """What a segment does that has come to the end."""
        step = self.stacks[which].rules.segment_arrives(self.host(which, end), end.tcb, segment)
        move = self._stamped(which, end, self._move(EventKind.DELIVER, end, step, (segment, about)))
        move = self._listening(which, move)
        if about == FORGED:
            return replace(move, event=EventKind.FORGE, flight=Flight(segment, about=about))
        return move

    def _listening(self, which: int, move: Move) -> Move:
        """The move; where it leaves no connection at the end of a listener, that listens at once
        (with the ISS that the clock gives)."""
        end = move.end
        if not self.listens(which) or end.state != State.CLOSED:
            return move
        offset = self._offsets(EventKind.PASSIVE_OPEN, end)[-1]
        end = replace(end, incarnation=replace(end.incarnation, offset=offset))
        opened = self.own_step(EventKind.PASSIVE_OPEN, which, end)
        if opened is None:  # no OPEN is left
            return move
        end = self._move(EventKind.PASSIVE_OPEN, end, opened).end
        rules = (*move.step.rules, *opened.rules)
        return replace(move, step=replace(move.step, rules=rules, tcb=end.tcb), end=end)

    def _stamped(self, which: int, end: End, move: Move) -> Move:
        """The move with timestamps on what it sends, where the profile has them."""
        if not self.stacks[which].profile.timestamps:
            return move
        opens = move.end.history.opens
        waited = end.state == State.TIME_WAIT and opens == end.history.opens
        return replace(move, step=stamped(move.step, clock(self.scope, which, opens, waited)))

    def end_step(self, event: Event, end: End, step: Step) -> EndStep:
        """The step that an end took on an event, as its rules saw it."""
        if event.kind in OPENS and self.scope.opens > 1:
            end = replace(end, incarnation=replace(end.incarnation, offset=event.offset))
        kind, segment = event.kind, NO_SEGMENT
        if event.flight is not None:
            kind, segment = EventKind.DELIVER, event.flight.segment
        return EndStep(self.host(event.end, end), kind, end.tcb, segment, step, end.history)

    def takes(self, which: int, end: End, segment: Segment) -> bool:
        """Whether a segment that has come to the end, past any middlebox, changes its TCB."""
        return self._received(which, end, segment).step.tcb != end.tcb

    def ignores(self, which: int, end: End, segment: Segment) -> bool:
        """Whether a segment neither changes the end nor is answered."""
        return self.changes_nothing(end.tcb, self.receive(which, end, segment).step)

    def changes_nothing(self, before: Tcb, step: Step) -> bool:
        """Whether a step leaves the TCB as it was, value by value, and sends nothing."""
        return not step.send and step.tcb == before

    def _move(
        self,
        event: EventKind,
        end: End,
        step: Step,
        arrived: tuple[Segment, About] | None = None,
    ) -> Move:
        """The end after a step: its clocks where the scope needs them, its history, and what it
        knows of the connection where there can be several."""
        rexmt = self._rexmt_after(event, end, step.tcb)
        retries = self._retries_after(event, end, step.tcb)
        time_wait = self._time_wait_after(end, step)
        history = self.observed(end.history, event, end.tcb, step, arrived and arrived[0])
        after = End(step.tcb, history, time_wait, rexmt, retries)
        if self.scope.one_connection:
            return Move(event, step, after)
        known, about = self._incarnation_after(event, end, step, arrived, history.opens)
        return Move(event, step, replace(after, incarnation=known), about)

    @staticmethod
    def _incarnation_after(
        event: EventKind,
        before: End,
        step: Step,
        arrived: tuple[Segment, About] | None,
        opens: int,
    ) -> tuple[Incarnation, About]:
        """What the end knows of the connection after a step, and what its segments are about;
        `opens` counts the OPENs after the step."""
        was, opened = before.incarnation, opens_connection(event, before.tcb, step.tcb)
        if arrived is None:
            known = after_step(was, before.tcb, step, opened)
        else:
            known = after_arrival(was, before.tcb, step, arrived, opens)
        peer = known.peer or (0 if opened else was.peer)
        return known, about_sent(step, arrived, opens, peer)

    def _rexmt_after(self, event: EventKind, before: End, after: Tcb) -> int:
        """The ticks since the front of the retransmission queue was last sent."""
        outstanding = after.snd_una != after.snd_nxt
        is_again = event == EventKind.RETRANSMISSION_TIMEOUT
        another = is_again or after.snd_una != before.tcb.snd_una
        return before.rexmt if self.scope.clock and outstanding and not another else 0

    def _retries_after(self, event: EventKind, before: End, after: Tcb) -> int:
        """How often the front of the retransmission queue was sent again."""
        outstanding = after.snd_una != after.snd_nxt
        limited = self.scope.retransmissions is not None
        if limited and outstanding and after.snd_una == before.tcb.snd_una:
            return before.retries + (event == EventKind.RETRANSMISSION_TIMEOUT)
        return 0

    def _time_wait_after(self, before: End, step: Step) -> int:
        """The ticks since TIME-WAIT was started."""
        waits = self.scope.clock and step.tcb.state == State.TIME_WAIT
        return before.time_wait if waits and not step.starts_time_wait else 0

    def observed(
        self, history: History, event: EventKind, before: Tcb, step: Step, seg: Segment | None
    ) -> History:
        """The history after a step, on a segment if one arrived."""
        return observe(history, event, before, step, seg)

    def tick_end(self, end: End) -> End | None:
        """The end one tick later; None while a timer of it has to fire first.

        A retransmission may come later than RTO, as in a stack that backs off (RFC 6298). Where
        their number is limited none does: the user timeout is then so many RTOs long.
        """
        scope = self.scope
        time_wait, rexmt = end.time_wait, end.rexmt
        if end.state == State.TIME_WAIT:
            if time_wait >= scope.time_wait:
                return None
            time_wait += 1
        if end.tcb.snd_una != end.tcb.snd_nxt:
            if rexmt >= scope.rto and scope.retransmissions is not None:
                return None
            rexmt = min(rexmt + 1, scope.rto)
        return replace(end, time_wait=time_wait, rexmt=rexmt)

    def settled(self, other: End) -> bool:
        """Whether the other end no longer waits for an ACK that TIME-WAIT is there to repeat."""
        return other.state not in FIN_UNACKNOWLEDGED

    def is_quiet(self, contents: Contents) -> bool:
        """Whether nothing is left in a channel. The sent-set may have lost whatever is in it."""
        return not contents or self.scope.channel == "sent-set"

    def successors(self, system: System) -> Iterator[tuple[Event, Step | None, System]]:
        """Every event that can happen now, the step of the end it concerns, and the state after."""
        for which in (0, 1):
            yield from self._own_successors(system, which)
            yield from self._deliveries(system, which)
            yield from self._network(system, which)
        if self.scope.clock:
            yield from self._tick(system)

    def _own_successors(
        self, system: System, which: int
    ) -> Iterator[tuple[Event, Step | None, System]]:
        quiet = all(map(self.is_quiet, system.channels))
        settled = quiet and self.settled(system.ends[1 - which])
        for move in self.own_moves(which, system.ends[which]):
            out = self.channel.put(system.channels[which], move.step.send, move.about)
            waits = (move.settled and not settled) or (move.quiet and not quiet)
            if out is not None and not waits:
                after = system.after(which, move.end, out)
                yield Event(move.event, which, move.flight, move.offset), move.step, after

    def _deliveries(
        self, system: System, which: int
    ) -> Iterator[tuple[Event, Step | None, System]]:
        for flight, rest in self.channel.deliveries(system.channels[1 - which]):
            move = self.receive(which, system.ends[which], flight.segment, flight.about)
            out = self.channel.put(system.channels[which], move.step.send, move.about)
            if out is not None:
                left = system.after(1 - which, system.ends[1 - which], rest)
                after = left.after(which, move.end, out)
                yield Event(EventKind.DELIVER, which, flight), move.step, after

    def _network(self, system: System, which: int) -> Iterator[tuple[Event, Step | None, System]]:
        contents = system.channels[which]
        for kind, choices in (
            (EventKind.LOSE, self.channel.losses(contents)),
            (EventKind.DUPLICATE, self.channel.duplicates(contents)),
            (EventKind.EXPIRE, self.channel.expiries(contents)),
        ):
            for flight, rest in choices:
                yield (
                    Event(kind, which, flight),
                    None,
                    system.after(which, system.ends[which], rest),
                )

    def _tick(self, system: System) -> Iterator[tuple[Event, Step | None, System]]:
        ends = tuple(self.tick_end(end) for end in system.ends)
        channels = tuple(self.channel.tick(contents) for contents in system.channels)
        (a, b), (ab, ba) = ends, channels
        if a is not None and b is not None and ab is not None and ba is not None:
            yield Event(EventKind.TICK), None, System((a, b), (ab, ba))
