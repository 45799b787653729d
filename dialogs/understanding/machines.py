"""Messages that no patient wrote: automatic answers and advertising must start nothing and cancel nothing (R102)."""

import re

_AUTOMATIC = re.compile(
    r"\b(automatyczn\w+|autoresponder\w*|wygenerowan\w+ automatycznie|out of office|auto.?reply|automatic(ally)? (reply|generated|response)|"
    r"prosimy nie odpowiadac|prosze nie odpowiadac|do not reply|abonent\w*|jestem na urlopie|przebywam na urlopie|"
    r"(prowadze|jestem w trakcie prowadzenia|kieruje) (teraz |wlasnie )?(samochod\w*|auto|auta|pojazd\w*)|driving right now|i am driving|"
    r"(oddzwonie|zadzwonie|odezwe sie|odpisze|call you back|call you later|text you later)( do (ciebie|panstwa))?( pozniej| wkrotce| jak| gdy| po| za)?|"
    r"nie moge (teraz|w tej chwili|aktualnie|obecnie) (rozmawiac|odebrac|odpisac|odpowiedziec)|can not talk (right )?now|"
    r"(czy )?mozemy porozmawiac pozniej|jestem na (spotkaniu|zebraniu|konferencji)|in a meeting|dziekujemy za (wiadomosc|kontakt|zgloszenie)|"
    r"do not disturb|nie przeszkadzac|skrzynk\w+ (glosow\w+|pocztow\w+)|poczt\w+ glosow\w+|"
    r"автоматичн\w+|я за кермом|не можу зараз (говорити|розмовляти|відповісти)|передзвоню|перезвоню|абонент\w*|у відпустці)\b"
)
_ADVERTISING = re.compile(
    r"(https?://|www\.|\.pl/|\.com/|bit\.ly|"
    r"\b(promocj\w+|rabat\w*|wyprzedaz\w*|znizk\w+|kliknij|wygral\w+|loteri\w+|konkurs\w*|pozyczk\w+|kredyt\w*|bik|gratis\w*|"
    r"oferta specjalna|kod rabatowy|darmow\w+ dostaw\w+|doplac\w*|twoja paczka|paczkomat\w*|inpost|faktur\w+|newsletter\w*|"
    r"discount|sale|promo|winner|prize|click here|special offer|loan|your parcel|unsubscribe|знижк\w+|акці[яї]|кредит\w*|виграли|посилк\w+)\b)"
)


def machine(text: str) -> str | None:
    """Why folded text looks like a machine's: an automatic answer or an advertisement; None for a person's."""
    automatic = _AUTOMATIC.search(text)
    if automatic:
        return f"automatic answer ({automatic[0]})"
    advertising = _ADVERTISING.search(text)
    return f"advertising ({advertising[0]})" if advertising else None
