"""One TCP endpoint: the rules of RFC 9293, 3.10, as pure functions.

Reading order: `sequence` and `segment`, `tcb` (what an end remembers), `user_calls`,
`segment_arrives`, `timeouts` (the events of 3.10, named in `event_kinds`), `timestamps` and
`reopening` (RFC 7323 and 3.6.1), `rules` (what a variant can replace) and `profile` (where the
standards leave a choice).
"""
