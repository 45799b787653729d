"""Who gives a date up and asks for another one changes the visit and loses nothing: "nie będę, proszę umówić od nowa" (R67)."""

import re
from collections.abc import Sequence
from typing import Final

from dialogs.understanding.acts import Act

_ASKS: Final = (
    r"(?:poprosze|poprosimy|prosze o|prosimy o|dajcie|daj|dac|wole|wolimy|wolalb\w+|wezme|szukam|wpisz\w*|wpisac|"
    r"znalezc|znajdz\w*|biore|chce przyjsc|zapisz\w*|zapisac|"
    r"umowic|umowcie|umowmy|przepisz\w*|przepisac|wyznacz\w*|wyznaczenie|wepchn\w+|zaproponuj\w*|podajcie|poda|"
    r"book|put|give|запиш\w+|дайте|записати|призначте)"
)
_BETWEEN: Final = (
    r"(?: (?:mi|mnie|nas|nam|go|ja|je|jej|jego|sie|cos|na|w|we|o|po|pod|od|razu|dzien|termin|godzine|wizyte|wolny|"
    r"wyznaczenie|pani|panstwo|gdzies|prosze|godz|kolo|okolo|"
    r"me|us|down|for|on|in|the|it|a|мене|нас|нам|на|у|в))*"
)
_DATE: Final = (
    r"(?:(?:poniedzial|wtor|srod|czwart|piat|piont|sobot|niedziel|stycz|luty|lutego|marzec|marcu|kwiec|kwiet|maj\b|maju|czerw|lip(?:iec|cu|ca)|"
    r"sierp|wrzes|wrzesn|pazdz|listopad|grudzien|grudni|ferie|wakacj|lato|zim[ae]|wiosn|jesien|popoludni|wieczor|pn\b|wt\b|czw\b|pt\b|sob\b|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|next|another|afternoon|понеділ|вівтор|серед|четвер|п'ятн|субот)\w*|"
    r"(?:na nowo|od nowa|ponownie|kiedy indziej|kiedys indziej|inn\w+ (?:raz|dzien|termin\w*|dat\w*|por\w*|godzin\w*)|"
    r"now\w+ (?:termin\w*|dat\w*|godzin\w*)|inn(?:y|a|e|ego)|przyszl\w+|"
    r"za (?:miesiac|tydzien|dwa|trzy|rok)|po (?:swiet|wielkanoc|wszystk|nowym|polud|zawod|feri|chorob|urlop)\w*|"
    r"po \d+|poludni\w*|nowego|najblizsz\w+|nastepn\w+|kolejn\w+|ktorakolwiek|ktorykolwiek|dowoln\w+|інш\w+|"
    r"нов\w+))"
)
_ANOTHER: Final = re.compile(rf"\b{_ASKS}\b{_BETWEEN} {_DATE}\b")
_IN_OTHER_WORDS: Final = re.compile(
    r"\b(?:oddzwon\w*|zadzwon(?:cie|ic)) z (?:now|inn)\w+ (?:termin|dat)\w*|"
    r"\b(?:po|od|dopiero|za) (?:(?!nie\b)\w+ ){1,2}(?:bym )?(?:moge|moglabym|moglbym|mogla|mogl|jestem do dyspozycji)\b|"
    r"\btygod\w+ (?:pozniej|po nich|potem) (?:moge|jestem)\b|\bw \w+ miesiacu (?:poprosimy|poprosze|prosimy|prosze)\b"
)
_NOT_ONES_OWN: Final = re.compile(
    r"\b(?:kogos|komus|ktos|osob\w+|pacjent\w+|nastepn(?:ego|emu|y|a) (?:z|w|do|pacjent\w*)|kolejn(?:ego|emu)|someone|somebody|"
    r"next (?:patient|person|one|in)|комусь|когось|наступн\w+)\b|"
    r"\b(?:umowie|umowimy|zapisze|zglosze) sie\b|\bnie (?:poprosze|prosze|chce|wyznacz\w*|zapisuj\w*|umawiaj\w*)\b"
)


def asks_for_another(folded: str, found: Sequence[Act]) -> list[Act]:
    """The acts with a wish for another date behind them, where folded text tells one beside what is given up."""
    gives_up = any(act.what == "cancel" for act in found) and all(act.what in {"cancel", "past"} for act in found)
    if not gives_up or _NOT_ONES_OWN.search(folded):
        return list(found)
    wished = _ANOTHER.search(folded) or _IN_OTHER_WORDS.search(folded)
    return [*found, Act("change", True, "asks for another date")] if wished else list(found)
