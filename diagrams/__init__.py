"""Pictures of the model and of traces, drawn by Graphviz."""
