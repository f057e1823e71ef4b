"""Claims as JSON: each with its questions, and the results that answer them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tcpmc import __version__
from tcpmc.checks.running.jobs import Outcome
from tcpmc.reports.verdict_json import dumped, result_json
from tcpmc.studies.claims.decide import Answered, Decided, exit_code

SCHEMA = "tcpmc/claims/1"


def as_json(decided: Sequence[Decided], outcome: Outcome) -> str:
    """The claims as one JSON object, with a line feed at the end."""
    document = {
        "schema": SCHEMA,
        "version": __version__,
        "exit_code": exit_code(decided),
        "stopped": outcome.reason,
        "claims": [_claim(claim) for claim in decided],
        "results": [result_json(result) for result in outcome.results],
    }
    return dumped(document, indent=2)


def _claim(decided: Decided) -> dict[str, Any]:
    return {
        "claim": decided.claim.name,
        "text": decided.claim.text,
        "sources": list(decided.claim.sources),
        "verdict": decided.word,
        "expected": decided.claim.expected,
        "as_expected": decided.as_expected,
        "stated": [_answer(answer) for answer in decided.stated],
        "condition": decided.claim.condition or None,
        "condition_verdict": decided.exact_word,
        "exact": [_answer(answer) for answer in decided.exact],
    }


def _answer(answer: Answered) -> dict[str, Any]:
    return {
        "question": str(answer.question),
        "answer": answer.word,
        "needed": answer.question.says,
        "supports": answer.supports,
    }
