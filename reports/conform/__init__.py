"""What `tcpmc conform` says of a capture: the table, the sentences below it, and JSON."""
