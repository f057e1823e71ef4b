"""Running what is asked: which engine decides what, in which process, and within which limits.

Reading order: `loading` (variants, properties and scopes by name or file), `jobs` (what is asked),
`run` (both engines on it), `answer_cache` (what an earlier run decided), `z3_process` and
`parallel` (processes), `monitor` (limits, progress).
"""
