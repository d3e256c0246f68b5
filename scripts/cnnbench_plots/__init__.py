"""Figures from the result.json of cnnbench: reading it, the common style, and a module a figure."""
