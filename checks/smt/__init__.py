"""The Z3 engine: invariants by induction over an unbounded channel, witnesses by bounded search.

Reading order: `encode` and `message_alphabet` (a state), `relation` (a step), then what is decided
with them: `bmc`, `clauses` and `induction`; `smt_engine` puts it together.
"""
