"""How a stack is held against RFC 9293 in one step: every TCB, every event, 32-bit numbers.

Reading order: `numbers` and `cases` (all that can be and happen), `joint` (both stacks side by
side), `differences` (where they part), `rows` (one for each way), with `words`, `effects` and
`samples` (how a row is told); `unobservable` (what nobody can observe); `variant_audit` (the
audit). What the RFC says and leaves open is data: `model/endpoint/rule_requirements.py` and
`alternatives.py`.
"""
