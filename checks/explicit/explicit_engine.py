"""The explicit engine: properties decided on the exhaustively explored graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tcpmc.checks.explicit.capacity import cut_off
from tcpmc.checks.explicit.liveness import Lasso, endless_exchange, fair_lasso
from tcpmc.checks.explicit.settings import Exploring
from tcpmc.checks.explicit.steps import checked, shortest
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.explicit.truth import TruthOnGraphs
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
    Always,
    Eventually,
    EveryStep,
    LivelockFree,
    Predicate,
    Property,
    Reachable,
)

Progress = Callable[[Graph], None]
STOPS = (TooLarge, KeyboardInterrupt, MemoryError)


@dataclass
class Watch:
    """What has been seen of one property while the levels go by."""

    prop: Property
    premise_seen: bool = False
    hit: tuple[int, int] | None = None
    unsettled: str = ""

    @property
    def over(self) -> bool:
        """Whether there is nothing more to look for."""
        return self.hit is not None or bool(self.unsettled)


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
        """An answer for each property that this engine decides, by name."""
        watches = [Watch(prop) for prop in props if self._watched(prop)]
        whole = len(watches) < len(props)

        def visit(graph: Graph) -> bool:
            self.graph = graph
            for watch in watches:
                if not watch.over:
                    self._look(watch, graph)
            self.progress(graph)
            return not whole and all(watch.over for watch in watches)

        answers: dict[str, Answer] = {}
        try:
            self.graph = explore(
                self.table,
                visit=visit,
                backend=self.exploring.backend_for(self.table),
                checkpoint=self.exploring.checkpoint_for(self.model),
            )
            answers |= {watch.prop.name: self._answer(watch) for watch in watches}
            answers |= self._steps([prop for prop in props if isinstance(prop, EveryStep)])
            for prop in props:
                if prop.name not in answers:
                    answers[prop.name] = self._on_graph(prop)
        except STOPS as stop:
            for prop in props:
                if prop.name not in answers:
                    answers[prop.name] = self._stopped(prop, watches, stop)
        return answers

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

    @staticmethod
    def _watched(prop: Property) -> bool:
        """Whether the property is decided by looking at each state once."""
        return isinstance(prop, Always) or (isinstance(prop, Reachable) and len(prop.goals) == 1)

    def _look(self, watch: Watch, graph: Graph) -> None:
        """Look for the property's hit in the newest level: the least state that is one."""
        try:
            self._look_at(watch, graph)
        except Unsettled as problem:
            watch.unsettled = str(problem)

    def _look_at(self, watch: Watch, graph: Graph) -> None:
        level, prop = self._truth.level(graph, graph.depth), watch.prop
        if isinstance(prop, Reachable):
            hits = level.states[self._truth.where(prop.goals[0], level, any)]
        else:
            assert isinstance(prop, Always)
            level = level.where(self._truth.where(prop.premise, level, any))
            watch.premise_seen |= len(level.states) > 0
            hits = level.states[~self._truth.where(prop.claim, level, all)]
        if len(hits):
            watch.hit = (int(hits[0]), graph.depth)

    def _where(
        self,
        predicate: Predicate,
        graph: Graph,
        enough: Callable[[set[bool]], bool] = any,
    ) -> list[Ints]:
        """The states in which the predicate holds, by level; see `TruthOnGraphs.where`."""
        levels = (self._truth.level(graph, number) for number in range(len(graph.levels)))
        return [level.states[self._truth.where(predicate, level, enough)] for level in levels]

    def _answer(self, watch: Watch) -> Answer:
        assert self.graph is not None
        reachable = isinstance(watch.prop, Reachable)
        if watch.unsettled:
            return Answer(INCONCLUSIVE, watch.unsettled)
        if watch.hit is not None:
            trace = self._trace(watch.prop, [self.graph], [watch.hit])
            return Answer(WITNESS if reachable else REFUTED, self._shortest(trace), trace)
        if not reachable and not watch.premise_seen:
            return self._of_all(VACUOUS, "the premise never holds")
        return self._of_all(UNREACHABLE if reachable else PROVED)

    def _in_stages(self, prop: Reachable) -> Answer:
        """Goals met one after the other: each stage starts from where the one before was met."""
        assert self.graph is not None
        graphs: list[Graph] = [self.graph]
        for number, goal in enumerate(prop.goals):
            sources = self._where(goal, graphs[-1])
            if not any(map(len, sources)):
                return self._of_all(UNREACHABLE, f"goal {number + 1} is never met")
            if number + 1 == len(prop.goals):
                level = next(n for n, found in enumerate(sources) if len(found))
                hits = [(int(sources[level][0]), level)]
                for graph in graphs[:0:-1]:
                    path = graph.path_to(*hits[0])
                    hits.insert(0, (path[0], hits[0][1] - len(path) + 1))
                trace = self._trace(prop, graphs, hits)
                return Answer(WITNESS, self._shortest(trace), trace)
            goals = prop.goals[number + 1 :][:1]
            stop = len(prop.goals) == number + 2

            def met(graph: Graph, goal: Predicate = goals[0], stop: bool = stop) -> bool:
                level = self._truth.level(graph, graph.depth)
                return stop and bool(self._truth.where(goal, level, any).any())

            backend = self.exploring.backend_for(self.table)
            graphs.append(explore(self.table, sources, met, backend))
        raise AssertionError("a property without goals")

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
        seen = checked(self.table, props)
        traces = shortest(self.table, self.graph, seen)
        answers = {}
        for prop in props:
            if (trace := traces.get(prop.name)) is not None:
                how = self._shortest(self._checked(prop, trace))
                answers[prop.name] = Answer(REFUTED, how, trace)
            elif not seen[prop.name].premise:
                answers[prop.name] = self._of_all(VACUOUS, "the premise never holds")
            else:
                answers[prop.name] = self._of_all(PROVED, "every step")
        return answers

    def _livelock_free(self, prop: LivelockFree) -> Answer:
        assert self.graph is not None
        levels = self._where(prop.where, self.graph)
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

        return self._where(waits, self.graph, settled)

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

    def _stopped(self, prop: Property, watches: list[Watch], stop: BaseException) -> Answer:
        for watch in watches:
            if watch.prop.name == prop.name and watch.hit is not None:
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
