"""Symbolic execution, and what engines share that reason with formulas."""
