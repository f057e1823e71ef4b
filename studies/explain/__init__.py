"""What a state, a rule or a property means to whoever operates a host: `tcpmc explain`."""
