"""WHETHER A TEST SUITE ASKS FOR WHAT THE RFC SAYS: packetdrill scripts held against the rules.

`demands` makes of a script what an end is asked to do: packets, and the calls before each of them.
`judging` holds that against the rules by conform's search, and says what is forbidden or left open;
`claims` is what a script says of itself, by its name and comments, against what it reaches.
`suite` is all scripts of a suite: the states, rules, and cells of states against events that they
reach, and `missing` the runs that reach the others.
"""
