"""Dense time: clocks over the reals, parameters symbolic, proofs for all of them.

Reading order: `phases` (what the rules do to one end, for every 32-bit ISS), `timed_system` (both
ends, the network and the clocks), `encoding` (as formulas), `houdini` (an inductive invariant),
`counterexample` (a timed counterexample), `threshold` (the exact condition), `copies` (why the
youngest copy is enough).
"""
