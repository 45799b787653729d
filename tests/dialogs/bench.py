"""`make bench-dialogs`: how well patients are understood, on the labelled sets that training never saw (issue: How good).

Prints for each set: right or rightly asked back, harmful readings, needless questions, entities, latency, confusions; with
RASA=…/bin/rasa beside Rasa's DIET taught the same data in the same run (`diet`).
"""

import argparse
import os
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

from dialogs import knowledge
from dialogs.understanding import Interpreter, Reading
from tests.dialogs import diet, sets
from tests.dialogs.sets.judge import Verdict, judge

Judged = tuple[dict[str, Any], Reading, Verdict, float]


def judged(
    read: diet.Reads, half: str, clock: Callable[[], float] = time.thread_time, *, every: int = 1
) -> list[Judged]:  # fmt: skip
    """Every message of a half read and judged, with the seconds that reading took: by default of one core, whatever else runs."""
    found: list[Judged] = []
    for message in list(sets.read(half))[::every]:
        started = clock()
        reading = read(message)
        found.append((message, reading, judge(message, reading.as_json()), clock() - started))
    return found


def ours(interpreter: Interpreter) -> diet.Reads:
    """The shipped understanding, told what a channel tells it."""
    return lambda message: interpreter.read(
        message["text"], asked=message["asked"], channel=message["channel"], language=message["language"],
        today=date.fromisoformat(message["today"]),
    )  # fmt: skip


def _share(part: int, whole: int) -> str:
    return f"{part:5d}/{whole:<5d} {100 * part / whole:6.2f}%" if whole else "    -"


def figures(results: list[Judged]) -> Iterable[str]:
    """The figures that the issue sets aims for, one line each."""
    verdicts = [verdict for _, _, verdict, _ in results]
    births = [row for row in results if row[0]["asked"] == "date_of_birth" and "date" in row[0]["entities"]]
    yield from readings(results)
    yield from _answers(results)
    yield f"entities exact                {_share(sum(v.entities for v in verdicts), len(verdicts))}"
    yield f"dates of birth exact          {_share(sum(v.entities for _, _, v, _ in births), len(births))}"
    yield latency(results)


def readings(results: list[Judged]) -> Iterable[str]:
    """What is asked of every reader: the right intent or the right question, no harm, no needless question."""
    verdicts = [verdict for _, _, verdict, _ in results]
    reminders = [verdict for message, _, verdict, _ in results if message["asked"] == "reminder"]
    negations = [verdict for message, _, verdict, _ in results if message["class"] == "negation"]
    cancels = [row for row in results if row[0]["intent"] == "cancel_visit" and row[0]["question"] is False]
    yield f"right or rightly asked back   {_share(sum(v.right for v in verdicts), len(verdicts))}"
    yield f"  asked a reminder            {_share(sum(v.right for v in reminders), len(reminders))}"
    yield f"harmful readings              {_share(sum(v.harmful for v in verdicts), len(verdicts))}"
    yield f"  in the negation part        {_share(sum(v.harmful for v in negations), len(negations))}"
    yield f"needless questions            {_share(sum(v.needless for v in verdicts), len(verdicts))}"
    plain = sum(r.intent == "cancel_visit" and not r.question for _, r, _, _ in cancels)
    yield f"cancellations without asking  {_share(plain, len(cancels))}"


def latency(results: list[Judged]) -> str:
    """How long a reading takes."""
    milliseconds = sorted(1000 * seconds for *_, seconds in results)
    return f"latency ms median {statistics.median(milliseconds):.2f}, p99 {milliseconds[int(len(milliseconds) * 0.99)]:.2f}"


def _answers(results: list[Judged]) -> Iterable[str]:
    """Questions: the right answer first (R126–R141), and none given to what is foreign or for a doctor."""
    known = [(message, reading) for message, reading, _, _ in results if message.get("topic") and message["question"] is False]
    foreign = [reading for message, reading, _, _ in results if message["class"] in {"foreign", "medical"}]
    right = sum(reading.entities.get("topic") in _topics(message) for message, reading in known)
    unknown = sum(reading.entities.get("topic") not in knowledge.TOPICS for reading in foreign)
    yield f"answers: the right one first  {_share(right, len(known))}"
    yield f"  none to a foreign question  {_share(unknown, len(foreign))}"


def _topics(message: dict[str, Any]) -> list[str]:
    topic = message["topic"]
    return topic if isinstance(topic, list) else [topic]


