"""One ordinary and one longest realistic set of facts, for golden files and for the eye."""

from datetime import UTC, date, datetime

from dialogs.wording import Facts, FreeDate, Option

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
    "dates": (
        FreeDate(datetime(2026, 11, 30, 8, 20, tzinfo=UTC), "Przychodnia „Serce”", "ul. Piotrkowska 12", "Łódź"),
        FreeDate(datetime(2026, 12, 2, 14, 5, tzinfo=UTC), "Poradnia Kardiologiczna", "ul. Długa 5", "Zgierz"),
    ),
    "day": date(2027, 2, 1),
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
