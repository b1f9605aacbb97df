"""Counting: facts, metrics, and the statements that turn one into the other."""
