"""A greeting beside a request is the request: "добрий день, потрібна людина" asks for a person (D7)."""

import re
from typing import Final

from dialogs.understanding.text import words

_OPENING: Final = re.compile(
    r"^\W*(?:(?:dzien dobry|dobry wieczor|dobry|witam\w*|czesc|hej|halo|szczesc boze|pochwalony|szanowni panstwo|"
    r"hello|hi|hey|good (?:morning|afternoon|evening|day)|добрий (?:день|вечір|ранок)|доброго (?:дня|ранку|вечора)|вітаю|привіт|"
    r"здравствуйте|доброго здоров'я)\b[\s,.!–-]*)+"
)


def behind_greeting(folded: str) -> str | None:
    """What follows the greeting that opens folded text; None where it opens with none or nothing follows."""
    opening = _OPENING.match(folded)
    rest = folded[opening.end() :] if opening else ""
    return rest if words(rest) else None
