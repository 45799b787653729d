"""Coming in by an identity provider (X33): a real one on loopback, honest and bent in every way that a check is there for."""
