"""WHETHER A STACK DOES IT: a real one driven through states and events, and judged by the rules.

`moves` is what can be done to a stack, `plan` how each state is reached and what is tried there,
`running` does it and writes down what happened. `oracle` holds that against the rules: what was
sent by conform's search, which here knows the calls, and calls and timeouts by the rules
themselves. `state_event_table` is the whole table of states against events, `shrink` the shortest
run that shows a difference, `random_runs` two stacks on a bad wire. `replaying` makes a trace of
the model again on two stacks, and `learning` learns the machine of one. `model_stack` is a variant
behind the same wire.
"""
