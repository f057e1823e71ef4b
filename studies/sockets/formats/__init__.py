"""Readers of one line, one for each family of listings: ss, netstat of every system, sockstat,
/proc/net/tcp, lsof, PowerShell.

A reader is a pure function from a line to a `SocketEntry`, to a `Refusal` where the line is of its
family but no socket of TCP can be read from it, or to None where it is not of its family.
"""
