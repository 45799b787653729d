"""One ordinary and one longest realistic set of facts, for golden files and for the eye."""

from datetime import UTC, date, datetime

from dialogs.wording import Facts, Option

ORDINARY: Facts = {
    "start": datetime(2026, 11, 26, 9, 20, tzinfo=UTC),
    "old_start": datetime(2026, 11, 24, 12, 0, tzinfo=UTC),
    "deadline": datetime(2026, 11, 23, 15, 0, tzinfo=UTC),
    "clinic": "Przychodnia Kardiologiczna „Serce”",
    "street": "ul. Gen. Józefa Hallera 12",
    "city": "Łódź",
    "phone": "+48421234567",
    "service": "CARDIO_FIRST",
    "initials": "J.K.",
    "options": (
        Option("J.K.", datetime(2026, 11, 26, 9, 20, tzinfo=UTC)),
        Option("A.K.", datetime(2026, 12, 2, 7, 5, tzinfo=UTC)),
    ),
    "undo_seconds": 300,
    "estimate": date(2027, 3, 14),
    "estimate_late": date(2027, 4, 28),
    "lock_minutes": 30,
    "answer": "Do kardiologa potrzebne jest e-skierowanie.",
}

LONGEST: Facts = {
    **ORDINARY,
    "start": datetime(2026, 12, 23, 19, 50, tzinfo=UTC),
    "old_start": datetime(2026, 12, 23, 18, 30, tzinfo=UTC),
    "deadline": datetime(2026, 12, 17, 19, 30, tzinfo=UTC),
    "clinic": (
        "Samodzielny Publiczny Zakład Opieki Zdrowotnej Wojewódzki Szpital Specjalistyczny "
        "im. gen. Jana Henryka Dąbrowskiego w Aleksandrowie Łódzkim"
    ),
    "street": "ul. Gen. Józefa Hallera 123A lok. 45",
    "city": "Aleksandrów Łódzki-Rąbień",
    "initials": "W.Ż.",
    "undo_seconds": 300,
    "estimate": date(2027, 9, 8),
    "estimate_late": date(2027, 10, 25),
    "lock_minutes": 30,
}
