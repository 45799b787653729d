"""The operators' day on a really running system, played in chromium.

One demonstration serves all of it; each story has patients of its own, so none hangs on another.
"""
