"""WHAT WAS SEEN: captures of real TCP, and their text, as packets and connections.

`packet` has the records that everything here produces: a `Packet`, an `Endpoint`, a `Connection`.
Nothing here judges a packet: that is for who reads them.
"""

from tcpmc.captures.packet import Connection, Endpoint, Packet

__all__ = ["Connection", "Endpoint", "Packet"]
