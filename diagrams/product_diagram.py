"""The product of two endpoints and the network as a picture: grouped, or state by state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tcpmc.checks.explicit.quotient import STATES, Groups, Pair, Progress, grouped
from tcpmc.checks.labels import ENDS, happening
from tcpmc.checks.trace import Trace
from tcpmc.diagrams.dot import (
    BLACK,
    BLUE,
    GREY,
    LIGHT,
    RED,
    YELLOW,
    DotPicture,
    DotStatement,
    Html,
    Look,
    caption,
    digraph,
    edge,
    node,
    plain,
    wrapped,
)
from tcpmc.diagrams.raw import raw_dot
from tcpmc.model.endpoint.tcb import UNSYNCHRONIZED, State
from tcpmc.model.network.system import Model

START: Pair = (State.CLOSED, State.CLOSED)
AGAIN = "CLOSED / CLOSED at the end"
MOVED_BY: tuple[Look, Look] = (
    {"color": BLUE, "fontcolor": BLUE},
    {"color": RED, "fontcolor": RED, "style": "dashed"},
)


def product_dot(
    model: Model,
    trace: Trace | None = None,
    group: bool = True,
    progress: Progress = lambda graph: None,
) -> DotPicture:
    """The reachable graph of `model` as DOT, with a trace in it highlighted.

    Grouped: a node is a pair of states, with the number of product states that have it; an edge
    says what leads from one pair to another, and how often. What changes no state is not drawn.
    Not grouped: every product state is a node; ValueError where that would be more than 300.
    `progress` is called after each level of the exploration, and may raise.
    """
    if not group:
        return raw_dot(model, trace, progress)
    groups = grouped(model, progress)
    walk = Walk((), ()) if trace is None else walk_of(trace)
    if not set(walk.pairs) <= groups.sizes.keys():
        raise ValueError("the trace is not one of this model: it leads where the graph does not")
    lines = [*_nodes(groups, walk), *_edges(groups, walk)]
    label = _caption(model, groups, walk)
    return digraph(lines, label=label, labeljust="l", nodesep=0.25, ranksep=0.45)


@dataclass(frozen=True)
class Walk:
    """The pairs of states that a trace goes through, and the moves between them: which end, and
    what happens. Nothing without a trace."""

    pairs: tuple[Pair, ...]
    moves: tuple[tuple[int, str], ...]

    def steps(self, source: Pair, target: Pair) -> list[int]:
        """The numbers of the trace's steps from one pair to the other, counted from 1."""
        steps = enumerate(pairwise(self.pairs), 1)
        return [number for number, step in steps if step == (source, target)]

    @property
    def comes_back(self) -> bool:
        """Whether it ends at the CLOSED that is drawn at the end."""
        return any(_ends(*step)[1] == AGAIN for step in pairwise(self.pairs))


def walk_of(trace: Trace) -> Walk:
    """The trace as pairs of states."""
    pairs = tuple((state.ends[0].state, state.ends[1].state) for state in trace.states)
    return Walk(pairs, tuple((event.end, happening(event)) for event in trace.events))


def _nodes(groups: Groups, walk: Walk) -> Iterator[DotStatement]:
    for pair, size in groups.sizes.items():
        yield _node(_name(pair), pair, f"{size:,}", pair in walk.pairs, walk.steps(pair, pair))
    if any(_ends(*pairs)[1] == AGAIN for pairs in groups.moves):
        yield _node(AGAIN, START, "(as above)", walk.comes_back)


def _node(
    name: str, pair: Pair, count: str, visited: bool, steps: Sequence[int] = ()
) -> DotStatement:
    fill: Look = {"fillcolor": YELLOW, "penwidth": 2.5} if visited else {"fillcolor": LIGHT}
    look: Look = {"shape": "box", "style": "rounded,filled", "fontsize": 11, **fill}
    lines = [f"<B>{pair[0]}</B>", f"<B>{pair[1]}</B>", count, *[_numbered(steps)] * bool(steps)]
    return node(name, label=Html("<BR/>".join(lines)), **look)


def _name(pair: Pair) -> str:
    return f"{pair[0]} / {pair[1]}"


def _ends(source: Pair, target: Pair) -> tuple[str, str]:
    """The nodes that an edge joins. The way back to CLOSED from beyond the opening leads to a
    second node, as in RFC 9293, Figure 5."""
    back = target == START and not all(state in UNSYNCHRONIZED for state in source)
    return _name(source), AGAIN if back else _name(target)


def _edges(groups: Groups, walk: Walk) -> Iterator[DotStatement]:
    for (source, target), moves in groups.moves.items():
        tail, head = _ends(source, target)
        end = next(iter(moves))[0]
        look: Look = {"color": GREY, "fontcolor": GREY} if walk.pairs else MOVED_BY[end]
        words = {
            move: plain(f"{ENDS[end]}: {move[1]} ({count:,})")
            for move, count in sorted(moves.items())
        }
        lines = []
        if steps := walk.steps(source, target):
            look = {"color": BLACK, "fontcolor": BLACK, "penwidth": 3}
            lines.append(_numbered(steps))
            taken = {walk.moves[step - 1] for step in steps} & words.keys()
            words |= {move: f"<B>{words[move]}</B>" for move in taken}
        label = Html("<BR/>".join([*lines, *words.values()]))
        if source[end] in UNSYNCHRONIZED and STATES.index(target[end]) < STATES.index(source[end]):
            yield edge(head, tail, label=label, dir="back", **look)  # upwards, laid out downwards
        else:
            yield edge(tail, head, label=label, **look)


def _numbered(steps: Sequence[int]) -> str:
    return f"<B>step{'s' * (len(steps) > 1)} {', '.join(map(str, steps))}</B>"


def _caption(model: Model, groups: Groups, walk: Walk) -> Html:
    """The title, and what the picture shows."""
    scope = model.scope
    rows = [
        *wrapped(f"Both ends of a connection: {model.variant.name}, scope {scope.name}", bold=True),
        *wrapped(scope.describe()),
        f"{groups.states:,} states and {groups.edges:,} edges, grouped by the state of A (above) "
        "and of B (below), with the number of states in each group.",
        "What changes neither is not drawn. In brackets: how many edges.",
    ]
    if walk.pairs:
        rows.append(f"Thick and yellow: the trace, {len(walk.pairs) - 1} steps.")
    else:
        rows.append("Solid, blue: A moves. Dashed, red: B moves.")
    return caption(rows)
