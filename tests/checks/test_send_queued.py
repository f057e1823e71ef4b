"""What waited for the connection is sent by a rule that a stack can replace."""

from dataclasses import replace

import pytest

from tcpmc.checks.audit.variant_audit import audit
from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.verdict import PROVED, REFUTED
from tcpmc.model import (
    PROPERTIES,
    RFC9293,
    SCOPES,
    Host,
    Model,
    Profile,
    Segment,
    Seq,
    State,
    Step,
    Tcb,
    Variant,
    send_queued,
)


def forgets_text(host: Host, tcb: Tcb) -> Step:
    step = RFC9293.send_queued(host, tcb)
    return replace(step, send=()) if tcb.queued else step


def in_other_words(host: Host, tcb: Tcb) -> Step:
    return RFC9293.send_queued(host, tcb)


def with_queue(rule: object) -> Variant:
    return Variant("mine", "a stack", rules=replace(RFC9293, send_queued=rule))  # type: ignore[arg-type]


SYN_SENT = replace(Tcb(State.SYN_SENT, *(Seq(100, 32),) * 5), snd_nxt=Seq(101, 32), queued=1)
SYN_ACK = Segment(Seq(300, 32), Seq(101, 32), SYN=True, ACK=True)
HOST = Host(Profile(), Seq(100, 32))


def test_syn_sent_queued_text_takes_the_place_of_the_ack() -> None:
    step = RFC9293.segment_arrives(HOST, SYN_SENT, SYN_ACK)
    assert [segment.length for segment in step.send] == [1]
    assert "3.10.2: queued text sent" in step.rules


def test_syn_sent_where_a_stack_sends_nothing_the_ack_remains() -> None:
    step = with_queue(forgets_text).rules.segment_arrives(HOST, SYN_SENT, SYN_ACK)
    assert [str(segment) for segment in step.send] == ["<SEQ=101><ACK=301><CTL=ACK>"]
    assert step.tcb.queued == 0


def test_a_step_is_followed_by_what_waited_as_before() -> None:
    step = RFC9293.segment_in_syn_sent(HOST, SYN_SENT, SYN_ACK)
    assert send_queued(step) == RFC9293.segment_arrives(HOST, SYN_SENT, SYN_ACK)


@pytest.mark.exhaustive
@pytest.mark.parametrize(("rule", "word"), [(forgets_text, REFUTED), (in_other_words, PROVED)])
def test_a_stack_that_forgets_queued_text_is_refuted(rule: object, word: str) -> None:
    prop = PROPERTIES["queue-is-sent"]
    scope = prop.scope_for(SCOPES["default"].with_(capacity=1))
    answer = ExplicitEngine(Model(with_queue(rule), scope)).decide([prop])[prop.name]
    assert answer.word == word


@pytest.mark.exhaustive
def test_the_audit_compares_what_waited_too() -> None:
    found = audit(with_queue(forgets_text), "")
    assert {row.requirement_name for row in found.broken} == {"3.10.2", "3.10.4"}
