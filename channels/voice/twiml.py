"""What we tell the carrier to do with a call, as TwiML: stream it, ask for keys, hand it to a person, hang up."""

from collections.abc import Sequence
from typing import Final

from twilio.twiml.voice_response import Connect, Gather, VoiceResponse

VOICES: Final = {"pl": "pl-PL", "uk": "uk-UA", "en": "en-GB"}
KEY_SECONDS = 6  # how long a key is waited for after the words
DIAL_SECONDS = 30


def stream(address: str, token: str, *, after: str, status: str) -> str:
    """Open the media stream with its token; `after` is asked what to do when it has closed, for whatever reason."""
    response = VoiceResponse()
    connect = Connect(action=after, method="POST")
    opened = connect.stream(url=address, status_callback=status, status_callback_method="POST")
    opened.parameter(name="token", value=token)
    response.append(connect)
    return str(response)


def ask_keys(words: Sequence[str], digits: int, *, language: str, then: str) -> str:
    """Say something and wait for keys; `then` hears of them, and of none as well."""
    response = VoiceResponse()
    gather = Gather(
        input="dtmf", num_digits=digits, timeout=KEY_SECONDS, finish_on_key="#", action=then, method="POST", action_on_empty_result=True
    )
    for text in words:
        gather.say(text, language=VOICES[language])
    response.append(gather)
    return str(response)


def hang_up(words: Sequence[str] = (), *, language: str = "pl") -> str:
    """Say something and hang up."""
    response = VoiceResponse()
    for text in words:
        response.say(text, language=VOICES[language])
    response.hangup()
    return str(response)


def hand_over(words: Sequence[str], number: str, *, language: str) -> str:
    """Connect the caller with a person (a warm transfer: he stays on the line)."""
    response = VoiceResponse()
    for text in words:
        response.say(text, language=VOICES[language])
    response.dial(number, timeout=DIAL_SECONDS)
    return str(response)
