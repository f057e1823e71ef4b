"""What a question asked from Python comes to, and how it shows itself: as text and in notebooks."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from tcpmc.checks.trace import Trace
from tcpmc.checks.verdict import Standing
from tcpmc.model.network.system import Model

if TYPE_CHECKING:
    import graphviz

    from tcpmc.checks.running.jobs import Result
    from tcpmc.checks.verdict import Answer
    from tcpmc.model.network.scope import Scope
    from tcpmc.model.properties.kinds import Property, Word
    from tcpmc.model.variants.pair import Stacks


@dataclass(frozen=True)
class Ladder(Trace):
    """A run, with n + 1 `states`, n `events` and the `steps` that the ends take.

    `print` shows it as a message ladder of 100 columns, a notebook as a picture. `loop` is the
    number of the state to which the last event of a lasso returns, else None.
    """

    model: Model = field(kw_only=True, repr=False, compare=False)
    title: str = field(kw_only=True)

    @classmethod
    def of(cls, trace: Trace, model: Model, title: str) -> Ladder:
        """The ladder of a trace of the model."""
        parts = (trace.states, trace.events, trace.steps, trace.loop)
        return cls(*parts, model=model, title=title)

    def __str__(self) -> str:
        from tcpmc.reports.ladder import ladder

        return "\n".join(ladder(self))

    def picture(self) -> graphviz.Digraph:
        """The ladder as a picture, in DOT."""
        from tcpmc.diagrams.ladder_diagram import ladder_dot

        return ladder_dot(self.model, self, self.title)

    def _repr_svg_(self) -> str:
        from tcpmc.diagrams.render import svg

        return svg(self.picture().source).decode()


@dataclass(frozen=True, repr=False)
class CheckResult:
    """The answer to one property on one variant in one scope: `tcpmc.Result`.

    It shows itself as text, and in a notebook with the trace as a picture.
    """

    decided: Result = field(repr=False)

    @property
    def prop(self) -> Property:
        """What was asked; its name is `result.prop.name`."""
        return self.decided.job.prop

    @property
    def variant(self) -> Stacks:
        """The stack that it was asked of."""
        return self.decided.job.variant

    @property
    def scope(self) -> Scope:
        """The bounds within which it was decided: those asked for, as the property needs them."""
        return self.decided.job.scope

    @property
    def verdict(self) -> str:
        """One word: PROVED, REFUTED, WITNESS, UNREACHABLE, VACUOUS, INCONCLUSIVE, DISAGREE, or
        HOLDS<=k where no counterexample of k steps was found."""
        return str(self.decided.verdict.word)

    @property
    def how(self) -> str:
        """How it was decided, in one line: "exhaustive, 31,863 states"."""
        from tcpmc.reports.report import basis

        return basis(self.decided.verdict)

    @property
    def answers(self) -> dict[str, Answer]:
        """What each engine says by itself."""
        return dict(self.decided.verdict.answers)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the verdict rests on besides the scope, each as a line to print."""
        return self.decided.all_assumptions

    @property
    def expected(self) -> Word | None:
        """What the catalogue expects on this variant; None where it says nothing."""
        return self.decided.verdict.expected

    @property
    def as_expected(self) -> bool:
        """Whether the question is settled, and not otherwise than the catalogue expects."""
        unfit = (Standing.UNEXPECTED, Standing.UNSETTLED)
        return self.decided.verdict.standing not in unfit

    @property
    def trace(self) -> Ladder | None:
        """The run that refutes the property or is its witness, if there is one: a shortest one
        where the explicit engine decides."""
        trace = self.decided.verdict.trace
        if trace is None:
            return None
        return Ladder.of(trace, Model(self.variant, self.scope), self._title)

    @property
    def _title(self) -> str:
        return f"{self.verdict} {self.prop.name} on {self.variant.name}"

    @property
    def _lines(self) -> list[str]:
        return [
            f"{self._title}: {self.how}",
            f"{self.prop.meaning} ({self.prop.citation})",
            f"scope {self.scope.name}: {self.scope.describe()}",
            *(f"assumed: {text}" for text in self.assumptions),
        ]

    def __repr__(self) -> str:
        return f"<{self._title}: {self.how}>"

    def __str__(self) -> str:
        trace = self.trace
        return "\n".join([*self._lines, *([str(trace)] if trace is not None else [])])

    def _repr_html_(self) -> str:
        first, *others = map(escape, self._lines)
        lines = "".join(f"<div>{line}</div>" for line in others)
        trace = self.trace
        picture = "" if trace is None else trace._repr_svg_().partition("<svg")[2]
        return f"<div><b>{first}</b></div>{lines}{f'<svg{picture}' if picture else ''}"
