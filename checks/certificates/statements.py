"""What the theorems, the properties and the lemmas state, from the rules of the model."""

from __future__ import annotations

from dataclasses import replace

import z3

from tcpmc.checks.certificates.write import Statement
from tcpmc.checks.parametric.formulas import ParametricFormulas, told
from tcpmc.checks.parametric.premise import guide, premise_of
from tcpmc.checks.symbolic.onestep import OneStep
from tcpmc.checks.timed import copies
from tcpmc.checks.timed.encoding import TimedFormulas
from tcpmc.model.properties.kinds import Always, Lemma, Reachable
from tcpmc.model.timed.theorems import Claim


def timed(formulas: TimedFormulas, claim: Claim) -> Statement:
    """A claim about the timed close, in linear real arithmetic. It stands on the youngest copies of
    segments, and so on what `copies` says of segments that live for some time: each does."""
    t = formulas.moment("0")
    return Statement(
        logic="QF_LRA",
        constants=[z3.Real(name) for name in formulas.system.parameters],
        parameters=formulas.sensible(),
        state=[*formulas.frame("0").values()],
        then=[*formulas.frame("1").values()],
        inputs=[t, *formulas.choice("0")],
        choices=[t],
        initial=formulas.initial("0"),
        step=formulas.step,
        broken=formulas.broken(claim),
        premise=formulas.premise(claim),
        guide=lambda number: z3.And(
            number < len(formulas.system.actions), formulas.chosen(number, "0")
        ),
        further={"lifetimes": formulas.without_life, **copies.obligations()},
        free=copies.FREE,
        under_condition=False,
    )


def untimed(formulas: ParametricFormulas, prop: Always | Reachable) -> Statement:
    """A property of two ends and all that they ever sent, for every ISS."""
    return Statement(
        logic="QF_BV",
        constants=formulas.iss,
        parameters=z3.BoolVal(True),
        state=[*formulas.frame("0").values()],
        then=[*formulas.frame("1").values()],
        inputs=[formulas.sends],
        choices=formulas.left,
        initial=formulas.initial(),
        step=formulas.step,
        broken=formulas.broken(prop),
        premise=formulas.broken(premise_of(prop)),
        guide=lambda number: guide(formulas, number),
        states={f"state.{number}": told(end) for number, end in enumerate(formulas.endpoint.ends)},
    )


def one_step(rules: OneStep, lemma: Lemma) -> Statement:
    """A lemma: the state is a TCB with what happens to it, and there is nothing after."""
    state = rules.constants()
    then = [z3.Const(f"{constant}@1", constant.sort()) for constant in state]
    applies = replace(lemma, claim=lambda step: False)
    return Statement(
        logic="QF_BV",
        constants=[],
        parameters=z3.BoolVal(True),
        state=state,
        then=then,
        inputs=[],
        choices=[],
        initial=z3.BoolVal(True),
        step=z3.BoolVal(False),
        broken=rules.formula(lemma),
        premise=rules.formula(applies),
        guide=lambda number: z3.BoolVal(False),
    )
