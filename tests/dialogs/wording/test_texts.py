"""What holds for every text file: equal keys and placeholders, only words that carriers leave alone, plain manners."""

import re
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest

from dialogs.wording import CHANNELS, LANGUAGES, MissingFact, UnknownText, facts_needed, keys, opening, render, subject, texts
from dialogs.wording.facts import FRAGMENTS, PLACEHOLDERS, Facts
from registry.catalogue import SERVICES
from tests.dialogs.wording.samples import LONGEST, ORDINARY

EVERYWHERE = list(product(LANGUAGES, CHANNELS))
CONTACT = [key for key in keys() if key.endswith("_contact")]


@pytest.mark.parametrize(("language", "channel"), EVERYWHERE)
def test_every_file_has_the_same_keys_in_the_same_order_d16(language: str, channel: str) -> None:
    """D16: no language and no channel lacks a text."""
    assert tuple(texts.load(language, channel)) == tuple(texts.load("pl", "sms"))


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_text_tells_the_same_facts_in_every_language_d16(channel: str) -> None:
    """D16: equal placeholders, so that no language says less."""
    for key in keys():
        told = {language: texts.find(key, language, channel).placeholders for language in LANGUAGES}
        assert len(set(told.values())) == 1, (key, told)


def test_channels_differ_only_in_what_a_channel_has_room_for() -> None:
    """When, old date, deadline, initials, choices and answers are told everywhere; SMS alone offers the undo (D6)."""
    vital = {"when", "old_when", "until", "initials", "options", "answer", "lock"}
    for key in keys():
        told = [texts.find(key, "pl", channel).placeholders & vital for channel in CHANNELS]
        assert len({frozenset(one) for one in told}) == 1, key
        undo = {channel for channel in CHANNELS if "undo_offer" in texts.find(key, "pl", channel).placeholders}
        assert undo in (set(), {"sms"}), key


