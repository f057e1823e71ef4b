"""Writers of results in the formats of other programs, each in a file of its own.

A writer of a run maps an `Outcome` to its content, or, where it streams, each `Result` to a piece
of it. A writer of a trace maps a `Result` whose verdict has a trace to its content; where the
format has parts, to a mapping from each part (such as "-A") to content, each in a file of its own.
Content is str or bytes. `cli/output_formats.py` lists them, with those of `diagrams/` and `web/`.
"""
