"""Stacks that differ from RFC 9293: by a profile, or by rules of their own.

Reading order: `variant` (what a variant is), `pair` (one for each end), `shipped`, `bugs` with
`bug_rules` (of real stacks).
"""
