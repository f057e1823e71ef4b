"""Rules of a user's own, guarded while they run: what they return, whether it hangs on their
arguments only, and whether they end.

Reading order: `rule_guard`, `step_values`, `line_budget`; `asked_again` with `kept_values` and
`hangs_on`.
"""
