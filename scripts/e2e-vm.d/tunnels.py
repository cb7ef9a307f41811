"""Nodes with tunnels."""


TRIALS = []
