"""The Z3 engine: invariants by induction over an unbounded channel, witnesses by bounded search.

Reading order: `encode` and `message_alphabet` (a state), `relation` (a step), `unmatched` (the
steps that the explorer saw against it), then what is decided with them: `bmc`; `pairs`, or with the
clock on `clauses` and `induction`; `smt_engine` puts it together.
"""
