"""The formulas of the other timers: what they say of Linux's values, and that they are right."""

from fractions import Fraction

import pytest
import z3

from tcpmc.model.timers import (
    ISN_STEP,
    LINUX_KEEPALIVE,
    LINUX_PORTS,
    LINUX_TIME_WAIT,
    connections_per_second,
    isn_cycle,
    keepalive_detection,
    msl_covers_ttl,
)


def test_linux_notices_a_vanished_peer_after_2_h_11_min_15_s() -> None:
    assert keepalive_detection(*LINUX_KEEPALIVE) == 2 * 3600 + 11 * 60 + 15


def test_the_keepalive_formula_is_what_the_timers_do_for_any_number_of_probes() -> None:
    """By induction over the probes: it holds without any, and each takes one interval more."""
    idle, interval = z3.Reals("idle interval")
    probes = z3.Int("probes")
    elapsed = keepalive_detection(idle, interval, z3.ToReal(probes))
    one_more = keepalive_detection(idle, interval, z3.ToReal(probes + 1))
    solver = z3.Solver()
    solver.add(
        z3.Or(one_more != elapsed + interval, keepalive_detection(idle, interval, 0) != idle)
    )
    assert solver.check() == z3.unsat


@pytest.mark.parametrize("probes", range(4))
def test_the_keepalive_formula_agrees_with_a_simulated_timer(probes: int) -> None:
    idle, interval, clock, unanswered = 7, 3, 0, 0
    due = idle
    while True:
        clock = due
        if unanswered == probes:
            break
        unanswered, due = unanswered + 1, clock + interval
    assert clock == keepalive_detection(idle, interval, probes)


def test_linux_opens_470_connections_a_second_to_one_port() -> None:
    assert int(connections_per_second(LINUX_PORTS, LINUX_TIME_WAIT)) == 470


def test_the_isn_clock_comes_round_after_4_77_hours() -> None:
    hours = isn_cycle(ISN_STEP) / 3600
    assert Fraction(477, 100) < hours < Fraction(478, 100)


def test_msl_covers_the_ttl_if_no_hop_takes_longer_than_its_share() -> None:
    assert msl_covers_ttl(Fraction(120), 255, Fraction(120, 255))
    assert not msl_covers_ttl(Fraction(120), 255, Fraction(1, 2))
