"""What patients say in the stories, in three languages; a line that only some channels need is marked with them.

A cancellation is read back in calls and chats (D6), so there a yes follows; a chat asks who it is before it tells anything (D12).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

CHANNELS = ("sms", "chat", "voice")
LANGUAGES = ("pl", "uk", "en")
NUMBERS = ("sms", "voice")  # the channels where the address is a patient's own number


@dataclass(frozen=True)
class Script:
    """One journey. `said` holds lines by language, "chat,voice|tak" is said in these channels only; `ends` is the last outcome."""

    name: str
    world: str
    said: Mapping[str, tuple[str, ...]]
    ends: str
    ends_in: Mapping[str, str] | None = None
    channels: tuple[str, ...] = CHANNELS
    identifies: bool = True

    def has(self, channel: str, language: str) -> bool:
        return channel in self.channels and language in self.said

    def end(self, channel: str) -> str:
        return (self.ends_in or {}).get(channel, self.ends)

    def lines(self, channel: str, language: str) -> Iterator[str]:
        for line in self.said[language]:
            where, bar, words = line.rpartition("|")
            if not bar or channel in where.split(","):
                yield words


YES = {"pl": "tak", "uk": "так", "en": "yes"}

SCRIPTS = (
    Script("confirms", "booked", {"pl": ("TAK, będę",), "uk": ("так, прийду",), "en": ("yes, I will come",)}, "confirmed", channels=NUMBERS),
    Script(
        "cancels with an unmistakable word", "booked",
        {"pl": ("Odwołuję wizytę", "chat,voice|tak"), "uk": ("скасовую візит", "chat,voice|так"), "en": ("I cancel my visit", "chat,voice|yes")},
        "cancelled",
    ),
    Script(
        "doubts, and keeps the visit", "booked",
        {"pl": ("chyba nie dam rady przyjść", "nie"), "uk": ("мабуть не зможу прийти", "ні"), "en": ("maybe I can't come", "no")},
        "answered", channels=NUMBERS,
    ),
    Script(
        "a bare no is asked back", "booked",
        {"pl": ("nie", "odwołuję", "voice|tak"), "uk": ("ні", "скасовую візит", "voice|так"), "en": ("no", "I cancel my visit", "voice|yes")},
        "cancelled", channels=NUMBERS,
    ),
    Script(
        "is warned before the third visit is given up", "third",
        {"pl": ("Odwołuję wizytę", "nie"), "uk": ("скасовую візит", "ні"), "en": ("I cancel my visit", "no")}, "answered",
    ),
    Script(
        "cancels and takes it back", "booked", {"pl": ("Odwołuję wizytę", "COFNIJ"), "uk": ("скасовую візит", "COFNIJ"),
        "en": ("I cancel my visit", "COFNIJ")}, "restored", channels=("sms",),
    ),
    Script(
        "cancels and does not want to wait", "booked", {"pl": ("Odwołuję wizytę", "WYPISZ"), "uk": ("скасовую візит", "WYPISZ"),
        "en": ("I cancel my visit", "WYPISZ")}, "left", channels=("sms",),
    ),
    Script(
        "cancels one of two", "two",
        {"pl": ("Odwołuję wizytę", "1", "chat,voice|tak"), "uk": ("скасовую візит", "1", "chat,voice|так"),
         "en": ("I cancel my visit", "1", "chat,voice|yes")}, "cancelled",
    ),
    Script(
        "cannot say which of two", "two", {"pl": ("Odwołuję wizytę", "nie wiem"), "uk": ("скасовую візит", "не знаю"),
        "en": ("I cancel my visit", "I don't know")}, "answered", channels=("sms",),
    ),
    Script(
        "cancels a control visit", "control",
        {"pl": ("Odwołuję wizytę", "chat,voice|tak"), "uk": ("скасовую візит", "chat,voice|так"), "en": ("I cancel my visit", "chat,voice|yes")},
        "cancelled",
    ),
    Script(
        "another date of a control visit is the clinic's matter", "control",
        {"pl": ("chcę zmienić termin wizyty",), "uk": ("хочу змінити термін візиту",), "en": ("I want to change the date of my visit",)}, "answered",
    ),
    Script(
        "moves a visit", "moving",
        {"pl": ("chcę zmienić termin wizyty", "jak najszybciej", "1", "tak"), "uk": ("хочу змінити термін візиту", "якнайшвидше", "1", "так"),
         "en": ("I want to change the date of my visit", "as soon as possible", "1", "yes")}, "changed",
    ),
    Script(
        "looks at other dates and keeps the visit", "moving",
        {"pl": ("chcę zmienić termin wizyty", "jak najszybciej", "2", "nie"), "uk": ("хочу змінити термін візиту", "якнайшвидше", "2", "ні"),
         "en": ("I want to change the date of my visit", "as soon as possible", "2", "no")}, "answered",
    ),
    Script(
        "books a first visit", "free",
        {"pl": ("chcę się zapisać do kardiologa", "00-238", "jak najszybciej", "1", "tak"),
         "uk": ("хочу записатися до кардіолога", "00-238", "якнайшвидше", "1", "так"),
         "en": ("I want to book a visit to a cardiologist", "00-238", "as soon as possible", "1", "yes")}, "booked",
    ),
    Script(
        "books after asking for other dates", "free",
        {"pl": ("chcę się zapisać do kardiologa", "gdziekolwiek", "obojętnie", "żaden", "1", "tak"),
         "en": ("I want to book a visit to a cardiologist", "anywhere", "any time", "none of them", "1", "yes")}, "booked", channels=NUMBERS,
    ),
    Script(
        "mistypes the number, then books", "free",
        {"pl": ("chcę się zapisać do kardiologa", "50030112344", "50030112345", "4711", "Warszawa", "rano", "jak najszybciej", "1", "tak"),
         "en": ("I want to book a visit to a cardiologist", "50030112344", "50030112345", "4711", "Warszawa", "as soon as possible", "1", "yes")},
        "booked", channels=("sms",), identifies=False,
    ),
    Script(
        "an emergency in the middle of a booking", "free",
        {"pl": ("chcę się zapisać do kardiologa", "mam silny ból w klatce piersiowej i nie mogę oddychać"),
         "uk": ("хочу записатися до кардіолога", "сильний біль у грудях, не можу дихати"),
         "en": ("I want to book a visit to a cardiologist", "I have strong chest pain and can't breathe")}, "answered",
    ),
    Script(
        "gives up the form", "free",
        {"pl": ("chcę się zapisać do kardiologa", "nie mam kodu"), "uk": ("хочу записатися до кардіолога", "ні"),
         "en": ("I want to book a visit to a cardiologist", "no")}, "answered", identifies=False,
    ),
    Script(
        "finds nothing free and waits", "full",
        {"pl": ("chcę się zapisać do kardiologa", "00-238", "jak najszybciej", "tak"),
         "uk": ("хочу записатися до кардіолога", "00-238", "якнайшвидше", "так"),
         "en": ("I want to book a visit to a cardiologist", "00-238", "as soon as possible", "yes")}, "joined",
    ),
    Script(
        "joins the waiting room", "full",
        {"pl": ("proszę mnie zapisać do poczekalni", "00-238", "obojętnie", "tak"),
         "uk": ("запишіть мене в чергу очікування", "00-238", "будь-коли", "так"),
         "en": ("please put me on the waiting list", "00-238", "any time", "yes")}, "joined",
    ),
    Script(
        "changes the wishes", "waiting",
        {"pl": ("chcę zmienić kryteria w poczekalni", "gdziekolwiek", "we wtorki"),
         "uk": ("хочу змінити критерії в черзі", "будь-де", "у вівторок"),
         "en": ("I want to change my criteria on the waiting list", "anywhere", "on Tuesdays")}, "edited",
    ),
    Script(
        "asks how long the wait is", "waiting",
        {"pl": ("ile jeszcze będę czekać w kolejce?",), "uk": ("скільки ще чекати в черзі?",), "en": ("how long will I wait?",)}, "answered",
    ),
    Script(
        "leaves the waiting room", "waiting",
        {"pl": ("proszę mnie wypisać z poczekalni", "voice|tak"), "uk": ("випишіть мене з черги очікування", "voice|так"),
         "en": ("I want to leave the waiting list", "voice|yes")}, "left", channels=NUMBERS,
    ),
    Script("takes the offered date", "offered", {"pl": ("tak, biorę",), "uk": ("так, беру",), "en": ("yes, I take it",)}, "accepted", channels=NUMBERS),
    Script("declines the offered date", "offered", {"pl": ("nie",), "uk": ("ні",), "en": ("no",)}, "declined", channels=NUMBERS),
    Script(
        "asks where and when", "booked",
        {"pl": ("kiedy i gdzie mam wizytę?",), "uk": ("коли і де мій візит?",), "en": ("when and where is my visit?",)}, "answered",
    ),
    Script(
        "books a mammography", "screening",
        {"pl": ("chcę się zapisać na mammografię", "gdziekolwiek", "obojętnie", "1", "tak"),
         "uk": ("хочу записатися на мамографію", "будь-де", "будь-коли", "1", "так"),
         "en": ("I want to book a mammography", "anywhere", "any time", "1", "yes")}, "booked",
    ),
    Script(
        "is called back when nobody can say whether she qualifies", "free",
        {"pl": ("chcę się zapisać na mammografię",), "uk": ("хочу записатися на мамографію",), "en": ("I want to book a mammography",)}, "answered",
    ),
    Script(
        "asks for a child's vaccination, and for help with it", "vaccination",
        {"pl": ("chcę zaszczepić dziecko przeciw HPV", "8.02.2016", "00-238", "tak"),
         "uk": ("хочу записати дитину на щеплення ВПЛ", "8.02.2016", "00-238", "так"),
         "en": ("I want to book the HPV vaccination for my child", "8.02.2016", "00-238", "yes")}, "answered",
    ),
    Script(
        "asks for a child's vaccination where there is none, and wants no help", "full",
        {"pl": ("chcę zaszczepić dziecko przeciw HPV", "8.02.2016", "00-238", "nie"),
         "uk": ("хочу записати дитину на щеплення ВПЛ", "8.02.2016", "00-238", "ні"),
         "en": ("I want to book the HPV vaccination for my child", "8.02.2016", "00-238", "no")}, "answered",
    ),
    Script(
        "the clinic does not see the visit", "booked",
        {"pl": ("w rejestracji mówią że nie widzą mojej wizyty w systemie",), "uk": ("у реєстратурі кажуть, що не бачать мого візиту в системі",),
         "en": ("the front desk says they can't see my visit in the system",)}, "answered",
    ),
    Script(
        "it is a stranger's number", "booked",
        {"pl": ("to pomyłka, nie znam takiej osoby",), "uk": ("ви помилилися номером, я не знаю такої людини",),
         "en": ("wrong number, I don't know this person",)}, "wrong_person", channels=NUMBERS,
    ),
    Script(
        "wants a person", "booked",
        {"pl": ("chcę rozmawiać z człowiekiem",), "uk": ("хочу поговорити з оператором",), "en": ("I want to talk to a person",)}, "answered",
    ),
    Script(
        "stops the messages and has them again", "booked",
        {"pl": ("proszę nie wysyłać mi więcej wiadomości", "START"), "uk": ("не надсилайте мені більше повідомлень", "START"),
         "en": ("please don't send me messages any more", "START")}, "active", channels=("sms",),
    ),
    Script(
        "asks for medical advice", "booked",
        {"pl": ("czy mam odstawić leki na nadciśnienie przed badaniem?",), "uk": ("чи можна приймати ліки від тиску перед обстеженням?",),
         "en": ("should I stop taking my blood pressure pills before the visit?",)}, "answered",
    ),
    Script("reports a death", "booked", {"pl": ("mama zmarła w zeszłym tygodniu",), "uk": ("мама померла минулого тижня",),
                                         "en": ("my mother died last week",)}, "reported_death"),
    Script(
        "an emergency", "booked",
        {"pl": ("mam silny ból w klatce piersiowej i nie mogę oddychać",), "uk": ("сильний біль у грудях, не можу дихати",),
         "en": ("I have strong chest pain and can't breathe",)}, "answered",
    ),
    Script(
        "a contact person says that the patient cannot come", "relative",
        {"pl": ("Odwołuję wizytę mamy, jest w szpitalu", "voice|tak"), "uk": ("скасовую візит мами, вона в лікарні", "voice|так"),
         "en": ("I cancel my mother's visit, she is in hospital", "voice|yes")}, "cancelled", channels=NUMBERS,
    ),
    Script(
        "a contact person says that the patient will come", "relative",
        {"pl": ("tak, mama będzie",), "uk": ("так, мама прийде",), "en": ("yes, she will come",)}, "confirmed", channels=NUMBERS,
    ),
    Script(
        "one telephone of two people, one visit is cancelled", "shared",
        {"pl": ("Odwołuję wizytę", "ta druga", "voice|tak"), "uk": ("скасовую візит", "друга", "voice|так"),
         "en": ("I cancel my visit", "the second one", "voice|yes")}, "cancelled", channels=NUMBERS,
    ),
    Script(
        "one telephone of two people, nobody says whose visit", "shared",
        {"pl": ("Odwołuję wizytę", "tak"), "uk": ("скасовую візит", "так"), "en": ("I cancel my visit", "yes")}, "asked", channels=NUMBERS,
    ),
    Script(
        "an emergency when a date is offered", "offered",
        {"pl": ("mąż zemdlał i nie oddycha",), "uk": ("чоловік знепритомнів і не дихає",), "en": ("my husband fainted and isn't breathing",)}, "answered",
    ),
    Script(
        "an emergency when it is asked which visit", "two",
        {"pl": ("Odwołuję wizytę", "mam silny ból w klatce piersiowej i nie mogę oddychać"),
         "uk": ("скасовую візит", "сильний біль у грудях, не можу дихати"),
         "en": ("I cancel my visit", "I have strong chest pain and can't breathe")}, "answered",
    ),
    Script(
        "an emergency when it is asked whether to give the place up", "third",
        {"pl": ("Odwołuję wizytę", "chcę się zabić"), "uk": ("скасовую візит", "я хочу покінчити з собою"),
         "en": ("I cancel my visit", "I want to kill myself")}, "answered",
    ),
    Script(
        "an emergency while waiting", "waiting",
        {"pl": ("mam silny ból w klatce piersiowej i nie mogę oddychać",), "uk": ("сильний біль у грудях, не можу дихати",),
         "en": ("I have strong chest pain and can't breathe",)}, "answered",
    ),
    Script(
        "an emergency after cancelling", "booked",
        {"pl": ("Odwołuję wizytę", "chat,voice|tak", "mam silny ból w klatce piersiowej i nie mogę oddychać"),
         "uk": ("скасовую візит", "chat,voice|так", "сильний біль у грудях, не можу дихати"),
         "en": ("I cancel my visit", "chat,voice|yes", "I have strong chest pain and can't breathe")}, "answered",
    ),
    Script(
        "reports a death in the middle of a booking", "free",
        {"pl": ("chcę się zapisać do kardiologa", "mama zmarła w zeszłym tygodniu"), "uk": ("хочу записатися до кардіолога", "мама померла минулого тижня"),
         "en": ("I want to book a visit to a cardiologist", "my mother died last week")}, "reported_death",
    ),
    Script(
        "reports a death in answer to an offer", "offered",
        {"pl": ("tata zmarł",), "uk": ("тато помер",), "en": ("my father has died",)}, "reported_death", channels=NUMBERS,
    ),
    Script(
        "wants a person in the middle of a booking", "free",
        {"pl": ("chcę się zapisać do kardiologa", "chcę rozmawiać z człowiekiem"), "uk": ("хочу записатися до кардіолога", "хочу поговорити з оператором"),
         "en": ("I want to book a visit to a cardiologist", "I want to talk to a person")}, "answered",
    ),
    Script(
        "asks how a relative may act for him", "booked",
        {"pl": ("czy córka może załatwić wizytę za mnie przez pełnomocnictwo?",), "uk": ("чи може донька записати мене за довіреністю?",),
         "en": ("can my daughter book for me with a proxy?",)}, "answered",
    ),
    Script(
        "asks what to bring", "booked",
        {"pl": ("co mam zabrać ze sobą na wizytę?",), "uk": ("що взяти з собою на візит?",), "en": ("what should I bring to the visit?",)}, "answered",
    ),
    Script(
        "asks where and when, then cancels", "booked",
        {"pl": ("kiedy i gdzie mam wizytę?", "Odwołuję wizytę", "chat,voice|tak"), "uk": ("коли і де мій візит?", "скасовую візит", "chat,voice|так"),
         "en": ("when and where is my visit?", "I cancel my visit", "chat,voice|yes")}, "cancelled",
    ),
    Script(
        "cannot come and asks for another date in one message", "moving",
        {"pl": ("nie przyjdę, proszę inny termin", "jak najszybciej", "1", "tak"),
         "uk": ("не прийду, прошу інший термін", "якнайшвидше", "1", "так"),
         "en": ("I can't come, please give me another date", "as soon as possible", "1", "yes")}, "changed", channels=NUMBERS,
    ),
    Script(
        "cannot come to a control visit and asks for another date", "control",
        {"pl": ("nie mogę przyjść, proszę inny termin wizyty",), "uk": ("не можу прийти, прошу інший термін візиту",),
         "en": ("I can't come, please give me another date",)}, "answered", channels=NUMBERS,
    ),
    Script(
        "stops the messages by telephone", "booked",
        {"pl": ("proszę do mnie więcej nie dzwonić",), "uk": ("не дзвоніть мені більше",), "en": ("please stop calling me, no more calls",)}, "opted_out",
        channels=("voice",),
    ),
    Script(
        "asks for a child's vaccination that comes too late", "vaccination",
        {"pl": ("chcę zaszczepić dziecko przeciw HPV", "8.02.2010", "00-238"), "uk": ("хочу записати дитину на щеплення ВПЛ", "8.02.2010", "00-238"),
         "en": ("I want to book the HPV vaccination for my child", "8.02.2010", "00-238")}, "answered",
    ),
    Script(
        "asks for a child's vaccination that comes too early", "vaccination",
        {"pl": ("chcę zaszczepić dziecko przeciw HPV", "8.02.2020", "00-238"), "uk": ("хочу записати дитину на щеплення ВПЛ", "8.02.2020", "00-238"),
         "en": ("I want to book the HPV vaccination for my child", "8.02.2020", "00-238")}, "answered",
    ),
)  # fmt: skip
