"""The operators' console: every conversation as it happens, what was understood, what came of it, and what waits for a person (X33)."""

from channels.operators.accounts import ensure_operator
from channels.operators.routes import mount

__all__ = ["ensure_operator", "mount"]
