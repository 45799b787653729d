"""The chat: a window on any page over WebSocket or HTTP, and Rasa's REST channel for programs that speak it already."""
