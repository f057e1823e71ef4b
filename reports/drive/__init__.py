"""What is said of a real stack that was driven: the table, what differs, and the packets of it."""
