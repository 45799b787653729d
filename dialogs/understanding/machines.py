"""Messages that no patient meant for us: automatic answers, advertising, a friend called by name (R102)."""

import re
from collections.abc import Callable

from rapidfuzz.distance import OSA

from dialogs.understanding.text import fold

_AUTOMATIC = re.compile(
    r"\b(automatyczn\w+|autoresponder\w*|wygenerowan\w+ automatycznie|out of office|auto.?reply|"
    r"automatic(ally)? (reply|generated|response)|"
    r"prosimy nie odpowiadac|prosze nie odpowiadac|do not reply|abonent\w*|jestem na urlopie|przebywam na urlopie|"
    r"(prowadze|jestem w trakcie prowadzenia|kieruje) (teraz |wlasnie )?(samochod\w*|auto|auta|pojazd\w*)|driving right now|i am driving|"
    r"(oddzwonie|zadzwonie|odezwe sie|odpisze|call you back|call you later|text you later)( do (ciebie|"
    r"panstwa))?( pozniej| wkrotce| jak| gdy| po| za)?|"
    r"nie moge (teraz|w tej chwili|aktualnie|obecnie) (rozmawiac|odebrac|odpisac|odpowiedziec)|can not talk (right )?now|"
    r"(czy )?mozemy porozmawiac pozniej|jestem na (spotkaniu|zebraniu|konferencji)|in a meeting|"
    r"dziekujemy za (wiadomosc|kontakt|zgloszenie)|"
    r"do not disturb|nie przeszkadzac|skrzynk\w+ (glosow\w+|pocztow\w+)|poczt\w+ glosow\w+|"
    r"автоматичн\w+|я за кермом|не можу зараз (говорити|розмовляти|відповісти)|передзвоню|перезвоню|абонент\w*|у відпустці)\b"
)
_ADVERTISING = re.compile(
    r"(https?://|www\.|\.pl/|\.com/|bit\.ly|"
    r"\b(promocj\w+|rabat\w*|wyprzedaz\w*|znizk\w+|kliknij|wygral\w+|loteri\w+|konkurs\w*|pozyczk\w+|kredyt\w*|bik|gratis\w*|"
    r"oferta specjalna|kod rabatowy|darmow\w+ dostaw\w+|doplac\w*|twoja paczka|paczkomat\w*|inpost|faktur\w+|"
    r"fotowoltaik\w+|wyslij stop|za 1 zl|doladowani\w+|zarabiaj|kryptowalut\w+|bonus\w*|newsletter\w*|"
    r"discount|sale|promo|winner|prize|click here|special offer|loan|your parcel|unsubscribe|знижк\w+|акці[яї]|"
    r"кредит\w*|виграли|посилк\w+)\b)"
)


def machine(text: str) -> str | None:
    """Why folded text looks like a machine's: an automatic answer or an advertisement; None for a person's."""
    automatic = _AUTOMATIC.search(text)
    if automatic:
        return f"automatic answer ({automatic[0]})"
    advertising = _ADVERTISING.search(text)
    return f"advertising ({advertising[0]})" if advertising else None


