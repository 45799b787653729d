"""Set phrases that all but settle what is meant; they weigh on the learned model and never decide alone."""

import re

_PHRASES: dict[str, str] = {
    "mistake": r"pomylk\w+|mistake|помилк\w+",  # no intent: only that a cancellation beside it is asked back
    "wrong_person": (
        r"zly numer|nie ten numer|numer nie ten|pomylk\w+ (telefon\w*|numer\w*)|nie znam (zadn\w+|nikogo|takie\w+|pani|pana|tej|tego)|"
        r"nie \w+ \w+(ska|ski|cka|cki|wicz)\b|nie (ma|mieszka|mieszkaja|pracuje) (tu|tutaj|u nas|"
        r"pod tym)|(tu|tutaj|u nas) nie (ma|mieszka|pracuje)|nikt taki|"
        r"to nie (moj|do mnie|jest moj|jest do mnie|ja)\b|nie do mnie|nie jestem (pania|panem|ta osoba|tym|zadn\w+|pacjent\w+)|"
        r"nie nazywam sie|nie mam na (imie|nazwisko)|inne nazwisko|pomylil\w* (pan|pani|panstwo|sie pan|numer\w*|osob\w*)|"
        r"(pan|pani|panstwo) (sie )?pomyl\w+|poprzedni (wlasciciel|uzytkownik|abonent)|(kupil\w+|dostal\w+|mam) ten numer|"
        r"nie (zapisywal\w+|umawial\w+|rejestrowal\w+) sie|nie leczę sie|nie moja wizyta|nie mam zadnej wizyty|"
        r"wrong (number|person)|not (me|my number|this person|the person|him|her)\b|do not know (any|this|her|him|"
        r"that)|no such person|nobody (called|by|with|of)|"
        r"не (той|мій) номер|помилил\w+( номер\w*)?|не знаю (цю|цієї|ніяк\w+|так\w+)|не та людина|не ця людина|це не я\b|не мій"
    ),
    "request_human": (
        r"(z|ze) (czlowiekiem|konsultant\w+|pracownik\w+|kims|zyw\w+|rejestrator\w+|operator\w+)|polacz\w* |przelacz\w* |oddzwon\w+|"
        r"zadzwon\w* do mnie|prosze (do mnie )?(za|od)dzwon\w+|prosze o (kontakt|telefon|rozmowe|polaczenie)|(z|"
        r"do) automat\w+|z botem|z maszyn\w+|"
        r"rejestratork\w+|dodzwonic|skarg\w+|human|real person|speak (to|with)|talk (to|with)|call me( back)?|"
        r"put me through|connect me|operator|"
        r"з (людиною|оператором|кимось)|зателефонуйте|подзвоніть|передзвоніть|з'єднайте|оператор\w*"
    ),
    "opt_out": (
        r"(nie|przestan\w*|stop|dosc|koniec) .{0,20}(sms\w*|wiadomosc\w*|pisa\w*|pisz\w*|wysyla\w*|dzwon\w*|powiadom\w*|nekac|spamow\w*)|"
        r"(usun|skasuj|wykresl)\w* (moj )?numer|wypisz\w* .{0,15}(sms|powiadom|wiadom)\w*|sprzeciw\w*|"
        r"wylacz\w* .{0,15}(sms|powiadom|wiadom|przypom)\w*|dajcie (mi )?spokoj|"
        r"stop (sending|texting|messaging|the|these|all)|unsubscribe|do not (text|contact|call|send|message|"
        r"write)|no more (messages|texts|reminders)|leave me alone|"
        r"не (надсилайте|пишіть|дзвоніть|турбуйте)|відпиш\w+|припиніть|досить"
    ),
    "opt_in": (
        r"(wlacz|wznow|przywroc)\w* .{0,25}(sms|powiadom|wiadom|przypom)\w*|(znow|znowu|ponownie|"
        r"z powrotem) .{0,25}(sms|powiadom|wiadom|przypom|wysyla|pisa)\w*|"
        r"(start|resume|turn (on|back)|again).{0,20}(messages|texts|reminders|notifications)|(знову|увімкніть|"
        r"відновіть) .{0,20}(смс|повідомлен|нагадуван|надсила)\w*"
    ),
    "undo": (
        r"cofn\w+|cofam|(zle|niechcacy|pomylkowo|omylkowo) (klikn|nacisn|wcisn|wyslal)\w*|"
        r"przywroc\w* (\w+ ){0,2}(wizyt\w*|termin\w*)|(niechcacy|pomylkowo|omylkowo|przypadk\w+|"
        r"przez pomylke) .{0,20}(odwol|anul|skasow|zrezygn)\w*|"
        r"(odwol|anul|zrezygn)\w* .{0,15}(niechcacy|pomylkowo|omylkowo|przez pomylke|przypad\w+|niepotrzebnie)|"
        r"zmienil\w+ zdanie|rozmysl\w+|oddajcie (mi )?(wizyt|termin)\w*|z powrotem|"
        r"undo|by (mistake|accident)|accidentally|changed my mind|restore|reinstate|back again|помилково|"
        r"випадково|передума\w+|поверн(?:іть|ути|и)\b|відновіть"
    ),
    "repeat": r"powtorz\w*|jeszcze raz|nie (do|u)?slysz\w+|nie zrozumial\w*|co prosze|wolniej|glosniej|wyrazniej|"
    r"repeat|say (that|it) again|did not (hear|catch|understand)|pardon|повтор\w+|не (почу|розчу|зрозумі)\w+|"
    r"ще раз",
    "join_waiting_room": r"(wpis|zapis|dopis|dolacz|ustaw|dodaj|wroc|zapisz|wpisz|dopisz)\w* .{0,25}(poczekaln|"
    r"kolejk|list)\w*|do poczekalni|(put|add|sign|join) .{0,25}(waiting|queue|list)|(в|до) (чергу|черги|"
    r"почекальн\w+|списку)",
    "leave_waiting_room": r"(wypis|usun|skresl|wykresl|zabierz|rezygn|zrezygn|wychodz|wyjsc|opuszcz|"
    r"opusc)\w* .{0,25}(z|ze) (\w+ )?(poczekaln|kolejk|list)\w*|(remove|take|leave|delete) .{0,25}(waiting|queue)|"
    r"з (черги|почекальн\w+|списку)",
    "edit_criteria": r"kryteri\w+|preferencj\w+|promien\w*|kod(u)? pocztow\w+|(inne|inny|zmien\w*|dodac|"
    r"dodajcie) .{0,15}(miast|miejscowos|odleglos)\w*|criteria|postcode|preferred|критері\w+|індекс\w*",
    "ask_estimate": r"ile (jeszcze |mam |bede |sie |to )*(czek\w+|potrwa)|(ktor\w+|jakie|moje) .{0,15}(miejsc\w+|"
    r"w kolejce)|na ktorym miejscu|moja kolej\w*|kolejka sie|szacowan\w+|prognoz\w+|jak dlugo .{0,12}czek\w+|"
    r"how (long|much longer)|my (turn|place)|in the queue|скільки .{0,10}чекати|в черзі|моя черга",
    "ask_faq": r"co to (jest|za)|jak (dziala|zalogowac|zainstalowac|upowaznic)|profil\w* zaufan\w+|mojeikp|ikp\b|"
    r"internetow\w+ kont\w+|kont(o|a|cie) (dziecka|pacjenta|syna|corki)|zwolnieni\w+|l4|e-?zla|"
    r"skierowani\w+ (potrzebne|wazne)|pelnomocnictw\w+|co (sie stanie|bedzie|grozi|ile lat)|hpv|szczepionk\w+|"
    r"webinar\w*|pilotaz\w*|infolini\w+|what (is|happens)|how (do|does|can|often|many days)|ikp|referral|"
    r"sick (note|leave)|що (таке|буде)|лікарнян\w+|направлення|вакцин\w+",
    "ask_visit": r"(kiedy|gdzie|o ktorej|na ktora|na kiedy|ktorego dnia|u kogo|do kogo) .{0,20}(mam|mial\w*|"
    r"wizyt\w*|termin\w*|jestem|ide|przyjsc|jechac|isc|badani\w*)|jaki adres|adres przychodni|co (mam )?(zabrac|"
    r"wziac|przyniesc)|na czczo|when is my|where is (it|the)|what time|what (should|do) i (bring|need)|"
    r"which clinic|address|(коли|де|куди|о котрій) .{0,20}(візит|прийом|запис|приходити|приїхати|це|мені)",
    "book_visit": r"(umow|zapis|zarejestr|rejestr)\w* (sie|mnie|mame|tate|zone|meza|dziecko|corke|syna|wizyt\w*)|"
    r"woln\w+ termin\w*|najblizsz\w+ termin\w*|mam (e-?)?skierowanie|potrzeb\w+ .{0,12}(kardiolog|mammograf|"
    r"mamograf|cytolog|wizyt)\w*|book|make an appointment|need (a|an) (cardio|mammo|appointment)|запи\w+ (мене|до|"
    r"на)|записатис\w+|вільн\w+ (термін|дат)\w*",
}  # fmt: skip
_COMPILED = {intent: re.compile(rf"\b(?:{pattern})") for intent, pattern in _PHRASES.items()}
_WEIGHT = 4.0


def hinted(text: str) -> dict[str, float]:
    """How much more likely folded text makes each intent: 1 but for those whose phrases stand in it."""
    return {intent: _WEIGHT for intent, pattern in _COMPILED.items() if pattern.search(text)}
