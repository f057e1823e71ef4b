"""TIME-WAIT in dense time: timers, assumptions and theorems, for all values of the parameters.

Reading order: `linear` (comparisons of parameters), `timers`, `assumptions`, `theorems`; `figures`
has what real stacks use.
"""
