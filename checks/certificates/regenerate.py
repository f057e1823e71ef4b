"""The statement of a certificate, made anew from the rules of the model and its heading."""

from __future__ import annotations

from collections.abc import Mapping

import z3

from tcpmc.checks.certificates import statements
from tcpmc.checks.certificates.write import defined
from tcpmc.checks.parametric.formulas import formulas_of
from tcpmc.checks.parametric.iss_conditions import excluded
from tcpmc.checks.running.loading import find_variant
from tcpmc.checks.symbolic.onestep import OneStep
from tcpmc.checks.timed.encoding import Formulas as TimedFormulas
from tcpmc.checks.timed.fourier_motzkin import fulfilled
from tcpmc.checks.timed.timed_system import Closing
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.properties.kinds import Always, Lemma, Property, Reachable
from tcpmc.model.timed.linear import condition
from tcpmc.model.timed.theorems import THEOREMS

Regenerated = tuple[str, str]


def regenerated(heading: Mapping[str, str]) -> Regenerated:
    """What the heading says is proved: the system with the claim, and the condition.

    Raises ValueError for a theorem that there is not.
    """
    name = heading["theorem"]
    if name in THEOREMS:
        return _timed(heading)
    if name in PROPERTIES:
        return _untimed(PROPERTIES[name], heading)
    raise ValueError(f"there is no theorem {name!r}")


def _timed(heading: Mapping[str, str]) -> Regenerated:
    theorem = THEOREMS[heading["theorem"]]
    assume = tuple(filter(None, heading["assume"].split("; ")))
    system = Closing(find_variant(heading["variant"]), theorem.claim.circumstances(assume))
    formulas = TimedFormulas(system)
    where = fulfilled(condition(heading["condition"]), formulas.parameters)
    stated = statements.timed(formulas, theorem.claim)
    return str(stated), defined("condition", [], where)


def _untimed(prop: Property, heading: Mapping[str, str]) -> Regenerated:
    variant, where = find_variant(heading["variant"]), excluded(heading["condition"])
    if isinstance(prop, Lemma):
        stated = statements.one_step(OneStep(variant), prop)
        return str(stated), defined("condition", [], z3.BoolVal(True))
    if not isinstance(prop, Always | Reachable):
        raise ValueError(f"{prop.name} is no safety property")
    formulas = formulas_of(variant, octets(heading["assume"]))
    stated = statements.untimed(formulas, prop)
    return str(stated), defined("condition", [], where.formula(formulas.iss))


def octets(assumed: str) -> int:
    """The octets of text each way that a heading says. Raises ValueError."""
    text, _, rest = assumed.partition(" ")
    if rest != "octets of text each way" or text not in "012":
        raise ValueError(f"{assumed!r}: no such assumption")
    return int(text)
