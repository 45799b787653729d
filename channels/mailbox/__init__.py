"""The demonstration's mailbox: a mail server on this machine that keeps every letter, and a page that shows them like the telephones."""

from channels.mailbox.box import Mailbox
from channels.mailbox.pages import routes

__all__ = ["Mailbox", "routes"]
