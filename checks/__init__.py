"""HOW a property is decided: exploration, Z3, traces, verdicts, the command line.

What all share lies here: `trace` (a run of the model, and its replay) and `verdict` (the words, and
how the engines' answers become one); `jobs` (what is asked) and `run` (both engines on it).

* `explore/` explores two machines and two channels, and knows nothing of TCP; `explicit/` is the
  engine that asks it about the model.
* `solver/` is the Z3 engine; `unbounded/` proves for every 32-bit ISS, `dense/` in dense time,
  `certificates/` writes proofs down and checks them again.
* `reporting/` says what came out, `formats/` for other programs, `explaining/` to operators,
  `claims/` about explanations of TCP.
* `commands/` and `cli` are the command line.
"""
