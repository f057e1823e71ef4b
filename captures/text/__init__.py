"""Packets as text: what tcpdump and tshark print, packetdrill, the RFC's notation, logs.

Each kind has a reader of lines (`tcpdump`, `tshark`, `tshark_fields`, `packetdrill`, `rfc_figures`,
`log`), which makes a `Line` (in `line`) of what it reads, as it stands. `relative_numbers` makes
sequence numbers of relative ones, `clock` makes times; `recognise` finds out the kind and puts it
together.
"""
