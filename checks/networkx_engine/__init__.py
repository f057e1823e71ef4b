"""A third engine, on networkx alone, for graphs of at most some 100,000 states.

It shares nothing with the explicit engine but the model: `product_graph` calls `Model.successors`
state by state, and `graph_engine` uses networkx's searches and strongly connected components. It
is slow and simple; where it and another engine settle a question differently, one is wrong.
"""
