"""The RFC's own notation of a segment, read: `<SEQ=300><ACK=101><CTL=SYN,ACK>`."""

from __future__ import annotations

import re

from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq

FIELD = re.compile(r"<(\w+)(?:=([\w,]*))?>")
SEGMENT = re.compile(r"<SEQ=\d+>(?:<\w+(?:=[\w,]*)?>)+")
NUMBERS = ("SEQ", "ACK", "DATA", "TSval")
CONTROLS = ("SYN", "ACK", "FIN", "RST", "PSH", "URG")
DECIMAL, LIMIT = re.compile(r"\d{1,10}|-1"), 2**32


def fields(text: str) -> tuple[dict[str, int], list[str]]:
    """The numbers of the segment that `text` describes, by name, and its control bits; DATA is -1
    where it does not say how many octets: `<DATA>`. ValueError, which says why, if it is none."""
    texts = dict(FIELD.findall(text))
    if FIELD.sub("", text).strip() or not {"SEQ", "CTL"} <= texts.keys() <= {*NUMBERS, "CTL"}:
        raise ValueError(f"{text[:60]!r} is not a segment such as <SEQ=300><ACK=101><CTL=ACK>")
    bits = [bit for bit in texts.pop("CTL").split(",") if bit]
    if not set(bits) <= set(CONTROLS):
        raise ValueError(f"{text[:60]!r} has control bits other than {', '.join(CONTROLS)}")
    if texts.get("DATA") == "":
        texts["DATA"] = "-1"
    values = {name: int(v) if DECIMAL.fullmatch(v) else LIMIT for name, v in texts.items()}
    wrong = next((name for name, value in values.items() if value >= LIMIT), "")
    if wrong:
        raise ValueError(f"{text[:60]!r} has an invalid {wrong}: expected a number below 2**32")
    return values, bits


def segment(text: str) -> Segment:
    """The segment that `text` describes, in the RFC's notation: `<SEQ=300><ACK=101><CTL=ACK>`, with
    `<DATA=octets>` and `<TSval=7>` if it carries text or a timestamp; ValueError if it is none.
    PSH and URG mean nothing to the model."""
    values, bits = fields(text)
    if values.get("DATA", 0) < 0:
        raise ValueError(f"{text[:60]!r} does not say how many octets of text: <DATA=10>")
    seq, ack = Seq(values["SEQ"]), Seq(values.get("ACK", 0))
    controls = {bit: True for bit in bits if bit not in ("PSH", "URG")}
    return Segment(seq, ack, values.get("DATA", 0), stamp=values.get("TSval", 0), **controls)
