"""Names of states, as they are spelled in the wild."""

import pytest

from tcpmc.errors import BadInput
from tcpmc.model import State
from tcpmc.studies.explain.states import find_state, near_states, state_named


@pytest.mark.parametrize("state", State, ids=str)
def test_every_state_by_its_own_name_however_it_is_written(state: State) -> None:
    for prefix in ("", "TCP_", "TCPS_", "BPF_TCP_", "STATE_"):
        for joined in ("-", "_", "", " "):
            for name in (state.value, state.value.lower(), state.value.title()):
                assert find_state(prefix + name.replace("-", joined)) == state


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("FIN_WAIT2", State.FIN_WAIT_2),
        ("TCP_FIN_WAIT1", State.FIN_WAIT_1),
        ("FINWAIT2", State.FIN_WAIT_2),
        ("FIN-WAIT-1", State.FIN_WAIT_1),
        ("SYN-RCVD", State.SYN_RECEIVED),
        ("SYN_RECV", State.SYN_RECEIVED),
        ("TCP_NEW_SYN_RECV", State.SYN_RECEIVED),
        ("TCPS_SYN_RECEIVED", State.SYN_RECEIVED),
        ("CLOSEWAIT", State.CLOSE_WAIT),
        ("ESTAB", State.ESTABLISHED),
        ("UNCONN", State.CLOSED),
        ("TCP_CLOSE", State.CLOSED),
        ("LISTENING", State.LISTEN),
        ("Time_Wait", State.TIME_WAIT),
    ],
)
def test_other_names(name: str, state: State) -> None:
    assert find_state(name) == state


@pytest.mark.parametrize("name", ["", "TCP", "TCP_", "FIN-WAIT", "FIN-WAIT-3", "WAIT", "--", "\n"])
def test_what_is_no_state(name: str) -> None:
    assert state_named(name) is None


def test_a_misspelt_state_gets_a_suggestion() -> None:
    with pytest.raises(BadInput, match="unknown state 'CLOSEWIAT'; nearest: CLOSE-WAIT"):
        find_state("CLOSEWIAT")
    with pytest.raises(BadInput, match="nearest: FIN-WAIT-2, FIN-WAIT-1"):
        find_state("tcp_fin_wiat2")
    with pytest.raises(BadInput, match="one of CLOSED, LISTEN"):
        find_state("xyzzy")
    assert near_states("FINWAIT") == [State.FIN_WAIT_2, State.FIN_WAIT_1, State.TIME_WAIT]
