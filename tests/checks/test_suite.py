"""Packetdrill scripts against the rules: what is forbidden, left open, vacuous, and covered."""

from pathlib import Path

import pytest

from packetdrill_scripts import read
from tcpmc.checks.conform.stacks import STACKS
from tcpmc.checks.drive.moves import KINDS
from tcpmc.checks.suite.missing import runs_for
from tcpmc.checks.suite.suite import ScriptResult, SuiteReport, result_of, results, scripts_in
from tcpmc.errors import BadInput
from tcpmc.model.endpoint.tcb import State
from tcpmc.reports.suite.missing_scripts import name_of, script_of

CONNECTED = """\
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
+0 > S 0:0(0) win 65535 <mss 1460>
+.1 < S. 0:0(0) ack 1 win 65535 <mss 1460>
+0 > . 1:1(0) ack 1 win 65535
"""
CLOSED = CONNECTED + "+.1 shutdown(3, SHUT_WR) = 0\n+0 > F. 1:1(0) ack 1 win 65535\n"
TIME_WAIT = CLOSED + "+.1 < F. 1:1(0) ack 2 win 65535\n+0 > . 2:2(0) ack 2 win 65535\n"
STACK = STACKS["rfc9293"]


def verdict_on(folder: Path, script: str, name: str = "script") -> ScriptResult:
    """The verdict on a script of that name."""
    file = folder / f"{name}.pkt"
    file.write_text(script)
    return result_of(str(file), STACK)


def requirements(result: ScriptResult) -> list[str]:
    return [fault.requirement for fault in result.faults]


def test_an_orderly_close_passes(tmp_path: Path) -> None:
    result = verdict_on(tmp_path, TIME_WAIT)
    assert (result.verdict, result.faults) == ("passes", ())
    assert {State.SYN_SENT, State.ESTABLISHED, State.FIN_WAIT_1, State.TIME_WAIT} <= (
        result.judgement.states
    )
    assert "3.10.7.4 eighth: FIN, TIME-WAIT" in " ".join(result.judgement.rules)


def test_an_ack_of_what_did_not_come_is_forbidden(tmp_path: Path) -> None:
    result = verdict_on(tmp_path, TIME_WAIT.replace("2:2(0) ack 2", "2:2(0) ack 3"))
    assert result.verdict == "forbidden"
    assert [fault.line for fault in result.faults] == [9]
    assert requirements(result) == ["3.10.7.4 eighth"]


def test_time_wait_rst_is_said_to_change_nothing(tmp_path: Path) -> None:
    command = "+.1 `sockstat -4 -P tcp -s | grep -c TIME_WAIT | grep 1`\n"
    result = verdict_on(tmp_path, TIME_WAIT + "+.1 < R 2:2(0) win 0\n" + command)
    assert (result.verdict, requirements(result)) == ("forbidden", ["3.10.7.4 second"])
    assert verdict_on(tmp_path, TIME_WAIT + command).verdict == "passes"


def test_established_asserted_in_fin_wait_1(tmp_path: Path) -> None:
    asserted = CLOSED + "+0 %{ assert tcpi_state == TCP_ESTABLISHED }%\n"
    result = verdict_on(tmp_path, asserted)
    assert [(f.asks, f.line) for f in result.faults] == [("ESTABLISHED asserted", 8)]
    assert verdict_on(tmp_path, asserted.replace("ESTABLISHED", "FIN_WAIT1")).verdict == "passes"


def test_a_close_without_a_fin_is_forbidden(tmp_path: Path) -> None:
    no_fin = "+.1 close(3) = 0\n+.1 < P. 1:5(4) ack 1 win 65535\n+0 > . 1:1(0) ack 5 win 65535\n"
    result = verdict_on(tmp_path, CONNECTED + no_fin)
    assert (result.verdict, requirements(result)) == ("forbidden", ["3.10.4"])


def test_a_challenge_ack_is_left_open(tmp_path: Path) -> None:
    challenged = "+.1 < R 2:2(0) win 0\n+0 > . 1:1(0) ack 1 win 65535\n"
    result = verdict_on(tmp_path, CONNECTED + challenged)
    assert (result.verdict, requirements(result)) == ("left open", ["3.10.7.4 (RFC 5961)"])


def test_an_ack_that_may_be_left_out_is_left_open(tmp_path: Path) -> None:
    old = "+.1 < . 0:0(0) ack 1 win 65535\n+.1 < P. 1:5(4) ack 1 win 65535\n"
    result = verdict_on(tmp_path, CONNECTED + old + "+0 > . 1:1(0) ack 5 win 65535\n")
    assert (result.verdict, requirements(result)) == ("left open", ["RFC 5961, 7"])


