"""Packets as text: what tcpdump and tshark print, packetdrill, the RFC's notation, logs.

Each kind has a reader of lines (`tcpdump`, `tshark`, `fields`, `packetdrill`, `ladder`, `log`),
which makes a `Line` (in `line`) of what it reads, as it stands. `numbers` makes sequence numbers of
relative ones, `clock` makes times; `read` recognises the kind and puts it together.
"""
