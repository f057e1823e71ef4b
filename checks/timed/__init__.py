"""Dense time: clocks over the reals, parameters symbolic, proofs for all of them.

Reading order: `phases` (what the rules do to one end, for every 32-bit ISS), `timed_system` (both
ends, the network and the clocks), `encoding` (as formulas), `houdini` (an inductive invariant),
`shipped_proofs` (one that comes with the package), `counterexample` (a timed counterexample),
`ticks` (explored steps against the formulas), `threshold` (the exact condition), `youngest` (what
is known of the copies of a segment) and `copies` (why that is enough).
"""
