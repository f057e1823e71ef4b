"""What is said of a result: the table of verdicts, and traces as ladders and stories.

`story` tells a trace step by step, `flows` says which delivery belongs to which sending; `ladder`
draws it, `layout` fits text into lines, `evidence` says what it shows. `report` and `verdict_json`
are a whole run, as text and as JSON; `reports/formats/` has the other formats.
"""
