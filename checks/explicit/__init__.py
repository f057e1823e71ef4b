"""The explicit engine: the model as tables for the explorer, properties decided on its graph.

Reading order: `tabulate` with `remembered`, `explicit_engine`, `truth`, `watches`, `stages`,
`liveness` with `projections`. `reach` and `first` find shortest runs, `networkx_graph` hands the
graph to networkx.
"""
