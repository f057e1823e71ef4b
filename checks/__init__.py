"""HOW a property is decided: engines, traces and verdicts.

What all share lies here: `trace` (a run of the model, and its replay) and `verdict` (the words, and
how the engines' answers become one); `labels` and `rule_labels` (events and rules by name).

* `own_rules/` guards what a user's own rules do while any engine runs them.
* `statespace/` explores two machines and two channels, and knows nothing of TCP; `explicit/` is
  the engine that asks it about the model.
* `symbolic/` executes the rules on terms; `smt/` is the Z3 engine, `parametric/` proves for every
  32-bit ISS, `timed/` in dense time.
* `certificates/` writes proofs down and checks them again; `running/` runs what is asked.
* `conform/` holds captures against the rules.
"""
