"""WHAT WAS SEEN: captures of real TCP, and their text, as packets and connections.

`packet` has the records that everything here produces: a `Packet`, an `Endpoint`, a `Connection`.
`read` is where to begin. A file goes through `source`, then `pcap` or `pcapng` (its `frames`),
`links`, `datagrams` and `segments`, which make a `packet_table`; a text has readers of its own.
Nothing here judges a packet: that is for who reads them.
"""

from tcpmc.captures.connections import Piece, connections, conversations
from tcpmc.captures.packet import Connection, Endpoint, Packet
from tcpmc.captures.read import Capture, read

__all__ = [
    "Capture",
    "Connection",
    "Endpoint",
    "Packet",
    "Piece",
    "connections",
    "conversations",
    "read",
]
