"""Runs in dense time: read from a file, told as a story, and matched to flights."""
