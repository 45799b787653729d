"""What is understood and said: one turn of a conversation over the registry, the same for every channel."""
