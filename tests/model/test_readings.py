"""Where the RFC can be read in two ways, the verdicts under both; and what is off is assumed."""

from __future__ import annotations

import pytest

from results import found
from tcpmc.model.endpoint.profile import Profile
from tcpmc.model.network.scope import SCOPES
from tcpmc.model.variants.shipped import VARIANTS
from tcpmc.model.variants.variant import Variant

SMALL = SCOPES["small"]


@pytest.mark.parametrize("reading", ["told", "silent"])
def test_reset_in_last_ack_cuts_a_connection_short_in_both_readings(reading: str) -> None:
    profile = Profile(time_wait="none", rst_while_closing=reading)  # type: ignore[arg-type]
    verdict = found("graceful-close", Variant("no-time-wait", "", profile), SMALL).verdict
    assert verdict.word == "REFUTED" and verdict.trace is not None
    told = any(end.history.told for end in verdict.trace.states[-1].ends)
    assert told is (reading == "told")


@pytest.mark.parametrize(
    ("bound", "word"),
    [({}, "PROVED"), ({"aborts": True}, "REFUTED"), ({"retransmissions": 1}, "REFUTED")],
)
def test_a_close_passes_time_wait_if_nobody_aborts_or_gives_up(
    bound: dict[str, int], word: str
) -> None:
    assert found("close-passes-time-wait", scope=SMALL.with_(**bound)).verdict.word == word


def test_what_is_switched_off_is_an_assumption() -> None:
    result = found("synchronized")
    assert result.all_assumptions[-1] == (
        "nobody aborts (--aborts); no host crashes (--crashes); "
        "nobody gives up: no user timeout (--retransmissions); "
        "an end that is back in LISTEN selects the same ISS again; "
        "each user OPENs once, sends no text and calls no RECEIVE; ISS 100 and 300"
    )
    on = SMALL.with_(aborts=True, crashes=1, retransmissions=1, data=1, opens=2)
    assert on.switched_off == (
        "an end that is back in LISTEN selects the same ISS again; "
        "each user OPENs 2 times, sends at most 1 octet and calls no RECEIVE; "
        "ISS 100 and 300",
    )


def test_what_is_switched_off_is_no_assumption_of_what_a_run_shows() -> None:
    result = found("established")
    assert result.all_assumptions == result.job.prop.all_assumptions


def test_what_is_switched_off_is_an_assumption_of_a_lasso() -> None:
    """A user timeout could end it."""
    result = found("peer-leaves-last-ack", VARIANTS["no-time-wait-silent"], SMALL)
    assert result.verdict.word == "REFUTED"
    assert "no user timeout" in result.all_assumptions[-1]
