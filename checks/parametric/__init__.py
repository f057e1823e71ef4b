"""Safety properties of the untimed model, for an unbounded channel and every 32-bit ISS.

An end compares only numbers that count from the same ISS, so the ISSs cancel. Executed
symbolically from CLOSED, with its own ISS and the other's as free constants, an end has finitely
many states and sends finitely many kinds of segments (`symbolic_endpoint`). Two of them and the
sets of kinds that were ever sent are a finite system, in which the ISSs remain as guards of a few
moves: those on a segment with SEQ=0, which a host that is CLOSED sends (`formulas`). For each pair
of states of the ends, `locations` finds which kinds must and which may have been sent: an
inductive invariant. `prover` takes out the ISSs with which there is a counterexample, has Z3 check
the proof for the rest, and holds the steps that were explored against the formulas (`explored`).
`short_invariant` says the same in as few statements as a property needs, for people.

Tried before: the relation over 32-bit numbers with clauses mined from a sample (`induction`). It
proves the same, and takes minutes where this takes a second; and with ISSs at which a number is
zero, clauses about single numbers fail for reasons unrelated to TCP.
"""
