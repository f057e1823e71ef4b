"""On a terminal the answers appear in catalogue order, those of a second engine when they come."""

from tcpmc.checks.running.jobs import select
from tcpmc.checks.verdict import PROVED, REFUTED, WITNESS, Answer
from tcpmc.cli.rows_as_they_come import RowsAsTheyCome, rows_of
from tcpmc.model.network.scope import SCOPES

FIRST, SECOND, THIRD = select(["closing", "graceful-close"], [], SCOPES["small"]) + select(
    ["graceful-close"], ["no-time-wait"], SCOPES["small"]
)


def test_rows_are_in_catalogue_order_whatever_comes_first() -> None:
    told: list[str] = []
    rows = RowsAsTheyCome([FIRST, SECOND, THIRD], told.append)
    rows(THIRD, "explicit", Answer(REFUTED, ""))
    rows(SECOND, "explicit", Answer(PROVED, ""))
    assert told == []
    rows(FIRST, "explicit", Answer(WITNESS, ""))
    rows(SECOND, "z3", Answer(PROVED, ""))
    assert told == [
        "WITNESS       closing (explicit)",
        "PROVED        graceful-close (explicit)",
        "REFUTED       graceful-close on no-time-wait (explicit)",
        "              and by z3: PROVED graceful-close",
    ]


def test_nothing_is_told_where_there_is_no_terminal() -> None:
    assert not isinstance(rows_of([FIRST, SECOND], quiet=False), RowsAsTheyCome)