_CALLED = re.compile(
    r"^\W*(?:(?:hej|cześć|czesc|elo|siema|hejka|hey|hi|hello|привіт)[\s,]+)?"
    r"(?!(?:Pani|Pan|Panie|Państwo|Panstwo|Doktor|Doktorze|Dr|Dzień|Dzien|Witam|Hello|Szanown\w+|Niestety|Przepraszam|Sorry|Proszę|Prosze|Dziękuję|"
    r"Dziekuje|Tak|Nie|Yes|No|Ні|Так|На|Вибачте|Прошу|Добрий|Доброго|Jutro|Dziś|Dzis|Dobry|Mama|Tata|Mąż|Maz|Żona|Zona|Córka|Corka|Syn|Babcia|Dziadek|"
    r"Ja|My|I|We|Unfortunately|Please|Thanks|Thank|Дякую)\b)"
    r"(?P<name>[A-ZŻŹŚŁĆА-ЯІЇЄ][a-ząćęłńóśźżа-яіїєґ']{2,10})(?:,\s|!\s|\s(?=nie\b|can't\b|cant\b|won't\b|I\b|i\b|не\b|я\b))",
    re.IGNORECASE,
)
_KIN_CALLED = re.compile(
    r"^\W*(?:(?:hi|hey|hello|sorry|dear)[\s,]+)?(?:mum|mom|mummy|dad|daddy|gran|granny|grandma|grandpa|auntie|aunt|uncle|honey|babe|mate|bro)"
    r"(?:[,!]\s|\s(?=(?:i|we|sorry)\b))",
    re.IGNORECASE,
)
_SIR_CALLED = re.compile(
    r"^\W*(?:[Dd]zień dobry|[Ww]itam|[Dd]obry)?[\s,]*[Pp]an(?:i|ie) (?!Doktor|Kardiolog|Magist)[A-ZŻŹŚŁĆ]\w+(?:u|o|ie)\b"
)
_NAMED = re.compile(r"[A-ZŻŹŚŁĆА-ЯІЇЄ]")
_SURNAME = ("ska", "ski", "cka", "cki", "wicz", "czyk")


def somebody_called(raw: str, knows: Callable[[str], bool]) -> bool:
    """Whether a message opens by calling somebody: "Basiu, …", "Hey Tom can't …": then it may be for another eye."""
    if _KIN_CALLED.match(raw) or _SIR_CALLED.match(raw):
        return True
    match = _CALLED.match(raw)
    if match is None or not _NAMED.match(match["name"]) or raw.isupper():
        return False
    name = fold(match["name"])
    return not knows(name) and not name.endswith(_SURNAME)


_NUMBER = r"(?:numer\w*|nr|telefon\w*|number|phone|номер\w*|телефон\w*)"
_OTHER_NUMBER = r"(?:star\w+|poprzedni\w*|now\w+|old|new|previous|стар\w+|нов\w+)"
_NEW_NUMBER = re.compile(
    rf"\b(?:usun|skas|wykresl|skresl|wykas|zmien|popraw|zaktualiz|podmien|wpis|dopis|remov|delet|updat|chang|видал|викресл|змін|онов)\w*"
    rf" (?:\w+ ){{0,3}}{_OTHER_NUMBER} (?:\w+ )?{_NUMBER}\b|"
    rf"\b(?:zmienil(?:em|am|ismy|ysmy)|zmieniam|zmienic|zmiencie|popraw\w*|zaktualizowac|change|update|змінив|змінила|змінити) "
    rf"(?:\w+ ){{0,2}}{_NUMBER}\b|"
    r"\b(?:numer\w*|nr|номер) (?:\w+ ){0,3}(?:sie )?(?:zmienil\w*|змінився)|zmienil\w* (?:mi )?sie (?:\w+ )?numer|"
    r"\bmoj nowy numer|\bmy new number|\bмій новий номер"
)
_NOT_OF_A_NUMBER = re.compile(r"\?|\bjak\b|\bhow\b|\bяк\b|\b(?:wizyt|termin|badani|godzin|visit|appointment|візит|запис)\w*")


def number_corrected(text: str) -> bool:
    """Whether folded text puts a telephone number right ("wykreślcie stary numer, mam nowy"): no visit and no consent is withdrawn."""
    return _NEW_NUMBER.search(text) is not None and _NOT_OF_A_NUMBER.search(text) is None


_JOKING = re.compile(
    r"\b(zart\w*|zartuj\w*|zartowal\w*|(?:a)?(?:ha){2,}h?|ha ha|hehe\w*|jaja sobie|just kidding|kidding|joke|joking|lol|"
    r"жарт\w*|шучу|шутка|(?:ха)+ха)\b"
)


def joking(text: str) -> bool:
    """Whether folded text says of itself that it is not meant."""
    return _JOKING.search(text) is not None


