"""The demonstration: made-up people with telephones, laid out around the present moment, and the journey of their slots."""

from channels.demo.people import TELEPHONES
from channels.demo.world import load

__all__ = ["TELEPHONES", "load"]
