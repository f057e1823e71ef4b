"""What a forward pass says in hindsight, packet by packet, and what it took for granted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, overload

from tcpmc.captures import Packet
from tcpmc.captures.modular import latest
from tcpmc.checks.conform.afar import Order
from tcpmc.checks.conform.columns import BLOCK, NONE, Columns
from tcpmc.checks.conform.hypothesis import Cost, Hypothesis, Note
from tcpmc.checks.conform.layers import Node, paths
from tcpmc.checks.conform.long import LongRun, Stretch
from tcpmc.checks.conform.search import UPSTREAM, Run, hindsight
from tcpmc.checks.conform.start import starts
from tcpmc.checks.conform.view import Seen

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Verdict = Literal[
    "CONFORMS", "CROSSING", "INCOMPLETE", "DEVIATES", "UNEXPLAINED", "INCONCLUSIVE", "DISAGREE"
]
Switches = tuple[tuple[str, object], ...]


@dataclass(frozen=True)
class Told:
    """What is known of one packet, all packets being known: the states that this end can be in
    after it, the rules that led there, and what was taken for granted."""

    seen: Seen
    states: tuple[str, ...]
    rules: tuple[str, ...]
    granted: tuple[Note, ...] = ()

    @property
    def state(self) -> str | None:
        """The state after the packet; None where several are possible."""
        return self.states[0] if len(self.states) == 1 else None


@dataclass(frozen=True)
class Deviation:
    """One deviation: the packet it is about (None: the end of the capture), what happened, what
    it breaks, and what the RFC would have done."""

    packet: int | None
    text: str
    requirement: str
    expected: str


@dataclass(frozen=True)
class Explanation:
    """One explanation of all packets, or of all that could be: under which excuses and switches,
    at which cost, packet by packet."""

    verdict: Verdict
    told: Sequence[Told]
    cost: Cost = Cost()
    switches: Switches = ()
    deviations: tuple[Deviation, ...] = ()
    assumed: tuple[tuple[int, Note], ...] = ()
    last: tuple[Hypothesis, ...] = ()
    bounded: bool = False


Known = tuple[tuple[str, ...], tuple[str, ...], tuple[Note, ...]]
"""States, rules, and what was taken for granted."""


class ManyTold(Sequence[Told]):
    """What is known of many packets, most of which are alike."""

    def __init__(self, view: Sequence[Seen]) -> None:
        self._view = view
        self._known: dict[Known, int] = {}
        self._numbers: list[NDArray[np.int32]] = []

    def add(self, known: Sequence[Known]) -> None:
        """What is known of the next packets."""
        import numpy as np

        self._numbers.append(np.array([self._number(one) for one in known], np.int32))

    def add_alike(self, numbers: NDArray[np.int32], known: Sequence[Known]) -> None:
        """The same, where each packet has the number of what is known of it."""
        import numpy as np

        own = np.array([self._number(one) for one in known], np.int32)
        self._numbers.append(own[numbers])

    def __len__(self) -> int:
        return sum(map(len, self._numbers))

    @overload
    def __getitem__(self, place: int) -> Told: ...
    @overload
    def __getitem__(self, place: slice) -> list[Told]: ...
    def __getitem__(self, place: int | slice) -> Told | list[Told]:
        if isinstance(place, slice):
            return [self[index] for index in range(*place.indices(len(self)))]
        at = place + len(self) if place < 0 else place
        known = list(self._known)[int(self._joined()[at])]
        return Told(self._view[at], *known)

    def __iter__(self) -> Iterator[Told]:
        known = list(self._known)
        for seen, number in zip(self._view, self._joined().tolist(), strict=False):
            yield Told(seen, *known[number])

    def of_all(self, packets: Sequence[Packet]) -> bool:
        """Whether the view is of these packets."""
        return isinstance(self._view, Columns) and self._view.rows is packets

    def changes(self) -> list[int]:
        """The places at which another state is reached, or something is taken for granted."""
        import numpy as np

        numbers = self._joined()
        if not len(numbers):
            return []
        states: dict[tuple[str, ...], int] = {}
        of = np.array([states.setdefault(k[0], len(states)) for k in self._known])
        granted = np.array([any(n.kind != "silent" for n in k[2]) for k in self._known])
        now = of[numbers]
        changed = np.concatenate([[True], now[1:] != now[:-1]]) | granted[numbers]
        return np.flatnonzero(changed).tolist()

    def add_in_order(
        self,
        order: Order,
        told: Sequence[Told],
        lost: Mapping[int, Sequence[Note]],
        first: tuple[str, ...],
    ) -> None:
        """What is known of all packets, where they arrived in that order."""
        import numpy as np

        assert isinstance(told, ManyTold)
        assert isinstance(self._view, Columns)
        known = list(told._known)
        shown = np.full(len(self._view), NONE, np.int32)
        sent = np.concatenate([self._view.block(at).sent for at in range(0, len(shown), BLOCK)])
        arrived: list[int] = []
        numbers: dict[tuple[int, ...], int] = {}
        rows = zip(order.places, told._joined().tolist(), strict=True)
        for index, (place, number) in enumerate(rows):
            arrived.append(number)
            if not sent[place] or index in order.unseen:
                continue
            group = tuple(dict.fromkeys(arrived[:-1])), number
            key = (*group[0], NONE, number)
            if place in lost or key not in numbers:
                of = [known[n] for n in (*group[0], number)]
                rules = tuple(dict.fromkeys(rule for one in of for rule in one[1]))
                granted = tuple(dict.fromkeys(note for one in of for note in one[2]))
                notes = (*lost.get(place, ()), *granted)
                found = self._number((known[number][0], rules, notes))
                if place not in lost:
                    numbers[key] = found
            else:
                found = numbers[key]
            shown[place] = found
            arrived.clear()
        begun = self._number((first, (), ()))
        waits = np.array([self._number((one[0], (), ())) for one in list(self._known)], np.int32)
        after = latest(shown.astype(np.int64), shown != NONE, NONE)[1:]
        before = np.where(after == NONE, begun, waits[after])
        self._numbers.append(np.where(shown == NONE, before, shown).astype(np.int32))

    def _number(self, known: Known) -> int:
        return self._known.setdefault(known, len(self._known))

    def _joined(self) -> NDArray[np.int32]:
        import numpy as np

        if len(self._numbers) > 1:
            self._numbers = [np.concatenate(self._numbers)]
        return self._numbers[0] if self._numbers else np.zeros(0, np.int32)


def explanation(verdict: Verdict, run: Run, switches: Switches = ()) -> Explanation:
    """What a run says, packet by packet, in hindsight."""
    told: Sequence[Told]
    if isinstance(run, LongRun):
        told, last, notes = _of_pieces(run)
    else:
        live = hindsight(run)
        known = [_known(run, live, index) for index in range(len(run.layers) - 1)]
        told = tuple(Told(seen, *one) for seen, one in zip(run.view, known, strict=False))
        last, notes = live[-1], _one_path(run, live)
    deviations: list[Deviation] = []
    assumed: list[tuple[int, Note]] = []
    for place, note in notes:
        if note.kind == "deviation":
            deviations.append(_deviation(run, place, note))
        elif note.kind not in {"rule", "silent"}:
            assumed.append((place, note))
    return Explanation(
        verdict,
        told,
        run.cost,
        switches,
        tuple(deviations),
        tuple(assumed),
        tuple(node.hypothesis for node in last),
        run.bounded,
    )


def _known(run: Run, live: list[list[Node]], index: int) -> Known:
    """What is told of the packet between two layers."""
    nodes = live[index + 1]
    members = {id(node) for node in run.layers[index].values()}
    return (_states(nodes), *_steps(nodes, members))


def _of_pieces(run: LongRun) -> tuple[Sequence[Told], list[Node], list[tuple[int, Note]]]:
    """What is told of each packet, the last nodes, and the notes with their places."""
    told = ManyTold(run.view)
    notes: list[tuple[int, Note]] = []
    last: list[Node] = []
    for piece in run.pieces:
        if isinstance(piece, Stretch):
            told.add_alike(piece.lessons, [lesson.known for lesson in run.lessons])
            continue
        live = hindsight(piece.run)
        last = live[-1]
        shown = min(len(piece.run.layers) - 1, len(run.view) - piece.begin)
        told.add([_known(piece.run, live, index) for index in range(shown)])
        notes += [(place + piece.begin, note) for place, note in _one_path(piece.run, live)]
    return told, last, notes


def _deviation(run: Run, place: int, note: Note) -> Deviation:
    """One deviation, at the packet at which it shows: what was received and not acted upon shows
    when the end sends next."""
    text = note.text
    if note.packet is not None:
        place = note.packet
    elif place < len(run.view) and not run.view[place].sent:
        text = f"{text} (packet {run.view[place].packet.number})"
        place = next((s.index for s in run.view[place:] if s.sent), place)
    return Deviation(place, text, note.requirement, note.expected)


def _states(nodes: Iterable[Node]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(node.hypothesis.state) for node in nodes))


def _steps(nodes: Iterable[Node], members: set[int]) -> tuple[tuple[str, ...], tuple[Note, ...]]:
    """The labels of the rules that led to some nodes, and what was taken for granted."""
    rules: dict[str, None] = {}
    granted: dict[Note, None] = {}
    for node in nodes:
        for _, notes in paths(node, members):
            for note in notes:
                if note.kind == "rule":
                    rules[note.text] = None
                else:
                    granted[note] = None
    return tuple(rules), tuple(granted)


def _one_path(run: Run, live: list[list[Node]]) -> list[tuple[int, Note]]:
    """The notes of one cheapest explanation, with the place of the packet of each."""
    found: list[tuple[int, Note]] = []
    node: Node | None = live[-1][0]
    for index in range(len(run.layers) - 1, 0, -1):
        members = {id(n) for n in run.layers[index - 1].values()}
        assert node is not None
        origin, notes = next(iter(paths(node, members)))
        found += [(index - 1, note) for note in reversed(notes)]
        node = origin
    return found[::-1]


def explanation_from_afar(order: Order, run: Run, view: Columns) -> Explanation:
    """What a run over the packets in the order of their arrival says of the view: a packet shows
    what an end is in when it sends the next one."""
    at_this_end = explanation("CONFORMS", run)
    told, lost = ManyTold(view), dict[int, list[Note]]()
    for place, before in order.lost:
        note = Note(f"lost on the way: packet {view[place].packet.number}", "lost")
        lost.setdefault(before, []).append(note)
    for index, (seq, length) in order.unseen.items():
        note = Note(f"unseen: sent {length} octets from {seq}", "unseen")
        lost.setdefault(order.places[index], []).append(note)
    first = tuple(dict.fromkeys(str(h.state) for h in starts(view)))
    told.add_in_order(order, at_this_end.told, lost, first)
    missed = tuple((place, note) for place in sorted(lost) for note in lost[place])
    assumed = [(order.places[place], note) for place, note in at_this_end.assumed]
    unseen = UPSTREAM.silent * len(order.unseen)
    cost = at_this_end.cost.plus(Cost(silent=len(order.lost) + unseen))
    return replace(
        at_this_end,
        told=told,
        cost=cost,
        assumed=tuple(sorted([*assumed, *missed])),
        last=tuple(_with_pending(h, order) for h in at_this_end.last),
    )


def _with_pending(hypothesis: Hypothesis, order: Order) -> Hypothesis:
    return replace(hypothesis, pending=tuple(order.pending), due=None)
