"""Certificates: proofs as SMT-LIB 2 files, and their check by solvers that did not find them.

`write` makes a file from a proof. `verifier` reads it, with `reader`, states the obligations anew
and gives them to z3 and cvc5, each in a process of its own (`solvers`); it shares no code with the
search.
"""
