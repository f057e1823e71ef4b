"""WHETHER TCP WAS SEEN: captures held against the rules, for each end by itself.

What decides lies here; nothing here reports. `view` is a connection as one end saw it, and
`hypothesis` what that end may be in. `receiving` calls the rules on what arrived, `sending` says
what explains a segment that was sent, `silent` what can happen without one; `unseen` infers packets
that the capture misses, and `deviating` says what was done against the RFC. `search` carries a set
of hypotheses (`layers`) forward, `explaining` says what that tells in hindsight, `judge` makes a
verdict of it, `vantage` guesses where the capture was made, and `stacks` has whose rules it is held
against.

Long connections: `columns` is the view in numbers, `steady` guesses, `packet_kinds` and
`stretch_proof` prove it, `long` is the search in stretches, and `afar` finds an order of arrival.
"""
