"""HOW a property is decided: exploration, Z3, traces, verdicts, the command line."""
