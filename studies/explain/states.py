"""The states by whatever name people, kernels and their tools have for them."""

from __future__ import annotations

import re
from difflib import get_close_matches

from tcpmc.errors import BadInput
from tcpmc.model.endpoint.tcb import State

PREFIXES = ("", "TCP", "TCPS", "BPFTCP", "STATE")
OTHER_NAMES = {
    "CLOSE": State.CLOSED,  # Linux, TCP_CLOSE
    "UNCONN": State.CLOSED,  # ss
    "BOUNDINACTIVE": State.CLOSED,  # ss: bound to a port, and neither listening nor connected
    "BOUND": State.CLOSED,  # Windows and Solaris: the same
    "IDLE": State.CLOSED,  # Solaris: not even bound
    "DELETETCB": State.CLOSED,  # Windows
    "LISTENING": State.LISTEN,  # Windows
    "SYNRECV": State.SYN_RECEIVED,  # Linux, ss
    "NEWSYNRECV": State.SYN_RECEIVED,  # Linux, TCP_NEW_SYN_RECV
    "SYNRCVD": State.SYN_RECEIVED,  # BSD, and many a textbook
    "SYNRCV": State.SYN_RECEIVED,
    "ESTAB": State.ESTABLISHED,  # ss, and RFC 9293's Figure 5
    "TIMEWT": State.TIME_WAIT,
}
"""What is not the RFC's name with its hyphens written in another way."""

NAMES = {state.value.replace("-", ""): state for state in State} | OTHER_NAMES


def state_named(text: str) -> State | None:
    """The state of that name in any common spelling, such as "fin-wait-2", "FIN_WAIT2",
    "TCP_FIN_WAIT2" or "ESTAB"; None if there is none."""
    name = _plain(text)
    stems = (name.removeprefix(prefix) for prefix in PREFIXES)
    return next((NAMES[stem] for stem in stems if stem in NAMES), None)


def find_state(text: str) -> State:
    """The state of that name in any common spelling. Raises BadInput with the nearest names."""
    found = state_named(text)
    if found is not None:
        return found
    near = [str(state) for state in near_states(text)]
    hint = f"nearest: {', '.join(near)}" if near else f"one of {', '.join(map(str, State))}"
    raise BadInput(f"unknown state {text!r}; {hint}")


def near_states(text: str) -> list[State]:
    """The states whose names are most like the text, at most three."""
    near = get_close_matches(_plain(text).removeprefix("TCP"), NAMES, n=5, cutoff=0.6)
    return list(dict.fromkeys(NAMES[one] for one in near))[:3]


def _plain(text: str) -> str:
    return re.sub(r"[-_ ]", "", text).upper()
