"""The Z3 engine: invariants by induction over an unbounded channel, witnesses by bounded search.

Reading order: `symbolic` (the rules executed on terms), `fields`, `encode` and `kinds` (a state),
`relation` (a step); `solving`, then what is decided with them: `onestep`, `bmc`, `clauses` and
`induction`; `engine` puts it together, `process` runs it beside the explicit engine.
"""
