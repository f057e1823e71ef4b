"""Properties decided on the networkx graph, each by its definition."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from tcpmc.checks.in_flight import Unsettled, settled, truths
from tcpmc.checks.networkx_engine.graph_capacity import cut_off
from tcpmc.checks.networkx_engine.product_graph import (
    LIMIT,
    TooManyStates,
    due_events,
    event_between,
    product_graph,
)
from tcpmc.checks.trace import ReplayError, replay, shows
from tcpmc.checks.verdict import (
    INCONCLUSIVE,
    PROVED,
    REFUTED,
    UNREACHABLE,
    VACUOUS,
    WITNESS,
    Answer,
    Cut,
)
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.network.product import Event, System
from tcpmc.model.network.system import Model
from tcpmc.model.properties.kinds import (
    FAIR_EVENTS,
    Always,
    Eventually,
    LivelockFree,
    Predicate,
    Property,
    Reachable,
)

if TYPE_CHECKING:
    import networkx as nx

States = set[int]


@dataclass
class NetworkxEngine:
    """Decides properties of one model; the graph is built once for all of them."""

    model: Model
    limit: int = LIMIT
    graph: nx.MultiDiGraph[int] = field(init=False)

    def decide(self, props: Sequence[Property]) -> dict[str, Answer]:
        """An answer for each property but lemmas, by name; all INCONCLUSIVE where the model has
        more states than the limit."""
        try:
            self.graph = product_graph(self.model, self.limit)
        except TooManyStates as problem:
            return {prop.name: Answer(INCONCLUSIVE, f"networkx: {problem}") for prop in props}
        return {prop.name: self._answer(prop) for prop in props}

    def _answer(self, prop: Property) -> Answer:
        try:
            return self._decided(prop)
        except Unsettled as problem:
            return Answer(INCONCLUSIVE, f"networkx: {problem}")

    def _decided(self, prop: Property) -> Answer:
        match prop:
            case Reachable():
                return self._reachable(prop)
            case Always():
                return self._always(prop)
            case Eventually():
                return self._eventually(prop)
            case LivelockFree():
                return self._livelock_free(prop)
        raise TypeError(f"{prop.name} is not a property of the graph")

    def _always(self, prop: Always) -> Answer:
        held = self._possible(prop.premise)
        broken = {
            state for state in held if False in truths(prop.claim, self.model, self._system(state))
        }
        if broken:
            return self._shown(prop, REFUTED, self._nearest(broken))
        if not held:
            return self._of_all(VACUOUS, "the premise never holds")
        return self._of_all(PROVED)

    def _reachable(self, prop: Reachable) -> Answer:
        goals = [self._possible(goal) for goal in prop.goals]
        if not all(goals):
            return self._of_all(UNREACHABLE)
        path = self._nearest(goals[0]) if len(goals) == 1 else self._through(goals)
        return self._shown(prop, WITNESS, path) if path else self._of_all(UNREACHABLE)

    def _nearest(self, goal: States) -> list[int]:
        """A shortest run to one of the states."""
        import networkx as nx

        state = min(goal, key=lambda number: (self.graph.nodes[number]["depth"], number))
        path: list[int] = nx.shortest_path(self._steps, 0, state)
        return path

    def _through(self, goals: Sequence[States]) -> list[int]:
        """A shortest run that meets the goals one after the other; empty where there is none.

        It is searched in as many copies of the graph as there are goals, one above the other: a
        state of a goal leads to itself in the next copy, at no cost.
        """
        import networkx as nx

        copies: nx.DiGraph[tuple[int, int]] = nx.DiGraph()
        end = (-1, len(goals))
        for number, goal in enumerate(goals):
            steps = (((source, number), (target, number)) for source, target in self._steps.edges)
            copies.add_edges_from(steps, weight=1)
            last = number + 1 == len(goals)
            copies.add_edges_from(
                (((state, number), end if last else (state, number + 1)) for state in goal),
                weight=0,
            )
        try:
            path = nx.dijkstra_path(copies, (0, 0), end)
        except (nx.NetworkXNoPath, nx.NodeNotFound):
            return []
        return [state for state, _ in groupby(state for state, _ in path[:-1])]

    def _eventually(self, prop: Eventually) -> Answer:
        def waits(end: int, system: System) -> bool:
            return prop.premise(self.model, system, end) and not prop.goal(self.model, system, end)

        def stays(end: int, system: System) -> bool:
            return settled(truths(lambda model, here: waits(end, here), self.model, system))

        regions = [self._where(partial(stays, end)) for end in (0, 1)]
        if not any(regions):
            return self._of_all(VACUOUS, "the premise never holds")
        kinds = {kind for name in prop.fair for kind in FAIR_EVENTS[name]}
        for region in regions:
            for part in self._fair_parts(region, kinds):
                stem = self._nearest(part)
                return self._shown(prop, REFUTED, stem, self._tour(stem[-1], part, kinds))
        return self._of_all(PROVED, "no fair run avoids it")

    def _fair_parts(self, region: States, kinds: set[EventKind]) -> Iterator[States]:
        """The parts of the region in which a run can stay for ever and be strongly fair: what is
        due somewhere in the part happens in it. A part that is not fair is searched again without
        the states in which something is due that does not happen (Lichtenstein, Pnueli 1985)."""
        import networkx as nx

        inside = self._without_duplication(region)
        for part in list(nx.strongly_connected_components(inside)):
            edges = inside.subgraph(part).edges(data=True)
            happens = {data["event"] for _, _, data in edges}
            unmet = {state for state in part if self._due(state, kinds) - happens}
            if not unmet:
                yield part
            elif unmet != part:
                yield from self._fair_parts(part - unmet, kinds)

    def _due(self, state: int, kinds: set[EventKind]) -> set[Event]:
        events = due_events(self.model, self._system(state))
        return {event for event in events if event.kind in kinds}

    def _without_duplication(self, region: States) -> nx.MultiDiGraph[int]:
        """The region, in which the network does not duplicate."""
        inside = self.graph.subgraph(region)
        edges = [
            edge for edge in inside.edges if inside.edges[edge]["event"].kind != EventKind.DUPLICATE
        ]
        part: nx.MultiDiGraph[int] = inside.edge_subgraph(edges).copy()
        part.add_nodes_from(region)
        return part

    def _tour(self, start: int, part: States, kinds: set[EventKind]) -> list[Event]:
        """The events of a tour of the part on which all that is due in it happens."""
        import networkx as nx

        inside = self._without_duplication(part)
        missing = {event for state in part for event in self._due(state, kinds)}
        tour: list[Event] = []

        def walk(source: int, target: int) -> None:
            for pair in pairwise(nx.shortest_path(inside, source, target)):
                tour.append(event_between(inside, *pair))

        at = start
        for source, target, data in inside.edges(data=True):
            if data["event"] in missing - set(tour):
                walk(at, source)
                tour.append(data["event"])
                at = target
        walk(at, start)
        return tour

    def _livelock_free(self, prop: LivelockFree) -> Answer:
        import networkx as nx

        there = self._where(lambda system: prop.where(self.model, system))
        answered = [
            edge
            for edge in self.graph.edges
            if edge[0] in there
            and self.graph.edges[edge]["event"].kind == EventKind.DELIVER
            and self.graph.edges[edge]["step"].send
        ]
        if not answered:
            return self._of_all(VACUOUS, "no segment is ever answered")
        try:
            cycle = nx.find_cycle(self.graph.edge_subgraph(answered))
        except nx.NetworkXNoCycle:
            return self._of_all(PROVED, "no exchange goes on for ever")
        events = [self.graph.edges[edge]["event"] for edge in cycle]
        return self._shown(prop, REFUTED, self._nearest({cycle[0][0]}), events)

    def _shown(
        self, prop: Property, word: str, path: list[int], loop: Sequence[Event] | None = None
    ) -> Answer:
        """The answer with its trace, replayed by the model and held against the property."""
        stem = [event_between(self.graph, *pair) for pair in pairwise(path)]
        trace = replay(self.model, [*stem, *(loop or ())], None if loop is None else len(stem))
        if not shows(self.model, prop, trace):
            raise ReplayError(f"the trace does not show {prop.name}")
        return Answer(word, f"networkx, {len(trace)} steps", trace)

    def _where(self, holds: Callable[[System], bool]) -> States:
        return {state for state in self.graph if holds(self._system(state))}

    def _possible(self, predicate: Predicate) -> States:
        """Where the predicate can hold, whatever is lost unseen."""
        return self._where(lambda system: True in truths(predicate, self.model, system))

    def _system(self, state: int) -> System:
        system: System = self.graph.nodes[state]["system"]
        return system

    @cached_property
    def _steps(self) -> nx.DiGraph[int]:
        """The graph with one edge for all events between two states."""
        import networkx as nx

        return nx.DiGraph(self.graph)

    def _of_all(self, word: str, because: str = "") -> Answer:
        """An answer about all runs of the scope, with what its capacity cut off; INCONCLUSIVE where
        that is all that some rule does."""
        cut, states = self._cut, f"{len(self.graph):,} states"
        if cut is not None and cut.never:
            return Answer(INCONCLUSIVE, f"networkx, {cut.missing}; {states}", cut=cut)
        how = f"exhaustive, {states}" if cut is None else f"{states}, capacity {cut.capacity}"
        return Answer(
            word, f"{because}; networkx, {how}" if because else f"networkx, {how}", cut=cut
        )

    @cached_property
    def _cut(self) -> Cut | None:
        """What the capacity cut off of the graph."""
        return cut_off(self.model, self.graph)
