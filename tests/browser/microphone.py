"""A microphone in the browser that speaks when it is told to, so that a caller in a test answers what was asked, however late it was asked.

Chromium's own fake microphone plays a recording by the clock; on a busy machine its answers fell into other questions. Only the device is
replaced: what it records goes the page's way, through its audio graph, its codec and its socket.
"""

import base64
import io
import wave
from typing import Final

import numpy as np
from playwright.sync_api import Error, Locator, Page, expect

from voice_models.espeak import Espeak

RATE: Final = 16_000
TRIES: Final = 6
QUIET_MS: Final = 600
PATIENCE_MS: Final = 25_000

_DEVICE: Final = """
window.lastSound = 0;
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) => {
      if (data instanceof ArrayBuffer && new Uint8Array(data).some((byte) => (byte & 0x7f) < 0x60)) window.lastSound = performance.now();
    });
  }
};
navigator.mediaDevices.getUserMedia = async () => {
  window.room = new AudioContext({ sampleRate: 16000 });
  window.microphone = window.room.createMediaStreamDestination();
  return window.microphone.stream;
};
window.lineFallsQuiet = async (quiet) => {
  while (!window.lastSound || performance.now() - window.lastSound < quiet) await new Promise((resolve) => setTimeout(resolve, 50));
};
window.sayIntoMicrophone = async (recording) => {
  const bytes = Uint8Array.from(atob(recording), (letter) => letter.charCodeAt(0));
  const source = new AudioBufferSourceNode(window.room, { buffer: await window.room.decodeAudioData(bytes.buffer) });
  source.connect(window.microphone);
  await new Promise((resolve) => { source.onended = resolve; source.start(); });
};
"""


class Caller:
    """A person with a telephone on this page, who speaks by the voice of espeak-ng."""

    def __init__(self, page: Page, voice: str = "pl+f4") -> None:
        self._page, self._voice, self._espeak = page, voice, Espeak()
        page.add_init_script(_DEVICE)

    def answers(self, words: str, transcript: Locator, *, until: str) -> None:
        """Say it when the line has fallen quiet, and again when it was not understood, until the transcript has that text."""
        for _ in range(TRIES):
            self._say(words)
            if _appears(transcript, until):
                return
        expect(transcript).to_contain_text(until, timeout=1)

    def _say(self, words: str) -> None:
        self._page.evaluate("(quiet) => window.lineFallsQuiet(quiet)", QUIET_MS)
        self._page.evaluate("(recording) => window.sayIntoMicrophone(recording)", self._recorded(words))

    def _recorded(self, words: str) -> str:
        samples = np.array(self._espeak.speak(words, self._voice), np.float64)
        places = np.linspace(0, len(samples) - 1, int(len(samples) * RATE / self._espeak.rate))
        spoken = np.interp(places, np.arange(len(samples)), samples).astype(np.int16)
        return base64.b64encode(_wav(np.concatenate([spoken, np.zeros(RATE, np.int16)]).tobytes())).decode("ascii")


def _wav(samples: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(RATE)
        recording.writeframes(samples)
    return file.getvalue()


def _appears(transcript: Locator, text: str) -> bool:
    try:
        expect(transcript).to_contain_text(text, timeout=PATIENCE_MS)
    except (AssertionError, Error):
        return False
    return True
