"""The knowledge base: every topic in every language, dated, told as past when it is past, and found by meaning (R113, R126–R141)."""

from datetime import date, timedelta

import pytest

from dialogs import knowledge
from dialogs.knowledge.answers import FRESH, LANGUAGES
from dialogs.understanding import Interpreter, corpus
from dialogs.wording.gsm import measure, to_gsm
from tests import reading

TODAY = date(2026, 7, 1)
TOPICS = sorted(knowledge.TOPICS)


@pytest.fixture(scope="module")
def interpreter() -> Interpreter:
    return reading.interpreter()


@pytest.mark.parametrize("topic", TOPICS)
def test_r141_every_answer_has_its_words_source_and_date(topic: str) -> None:
    for language in LANGUAGES:
        chat = knowledge.answer(topic, language=language, channel="chat", today=TODAY)
        assert f"{knowledge.source_of(topic).date:%d.%m.%Y}" in chat
        assert knowledge.source_of(topic).title in chat
        assert "{" not in chat


@pytest.mark.parametrize("topic", TOPICS)
def test_d9_a_short_answer_is_one_segment_in_polish_and_english(topic: str) -> None:
    for language in ("pl", "en"):
        text = to_gsm(knowledge.answer(topic, language=language, channel="sms", today=TODAY))
        assert measure(text).segments == 1, (measure(text), text)


def test_r128_a_date_that_has_gone_by_is_told_as_past() -> None:
    before = knowledge.answer("pilot_application", language="pl", channel="chat", today=date(2025, 12, 1))
    after = knowledge.answer("pilot_application", language="pl", channel="chat", today=date(2025, 12, 2))
    assert "już minął" in after
    assert "już minął" not in before


def test_r4_the_second_stage_is_ahead_until_its_day() -> None:
    for language, ahead, behind in (("pl", "zaczyna się", "zaczął się"), ("en", "starts", "started"), ("uk", "починається", "почався")):
        assert ahead in knowledge.answer("stage2", language=language, channel="voice", today=date(2026, 7, 31))
        assert behind in knowledge.answer("stage2", language=language, channel="voice", today=date(2026, 8, 1))


def test_r141_an_old_source_is_listed_and_its_answer_dated() -> None:
    source = knowledge.source_of("trusted_profile")
    old, fresh = source.date + FRESH + timedelta(days=1), source.date + FRESH
    assert "trusted_profile" in knowledge.stale(old)
    assert "trusted_profile" not in knowledge.stale(fresh)
    assert "stan na" in knowledge.answer("trusted_profile", language="pl", channel="sms", today=old)
    assert "stan na" not in knowledge.answer("trusted_profile", language="pl", channel="sms", today=fresh)


def test_every_topic_has_examples_and_every_example_a_topic() -> None:
    taught = {example.topic for example in corpus.examples() if example.topic}
    assert taught == knowledge.TOPICS


@pytest.mark.parametrize(
    ("words", "language", "topic"),
    [
        ("po ilu latach muszę odnowić profil zaufany?", "pl", "trusted_profile"),
        ("moja wnuczka, dziesięciolatka, kiedy druga dawka HPV?", "pl", "hpv_interval"),
        ("gdzie w telefonie podejrzę swoje zwolnienie lekarskie", "pl", "sick_note_where"),
        ("чи треба лікарняний віддавати начальнику?", "uk", "sick_note_employer"),
        ("is there a penalty if I do not come to the visit?", "en", "no_show"),
    ],
)
def test_an_answer_is_found_by_meaning(interpreter: Interpreter, words: str, language: str, topic: str) -> None:
    reading = interpreter.read(words, language=language, today=TODAY)
    assert (reading.intent, reading.question, reading.entities.get("topic")) == ("ask_faq", False, topic), reading.why


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("ile kosztuje wymiana opon?", "pl"),
        ("kto zostanie prezydentem?", "pl"),
        ("o której jest msza w niedzielę?", "pl"),
        ("скільки коштує квиток до Львова?", "uk"),
        ("what is the capital of France?", "en"),
    ],
)
def test_r141_what_is_not_known_is_never_answered(interpreter: Interpreter, words: str, language: str) -> None:
    reading = interpreter.read(words, language=language, today=TODAY)
    assert reading.intent == "nlu_fallback" or reading.question, reading.why
    assert reading.entities.get("topic") not in knowledge.TOPICS