@pytest.mark.parametrize(("language", "channel"), EVERYWHERE)
def test_every_text_is_filled_completely(language: str, channel: str) -> None:
    """No brace is left, no double space, no lost punctuation."""
    for key, facts in product(keys(), (ORDINARY, LONGEST)):
        words = render(key, facts, language=language, channel=channel)
        assert words
        assert not re.search(r"[{}]|  | [,.;:?]|\.\.(?!\.)|None", words), (key, words)
        if channel == "email":
            assert subject(key, facts, language=language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_voice_is_words_only(language: str) -> None:
    """A synthesizer gets no digits, no signs and no abbreviations, whatever the facts."""
    for key, facts in product(keys(), (ORDINARY, LONGEST)):
        words = render(key, facts, language=language, channel="voice")
        assert not re.search(r"\d|[/()\"„”&%+*=_]", words), (key, words)
        assert not re.search(r"\b(?:ul|al|pl|os|godz|tel|nr|im|św|gen|lok|SMS|IKP)\b", words), (key, words)
        if language == "uk" and "answer" not in texts.find(key, "uk", "voice").placeholders:
            assert not re.search(r"[a-zA-Z]", words), (key, words)


@pytest.mark.parametrize(("language", "channel"), EVERYWHERE)
def test_carriers_own_words_are_never_asked_for_d8(language: str, channel: str) -> None:
    """D8: STOP, END, QUIT and CANCEL alone would silence the number."""
    for key in keys():
        text = texts.find(key, language, channel).body
        assert not re.search(r"\b(?:STOP|STOPALL|END|QUIT|UNSUBSCRIBE|OPTOUT|REVOKE)\b", text), key
        assert not re.search(r"\bCANCEL\b(?! THE VISIT)", text), key
        assert channel != "sms" or not re.search("cancel", text, re.IGNORECASE), key


def test_the_reminder_prints_its_two_words_d8() -> None:
    """D8, R102: TAK confirms, ODWOLAJ cancels, without Polish letters."""
    for key in ("reminder_d7", "reminder_d1", "reminder_contact"):
        assert re.search(r"\bTAK\b.*\bODWOLAJ\b", render(key, ORDINARY))


def test_the_words_to_send_back_are_the_known_ones_d8() -> None:
    """D8: one small vocabulary; a new word must come here and into the understanding of replies."""
    known = {
        "pl": {"TAK", "NIE", "ODWOLAJ", "COFNIJ", "POCZEKALNIA", "WYPISZ", "Z", "POCZEKALNI", "START", "ZMIANA", "KRYTERIÓW"},
        "uk": {"ТАК", "НІ", "СКАСУВАТИ", "ПОВЕРНУТИ", "ВИПИСАТИ", "З", "ЧЕРГИ", "START", "ЗМІНА", "КРИТЕРІЇВ"},
        "en": {"TAK", "NIE", "ODWOLAJ", "COFNIJ", "POCZEKALNIA", "WYPISZ", "Z", "POCZEKALNI", "START", "ZMIANA", "KRYTERIOW"},
    }
    names = {"IKP", "SMS", "PESEL", "HPV", "POZ", "NOWY", "TERMIN", "НОВИЙ", "ЧАС", "NEW", "DATE", "I", "A"}
    for language in LANGUAGES:
        printed = {
            word
            for key in keys()
            for word in re.findall(r"\b[A-ZĄĆĘŁŃÓŚŹŻА-ЯІЇЄҐ]+\b(?![-'])", texts.find(key, language, "sms").body)
            if word.isupper() and (len(word) > 1 or word in {"Z", "З"})
        }
        assert printed - names <= known[language]


@pytest.mark.parametrize("channel", CHANNELS)
def test_polish_guesses_no_gender(channel: str) -> None:
    """No "Pan/Pani", no past tense or adjective that fits only a man or a woman."""
    for key in keys():
        text = texts.find(key, "pl", channel).body
        assert not re.search(r"\bPani?\b|Pan/|Szanown|(?:ał|ął|ił|ył)(?:a|e)ś\b|\bumówion[ya] (?:Pan|jest Pan)", text), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_contact_person_is_told_the_least_r96(language: str) -> None:
    """R96, X34: initials, moment and address; not the clinic's name, not the service."""
    for key, channel in product(CONTACT, CHANNELS):
        told = texts.find(key, language, channel).placeholders
        assert "initials" in told, key
        assert not told & {"place", "clinic", "service"}, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_sms_and_calls_and_subjects_name_no_service_x34(language: str) -> None:
    """X34: what lies open on a lock screen or is heard in a room says nothing about health."""
    for key in keys():
        assert "service" not in texts.find(key, language, "sms").placeholders, key
        assert "service" not in texts.find(key, language, "voice").placeholders, key
        assert "{service" not in texts.find(key, language, "email").subject, key
        assert "{initials" not in texts.find(key, language, "email").subject, key


def test_a_control_visit_sends_to_the_clinic_r75() -> None:
    """R75: cancelled control visits are not looked after by the waiting room; the clinic's number is given."""
    for language, channel in EVERYWHERE:
        for key in ("cancelled_control", "cancelled_control_contact", "cancelled_by_clinic_control", "control_how"):
            assert "phone" in texts.find(key, language, channel).placeholders


@pytest.mark.parametrize(("language", "automatic"), [("pl", "automat"), ("uk", "автомат"), ("en", "automated system")])
def test_the_first_turn_says_who_speaks_x32(language: str, automatic: str) -> None:
    """X32, D14: in a call and in chat, once; a greeting says it itself."""
    for channel in ("voice", "chat"):
        first = render("where_when", ORDINARY, language=language, channel=channel, first_turn=True)
        assert first.startswith(opening(language=language, channel=channel))
        assert automatic in opening(language=language, channel=channel).lower()
        assert automatic not in render("where_when", ORDINARY, language=language, channel=channel).lower()
        greeting = render("greeting", {}, language=language, channel=channel, first_turn=True)
        assert greeting.lower().count(automatic) == 1
    assert automatic in render("confirmed", ORDINARY, language=language, channel="email").lower()


@pytest.mark.parametrize(("language", "channel"), EVERYWHERE)
def test_an_emergency_gets_112_at_once(language: str, channel: str) -> None:
    """112 in every language and channel, in words where it is spoken."""
    spoken = {"pl": "sto dwanaście", "uk": "сто дванадцять", "en": "one one two"}[language]
    assert (spoken if channel == "voice" else "112") in render("emergency", {}, language=language, channel=channel)


def test_a_missing_fact_is_named() -> None:
    """Nothing is sent with a hole in it."""
    with pytest.raises(MissingFact, match="'reminder_d1' needs start, street"):
        render("reminder_d1", {"clinic": "SPZOZ", "city": "Łódź"})
    with pytest.raises(MissingFact, match="needs start"):
        render("reminder_d1", {**ORDINARY, "start": None})
    with pytest.raises(MissingFact, match="needs undo_seconds"):
        render("cancelled", {"start": ORDINARY["start"]})


def test_a_sentence_without_matter_is_left_out_d6() -> None:
    """D6: a cancellation at the desk cannot be taken back by SMS, and so does not offer it."""
    assert "COFNIJ" in render("cancelled", ORDINARY)
    assert "COFNIJ" not in render("cancelled", {**ORDINARY, "undo_seconds": None})
    assert "(5 s)" in render("cancelled", {**ORDINARY, "undo_seconds": 5}).replace("ciagu 5 s", "(5 s)")
    assert "Orientacyjnie" in render("joined_waiting_room", ORDINARY)
    assert "Orientacyjnie" not in render("joined_waiting_room", {**ORDINARY, "estimate": None, "estimate_late": None})


@pytest.mark.parametrize(("language", "channel"), [("de", "sms"), ("pl", "fax"), ("", "")])
def test_an_unknown_language_or_channel_is_refused(language: str, channel: str) -> None:
    """No silent fall back to another language."""
    with pytest.raises(UnknownText):
        render("thanks", {}, language=language, channel=channel)
    with pytest.raises(UnknownText, match="no_such_key"):
        render("no_such_key", {})


def test_moments_are_shown_in_warsaw_across_the_clock_change_x17() -> None:
    """X17: the same hour in UTC is another hour in Warsaw after 25 October 2026."""
    before, after = datetime(2026, 10, 24, 8, 0, tzinfo=UTC), datetime(2026, 10, 26, 8, 0, tzinfo=UTC)
    assert "sob 24.10 godz. 10:00" in render("already_cancelled", {"start": before})
    assert "pn 26.10 godz. 09:00" in render("already_cancelled", {"start": after})


def test_facts_needed_tells_what_to_give() -> None:
    """The facts behind a text's placeholders, by the names of `Facts`."""
    assert facts_needed("offer") == ("start", "deadline", "clinic", "street", "city")
    assert set(Facts.__annotations__) == {fact for facts in PLACEHOLDERS.values() for fact in facts}
    assert texts.load("pl", "sms").keys() - set(keys()) == FRAGMENTS


def test_every_service_has_its_words_in_every_language_d16() -> None:
    """D16, R3: the catalogue's services are named; a code not listed is a plain visit."""
    for language in LANGUAGES:
        assert texts.services(language).keys() == texts.services("pl").keys()
        assert SERVICES.keys() <= texts.services(language).keys()
        assert all(forms.keys() == {"nom", "gen", "acc", "loc"} for forms in texts.services(language).values())
    assert "(wizyta lekarska)" in render("booked", {**ORDINARY, "service": "NEW_ONE"}, channel="chat")


def test_a_broken_text_file_is_refused(tmp_path: Path) -> None:
    """A repeated key or a misspelled placeholder stops the start, not a message to a patient."""
    file = tmp_path / "sms.yml"
    file.write_text('a: "x"\na: "y"\n', encoding="utf-8")
    with pytest.raises(ValueError, match="repeated"):
        texts.read(file)
    for broken, said in (("{whn}", "unknown placeholder"), ("{when:off}", "no form"), ("{place} {address}", "only one")):
        with pytest.raises(ValueError, match=said):
            texts.checked(texts.Text(broken), "pl/sms.yml: a")
