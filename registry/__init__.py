"""The core that decides who waits, what is free and who gets it. No web, no carrier, no Redis, no dialogue."""
