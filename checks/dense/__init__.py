"""Dense time: clocks over the reals, parameters symbolic, proofs for all of them.

Reading order: `phases` (what the rules do to one end, for every 32-bit ISS), `actions` (both ends,
the network and the clocks), `encoding` (as formulas), `mining` (an inductive invariant), `search`
(a timed counterexample), `threshold` (the exact condition), `copies` (why the youngest copy is
enough).
"""
