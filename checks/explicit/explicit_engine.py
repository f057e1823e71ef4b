"""The explicit engine: properties decided on the exhaustively explored graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tcpmc.checks.explicit.capacity import cut_off
from tcpmc.checks.explicit.liveness import Lasso, endless_exchange, fair_lasso
from tcpmc.checks.explicit.settings import Exploring
from tcpmc.checks.explicit.stages import shortest_hits, stages
from tcpmc.checks.explicit.steps import checked, shortest
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.explicit.truth import TruthOnGraphs
from tcpmc.checks.explicit.watches import Watch, is_watched
from tcpmc.checks.in_flight import Unsettled, settled
from tcpmc.checks.statespace import Graph, TooLarge, explore
from tcpmc.checks.statespace.tables import Ints
from tcpmc.checks.trace import ReplayError, Trace, events_along, replay, shows
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
from tcpmc.model.network.product import System
from tcpmc.model.network.system import Model
from tcpmc.model.properties.kinds import (
    Eventually,
    EveryStep,
    LivelockFree,
    Property,
    Reachable,
)

Progress = Callable[[Graph], None]
STOPS = (TooLarge, KeyboardInterrupt, MemoryError)


@dataclass
class ExplicitEngine:
    """Decides properties of one model; the graph is explored once for all of them.

    `progress` is called after each level and may raise `TooLarge` (a limit) or KeyboardInterrupt.
    """

    model: Model
    progress: Progress = lambda graph: None
    exploring: Exploring = Exploring()
    table: TabulatedModel = field(init=False)
    graph: Graph | None = None

    def __post_init__(self) -> None:
        self.table = TabulatedModel(self.model)
        self._truth = TruthOnGraphs(self.table)

    def decide(self, props: Sequence[Property]) -> dict[str, Answer]:
        """An answer for each property, by name: INCONCLUSIVE for each that was open when a limit or
        an interrupt stopped the engine."""
        watches = {prop.name: Watch(prop, self._truth) for prop in props if is_watched(prop)}
        answers: dict[str, Answer] = {}
        try:
            self._explore(list(watches.values()), to_the_end=len(watches) < len(props))
            for name, answer in self._answers(props, watches):
                answers[name] = answer
        except STOPS as stop:
            for prop in props:
                if prop.name not in answers:
                    answers[prop.name] = self._stopped(watches.get(prop.name), stop)
        return answers

    def _explore(self, watches: Sequence[Watch], to_the_end: bool) -> None:
        """Explore, with a look at each level for each watch; until nothing is left to look for,
        unless some property needs the whole graph."""

        def visit(graph: Graph) -> bool:
            self.graph = graph
            for watch in watches:
                watch.look(graph)
            self.progress(graph)
            return not to_the_end and all(watch.over for watch in watches)

        self.graph = explore(
            self.table,
            visit=visit,
            backend=self.exploring.backend_for(self.table),
            checkpoint=self.exploring.checkpoint_for(self.model),
        )

    def _answers(
        self, props: Sequence[Property], watches: Mapping[str, Watch]
    ) -> Iterator[tuple[str, Answer]]:
        """The answers on the graph, the cheap ones first: a stop loses those to come only."""
        for name, watch in watches.items():
            yield name, self._answer(watch)
        yield from self._steps([prop for prop in props if isinstance(prop, EveryStep)]).items()
        for prop in props:
            if prop.name not in watches and not isinstance(prop, EveryStep):
                yield prop.name, self._on_graph(prop)

    def _on_graph(self, prop: Property) -> Answer:
        """The answer for a property that needs the whole graph."""
        try:
            match prop:
                case Eventually():
                    return self._eventually(prop)
                case LivelockFree():
                    return self._livelock_free(prop)
                case Reachable():
                    return self._in_stages(prop)
                case _:
                    raise TypeError(f"{prop.kind} {prop.name} is not decided on a graph")
        except Unsettled as problem:
            return Answer(INCONCLUSIVE, str(problem))

    def _answer(self, watch: Watch) -> Answer:
        assert self.graph is not None
        reachable = isinstance(watch.prop, Reachable)
        if watch.unsettled:
            return Answer(INCONCLUSIVE, watch.unsettled)
        if watch.hit is not None:
            trace = self._trace(watch.prop, [self.graph], [watch.hit])
            return Answer(WITNESS if reachable else REFUTED, self._shortest(trace), trace)
        if not reachable and not watch.premise_met:
            return self._of_all(VACUOUS, "the premise never holds")
        return self._of_all(UNREACHABLE if reachable else PROVED)

    def _in_stages(self, prop: Reachable) -> Answer:
        """Goals that are to be met one after the other."""
        assert self.graph is not None

        def search(sources: Sequence[Ints], met: Callable[[Graph], bool]) -> Graph:
            return explore(self.table, sources, met, self.exploring.backend_for(self.table))

        passed = list(stages(prop.goals, self.graph, self._truth, search))
        if not passed[-1].succeeded:
            return self._of_all(UNREACHABLE, f"goal {len(passed)} is never met")
        trace = self._trace(prop, [stage.graph for stage in passed], shortest_hits(passed))
        return Answer(WITNESS, self._shortest(trace), trace)

    def _eventually(self, prop: Eventually) -> Answer:
        assert self.graph is not None
        a, b = (self._waiting(prop, which) for which in (0, 1))
        same = all(map(np.array_equal, a, b))
        regions = [region for region in ([a] if same else [a, b]) if any(map(len, region))]
        if not regions:
            return self._of_all(VACUOUS, "the premise never holds")
        for region in regions:
            lasso = fair_lasso(self.table, self.graph, region, prop.fair)
            if lasso is not None:
                return self._by_lasso(prop, lasso, "fair lasso")
        return self._of_all(PROVED, "no fair run avoids it")

    def _steps(self, props: Sequence[EveryStep]) -> dict[str, Answer]:
        """Each step in the tables is looked at once for all of the properties."""
        assert self.graph is not None
        if not props:
            return {}
        findings = checked(self.table, props)
        traces = shortest(self.table, self.graph, findings)
        answers = {}
        for prop in props:
            if (trace := traces.get(prop.name)) is not None:
                how = self._shortest(self._checked(prop, trace))
                answers[prop.name] = Answer(REFUTED, how, trace)
            elif not findings[prop.name].premise:
                answers[prop.name] = self._of_all(VACUOUS, "the premise never holds")
            else:
                answers[prop.name] = self._of_all(PROVED, "every step")
        return answers

    def _livelock_free(self, prop: LivelockFree) -> Answer:
        assert self.graph is not None
        levels = self._truth.levels_where(prop.where, self.graph)
        lasso, answered = endless_exchange(self.table, self.graph, levels)
        if lasso is not None:
            return self._by_lasso(prop, lasso, "lasso")
        if not answered:
            return self._of_all(VACUOUS, "no segment is ever answered")
        return self._of_all(PROVED, "no exchange goes on for ever")

    def _by_lasso(self, prop: Property, lasso: Lasso, kind: str) -> Answer:
        states = [self.table.system(state) for state in lasso.states]
        trace = replay(self.model, events_along(self.model, states), lasso.loop)
        return Answer(REFUTED, f"{kind}, {len(trace)} steps", self._checked(prop, trace))

    def _waiting(self, prop: Eventually, which: int) -> list[Ints]:
        """The states, by level, in which the premise holds at that end and the goal does not."""
        assert self.graph is not None

        def waits(model: Model, system: System) -> bool:
            return prop.premise(model, system, which) and not prop.goal(model, system, which)

        return self._truth.levels_where(waits, self.graph, settled)

    def _trace(
        self, prop: Property, graphs: Sequence[Graph], hits: Sequence[tuple[int, int]]
    ) -> Trace:
        path: list[int] = []
        for graph, hit in zip(graphs, hits, strict=True):
            path = path[:-1] + graph.path_to(*hit)
        states = [self.table.system(state) for state in path]
        return self._checked(prop, replay(self.model, events_along(self.model, states)))

    def _checked(self, prop: Property, trace: Trace) -> Trace:
        if not shows(self.model, prop, trace):
            raise ReplayError(f"the trace does not show {prop.name}")
        return trace

    def _stopped(self, watch: Watch | None, stop: BaseException) -> Answer:
        """The answer when the engine is stopped; `watch` is the property's, if it has one."""
        if watch is not None and watch.hit is not None:
            return self._answer(watch)
        done = "before the first level"
        if self.graph is not None:
            done = f"at {self.graph.states:,} states, complete to depth {self.graph.depth}"
        return Answer(INCONCLUSIVE, f"{_reason(stop)}: stopped {done}")

    def _of_all(self, word: str, because: str = "") -> Answer:
        """An answer about all runs of the scope, with what its capacity cut off; INCONCLUSIVE where
        that is all that some rule does."""
        assert self.graph is not None
        cut, states = self._cut, f"{self.graph.states:,} states"
        if cut is not None and cut.never:
            return Answer(INCONCLUSIVE, f"{cut.missing}; {states}", cut=cut)
        how = f"exhaustive, {states}" if cut is None else f"{states}, capacity {cut.capacity}"
        return Answer(word, f"{because}; {how}" if because else how, cut=cut)

    @cached_property
    def _cut(self) -> Cut | None:
        """What the capacity cut off of the graph, which is complete."""
        assert self.graph is not None
        return cut_off(self.table, self.graph)

    @staticmethod
    def _shortest(trace: Trace) -> str:
        return f"shortest trace, {len(trace)} steps"


def _reason(stop: BaseException) -> str:
    return "out of memory" if isinstance(stop, MemoryError) else str(stop) or "interrupted"