def test_what_comes_after_the_last_expected_packet_is_not_looked_at(tmp_path: Path) -> None:
    answered = "+.1 < S 1:1(0) win 1\n+9 < R 9:9(0) win 1\n"
    assert verdict_on(tmp_path, CONNECTED + answered).verdict == "passes"


SIMULTANEOUS = "+.1 < F. 1:1(0) ack 1 win 65535\n+0 > . 2:2(0) ack 2 win 65535\n"


def test_a_simultaneous_close_that_is_none_is_vacuous(tmp_path: Path) -> None:
    crossing = CLOSED + SIMULTANEOUS
    assert not verdict_on(tmp_path, crossing, "simultaneous-close").vacuous
    result = verdict_on(tmp_path, TIME_WAIT, "simultaneous-close")
    assert [missing for _, missing in result.vacuous] == ["CLOSING is never reached"]
    told = "// Test of a simultaneous connection close\n"
    ((claim, _),) = verdict_on(tmp_path, told + TIME_WAIT).vacuous
    assert claim.line == 1


def test_a_comment_that_names_a_state_that_is_not_reached(tmp_path: Path) -> None:
    says = TIME_WAIT + "// Now the connection is in {}\n"
    assert not verdict_on(tmp_path, says.format("TIME-WAIT")).vacuous
    assert verdict_on(tmp_path, says.format("LAST-ACK")).vacuous
    assert not verdict_on(tmp_path, "// It is never in LAST-ACK.\n" + TIME_WAIT).vacuous


def test_a_name_that_names_a_cell_that_is_not_reached(tmp_path: Path) -> None:
    reset = TIME_WAIT + "+.1 < R 2:2(0) win 0\n"
    assert not verdict_on(tmp_path, reset, "rcv-rst-time-wait").vacuous
    ((_, missing),) = verdict_on(tmp_path, TIME_WAIT, "rcv-rst-time-wait-left-edge").vacuous
    assert missing == "no RST arrives in TIME-WAIT"


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("+0 < udp (5)\n", "a packet that is not TCP"),
        ("+0 setsockopt(3, SOL_TCP, TCP_FASTOPEN, [5], 4) = 0\n", "TCP_FASTOPEN"),
        ("+0 connect(4, ..., ...) = 0\n", "a second connection"),
    ],
)
def test_what_is_outside_of_the_subset_is_not_judged(
    tmp_path: Path, statement: str, why: str
) -> None:
    result = verdict_on(tmp_path, CONNECTED + statement)
    assert result.verdict == "not judged"
    assert why in result.why


def test_an_abort_by_linger_sends_a_reset(tmp_path: Path) -> None:
    linger = "+0 setsockopt(3, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0\n"
    aborted = CONNECTED + linger + "+.1 close(3) = 0\n+0 > R 1:1(0)\n"
    assert verdict_on(tmp_path, aborted).verdict == "passes"
    assert verdict_on(tmp_path, aborted.replace(linger, "")).verdict == "forbidden"


def test_scripts_for_every_cell_cover_every_cell(tmp_path: Path) -> None:
    report = SuiteReport(STACK)
    cells = [(state, kind) for state in State for kind in KINDS]
    for run in runs_for(cells, STACK.variant):
        script = script_of(run, "rfc9293")
        read(script)
        (tmp_path / name_of(run)).write_text(script)
    report.scripts = [*results(scripts_in([str(tmp_path)]), STACK, None)]
    assert len(report.scripts) == 99
    assert not report.of("forbidden")
    assert not report.vacuous
    assert not report.empty()
    assert not report.without_script()


def test_cells_are_named_that_no_script_covers(tmp_path: Path) -> None:
    report = SuiteReport(STACK, [verdict_on(tmp_path, TIME_WAIT, "rcv-fin-ack-fin-wait-1")])
    assert (State.FIN_WAIT_1, "FIN,ACK") not in report.empty()
    assert (State.CLOSING, "ACK") in report.empty()
    assert len(report.empty()) == 97
    assert ((State.SYN_SENT, "SYN,ACK"), True) in report.without_script()


def test_a_folder_without_scripts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no file in it ends in \.pkt"):
        scripts_in([str(tmp_path)])
    with pytest.raises(BadInput, match="no such file"):
        scripts_in([str(tmp_path / "a.pkt")])
