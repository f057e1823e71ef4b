"""What the sockets of a host are waiting for, from whatever lists them: `tcpmc explain
--from-sockets`.

Reading order: `socket_entry` (one socket as a line says it), `formats/` (a reader for each family
of listings), `socket_listing` (all lines), `socket_table` (a million sockets in columns), `unusual`
(what is to be looked into), `socket_groups`, and what is said: `sockets_text`, `sockets_json`.
"""
