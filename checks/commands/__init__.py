"""The commands of `tcpmc`, and the options that they share.

Only `diagram` and `explore` import pictures, where one is asked for.
"""