_TAKEN_BACK = re.compile(
    r"[\s.,!-]+(a |albo |ale |no |oj |wait |hm+ )?(nie|jednak nie|nie jednak|czekaj\w*|zaczekaj\w*|poczekaj\w*|"
    r"chwil\w*|moment\w*|stop|wait|no wait|"
    r"ні|чекай\w*|стривай\w*)[\s,.!]*(czekaj\w*|poczekaj\w*|chwil\w*|moment\w*|jednak|wait|чекай\w*)?[\s.!]*$"
)
_KIN = (
    r"(?:siostr|brat|mez|maz|zon|mam|tat|matk|ojc|syn|cork|babci|dziadk|tesc|wnucz|wnuk|sasiad|kuzyn|sister|brother|husband|wife|mother|mum|"
    r"father|dad|son|daughter|сестр|брат|чоловік|дружин|мам|тат|син|доньк|дочк)\w*"
)
_EACH_HAS_ONE = re.compile(
    rf"\b(?:ja i|ja z|my z|i and|me and|my|moj[ae]?) (?:moj\w* |my )?{_KIN}(?: and (?:i|me))? (?:\w+ ){{0,3}}"
    r"(?:mamy|mialysmy|mielismy|both|have|two)\b|"
    rf"\b{_KIN} (?:i|and|та|і) (?:ja|i|me|я)\b (?:\w+ ){{0,3}}(?:mamy|both|have|two|маємо)\b|"
    rf"\b(?:obie|obaj|oboje|both|обидв[іа]|обоє)\b(?=.*\b{_KIN})|\b{_KIN}(?=.*\b(?:obie|obaj|oboje|both|обидв[іа]|обоє)\b)|"
    rf"\b(?:dwie wizyty|dwa terminy|wizyty mamy|two (?:visits|appointments)|два (?:візити|записи))\b(?=.*\b{_KIN})|"
    rf"\b{_KIN}\b(?=.*\b(?:dwie wizyty|dwa terminy|two (?:visits|appointments)|два (?:візити|записи))\b)|"
    rf"\b{_KIN} (?:tez|rowniez|also|too|теж|також) (?:ma|has|маю|має)\b|\bмоя {_KIN} (?:теж|також)\b"
)
"""Two persons, each with a visit of his own: "ja i siostra mamy wizyty", "my sister and I both …"."""
_A_VISIT = rf"(?:kardiolog\w*|cytologi\w*|mammografi\w*|wizyt\w*|badani\w*|{_KIN})"
_ONE_OF = re.compile(
    r"\b(?:jedn\w+|jeden|druga|drugi) z (?:dwoch|obu|tych dwoch|moich|naszych)\b|"
    rf"\b(?:odwol|skas|anul|skres|wykres|rezygn)\w*.*\b{_A_VISIT} (?:\w+ )?(?:zostaw\w*|zostaje)\b|"
    rf"\b{_A_VISIT} (?:\w+ )?(?:zostaw\w*|zostaje)\b.*\b(?:odwol|skas|anul|skres|wykres|rezygn)\w*|"
    r"\b(?:odwol|anul|skas|skresl|wykresl)\w* (?:prosze )?jedn(?:a|o|ego|ej)\b(?! \w)|"
    r"\b(?:dwa terminy|dwie wizyty|two (?:visits|appointments))\b.*\b(?:jed(?:en|na|no|nej|nego)|one)\b|"
    r"\bmoj[ae]? (?:prosze )?(?:odwol|anul|skres|wykres|skas)\w*,? (?:a|ale|lecz) (?:meza|zony|syna|corki|mamy|taty|brata|siostry)\b|"
    r"\bz jednej (?:\w+ )?rezygn\w+|\bjedn\w+ z (?:blizniak|blizniacz|dzieci|synow|corek)\w*|\bz drug(?:im|a) tak\b|"
    r"\bmoj[ae]?(?: \w+)? (?:bez zmian|zostaje|zostawcie|aktualn\w+)\b.{0,30}\b(?:meza|zony|syna|corki|mamy|taty|brata|siostry)\b|"
    r"\b(?:meza|zony|syna|corki|mamy|taty|brata|siostry)\b.{0,30}\bmoj[ae]?(?: \w+)? (?:bez zmian|zostaje|zostawcie|aktualn\w+)\b|"
    r"\b(jedn(?:a|e|o|ej|ego|ym)|ktoras|ktorys|jakas|one|одн\w+) (z|ze|of|з|із) "
    r"(\w+ )?(wizyt\w*|termin\w*|visits|appointments|them|nich|візитів|них)\b|"
    r"\b(?:odwol|rezygn|anul|skresl|wykresl)\w* tylko\b(?! (?:dlatego|z powodu|z uwagi|bo)\b)|"
    r"\b(tamt(?:a|e|en|ego|ej)|stara|stare|stary|starej|starego|poprzedni\w*|previous|old|минул\w+|попередн\w+) "
    r"(\w+ )?(wizyt\w*|termin\w*|visit|appointment|візит\w*)\b"
)


