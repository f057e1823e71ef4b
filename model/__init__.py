"""WHAT TCP does: the rules of RFC 9293 for connection management, once, as pure functions.

Two rules for this package. Everything that decides what an endpoint or the network does lives
here. Nothing here knows of an engine, and nothing here imports anything but this package and the
standard library.

Reading order: `sequence`, `segment`, `tcb`; `user_calls`, `segment_arrives`, `timeouts` (the RFC's
3.10); `rules`, `profile`, `variant` (what can be exchanged); `scope`, `channel`, `system` (the
product); `history` and `properties` (what is asked of it).

Out of the model: security and compartment, urgent data, congestion control, options, and window
management (RCV.WND is a constant; SND.WND is taken to be large enough).
"""
