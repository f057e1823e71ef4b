"""What can stand beside an end and see every segment of the connection: trackers, NATs, firewalls.

Reading order: `middlebox` (what one is), `conntrack`, `filters` (the others), and the shipped ones
by name, `shipped_middleboxes`.
"""
