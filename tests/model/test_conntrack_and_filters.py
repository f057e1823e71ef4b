"""The middleboxes by themselves: what passes, and what they remember.

The opener is outside, its ISS is 100; the end beside which the box stands has 300. All windows are
4 octets.
"""

from __future__ import annotations

import pytest

from harness import segment
from tcpmc.model.middleboxes.conntrack import ORIGINAL, REPLY, Tracked, TrackedConnection
from tcpmc.model.middleboxes.middlebox import Entry, Passage, Transit
from tcpmc.model.middleboxes.shipped_middleboxes import MIDDLEBOXES

HANDSHAKE = (
    "> <SEQ=100><CTL=SYN>",
    "< <SEQ=300><ACK=101><CTL=SYN,ACK>",
    "> <SEQ=101><ACK=301><CTL=ACK>",
)
FINS = (
    "> <SEQ=101><ACK=301><CTL=FIN,ACK>",
    "< <SEQ=301><ACK=102><CTL=ACK>",
    "< <SEQ=301><ACK=102><CTL=FIN,ACK>",
    "> <SEQ=102><ACK=302><CTL=ACK>",
)  # fmt: skip


def passages(name: str, *lines: str) -> list[Passage]:
    """What the box does with these segments: `>` is on its way in, `<` on its way out."""
    box, entry, found = MIDDLEBOXES[name], None, list[Passage]()
    for line in lines:
        way, text = line.split()
        passage = box.sees(entry, Transit(segment(text), way == ">", 4))
        entry = passage.entry
        found.append(passage)
    return found


def state(entry: Entry) -> str:
    return entry.state if isinstance(entry, TrackedConnection) else "none"


def states(*lines: str, box: str = "conntrack") -> list[str]:
    """The states of conntrack after each segment; "dropped" for one that does not pass."""
    return [state(p.entry) if p.passes else "dropped" for p in passages(box, *lines)]


def test_conntrack_handshake_and_close() -> None:
    assert states(*HANDSHAKE, *FINS) == [
        *("SYN_SENT", "SYN_RECV", "ESTABLISHED"),
        *("FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT"),
    ]


def test_conntrack_has_a_next_state_for_all_flags_in_each_state() -> None:
    for table in (ORIGINAL, REPLY):
        assert {flags for flags, _ in table} == {"SYN", "SYN,ACK", "FIN", "ACK", "RST"}
        assert len(table) == 5 * len(Tracked)


def test_conntrack_simultaneous_open() -> None:
    assert states(
        "> <SEQ=100><CTL=SYN>",
        "< <SEQ=300><CTL=SYN>",
        "> <SEQ=100><ACK=301><CTL=SYN,ACK>",
        "< <SEQ=300><ACK=101><CTL=SYN,ACK>",
        "< <SEQ=301><ACK=101><CTL=ACK>",
    ) == ["SYN_SENT", "SYN_SENT2", "SYN_RECV", "SYN_RECV", "ESTABLISHED"]


@pytest.mark.parametrize(
    ("box", "after"), [("conntrack", "ESTABLISHED"), ("conntrack-strict", "dropped")]
)
def test_conntrack_none_ack_of_an_open_connection(box: str, after: str) -> None:
    """`tcp_loose`: picked up, or not."""
    assert states("> <SEQ=101><ACK=301><CTL=ACK>", box=box) == [after]


@pytest.mark.parametrize("flags", ["FIN,ACK", "RST", "SYN,ACK"])
def test_conntrack_none_does_not_begin_with(flags: str) -> None:
    assert states(
        f"> <SEQ=101><ACK=301><CTL={flags}>".replace("<ACK=301><CTL=RST>", "<CTL=RST>")
    ) == ["dropped"]


