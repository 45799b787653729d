"""Calls of the simulated carrier: lines that ring, instructions that are followed, media streams that are opened as Twilio opens them."""
