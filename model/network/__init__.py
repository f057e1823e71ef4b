"""Two endpoints and the two channels between them: what can happen next.

Reading order: `scope` (the bounds), `channel`, `product` (the records), `history` and
`incarnations` (what only properties read), `system` (the transition relation).
"""
