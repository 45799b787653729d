"""In which language a message is: for the operator's eye, and for the voice that reads the page to him (WCAG 3.1.2)."""

from typing import Final

READ_IN: Final = "coalesce((SELECT r.language FROM messages r WHERE r.in_reply_to = m.id ORDER BY r.id LIMIT 1), c.language, 'pl')"
"""What a message of a patient (`m`, of the conversation `c`) was answered in: the language in which it was read."""

SAID_IN: Final = f"CASE m.direction WHEN 'in' THEN {READ_IN} ELSE m.language END"
"""The language of any message `m` of the conversation `c`."""