def taken_back(text: str) -> bool:
    """Whether folded text ends by holding back what it said: "odwołuję... a nie, czekajcie"."""
    return _TAKEN_BACK.search(text) is not None


def one_of_several(text: str) -> bool:
    """Whether one of several visits is meant, and not told which; or each of two persons has one."""
    return _ONE_OF.search(text) is not None or _EACH_HAS_ONE.search(text) is not None


_QUOTED = re.compile(
    r"\bcytuj\w*\b|\bcytat\b|^\W*(?:re|odp|fw|fwd)\s*:\s*(?:odwol|rezygn|anul|nie |cancel|скас|відм)|\b(?:quoting|quote)\b|\bцитую\b"
)


def quoted(text: str) -> bool:
    """Whether folded text gives a cancellation back as somebody's words: "cytuję: odwołuję", "Re: odwołuję wizytę"."""
    return _QUOTED.search(text) is not None


_BROKEN_OFF = re.compile(
    r"\b(je|jes|jesl|jesli|jez|jeze|jezel|jezeli|gd|gdy|gdyb|gdyby|ch|chy|chyb|chyba|chyba ze|ale|al|ale ty\w{0,3}|zeb|zeby|tylko|albo|lub|"
    r"pod|pod war\w*|o|o i|o il|o ile|w raz\w*|zaleznie|bo jak|jak nie|"
    r"if|unl|unless|unle|but|only if|as long as|depen\w*|якщ|якщо|але|хіба|хіба що|тільки)\W*$"
)


_DOUBTS = (
    "jesli", "jezeli", "gdyby", "jakby", "chyba", "zeby", "tylko", "albo", "moze", "raczej", "pod", "zalezy", "inaczej",
    "unless", "depends", "maybe", "perhaps", "only", "якщо", "якби", "хіба", "тільки", "мабуть", "може",
)  # fmt: skip
_SLIPS_FROM = 3


def begins_a_doubt(word: str) -> bool:
    """Whether a short word that nobody knows is the beginning of a word of condition or doubt, one slip of the thumb allowed."""
    slips = len(word) >= _SLIPS_FROM
    return any(doubt.startswith(word) or (slips and OSA.distance(word, doubt[: len(word)], score_cutoff=1) <= 1) for doubt in _DOUBTS)


def broken_off(text: str) -> bool:
    """Whether folded text ends in the middle of a condition or a "but": nobody knows what was to follow."""
    return _BROKEN_OFF.search(text) is not None


_QUEUES = re.compile(
    r"\b(te|tych|cal[ae]|wszystkie|wasze?|wasza)\s+(\w+ )?kolejk(i|e|ek)\b|\b(odwol|skas|zlikwid)\w* (\w+ ){0,2}kolejk[ie]\b|"
    r"\bsami z (\w+ )?(kolejki|poczekalni)\b|\bqueues\b|\b(ці|всі|усі|ваші) (\w+ )?черги\b"
)


def queues_blamed(text: str) -> bool:
    """Whether folded text is about queues as such ("odwołajcie lepiej te kolejki"): a complaint, not a wish to leave one's own."""
    return _QUEUES.search(text) is not None
