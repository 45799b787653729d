"""Ears and mouth: recognition, synthesis and telephone audio. Imports nothing of the other rooms."""