def by_class(results: list[Judged]) -> Iterable[str]:
    groups: dict[str, list[Verdict]] = defaultdict(list)
    for message, _, verdict, _ in results:
        groups[f"{message['language']} {message['class']}"].append(verdict)
    for name, verdicts in sorted(groups.items()):
        harm = sum(verdict.harmful for verdict in verdicts)
        yield f"{name:22} {_share(sum(verdict.right for verdict in verdicts), len(verdicts))}  harmful {harm}"


def confusions(results: list[Judged]) -> Iterable[str]:
    """Wrong readings by (meant, read), most frequent first; several labels are joined."""
    wrong = Counter(
        (_label(message), reading.intent + ("?" if reading.question else ""))
        for message, reading, verdict, _ in results
        if not verdict.right
    )
    for (meant, read), count in wrong.most_common(40):
        yield f"{count:4d}  {meant} -> {read}"


def _label(message: dict[str, Any]) -> str:
    label = message["intent"]
    joined = "|".join(map(str, label)) if isinstance(label, list) else str(label)
    return joined + {True: "?", "either": "(?)"}.get(message["question"], "")


def main() -> None:
    """Print the report of the chosen parts, or of all; `--wrong` lists the messages that were not understood."""
    parser = argparse.ArgumentParser(description=__doc__)
    which = f"one of {', '.join(sets.PARTS)}, or a file of messages; all parts when left out"
    parser.add_argument("--half", "--set", dest="half", type=_part, action="append", help=which)
    parser.add_argument("--cache", type=Path, help="folder that keeps the trained model")
    parser.add_argument("--peer-every", type=int, default=1, help="the peer reads every n-th message only, and so do we beside it")
    parser.add_argument("--wrong", action="store_true", help="list the misread messages (of all but the blind set)")
    chosen = parser.parse_args()
    started = time.perf_counter()
    interpreter = Interpreter.load(chosen.cache)
    print(f"trained in {time.perf_counter() - started:.1f} s")  # noqa: T201 - a bench prints
    for half in chosen.half or sets.PARTS:
        results = judged(ours(interpreter), half)
        lines = [f"\n== {half}", *figures(results), "", *by_class(results), "", *confusions(results)]
        print("\n".join(lines))  # noqa: T201 - a bench prints
        if half != "fresh":
            print("\n".join(["", *harms(results)]))  # noqa: T201 - a bench prints
        if chosen.wrong and half != "fresh":
            print("\n".join(_misread(results)))  # noqa: T201 - a bench prints
    _beside_the_peer(interpreter, chosen.half or sets.PARTS, chosen.peer_every)


def _beside_the_peer(interpreter: Interpreter, parts: Iterable[str], every: int) -> None:
    """The same messages read by both, timed alike: by the clock, DIET's over HTTP on this machine."""
    rasa = os.environ.get("RASA")
    if not rasa:
        print("\nRasa's DIET is left out: RASA=…/bin/rasa names a Rasa 3.6 to compare with")  # noqa: T201 - a bench prints
        return
    with diet.taught(rasa) as (read, how):
        print(f"\n== beside Rasa's DIET ({how})")  # noqa: T201 - a bench prints
        for half in parts:
            for name, reader in (("cer", ours(interpreter)), ("DIET", read)):
                results = judged(reader, half, time.perf_counter, every=every)
                lines = [f"\n{half}, read by {name}", *readings(results), latency(results)]
                print("\n".join(lines), flush=True)  # noqa: T201 - a bench prints


def _part(name: str) -> str:
    """A part by its name, or the path of a file of messages in the sets' format (tests/dialogs/sets/README.md)."""
    if name not in sets.PARTS and not Path(name).is_file():
        raise argparse.ArgumentTypeError(f"neither one of {', '.join(sets.PARTS)} nor a file: {name}")
    return name


def harms(results: list[Judged]) -> Iterable[str]:
    """Every message by which a visit or a place would have been lost, with what was read and why."""
    for message, reading, verdict, _ in results:
        if verdict.harmful:
            yield f"HARM [{message['asked']}/{message['language']}/{message['class']}] {message['text']!r}"
            yield f"    meant {_label(message)}; read {reading.intent} ({'; '.join(reading.why)})"


def _misread(results: list[Judged]) -> Iterable[str]:
    for message, reading, verdict, _ in results:
        if not (verdict.right and verdict.entities):
            marks = ("HARM " if verdict.harmful else "") + ("" if verdict.right else "intent ") + ("" if verdict.entities else "entities")
            read = f"{reading.intent}{'?' if reading.question else ''} {reading.entities} ({'; '.join(reading.why)})"
            yield f"[{message['asked']}/{message['language']}/{message['class']}] {message['text']!r}"
            yield f"    {marks}: meant {_label(message)} {message['entities']}; read {read}"


if __name__ == "__main__":
    main()
