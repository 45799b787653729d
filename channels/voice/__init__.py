"""Telephone calls: who is rung, what is said, when the caller has finished, and what the call came to."""
