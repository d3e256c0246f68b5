"""Compares results of cnnbench: the statistics of launches, what makes results comparable, tables."""
