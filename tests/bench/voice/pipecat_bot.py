"""A telephone bot of pipecat 1.14 with its defaults, for the bench to call; run by the Python of its own environment, never by ours.

Its ears are an oracle (right words, no time), its answer a hum that is there at once: what is left is how it takes turns. The first
argument is the port, the second for how many seconds it hums.
"""

import math
import struct
import sys
from collections.abc import AsyncGenerator
from typing import Any

import uvicorn
from fastapi import FastAPI, WebSocket
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import (
    Frame,
    LLMContextFrame,
    LLMRunFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.services.settings import STTSettings
from pipecat.services.stt_service import SegmentedSTTService
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.utils.time import time_now_iso8601
from pipecat.workers.runner import WorkerRunner

RATE = 8000
PIECE = RATE // 10  # samples handed to the transport at once

app = FastAPI()


class Ears(SegmentedSTTService):
    """Knows what was said as soon as it is asked."""

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame, None]:
        """One transcript a segment, and final."""
        yield TranscriptionFrame("tak", "", time_now_iso8601(), finalized=True)


class Voice(FrameProcessor):
    """Answers each turn with a hum."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._hum = _hum(seconds)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """A turn is over: hum. All else passes."""
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMContextFrame):
            await self.push_frame(frame, direction)
            return
        await self.push_frame(TTSStartedFrame())
        for at in range(0, len(self._hum), 2 * PIECE):
            await self.push_frame(TTSAudioRawFrame(self._hum[at : at + 2 * PIECE], RATE, 1))
        await self.push_frame(TTSStoppedFrame())


def _hum(seconds: float) -> bytes:
    samples = (int(6000 * math.sin(2 * math.pi * 220 * at / RATE)) for at in range(int(seconds * RATE)))
    return b"".join(struct.pack("<h", one) for one in samples)


@app.get("/ready")
def ready() -> dict[str, bool]:
    """It listens."""
    return {"ready": True}


@app.websocket("/media")
async def media(socket: WebSocket) -> None:
    """One call, as Twilio's media stream brings it."""
    await socket.accept()
    await socket.receive_text()
    start: dict[str, Any] = await socket.receive_json()
    terms = TwilioFrameSerializer.InputParams(auto_hang_up=False)
    wire = TwilioFrameSerializer(stream_sid=start["start"]["streamSid"], params=terms)
    transport = FastAPIWebsocketTransport(
        socket, FastAPIWebsocketParams(audio_in_enabled=True, audio_out_enabled=True, add_wav_header=False, serializer=wire)
    )
    turns = LLMContextAggregatorPair(LLMContext(), user_params=LLMUserAggregatorParams(vad_analyzer=SileroVADAnalyzer()))
    ears = Ears(settings=STTSettings(model=None, language=None))
    parts = [transport.input(), ears, turns.user(), Voice(float(sys.argv[2])), transport.output(), turns.assistant()]
    worker = PipelineWorker(Pipeline(parts), params=PipelineParams(audio_in_sample_rate=RATE, audio_out_sample_rate=RATE))

    @transport.event_handler("on_client_connected")
    async def greeted(*_: Any) -> None:
        await worker.queue_frames([LLMRunFrame()])

    @transport.event_handler("on_client_disconnected")
    async def left(*_: Any) -> None:
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