@pytest.mark.parametrize(
    ("box", "after"), [("conntrack", "dropped"), ("conntrack-liberal", "ESTABLISHED")]
)
@pytest.mark.parametrize(
    "text",
    ["<SEQ=106><ACK=301><CTL=ACK>", "<SEQ=101><ACK=302><CTL=ACK>", "<SEQ=90><ACK=301><CTL=ACK>"],
)
def test_conntrack_established_segment_outside_the_window(box: str, after: str, text: str) -> None:
    """Beyond the window; of what was not sent; before it. `tcp_be_liberal` lets it pass."""
    assert states(*HANDSHAKE, f"> {text}", box=box)[-1] == after


def test_conntrack_established_reset_in_the_window_may_draw_a_challenge() -> None:
    """RFC 5961: only the exact number ends it."""
    assert states(*HANDSHAKE, "> <SEQ=103><CTL=RST>")[-1] == "ESTABLISHED"
    assert states(*HANDSHAKE, "> <SEQ=101><CTL=RST>")[-1] == "CLOSE"
    assert states(*HANDSHAKE, "> <SEQ=100><CTL=RST>")[-1] == "dropped"


def test_conntrack_syn_sent_refused_forgets() -> None:
    assert states("> <SEQ=100><CTL=SYN>", "< <SEQ=0><ACK=101><CTL=RST,ACK>") == ["SYN_SENT", "none"]


def test_conntrack_established_syn_passes_and_its_answer_is_believed() -> None:
    """Half-open: the opener has crashed, and calls again."""
    assert states(*HANDSHAKE, "> <SEQ=200><CTL=SYN>", "< <SEQ=400><ACK=201><CTL=SYN,ACK>")[-2:] == [
        "ESTABLISHED",
        "SYN_RECV",
    ]


def test_conntrack_last_ack_challenge_ack_is_not_the_last() -> None:
    """The answer to a SYN that passed acknowledges no FIN."""
    half = (*HANDSHAKE, *FINS[:3])
    assert states(*half, "> <SEQ=200><CTL=SYN>", "< <SEQ=302><ACK=102><CTL=ACK>")[-2:] == [
        *("LAST_ACK", "LAST_ACK")
    ]


def test_conntrack_time_wait_syn_reopens() -> None:
    assert states(*HANDSHAKE, *FINS, "> <SEQ=200><CTL=SYN>")[-1] == "SYN_SENT"


def test_firewall_passes_nothing_without_a_syn() -> None:
    assert not passages("firewall", "> <SEQ=101><ACK=301><CTL=ACK>")[0].passes
    assert all(passage.passes for passage in passages("firewall", *HANDSHAKE, *FINS))


def test_firewall_reset_answers_what_it_does_not_know() -> None:
    (passage,) = passages("firewall-reset", "> <SEQ=101><ACK=301><CTL=ACK>")
    assert not passage.passes
    assert str(passage.reply) == "<SEQ=301><CTL=RST>"


def test_nat_mapping_is_made_from_inside() -> None:
    assert not passages("nat", "> <SEQ=100><CTL=SYN>")[0].passes
    assert [p.passes for p in passages("nat", "< <SEQ=300><CTL=SYN>", "> <SEQ=100><CTL=SYN>")] == [
        *(True, True)
    ]


def test_nat_mapping_outlives_a_reset() -> None:
    """RFC 7857, section 3."""
    found = passages("nat", "< <SEQ=300><CTL=SYN>", "> <SEQ=5><CTL=RST>", "> <SEQ=100><CTL=SYN>")
    assert all(passage.passes for passage in found)


def test_balancer_drops_the_first_syn_on_reuse() -> None:
    again = "> <SEQ=200><CTL=SYN>"
    found = passages("balancer", *HANDSHAKE, *FINS, again, again)
    assert [passage.passes for passage in found[-2:]] == [False, True]


def test_drop_rst_from_inside_only() -> None:
    rst = "<SEQ=0><CTL=RST>"
    assert [p.passes for p in passages("drop-rst", f"> {rst}", f"< {rst}")] == [True, False]
