"""Dense time: clocks over the reals, parameters symbolic, proofs for all of them.

Reading order: `phases` (what the rules do to one end, for every 32-bit ISS), `timed_system` (both
ends, the network and the clocks), `encoding` (as formulas), `houdini` (an inductive invariant),
`shipped_proofs` (one that comes with the package), `counterexample` (a timed counterexample),
`ticks` (explored steps against the formulas), `threshold` with `conditions` (the exact condition),
`youngest` (what is known of the copies of a segment) and `copies` (why that is enough).

Why a proof holds for every run, every 32-bit ISS and all parameters of its condition:

1. Initial sequence numbers cancel. A connection that closes without text uses numbers within two of
   ISS and IRS. Executed on `ISS + offset` with any 32-bit bases, each rule takes one path and gives
   a base plus a constant again, as the solver shows for each entry of the table (`phases`). So an
   end has finitely many phases. A rule for which that is false raises NotFinite.
2. One copy stands for all copies of a kind of segment: the full channel is simulated by the moment
   of the youngest copy (`copies`; a forward simulation, Lynch and Vaandrager 1995). The simulation
   is an obligation of every proof.
3. Time is real. States hold moments instead of clock values, so that time passes without changing
   them; guards are linear inequalities over moments and parameters, as in parametric timed automata
   (Alur, Henzinger and Vardi 1993). For these reachability is undecidable, so the search for an
   invariant need not end, and the answer may be INCONCLUSIVE.
4. How an invariant is found does not matter. Random runs propose differences of moments bounded by
   sums of parameters (difference bounds, Dill 1989), Houdini weakens them, unsat cores leave what
   the claim needs; then initiation, consecution and safety are put to the solver as a whole
   (`proof`), and again by `tcpmc verify`.
5. The relation is the model's: what the explorer does in ticks in a small scope must be a step of
   it (`ticks`). That is a test, and not a proof.
"""
