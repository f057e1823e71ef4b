"""What the timers amount to: formulas with known results, and the figures that rest on them."""

import pytest

from tcpmc.model.timed.figures import (
    FIGURES,
    HOUR,
    ISN_STEP,
    LARGEST_TTL,
    LINUX_KEEPALIVE,
    LINUX_PORTS,
    LINUX_TIME_WAIT,
    MINUTE,
    MSL,
    isn_cycle,
    keepalive_detection,
    longest_life,
    open_close_rate,
    spelled,
)


@pytest.mark.parametrize(
    ("idle", "interval", "probes", "seconds"),
    [
        (*LINUX_KEEPALIVE, 2 * HOUR + 11 * MINUTE + 15),
        (7200, 75 * MINUTE, 10, 14.5 * HOUR),
        (60, 5, 1, 65),
        (60, 5, 0, 60),
    ],
)
def test_keepalive_detection(idle: float, interval: float, probes: int, seconds: float) -> None:
    """Idle time, and an interval for each probe to be answered."""
    assert keepalive_detection(idle, interval, probes) == seconds


def test_open_close_rate_of_linux() -> None:
    """28,232 ports in a minute: 470 connections per second to one address and port."""
    first, last = LINUX_PORTS
    ports = last - first + 1
    assert ports == 28_232
    assert open_close_rate(ports, LINUX_TIME_WAIT) == pytest.approx(470.53, abs=0.01)


def test_open_close_rate_with_the_standards_time_wait() -> None:
    """2 MSL of 4 minutes leave a quarter of that."""
    assert open_close_rate(28_232, 2 * MSL) == pytest.approx(117.6, abs=0.1)


def test_isn_cycle() -> None:
    """RFC 9293, 3.4.1: "the ISN cycles approximately every 4.55 hours" at 32 bits, which is 2**32
    steps at 3.81 microseconds; 4 microseconds make it 4.77 hours, more than MSL either way."""
    assert isn_cycle() / HOUR == pytest.approx(4.77, abs=0.01)
    assert isn_cycle(2**-18) / HOUR == pytest.approx(4.55, abs=0.01)
    assert isn_cycle(ISN_STEP, bits=16) == pytest.approx(0.262, abs=0.001)
    assert isn_cycle() > MSL


@pytest.mark.parametrize(
    ("ttl", "per_hop", "covered"),
    [(LARGEST_TTL, 1, False), (64, 1, True), (60, 2, True), (61, 2, False), (64, 1.875, True)],
)
def test_longest_life_and_msl(ttl: int, per_hop: float, covered: bool) -> None:
    """Which MSL covers a TTL depends on how long a hop may take."""
    assert longest_life(ttl, per_hop) == ttl * per_hop
    assert (longest_life(ttl, per_hop) <= MSL) is covered


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (7875, "2 h 11 min 15 s"),
        (7200, "2 h"),
        (61, "1 min 1 s"),
        (3601, "1 h 1 s"),
        (0, "0 s"),
        (0.4, "0 s"),
        (59.6, "1 min"),
    ],
)
def test_spelled(seconds: float, told: str) -> None:
    assert spelled(seconds) == told


FALSE = {"linux-time-wait-is-2msl", "msl-covers-ttl-in-seconds", "keepalive-75-minutes"}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_decided_and_shows_its_numbers(name: str) -> None:
    figure = FIGURES[name]
    assert figure.name == name
    assert figure.holds() is (name not in FALSE)
    assert any(character.isdigit() for character in figure.shown())
    assert figure.meaning and figure.citation


def test_the_numbers_that_are_shown() -> None:
    assert FIGURES["keepalive-linux"].shown() == "7200 s + 9 x 75 s = 2 h 11 min 15 s"
    assert FIGURES["time-wait-port-rate"].shown() == "28232 ports / 60 s = 470.5 per second"
    assert FIGURES["msl-covers-ttl-in-seconds"].shown() == "255 hops x 1 s = 255 s, MSL 120 s"
    assert FIGURES["linux-time-wait-is-2msl"].shown() == "60 s, and 2 x 120 s = 240 s"


MUTANTS = {
    "keepalive-linux": ("keepalive_detection", lambda idle, interval, probes: idle),
    "time-wait-port-rate": ("LINUX_TIME_WAIT", 120),
    "msl-by-the-standard": ("MSL", 60),
    "linux-time-wait-is-2msl": ("MSL", 30),
    "msl-covers-ttl-in-seconds": ("MSL", 255),
    "msl-covers-ttl-of-64": ("longest_life", lambda ttl, per_hop: 2 * ttl * per_hop),
    "keepalive-75-minutes": ("LINUX_KEEPALIVE", (7200, 75 * MINUTE, 10)),
    "keepalive-two-hours": ("LINUX_KEEPALIVE", (1800, 75, 9)),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_rests_on_its_numbers(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With another number, or another formula, it is decided the other way."""
    before = FIGURES[name].holds()
    part, changed = MUTANTS[name]
    monkeypatch.setattr(f"tcpmc.model.timed.figures.{part}", changed)
    assert FIGURES[name].holds() is not before
