"""Words that are not said as they are spelled: letters, abbreviations, loan words."""

from typing import Final

LETTERS: Final = {
    **{"a": "a", "ą": "ą", "b": "be", "c": "ce", "ć": "cie", "d": "de", "e": "e", "ę": "ę", "f": "ef", "g": "gie"},
    **{"h": "ha", "i": "i", "j": "jot", "k": "ka", "l": "el", "ł": "eł", "m": "em", "n": "en", "ń": "eń", "o": "o"},
    **{"ó": "u", "p": "pe", "q": "ku", "r": "er", "s": "es", "ś": "eś", "t": "te", "u": "u", "v": "fau", "w": "wu"},
    **{"x": "iks", "y": "igrek", "z": "zet", "ź": "ziet", "ż": "żet"},
}
"""What each letter is called, in a spelling that the rules read rightly."""

LETTER_NAMES: Final = tuple(sorted({*LETTERS.values(), "jota", "zed", "ypsylon", "kreskowane", "kropką", "kreską"}))

WRITTEN_SHORT: Final = {
    **{"dr": "doktor", "nr": "numer", "ul": "ulica", "godz": "godzina", "min": "minut", "tel": "telefon"},
    **{"św": "święty", "tzn": "toznaczy", "np": "naprzykład", "itd": "itakdalej", "mgr": "magister", "prof": "profesor"},
    **{"lek": "lek", "zł": "złotych", "gr": "groszy", "pn": "poniedziałek", "wt": "wtorek", "śr": "środa"},
    **{"czw": "czwartek", "pt": "piątek", "sob": "sobota", "ndz": "niedziela"},
}

SPELLED_OUT: Final = frozenset(
    ("usg", "ekg", "eeg", "emg", "nfz", "ikp", "sms", "rtg", "hiv", "hpv", "sor", "poz", "pkp", "pko", "pin", "epuap")
) - {"hiv", "sor", "poz", "pin", "epuap"}
"""Abbreviations said letter by letter although they hold a vowel; those without one always are."""

LOANS: Final = {
    **{"weekend": "łikent", "weekendy": "łikendy", "weekendu": "łikendu", "weekendzie": "łikendzie"},
    **{"email": "imejl", "emaila": "imejla", "emailem": "imejlem", "mail": "mejl", "maila": "mejla", "mailem": "mejlem"},
    **{"mejl": "mejl", "online": "onlajn", "offline": "oflajn", "ok": "okej", "okay": "okej", "okej": "okej"},
    **{"smsa": "esemesa", "smsem": "esemesem", "smsy": "esemesy", "smsów": "esemesuf", "nfzu": "enefzetu"},
    **{"facebook": "fejsbuk", "facebooku": "fejsbuku", "youtube": "jutiup", "google": "gugyl", "internet": "internet"},
    **{"whatsapp": "łotsap", "messenger": "mesendżer", "iphone": "ajfon", "wifi": "łajfaj", "hello": "helou"},
    **{"sorry": "sory", "bye": "baj", "team": "tim", "show": "szoł", "live": "lajf", "design": "dizajn", "new": "niu"},
    **{"york": "jork", "new york": "niujork", "john": "dżon", "george": "dżordż", "michael": "majkel", "kevin": "kewin"},
    **{"brian": "brajan", "jessica": "dżesika", "nicole": "nikol", "chloe": "kloe", "vanessa": "wanesa", "oliwier": "oliwier"},
    **{"rock": "rok", "jazz": "dżes", "business": "biznes", "the": "de", "of": "of", "and": "end", "you": "ju"},
    **{"fast": "fast", "food": "fut", "hot": "hot", "dog": "dok", "jeans": "dżins", "dżinsy": "dżinsy", "joga": "joga"},
    **{"manager": "menadżer", "menedżer": "menedżer", "laptop": "laptop", "smartfon": "smartfon", "tablet": "tablet"},
    **{"sinus": "synus", "silikon": "sylikon", "trio": "trijo", "radio": "radjo", "studio": "studjo", "audio": "ałdjo"},
    **{"wrzesień": "wżesień", "muzeum": "muzeum", "liceum": "liceum", "petroleum": "petroleum", "chopin": "szopen"},
    **{"chopina": "szopena", "washington": "łoszynkton", "london": "londyn", "trump": "tramp", "biden": "bajden"},
    **{"blue": "blu", "love": "law", "football": "futbol", "baseball": "bejsbol", "rugby": "ragby", "hobby": "hobby"},
    **{"pesel": "pesel", "peselu": "peselu", "pit": "pit", "zus": "zus", "krus": "krus", "hiv": "hif", "covid": "kowid"},
    **{"covidu": "kowidu", "mammografia": "mamografia", "mammografię": "mamografię", "mammografii": "mamografii"},
    **{"mammograf": "mamograf", "quiz": "kłis", "taxi": "taksi", "dealer": "diler", "skype": "skajp", "zoom": "zum"},
    **{"barbie": "barbi", "disney": "disnej", "jack": "dżek", "harry": "hary", "james": "dżejms", "peter": "piter"},
    **{"street": "strit", "city": "syty", "house": "hałs", "park": "park", "center": "senter", "time": "tajm"},
    **{"trzydziestego": "trzydziestego", "cannabis": "kanabis", "tsunami": "cunami", "sushi": "suszi", "pizza": "pica"},
    **{"pizzę": "picę", "pizzy": "picy", "zero": "zero", "mhm": "mhm", "hmm": "hm", "yyy": "y", "eee": "e", "aha": "aha"},
}
"""Loan words and their like, respelled in Polish. Pruned to what the word frequencies and the surgeries need."""
