"""The laws of sequence numbers (RFC 9293, 3.4), and segments in the RFC's notation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import segment
from tcpmc.model.endpoint.segment import is_pure_ack, reset
from tcpmc.model.endpoint.sequence import Seq

Sample = tuple[Seq, int, int]


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """A number of 5 to 32 bits, and two distances that sum to less than half the space."""
    bits = draw(st.integers(5, 32))
    room = 2 ** (bits - 1) - 1
    d = draw(st.integers(0, room))
    return Seq(draw(st.integers(0, 2**bits - 1)), bits), d, draw(st.integers(0, room - d))


words = st.integers(0, 2**32 - 1)


# Order.


@given(samples())
def test_order_is_that_of_the_distance(sample: Sample) -> None:
    a, d, _ = sample
    assert a <= a + d
    assert (a < a + d) == (d > 0)


@given(samples())
def test_order_is_antisymmetric(sample: Sample) -> None:
    a, d, _ = sample
    b = a + d
    assert not a < b < a
    assert (a <= b <= a) == (a == b)


@given(samples(), st.booleans())
def test_order_is_total_within_half_the_space(sample: Sample, swap: bool) -> None:
    a, d, _ = sample
    b = a + d
    if swap:
        a, b = b, a
    assert [a < b, a == b, b < a].count(True) == 1


@given(samples())
def test_order_is_transitive_within_half_the_space(sample: Sample) -> None:
    a, d, e = sample
    b = a + d
    c = b + e
    assert a <= b <= c
    assert a <= c
    assert (a < c) == (a < b or b < c)


@given(samples(), words)
def test_order_does_not_depend_on_where_numbers_start(sample: Sample, shift: int) -> None:
    a, d, _ = sample
    b = a + d
    assert (a < b) == (a + shift < b + shift)
    assert (b <= a) == (b + shift <= a + shift)


@given(samples())
def test_order_at_half_the_space_is_undefined_and_says_both(sample: Sample) -> None:
    a, _, _ = sample
    b = a + 2 ** (a.bits - 1)
    assert a < b
    assert b < a


@given(samples())
def test_less_or_equal_is_less_or_equal(sample: Sample) -> None:
    a, d, _ = sample
    b = a + d
    assert (a <= b) == (a < b or a == b)
    assert (b <= a) == (b < a or a == b)


@pytest.mark.parametrize("bits", [5, 10, 32])
def test_order_across_the_wraparound(bits: int) -> None:
    last, first = Seq(2**bits - 1, bits), Seq(0, bits)
    assert last + 1 == first
    assert last < first < first + 1
    assert not first < last
    assert first - last == 1


# Arithmetic.


@given(samples(), words)
def test_minus_is_the_distance_upwards(sample: Sample, n: int) -> None:
    a, _, _ = sample
    assert (a + n) - a == n % 2**a.bits


@given(samples(), words)
def test_plus_undoes_minus(sample: Sample, n: int) -> None:
    a, _, _ = sample
    b = Seq(n % 2**a.bits, a.bits)
    assert a + (b - a) == b
    assert 0 <= b - a < 2**a.bits


@given(samples(), st.integers(-(2**33), 2**33))
def test_plus_a_negative_number_goes_back(sample: Sample, n: int) -> None:
    a, _, _ = sample
    assert a + n + -n == a
    assert 0 <= (a + n).value < 2**a.bits


# Equality, and text.


@given(samples())
def test_equality_is_that_of_the_values(sample: Sample) -> None:
    a, d, _ = sample
    b = a + d
    same = a.value == b.value
    assert (a == b) is same
    assert (a != b) is not same
    assert len({a, b}) == (1 if same else 2)


def test_a_plain_number_is_no_sequence_number() -> None:
    plain: object = 1
    assert Seq(1) != plain


def test_text_of_a_number_is_the_number() -> None:
    assert str(Seq(7)) == "7"
    assert repr(Seq(7, 5)) == "Seq(7, bits=5)"


# Segments.


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("<SEQ=101><ACK=301><CTL=ACK>", 0),
        ("<SEQ=100><CTL=RST>", 0),
        ("<SEQ=100><CTL=SYN>", 1),
        ("<SEQ=101><ACK=301><CTL=FIN,ACK>", 1),
        ("<SEQ=101><ACK=301><DATA=10><CTL=ACK>", 10),
        ("<SEQ=101><ACK=301><DATA=10><CTL=FIN,ACK>", 11),
    ],
)
def test_len_counts_syn_and_fin(text: str, length: int) -> None:
    assert segment(text).len == length


@given(
    st.sampled_from(["SYN", "ACK", "SYN,ACK", "FIN,ACK", "RST", "RST,ACK"]),
    words,
    words,
    st.integers(0, 9),
)
def test_text_of_a_segment_is_the_rfcs_notation(
    controls: str, seq: int, ack: int, octets: int
) -> None:
    text = f"<SEQ={seq}>"
    text += f"<ACK={ack}>" if "ACK" in controls else ""
    text += f"<DATA={octets}>" if octets else ""
    text += f"<CTL={controls}>"
    assert str(segment(text)) == text
    assert segment(text).controls == controls


def test_pure_ack_carries_nothing_else() -> None:
    assert is_pure_ack(segment("<SEQ=101><ACK=301><CTL=ACK>"))
    for text in (
        "<SEQ=100><CTL=SYN>",
        "<SEQ=300><ACK=101><CTL=SYN,ACK>",
        "<SEQ=101><ACK=301><CTL=FIN,ACK>",
        "<SEQ=0><ACK=301><CTL=RST,ACK>",
        "<SEQ=101><ACK=301><DATA=1><CTL=ACK>",
    ):
        assert not is_pure_ack(segment(text))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<SEQ=101><ACK=301><CTL=ACK>", "<SEQ=301><CTL=RST>"),
        ("<SEQ=300><ACK=91><CTL=SYN,ACK>", "<SEQ=91><CTL=RST>"),
        ("<SEQ=100><CTL=SYN>", "<SEQ=0><ACK=101><CTL=RST,ACK>"),
        ("<SEQ=100><DATA=3><CTL=SYN,FIN>", "<SEQ=0><ACK=105><CTL=RST,ACK>"),
        ("<SEQ=4294967295><CTL=SYN>", "<SEQ=0><ACK=0><CTL=RST,ACK>"),
    ],
)
def test_reset_is_numbered_so_that_its_receiver_accepts_it(text: str, answer: str) -> None:
    """3.5.2: from SEG.ACK; without one, SEQ is zero and ACK is SEG.SEQ + SEG.LEN."""
    assert str(reset(segment(text))) == answer
