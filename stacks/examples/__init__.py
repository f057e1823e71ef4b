"""Stacks behind the protocol of docs/adapter.md, to begin from: in Python, and in C."""
