"""Old telephones and hurried thumbs: some hand-written messages once more, misspelt by a fixed seed.

`python -m tests.dialogs.sets.noise` writes dev_noise.jsonl and test_noise.jsonl anew; each half draws from itself only.
One or two slips in a message, never in a word shorter than six letters (no "nie" is made or lost) nor in a figure.
"""

import hashlib
import random
from collections.abc import Callable

from tests.dialogs.sets import FOLDER, HALVES, Message, files, guesses, load, write

SEED = 20260310
HOW_MANY = {"pl": 100, "uk": 44, "en": 44}  # per half; keeps Polish near 70%
CLASSES = frozenset(
    {
        "condition",
        "hypothetical",
        "long",
        "multi",
        "negation",
        "past",
        "plain",
        "proxy",
        "question",
        "reported",
        "signature",
        "wrong_person",
    }
)
FORMS = frozenset({"date_of_birth", "postcode", "pesel", "referral_code", "which_visit"})
SHORTEST_WORD = 6

POLISH = str.maketrans("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ", "acelnoszzACELNOSZZ")
LATIN = dict(zip("абвгґдезиіїйклмнопрстуфь", "abvhgdezyiiiklmnoprstuf ", strict=True)) | {
    "є": "ie",
    "ж": "zh",
    "х": "kh",
    "ц": "ts",
    "ч": "ch",
    "ш": "sh",
    "щ": "shch",
    "ь": "",
    "ю": "iu",
    "я": "ia",
}
BESIDE = {
    "pl": dict(zip("aeiouklmnrstw", "sruiyjknbted", strict=False)),
    "en": dict(zip("aeiouklmnrstw", "sruiyjknbted", strict=False)),
    "uk": dict(zip("аеиіоукнрств", "вкмфлцунптри", strict=True)),
}


def misspelt(message: Message, chance: random.Random) -> Message:
    """The same message with the same labels, its text as a hurried or old hand would have sent it."""
    text, language = guesses(message)[0], message["language"]
    for spoil in chance.choice(HABITS[language]):
        text = spoil(text, language, chance)
    return message | {"text": text, "noise": True}


def slip(text: str, language: str, chance: random.Random) -> str:
    words = text.split(" ")
    long = [at for at, word in enumerate(words) if len(word) >= SHORTEST_WORD and word.isalpha()]
    if not long:
        return text
    at = chance.choice(long)
    words[at] = chance.choice((_swap, _drop, _double, _beside))(words[at], language, chance)
    return " ".join(words)


def _inner(word: str, chance: random.Random) -> int:
    """Neither the first letter nor the last two: an ending tells who comes and who does not."""
    return chance.randrange(1, len(word) - 2)


def _swap(word: str, language: str, chance: random.Random) -> str:
    at = _inner(word, chance)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _drop(word: str, language: str, chance: random.Random) -> str:
    at = _inner(word, chance)
    return word[:at] + word[at + 1 :]


def _double(word: str, language: str, chance: random.Random) -> str:
    at = _inner(word, chance)
    return word[:at] + word[at] + word[at:]


def _beside(word: str, language: str, chance: random.Random) -> str:
    at = _inner(word, chance)
    return word[:at] + BESIDE[language].get(word[at], word[at]) + word[at + 1 :]


def plain_letters(text: str, language: str, chance: random.Random) -> str:
    return text.translate(POLISH)


def latin(text: str, language: str, chance: random.Random) -> str:
    return "".join(LATIN.get(letter, letter) for letter in text.lower() if letter not in "'’ʼ")


def shouted(text: str, language: str, chance: random.Random) -> str:
    return text.upper()


def careless(text: str, language: str, chance: random.Random) -> str:
    """No capitals, no full stop. Commas stay: "nie, odwołuję" and "nie odwołuję" are opposites."""
    return text.lower().rstrip(".!")


Spoil = Callable[[str, str, random.Random], str]
HABITS: dict[str, list[tuple[Spoil, ...]]] = {
    "pl": [(plain_letters, slip), (plain_letters, careless, slip), (slip,), (slip, slip), (plain_letters, shouted)],
    "uk": [(slip,), (careless, slip), (latin,), (shouted, slip)],
    "en": [(slip,), (careless, slip), (slip, slip), (shouted,)],
}


def worth_spoiling(message: Message) -> bool:
    written = isinstance(message["text"], str) and message["channel"] != "voice"
    return (
        written
        and message["class"] in CLASSES
        and message["asked"] not in FORMS
        and any(len(word) >= SHORTEST_WORD and word.isalpha() for word in message["text"].split())
    )


def drawn(half: str) -> list[Message]:
    """Which messages are spoilt hangs on their own words alone: taking one out of the sets moves no other."""
    whole = [m for path in files(half) if path.stem != f"{half}_noise" for m in load(path)]
    written = {message["text"] for message in whole if isinstance(message["text"], str)}
    base = sorted((message for message in whole if worth_spoiling(message)), key=_lot)
    spoilt = []
    for language, number in HOW_MANY.items():
        own = [message for message in base if message["language"] == language]
        spoilt += [misspelt(message, random.Random(_lot(message))) for message in own[:number]]
    return [message for message in spoilt if message["text"] not in written]


def _lot(message: Message) -> str:
    return hashlib.sha256(f"{SEED} {message['text']}".encode()).hexdigest()


if __name__ == "__main__":
    for name in HALVES:
        write(FOLDER / f"{name}_noise.jsonl", drawn(name))
