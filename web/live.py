"""What the page asks of the model behind it: what follows a path, and why nothing else does.

Nothing is kept between two questions. A path is the place of each of its events among the
successors of its state, in the model's order; it is replayed for every answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tcpmc.checks.explicit.reach import run_to_state
from tcpmc.errors import BadInput
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.tcb import State
from tcpmc.model.network.product import System
from tcpmc.model.network.scope import SCOPES
from tcpmc.model.network.system import Model
from tcpmc.model.variants.shipped import VARIANTS
from tcpmc.reports.saved import SavedTrace, as_saved, path_of, walked
from tcpmc.studies.explain.states import find_state
from tcpmc.studies.explain.whynot import not_possible
from tcpmc.web.data import Entry, page_data, scope_text
from tcpmc.web.document import document
from tcpmc.web.trace_data import Json, step_data, trace_data


@dataclass(frozen=True)
class LiveModels:
    """The models that can be explored, the name or file of each one's variant, and traces in them
    that were read from a file."""

    models: Sequence[Model]
    sources: Sequence[str]
    saved: Sequence[SavedTrace] = ()

    @classmethod
    def of(cls, saved: Sequence[SavedTrace], source: str | None = None) -> LiveModels:
        """The models of these traces; `source` is the variant's file, where it has one."""
        models = list(
            {(trace.model.variant, trace.model.scope): trace.model for trace in saved}.values()
        )
        return cls(models, [source or model.variant.name for model in models], saved)

    @classmethod
    def around(cls, model: Model, source: str) -> LiveModels:
        """A model, and those that can be chosen instead: its stacks and every shipped variant, in
        each named scope."""
        stacks = {source: model.variant} | VARIANTS
        others = [
            (Model(one, scope), name) for name, one in stacks.items() for scope in SCOPES.values()
        ]
        known = {(model.variant, model.scope): (model, source)}
        for other, name in others:
            known.setdefault((other.variant, other.scope), (other, name))
        return cls([one for one, _ in known.values()], [name for _, name in known.values()])

    def page(self) -> str:
        """The page, with the saved traces in it."""
        data = page_data([self._entry(saved) for saved in self.saved])
        data["live"] = [
            {
                "variant": m.variant.name,
                "title": m.variant.title,
                "scope": scope_text(m),
                "bounds": m.scope.name if SCOPES.get(m.scope.name) == m.scope else "as asked",
            }
            for m in self.models
        ]
        data["states"] = [state.value for state in State if state != State.CLOSED]
        return document(data, live=True)

    def _entry(self, saved: SavedTrace) -> Entry:
        model = saved.model
        place = {"model": self._number(model), "path": list(saved.path)}
        trace = place | trace_data(model, saved.trace)
        return Entry(saved.result, model.variant.title, scope_text(model), trace)

    def _number(self, model: Model) -> int:
        same = [(served.variant, served.scope) for served in self.models]
        return same.index((model.variant, model.scope))

    def view(self, number: int, path: Sequence[int], at: int) -> Json:
        """The run along a path, and what can and cannot happen next in its state `at`.

        Raises BadInput for a path or a state of it that the model does not have.
        """
        model = self.models[number]
        trace = walked(model, path)
        if not 0 <= at <= len(trace):
            raise BadInput(f"the path has no step {at}")
        state = trace.states[at]
        return {
            "trace": trace_data(model, trace),
            "choices": list(_choices(model, state)),
            "impossible": [
                step_data(event, None) | {"reason": reason}
                for event, reason in not_possible(model, state)
            ],
        }

    def way(self, number: int, state: str) -> Json:
        """A shortest path that brings an end into the state of that name. Raises BadInput where
        none does."""
        model, wanted = self.models[number], find_state(state)
        run = run_to_state(model.variant, wanted, model.scope)
        if run is None:
            raise BadInput(f"no run in this scope comes to {wanted}")
        return {"path": list(path_of(model, run.trace))}

    def save(self, number: int, path: Sequence[int]) -> str:
        """The path as a file, which `read_traces` reads. Raises BadInput."""
        model = self.models[number]
        return as_saved(model, self.sources[number], walked(model, path))


def _choices(model: Model, state: System) -> Iterator[Json]:
    """Every event that can happen, with its place, and the state that its end enters, if any."""
    for place, (event, step, after) in enumerate(model.successors(state)):
        was, now = (system.ends[event.end].state for system in (state, after))
        entered = now.value if was != now and event.kind != EventKind.TICK else None
        yield step_data(event, step) | {"place": place, "enters": entered}
