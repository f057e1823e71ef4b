"""The rules executed on terms: what the engines that use a solver have in common.

Reading order: `symbolic` (numbers that are terms), `fields` (records of terms), `symbolic_system`
(a state of the model), `solving` (sat, unsat and unknown are kept distinct), `evaluated` (formulas
at values, without a solver), `onestep` (lemmas about one step); `transitions` and `causes` extract
the state diagram from the rules.
"""
