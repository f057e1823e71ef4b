"""Properties of single states, decided while the graph grows: each level is looked at once."""

from __future__ import annotations

from dataclasses import dataclass

from tcpmc.checks.explicit.truth import TruthOnGraphs
from tcpmc.checks.in_flight import Unsettled
from tcpmc.checks.statespace import Graph
from tcpmc.model.properties.kinds import Always, Property, Reachable


def is_watched(prop: Property) -> bool:
    """Whether the property is decided by looking at each state once."""
    return isinstance(prop, Always) or (isinstance(prop, Reachable) and len(prop.goals) == 1)


@dataclass
class Watch:
    """What the levels so far say of one property: for an invariant, the first state that breaks
    it; for a goal, the first state that meets it."""

    prop: Property
    truth: TruthOnGraphs
    premise_met: bool = False
    hit: tuple[int, int] | None = None
    """The least state of the first level that has one, and the number of that level."""
    unsettled: str = ""
    """Why the predicate cannot be decided, if it cannot."""

    @property
    def over(self) -> bool:
        """Whether there is nothing more to look for."""
        return self.hit is not None or bool(self.unsettled)

    def look(self, graph: Graph) -> None:
        """Look at the newest level."""
        if self.over:
            return
        try:
            self._look(graph)
        except Unsettled as problem:
            self.unsettled = str(problem)

    def _look(self, graph: Graph) -> None:
        level, prop = self.truth.level(graph, graph.depth), self.prop
        if isinstance(prop, Reachable):
            hits = level.states[self.truth.where(prop.goals[0], level, any)]
        else:
            assert isinstance(prop, Always)
            level = level.where(self.truth.where(prop.premise, level, any))
            self.premise_met |= len(level.states) > 0
            hits = level.states[~self.truth.where(prop.claim, level, all)]
        if len(hits):
            self.hit = (int(hits[0]), graph.depth)
