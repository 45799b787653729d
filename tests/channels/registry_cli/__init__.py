"""Tests of the commands over the registry."""
