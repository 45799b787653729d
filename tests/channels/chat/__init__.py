"""The chat: its window, its socket, Rasa's REST channel."""
