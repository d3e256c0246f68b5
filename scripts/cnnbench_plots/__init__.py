"""Figures from the results of cnnbench: the common style, and a module a figure."""
