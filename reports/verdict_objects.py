"""Verdicts and traces as JSON has them: one type for what is written, what is read back, and the
published schemas (docs/verdicts.schema.json, docs/verdict.schema.json).

Sequence numbers are those of the model's arithmetic; times are in ticks.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from tcpmc.model.endpoint.event_kinds import EventKind

VERSIONED = "A change that breaks a reader of this format gets a new number in `schema`."
Word = Annotated[
    str,
    Meta(
        pattern=r"^(PROVED|REFUTED|WITNESS|UNREACHABLE|VACUOUS|INCONCLUSIVE|DISAGREE"
        r"|HOLDS<=[0-9]+)$"
    ),
]
Kind = Literal[
    "always",
    "reachable",
    "deadlock-free",
    "eventually",
    "livelock-free",
    "every-step",
    "lemma",
]
StateName = Literal[
    "CLOSED",
    "LISTEN",
    "SYN-SENT",
    "SYN-RECEIVED",
    "ESTABLISHED",
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "CLOSE-WAIT",
    "CLOSING",
    "LAST-ACK",
    "TIME-WAIT",
]
EngineName = Annotated[str, Meta(pattern="^(explicit|z3|networkx|hand)$")]
Natural = Annotated[int, Meta(ge=0)]
Ticks = Annotated[int, Meta(description="ticks")]


class JsonObject(Struct, frozen=True, forbid_unknown_fields=True):
    """An object without other keys than its fields."""


class SegmentObject(JsonObject, frozen=True, kw_only=True):
    """A segment; `length` in octets of text."""

    timestamp: Annotated[
        int | UnsetType, Meta(description="TSval; not there without the option")
    ] = UNSET
    seq: Natural
    ack: Annotated[int | None, Meta(description="null without the ACK bit")]
    length: Annotated[int, Meta(ge=0, description="octets of text")]
    controls: tuple[Literal["SYN", "FIN", "RST", "ACK"], ...]
    about: Annotated[
        tuple[int, int] | UnsetType,
        Meta(
            description="the connection of the sender, and of the receiver as the sender knows "
            "it; where there can be several"
        ),
    ] = UNSET


class FlightObject(SegmentObject, frozen=True, kw_only=True):
    """A segment in flight."""

    age: Ticks


class EndObject(JsonObject, frozen=True):
    """The connection state of one end, and its sequence numbers."""

    state: StateName
    iss: int
    irs: int
    snd_una: int
    snd_nxt: int
    rcv_nxt: int


class ChannelsObject(JsonObject, frozen=True, rename={"a_to_b": "A to B", "b_to_a": "B to A"}):
    """What is in flight each way."""

    a_to_b: tuple[FlightObject, ...]
    b_to_a: tuple[FlightObject, ...]


class StateObject(JsonObject, frozen=True, rename={"a": "A", "b": "B"}):
    """A state of both ends and the network."""

    a: EndObject
    b: EndObject
    in_flight: ChannelsObject


class StepObject(JsonObject, frozen=True, kw_only=True):
    """What happened, by which rules, and the state after it."""

    event: EventKind
    end: Annotated[
        Literal["A", "B"] | None,
        Meta(description="null for a tick; the sender for what the network does"),
    ]
    segment: Annotated[
        SegmentObject | None, Meta(description="what is delivered, lost, duplicated or expires")
    ]
    iss_offset: Annotated[
        int | UnsetType,
        Meta(description="of an OPEN that chooses its ISS: how far beyond the scope's"),
    ] = UNSET
    rules: tuple[str, ...]
    sends: tuple[SegmentObject, ...]
    signals: tuple[str, ...]
    state: StateObject


class TraceObject(JsonObject, frozen=True):
    """A run, step by step."""

    initial: StateObject
    steps: tuple[StepObject, ...]
    loop: Annotated[int | None, Meta(description="of a lasso: how many steps lie before the loop")]


class NeverObject(JsonObject, frozen=True):
    """A rule that never found room for the segments it sends."""

    rule: str
    segments: Annotated[int, Meta(ge=1)]


class CutObject(JsonObject, frozen=True):
    """What the capacity of the channels cut off of an answer."""

    capacity: Annotated[int, Meta(ge=1)]
    sends: Annotated[
        int,
        Meta(
            ge=0,
            description="pairs of what is in a channel and what was to be sent into it, for which "
            "there was no room",
        ),
    ]
    copies: Annotated[
        int,
        Meta(ge=0, description="contents of a channel in which there was no room for a duplicate"),
    ]
    never: Annotated[
        tuple[NeverObject, ...],
        Meta(
            description="rules that never found room for the segments they send; the verdict is "
            "then INCONCLUSIVE"
        ),
    ]
    larger: Annotated[
        str | None,
        Meta(description="the verdict at the next larger capacity, if it was tried"),
    ]


class AnswerObject(JsonObject, frozen=True):
    """What one engine answered."""

    verdict: Word
    method: str
    narrower: Annotated[
        str | None,
        Meta(
            description="bounds of this answer narrower than the scope; it then settles nothing "
            "by itself"
        ),
    ]
    cut: Annotated[
        CutObject | None,
        Meta(description="what the capacity of the channels cut off; null where that is nothing"),
    ]


class ScopeObject(JsonObject, frozen=True):
    """The bounds of `tcpmc.model.Scope`."""

    name: str
    bits: int
    iss: tuple[int, int]
    channel: Literal["bag", "fifo", "sent-set"]
    capacity: int
    loss: Annotated[
        str, Meta(description="any, not-acks, none, or the one segment that can be lost")
    ]
    duplication: bool
    data: int
    opens: int
    aborts: bool
    crashes: int
    isn: Annotated[
        Literal["same", "clock", "new", "any"],
        Meta(description="how a second connection is numbered"),
    ]
    sender: Literal["both", "A", "B"]
    closer: Literal["both", "A", "B"]
    shared_address: bool
    attacks: int
    retransmissions: Annotated[int | None, Meta(description="null: no limit")]
    start: Literal["closed", "established"]
    clock: bool
    msl: Ticks
    time_wait: Ticks
    rto: Ticks
    listener: Annotated[
        Literal["none", "both", "A", "B"],
        Meta(description="which end is in LISTEN once its connection is gone"),
    ] = "none"
    prompt: Annotated[
        bool, Meta(description="whether all arrives before a retransmission or another OPEN")
    ] = False


class ResultObject(JsonObject, frozen=True):
    """One verdict, with what it rests on and its trace."""

    property: str
    kind: Kind
    meaning: str
    citation: str
    variant: str
    verdict: Word
    expected: Annotated[
        Word | None, Meta(description="null where the catalogue expects nothing on this variant")
    ]
    as_expected: Annotated[bool | None, Meta(description="null where nothing is expected")]
    engines: Annotated[
        dict[EngineName, AnswerObject],
        Meta(
            description="one entry for each engine that answered; hand: a path chosen in tcpmc "
            "explore"
        ),
    ]
    assumptions: tuple[str, ...]
    scope: Annotated[
        ScopeObject | None,
        Meta(description="the bounds used; null for a lemma, which is about one step at 32 bits"),
    ]
    vacuous: bool
    trace: TraceObject | None
    command: Annotated[str, Meta(description="shows this evidence again")]
    kept: Annotated[
        Literal[True] | UnsetType, Meta(description="decided by an earlier run of the same version")
    ] = UNSET


class CoverageObject(JsonObject, frozen=True):
    """Rule labels."""

    reached: tuple[str, ...]
    not_reached: tuple[str, ...]


class AuditsObject(JsonObject, frozen=True):
    """How variants differ from RFC 9293 in one step; each audit is as `tcpmc audit` writes it."""

    level: Literal["MUST", "SHLD", "MAY"]
    fails: bool
    audits: tuple[dict[str, Any], ...]


class VerdictsObject(JsonObject, frozen=True):
    """A run of `tcpmc check` or `tcpmc trace`."""

    schema: Literal["tcpmc/verdicts/1"]
    version: Annotated[str, Meta(description="of tcpmc")]
    exit_code: Literal[0, 1, 3, 4]
    stopped: Annotated[
        str | None, Meta(description='why the run ended early: a limit, or "interrupted"')
    ]
    results: tuple[ResultObject, ...]
    coverage: Annotated[
        CoverageObject | UnsetType, Meta(description="rule labels, with --coverage")
    ] = UNSET
    one_step: Annotated[
        AuditsObject | UnsetType,
        Meta(
            description="how the user's variants differ from RFC 9293 in one step (tcpmc audit), "
            "with --expect rfc9293"
        ),
    ] = UNSET


class VerdictObject(JsonObject, frozen=True):
    """One line of such a run."""

    schema: Literal["tcpmc/verdict/1"]
    version: Annotated[str, Meta(description="of tcpmc")]
    result: ResultObject
