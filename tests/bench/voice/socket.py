"""`python -m tests.bench.voice.socket`: calls at the socket, in real time, against the running service (make bench-voice).

The service has a core of its own; caller, PostgreSQL and this program share the other. Figures as Markdown to stdout, misses to stderr.
The load is measured twice, each time by a service of its own: with an oracle for ears, where all that is left is our own overhead, and
with Vosk, which everything else is measured with too.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final, TypeVar

import httpx
import uvloop

from tests.bench.stage import SERVICE, TOKEN
from tests.bench.voice import peer, scenes
from tests.bench.voice.clips import Clips
from tests.bench.voice.phone import Exchange
from tests.bench.voice.scenes import PAUSES, SHORT, Figures, Ours, Stagehand, quantiles
from tests.bench.voice.service import Service, service

Hand = TypeVar("Hand", bound=Stagehand)
PARTS: Final = ("delay", "pauses", "over", "load", "row")
EARS: Final = {"both": ("oracle", "vosk"), "vosk": ("vosk",), "oracle": ("oracle",)}
AIMS: Final = {"oracle": "at least 32 calls; of a call at most 1% and 5 MB", "vosk": "at least 24 calls"}
SERVICE_CORE, OUR_CORE = 0, 1
TOO_LATE_MS: Final = 500.0
SLOW_MS: Final = 200.0
MISSES_SHOWN: Final = 8


def main() -> None:
    """Measure what is asked for."""
    asked = _arguments()
    os.sched_setaffinity(0, {min(OUR_CORE, (os.cpu_count() or 1) - 1)})
    clips = Clips()
    scenes.beforehand(clips)
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}\n")
    print("| Measurement | Result |\n|---|---|", flush=True)
    for ears, parts in _by_ears(asked):
        with service(core=SERVICE_CORE, patients=asked.patients, clips=clips.frames if ears == "oracle" else None) as running:
            uvloop.run(_measure(asked, parts, ears, running, clips))
    if asked.pipecat:
        _peer(asked, clips)
    print(f"\nload at the end {os.getloadavg()[0]:.1f}")


def _by_ears(asked: argparse.Namespace) -> Iterator[tuple[str, Sequence[str]]]:
    """What is measured with which ears; with both of them, the oracle has only the load."""
    for ears in EARS[asked.ears]:
        parts = [part for part in asked.parts if part == "load" or ears == "vosk" or asked.ears == "oracle"]
        if parts:
            yield ears, parts


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.voice.socket", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=list(PARTS), help="what to measure; everything by default")
    parser.add_argument("--ears", choices=list(EARS), default="both")
    parser.add_argument("--calls", type=int, default=8, help="at once, where load is not what is measured")
    parser.add_argument("--seconds", type=float, default=60, help="of each measurement")
    parser.add_argument("--steps", type=int, nargs="*", default=[8, 16, 24, 32, 40], help="calls at once, for the load")
    parser.add_argument("--row", type=int, default=100, help="whole calls, to look for leaks")
    parser.add_argument("--pipecat", metavar="PYTHON", help="of an environment with pipecat 1.14: measured too, on the same core")
    parser.add_argument("--patients", type=int, default=800)
    return parser.parse_args()


async def _measure(asked: argparse.Namespace, parts: Sequence[str], ears: str, running: Service, clips: Clips) -> None:
    async with httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=100)) as http:
        hand = Ours(service=running, exchange=Exchange(running.stage.public, TOKEN, SERVICE, http), clips=clips)
        await _keep(hand, scenes.whole, 2, 1)  # everything has been loaded and said once
        if "delay" in parts:
            await _delay(hand, asked)
        if "pauses" in parts:
            await _pauses(hand, asked)
        if "over" in parts:
            await _over(hand, asked)
        if "load" in parts:
            await _load(hand, asked, ears)
        if "row" in parts:
            await _row(hand, asked)


async def _keep(hand: Hand, scene: Callable[[Hand], Awaitable[None]], calls: int, seconds: float) -> Figures:
    """So many calls at once, each followed by another until the time is over; all are ended. -> their figures."""
    hand.figures = Figures()
    until = time.monotonic() + seconds

    async def one(number: int) -> None:
        await asyncio.sleep(number * min(8.0, seconds / 4) / calls)
        while True:
            await scene(hand)
            if time.monotonic() > until:
                return

    await asyncio.gather(*(one(number) for number in range(calls)))
    return hand.figures


async def _delay(hand: Ours, asked: argparse.Namespace) -> None:
    found = await _keep(hand, scenes.whole, asked.calls, asked.seconds)
    row(f"end of speech to first sound, whole calls, {asked.calls} at once (aims 350/500/1,200)", quantiles(found.ms()))
    short = [late for what, late in found.answered if what in SHORT]
    missed = [what for what in found.silent if what in SHORT]
    soon = sum(late <= TOO_LATE_MS for late in short)
    row("tak, nie answered within 500 ms (aim 100%)", f"{soon}/{len(short) + len(missed)}; {quantiles(short)}")
    row("said and not answered", f"{len(found.silent)}/{len(found.silent) + len(found.answered)}", found.silent)
    _tell_ended(found)


def _tell_ended(found: Figures) -> None:
    right = sum(ended for ended, _ in found.ended)
    misses = [what for ended, what in found.ended if not ended]
    row("whole calls that ended as meant; visits cancelled against the will", f"{right}/{len(found.ended)}; {found.wrong}", misses)
    row("the caller's own clock slipped by at most", f"{1000 * found.late:.0f} ms")


async def _pauses(hand: Stagehand, asked: argparse.Namespace) -> None:
    for (low, high), aim in zip(PAUSES, ("1%", "3%"), strict=True):
        found = await _keep(hand, lambda hand, low=low, high=high: scenes.pauses(hand, low, high), 2 * asked.calls, asked.seconds)
        cut = [what for what, bad in found.cut if bad]
        row(f"{hand.name}spoken into at pauses of {low}-{high} ms (aim {aim})", f"{len(cut)}/{len(found.cut)}", cut)


async def _over(hand: Stagehand, asked: argparse.Namespace) -> None:
    found = await _keep(hand, scenes.over, asked.calls, asked.seconds)
    late = [ms for _, ms in found.cleared if ms is not None]
    missed = [what for what, ms in found.cleared if ms is None]
    slow = [f"{what} {ms:.0f}" for what, ms in found.cleared if ms is not None and ms > SLOW_MS]
    row(f"{hand.name}speaking over the bot: first sound to its silence (aim p95 200)", quantiles(late), slow)
    row(f"{hand.name}of these never let in", f"{len(missed)}/{len(found.cleared)}", missed)


async def _load(hand: Ours, asked: argparse.Namespace, ears: str) -> None:
    """More and more calls at once, until every twentieth answer comes later than half a second."""
    before, borne = hand.service.memory(), 0
    for calls in asked.steps:
        used, began = hand.service.cpu(), time.monotonic()
        most = asyncio.create_task(_most(hand, asked.seconds))
        found = await _keep(hand, scenes.whole, calls, asked.seconds)
        share = 100 * (hand.service.cpu() - used) / (time.monotonic() - began)
        each = (await most - before) / calls
        row(f"{ears}, {calls} calls at once: end of speech to first sound", quantiles(found.ms()), found.silent)
        used_up = f"{share:.0f}%; {share / calls:.2f}%; {each:.1f} MB a call at most"
        row(f"{ears}, {calls} calls at once: of the core; of it for a call; memory", used_up)
        _tell_ended(found)
        if not found.ms() or sorted(found.ms())[int(0.95 * len(found.ms()))] > TOO_LATE_MS:
            break
        borne = calls
    more = "" if borne < max(asked.steps) else ", and more were not tried"
    row(f"{ears}: calls that a core bears (aim {AIMS[ears]})", f"{borne}{more}")


async def _most(hand: Ours, seconds: float) -> float:
    """The most memory within a time (MB)."""
    most = 0.0
    for _ in range(int(seconds)):
        most = max(most, hand.service.memory())
        await asyncio.sleep(1)
    return most


async def _row(hand: Ours, asked: argparse.Namespace) -> None:
    """Whole calls, one after another on each of the lines: what is held after a fifth of them is held after all."""
    hand.figures = Figures()
    await _many(hand, asked.row // 5, asked.calls)
    first = await _held(hand)
    await _many(hand, asked.row - asked.row // 5, asked.calls)
    last = await _held(hand)
    for what, before, after in zip(("MB", "descriptors", "threads", "tasks"), first, last, strict=True):
        row(f"{asked.row} whole calls: {what} after {asked.row // 5} and after all", f"{before:.1f}, {after:.1f}")
    _tell_ended(hand.figures)


async def _held(hand: Ours) -> tuple[float, ...]:
    """What the service holds: megabytes, descriptors, threads, tasks."""
    figures = (await hand.exchange.http.get(f"{hand.exchange.public}/metrics")).text
    tasks = next(float(line.split()[1]) for line in figures.splitlines() if line.startswith("cer_tasks "))
    return hand.service.memory(), *hand.service.holds(), tasks


def _peer(asked: argparse.Namespace, clips: Clips) -> None:
    """What of it can be measured with pipecat: answers, pauses, speaking over it."""
    for seconds, measure in ((peer.BRIEFLY, _peer_turns), (peer.LONG, _over)):
        with peer.bot(asked.pipecat, core=SERVICE_CORE, seconds=seconds) as running:
            uvloop.run(_with_peer(asked, clips, running, measure))


async def _with_peer(
    asked: argparse.Namespace, clips: Clips, running: peer.Bot, measure: Callable[[peer.Peer, argparse.Namespace], Awaitable[None]]
) -> None:  # fmt: skip
    async with httpx.AsyncClient() as http:
        hand = peer.Peer(bot=running, exchange=Exchange("", TOKEN, SERVICE, http), clips=clips, name="pipecat: ")
        await _keep(hand, peer.answers, 2, 1)  # everything has been loaded
        await measure(hand, asked)


async def _peer_turns(hand: peer.Peer, asked: argparse.Namespace) -> None:
    used, began = hand.bot.cpu(), time.monotonic()
    found = await _keep(hand, peer.answers, asked.calls, asked.seconds)
    share = 100 * (hand.bot.cpu() - used) / (time.monotonic() - began) / asked.calls
    row(f"pipecat: end of speech to first sound, {asked.calls} at once; of a core for a call", f"{quantiles(found.ms())}; {share:.2f}%")
    row("pipecat: said and not answered", f"{len(found.silent)}/{len(found.silent) + len(found.answered)}", found.silent)
    await _pauses(hand, asked)


async def _many(hand: Ours, calls: int, at_once: int) -> None:
    left = iter(range(calls))

    async def line() -> None:
        for _ in left:
            await scenes.whole(hand, hurry=True)

    await asyncio.gather(*(line() for _ in range(at_once)))
    await asyncio.sleep(1)


def row(name: str, result: str, misses: Sequence[str] = ()) -> None:
    """One line of the table."""
    print(f"| {name} | {result} |", flush=True)
    for miss in misses[:MISSES_SHOWN]:
        sys.stderr.write(f"    {miss}\n")


if __name__ == "__main__":
    main()
