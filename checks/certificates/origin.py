"""The statement of a certificate, made anew from the rules of the model and its heading."""

from __future__ import annotations

from collections.abc import Mapping

from tcpmc.checks.certificates.write import defined, statement
from tcpmc.checks.dense.actions import Closing
from tcpmc.checks.dense.encoding import Formulas
from tcpmc.checks.dense.projection import fulfilled
from tcpmc.checks.loading import find_variant
from tcpmc.model.closing import THEOREMS
from tcpmc.model.linear import condition


def regenerated(heading: Mapping[str, str]) -> tuple[str, str]:
    """What the heading says is proved: the timed system with the claim, and the condition.

    Raises ValueError for a theorem that there is not.
    """
    theorem = THEOREMS.get(heading["theorem"])
    if theorem is None:
        raise ValueError(f"there is no theorem {heading['theorem']!r}")
    assume = tuple(filter(None, heading["assume"].split("; ")))
    system = Closing(find_variant(heading["variant"]), theorem.claim.circumstances(assume))
    formulas = Formulas(system)
    where = fulfilled(condition(heading["condition"]), formulas.parameters)
    return statement(formulas, theorem.claim), defined("condition", [], where)
