"""The RFC's figures: drawn as the RFC draws them, and read back by what reads the RFC's own."""

import re

import pytest

from golden_files import assert_golden
from harness import LINE, Peer, replay, socket_in
from results import EVENTFUL, LASSO, LOST, broken_lemma, found, hostile, played
from tcpmc.checks.running.jobs import Result
from tcpmc.model import VARIANTS, Scope, State
from tcpmc.reports.formats.rfc import rfc
from tcpmc.reports.story import trace_of

# RFC 9293, Figures 6 (without the text), 7, 12 and 13; Figure 7 as its profile draws it.
FIGURE_6 = """
SYN-SENT    --> <SEQ=100><CTL=SYN>               --> SYN-RECEIVED
ESTABLISHED <-- <SEQ=300><ACK=101><CTL=SYN,ACK>  <-- SYN-RECEIVED
ESTABLISHED --> <SEQ=101><ACK=301><CTL=ACK>      --> ESTABLISHED
"""
FIGURE_7 = """
SYN-SENT     --> <SEQ=100><CTL=SYN>              ...
SYN-RECEIVED <-- <SEQ=300><CTL=SYN>              <-- SYN-SENT
             ... <SEQ=100><CTL=SYN>              --> SYN-RECEIVED
SYN-RECEIVED --> <SEQ=100><ACK=301><CTL=SYN,ACK> ...
ESTABLISHED  <-- <SEQ=300><ACK=101><CTL=SYN,ACK> <-- SYN-RECEIVED
             ... <SEQ=100><ACK=301><CTL=SYN,ACK> --> ESTABLISHED
"""
FIGURE_12 = """
FIN-WAIT-1  --> <SEQ=101><ACK=301><CTL=FIN,ACK>  --> CLOSE-WAIT
FIN-WAIT-2  <-- <SEQ=301><ACK=102><CTL=ACK>      <-- CLOSE-WAIT
TIME-WAIT   <-- <SEQ=301><ACK=102><CTL=FIN,ACK>  <-- LAST-ACK
TIME-WAIT   --> <SEQ=102><ACK=302><CTL=ACK>      --> CLOSED
"""
OPEN = Scope("open", loss="none", duplication=False, data=0)
ESTABLISHED = Scope("established", loss="none", duplication=False, data=0, start="established")


def arrows(figure: str) -> list[tuple[str, ...]]:
    """The lines with a segment, taken apart."""
    lines = (re.sub(r"^ *\d+\.", "", line).strip() for line in figure.splitlines())
    return [shown.groups() for line in lines if (shown := LINE.fullmatch(line))]


def test_figure_6_basic_handshake() -> None:
    steps = ("B passive", "A active", "B deliver SYN", "A deliver SYN", "B deliver ACK")
    assert arrows(rfc(played(OPEN, *steps))) == arrows(FIGURE_6)


def test_figure_7_simultaneous_open() -> None:
    """The same lines; only that A answers at once, before its SYN arrives at B."""
    opening = ("A active", "B active", "A deliver SYN", "B deliver SYN")
    established = ("A deliver SYN,ACK", "B deliver SYN,ACK")
    figure_7 = VARIANTS["figure-7"]
    figure = rfc(played(OPEN, *opening, *established, variant=figure_7))
    assert sorted(arrows(figure)) == sorted(arrows(FIGURE_7))


def test_figure_12_normal_close() -> None:
    steps = (
        "A CLOSE",
        "B deliver",
        "A deliver",
        "B CLOSE",
        "A deliver",
        "B deliver",
        "A TIME-WAIT",
    )
    figure = rfc(played(ESTABLISHED, *steps))
    assert arrows(figure) == arrows(FIGURE_12)
    assert "\n   6.  (2 MSL)\n       CLOSED\n" in figure


def test_a_refutation_with_losses() -> None:
    assert_golden("rfc-graceful-close.txt", rfc(LOST))


def test_a_lasso_names_the_line_where_it_begins_again() -> None:
    assert_golden("rfc-lasso.txt", rfc(LASSO))


def test_ticks_duplicates_and_expiry() -> None:
    assert_golden("rfc-eventful.txt", rfc(EVENTFUL))


CALLS = {
    "(passive OPEN)": "open_passive",
    "(active OPEN)": "open_active",
    "(Close)": "close",
    "(2 MSL)": "time_wait_timeout",
    "(retransmission timeout)": "retransmission_timeout",
}


@pytest.mark.parametrize(
    "result",
    [found("established"), found("closing"), LOST],
    ids=lambda result: result.job.prop.name,
)
def test_the_figure_is_read_back_by_the_reader_of_the_rfcs_figures(result: Result) -> None:
    """Every arrow departs and arrives as the rules have it, with the states that are shown."""
    profile = result.job.variant.at(0).profile
    peers = a, b = [Peer(iss, profile, socket_in(State.CLOSED)) for iss in result.job.scope.iss]
    for line in rfc(result).split("Figure: ")[0].splitlines()[3:]:
        place = line[7:]
        if place.strip() in CALLS:
            peers[not place.startswith("(")].call(CALLS[place.strip()])
        elif LINE.fullmatch(place.strip()) and place.count(" ... ") < 2:
            replay(a, b, place)
    assert [a.state, b.state] == [end.state for end in trace_of(result).states[-1].ends]
    assert sum("-->" in line or "<--" in line for line in rfc(result).splitlines()) > 2


def test_a_lemma_begins_with_a_segment_from_nowhere() -> None:
    assert arrows(rfc(broken_lemma()))[0][1::2] == ("<--", "...")


def test_hostile_text_is_a_comment_on_its_own_lines() -> None:
    figure = rfc(hostile())
    assert all(char == "\n" or char.isprintable() for char in figure)
    body = figure.split("Figure: ")[0]
    assert len(re.findall(r"^ *\d+\.  ", body, re.MULTILINE)) == 5
