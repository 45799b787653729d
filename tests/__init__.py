"""Mirrors the tree; every rule of the specification is proven here by its id."""
