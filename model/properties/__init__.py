"""What is asked of the model, with citations and expected verdicts.

Reading order: `kinds` (what a property can say), `catalogue`, then by subject `opening`, `closing`,
`second_connection`, `recovery`, `step` (what every step of a run obeys; its sentences are in
`step_sentences`, written with `step_conditions`), `clocked` (with the clock on) and `lemmas` (about
one step from any TCB).
"""
