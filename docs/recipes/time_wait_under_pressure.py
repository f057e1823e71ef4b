"""No TIME-WAIT under pressure: its memory may be taken away at any moment."""

from tcpmc.model import Profile, Variant

variant = Variant(
    "time-wait-under-pressure",
    "TIME-WAIT may end at any moment, for want of memory",
    Profile(time_wait="any-moment"),
)
