"""The state diagram of an endpoint, generated from its rules, arranged like RFC 9293, Figure 5."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from tcpmc.checks.symbolic.causes import REOPENED
from tcpmc.checks.symbolic.transitions import NOTE_1, STATES, Arrow, in_order, state_changes
from tcpmc.diagrams.dot import (
    BLACK,
    GREEN,
    GREY,
    LIGHT,
    RED,
    DotPicture,
    DotStatement,
    Html,
    Look,
    caption,
    digraph,
    edge,
    node,
    plain,
    wrapped,
)
from tcpmc.diagrams.figure5 import END, PLACES, end_of, label_place
from tcpmc.model.endpoint.tcb import State
from tcpmc.model.variants.variant import Variant

# How an arrow looks: in both variants, only in the one drawn, only in the one it is compared with.
SAME, BOTH, ADDED, REMOVED = "same", "both", "added", "removed"
LOOKS: dict[str, Look] = {
    SAME: {"color": BLACK},
    BOTH: {"color": GREY},
    ADDED: {"color": GREEN, "penwidth": 2.6},
    REMOVED: {"color": RED, "penwidth": 1.8, "style": "dashed"},
}


def endpoint_dot(variant: Variant, against: Variant | None = None) -> DotPicture:
    """The state diagram of `variant` as DOT with fixed positions: every state change that its
    rules can make.

    With `against`, changes that only `variant` has are green and thick, those that only `against`
    has are red and dashed, and those of both are grey. What cuts a connection off from almost any
    state (RST, ABORT, user timeout) is listed below the picture, as note 3 of Figure 5 does;
    where the two variants differ in it, it is drawn.
    """
    mine = set(state_changes(variant))
    theirs = mine if against is None else set(state_changes(against))
    looks = {
        change: SAME if change in mine & theirs else ADDED if change in mine else REMOVED
        for change in sorted(mine | theirs, key=in_order)
    }
    noted = [change for change in looks if change.aborts and not _tells(change, mine, theirs)]
    drawn = {change: look for change, look in looks.items() if change not in noted}
    label = _caption(variant, against, noted, drawn)
    lines = [*_nodes(_reached(mine)), *_arrows(drawn, against is not None)]
    return digraph(lines, layout="neato", splines="line", label=label, labeljust="l")


def _reached(changes: set[Arrow]) -> set[State]:
    return {State.CLOSED} | {change.target for change in changes}


def _tells(change: Arrow, mine: set[Arrow], theirs: set[Arrow]) -> bool:
    """Whether only one variant has this change, though both come to the state it starts from."""
    both_come = change.source in _reached(mine) & _reached(theirs)
    return both_come and change not in mine & theirs


def _nodes(reached: set[State]) -> Iterator[DotStatement]:
    for name, (x, y) in PLACES.items():
        state = State.CLOSED if name == END else State(name)
        look: Look = {"style": "rounded,filled", "fillcolor": LIGHT}
        if state not in reached:
            look = {"style": "rounded,dashed", "color": GREY, "fontcolor": GREY}
        box: Look = {"shape": "box", "width": 1.5, "height": 0.5, "pos": f"{x:g},{y:g}!"}
        yield node(name, label=Html(f"<B>{state}</B>"), **box, **look)


def _arrows(drawn: dict[Arrow, str], compared: bool) -> Iterator[DotStatement]:
    """One arrow for all events with the same ends, action and look; it passes through its label."""

    def key(change: Arrow) -> tuple[int, int, str, str]:
        return (*in_order(change)[:2], drawn[change], change.action)

    count: Counter[tuple[str, str]] = Counter()
    for _, group in groupby(sorted(drawn, key=key), key):
        changes = list(group)
        first = changes[0]
        ends = first.source.value, end_of(first.source, first.target)
        x, y = label_place(*ends, count[ends])
        name = f"{ends[0]} to {ends[1]}, {count[ends] + 1}"
        count[ends] += 1
        look = LOOKS[drawn[first]]
        if compared and drawn[first] == SAME:
            look = LOOKS[BOTH]
        label = _fraction([change.event for change in changes], first.action, look["color"])
        text: Look = {"fontcolor": look["color"], "fontsize": 11}
        yield node(name, label=label, shape="plain", pos=f"{x:g},{y:g}!", **text)
        yield edge(ends[0], name, arrowhead="none", **look)
        yield edge(name, ends[1], **look)


def _fraction(events: list[str], action: str, color: str | float) -> Html:
    """Event above, action below, as in Figure 5."""
    above = plain(" or\n".join(events).replace(" (CLOSE", "\n(CLOSE"))
    return Html(
        f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2" COLOR="{color}">'
        f"<TR><TD>{above}</TD></TR><HR/><TR><TD>{plain(action)}</TD></TR></TABLE>"
    )


def _caption(
    variant: Variant, against: Variant | None, noted: list[Arrow], drawn: dict[Arrow, str]
) -> Html:
    """The title, what the arrows mean, and what is not drawn."""
    versus = "" if against is None else f" against {against.name}"
    rows = wrapped(f"State changes of {variant.name}{versus}", bold=True)
    if against is None:
        rows += wrapped(variant.title)
    else:
        rows.append(_in_color(ADDED, f"Thick, green: only in {variant.name}."))
        rows.append(_in_color(REMOVED, f"Dashed, red: only in {against.name}."))
        rows.append(_in_color(BOTH, "Thin, grey: in both."))
        if all(look == SAME for look in drawn.values()):
            rows.append("No state change differs.")
    rows.append("Drawn from the rules. Event above, action below (x: none).")
    if any(NOTE_1 in change.event for change in drawn):
        rows.append("Note 1: if SYN-RECEIVED was entered from LISTEN.")
    if any(f"({REOPENED})" in change.event for change in drawn):
        rows.append("Reopened: if SYN-RECEIVED was entered from TIME-WAIT.")
    for line in _summary(noted):
        rows += wrapped(f"Not drawn: {line}")
    return caption(rows)


def _in_color(look: str, words: str) -> str:
    return f'<FONT COLOR="{LOOKS[look]["color"]}"><B>{plain(words)}</B></FONT>'


def _summary(noted: list[Arrow]) -> Iterator[str]:
    """What is not drawn, one line for each event and target."""

    def key(change: Arrow) -> tuple[str, str]:
        return change.event, change.target.value

    for (event, target), group in groupby(sorted(noted, key=key), key):
        sources = {change.source for change in group}
        named = [state.value for state in STATES if state in sources]
        others = [state.value for state in STATES if state not in sources]
        listed = ", ".join(named)
        if len(others) < len(named):
            listed = f"every state but {', '.join(others)}"
        yield f"{event} → {target}, from {listed}."
