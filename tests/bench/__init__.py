"""Measurements: each a program of its own, run as `python -m tests.bench.<name>`."""
