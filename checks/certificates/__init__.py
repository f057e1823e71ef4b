"""Certificates: proofs as SMT-LIB 2 files, and their check by solvers that did not find them.

`write` makes a file from a proof (`smtlib`) and its statement (`statements`), in one order of terms
(`canonical`). `verifier` makes all of the file again from its heading (`regenerate`) but for the
invariant, which it reads by a grammar (`grammar`, `reader`), and puts each obligation to z3 and
cvc5, each in a process of its own (`solvers`). `shipping` says which proofs in dense time come with
the package, where `checks.timed` proves them again instead of searching them.
"""
