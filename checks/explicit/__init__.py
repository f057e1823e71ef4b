"""The explicit engine: the model as tables for the explorer, properties decided on its graph.

Reading order: `tabulate`, `engine`, `liveness`. `reach` and `first` find shortest runs, `graph`
hands the graph to networkx.
"""
