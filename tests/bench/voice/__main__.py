"""`python -m tests.bench.voice [--corpus FOLDER]`: figures as Markdown to stdout, progress and misses to stderr."""

import argparse
import sys
from pathlib import Path

from channels.voice.listening import build_ears
from dialogs.understanding import Interpreter
from tests.bench.voice.calls import outcomes
from tests.bench.voice.ears import ANSWERS, SHORT, Bench, Tally
from tests.bench.voice.lines import CLEAN, Line, by_espeak, cough, hum, nothing
from voice_models.cli import DEFAULT, HOME

LINES = {"clean": CLEAN, "20 dB, small room": Line(20, 0.2, -4), "10 dB noise": Line(10), "quiet (-18 dB)": Line(25, 0, -18)}

ECHOES = {
    "no echo": CLEAN, "echo 22 dB below the caller": Line(25, echo_db=22),
    "echo 14 dB below, 300 ms late, from a room": Line(25, 0, 0, 14, 300, 0.2),
}  # fmt: skip
CALLS = {"clean": CLEAN, "10 dB noise": Line(10)}


def main() -> None:
    """Measure the ears."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--corpus", type=Path, help="a folder with corpus.tsv, whose held-out voice is heard too")
    wanted.add_argument("--model", type=Path, default=HOME / DEFAULT)
    wanted.add_argument("--only", default="", help="only measurements with this word in their name")
    asked = wanted.parse_args()
    ears = build_ears({"pl": asked.model}, threads=1)
    print("| Measurement | Result |\n|---|---|")
    measure(Bench(ears, Interpreter.load(), asked.corpus), asked.only)
    ears.close()


def measure(bench: Bench, only: str) -> None:
    """Every measurement, one row each."""
    for name, line in LINES.items():
        if only in f"answers short {name}":
            right, _ = bench.answers(line, ANSWERS)
            row(f"answers heard whole and right, end of speech to answer, {name}", right)
            short, soon = bench.answers(line, SHORT)
            row(f"tak, nie, słucham right, {name}", short)
            row(f"tak, nie, słucham known within 500 ms, {name}", soon)
    for pause in (150, 250, 400, 550, 700):
        if only in f"pause {pause}":
            row(f"not cut in two by pauses of {pause} ms", bench.cut_ins(pause))
    if only in "barge":
        _over(bench)
    if only in "other speech":
        none, harmless = bench.others(CLEAN)
        row("other speech not believed", none)
        row("other speech not believed to cancel", harmless)
    for name, line in CALLS.items():
        if only in f"calls {name}":
            row(f"whole calls that ended as the caller meant, {name}", *_calls(bench, line))
    if only in "cost":
        print(f"| share of a core for a call, a third of it speech | {100 * bench.cost():.2f}% |")


def _over(bench: Bench) -> None:
    """Speaking, coughing and humming over the bot, whose voice comes back or not."""
    bot = by_espeak("przypominamy o wizycie w czwartek dwudziestego siódmego listopada o godzinie dziesiątej", "pl").samples
    for name, line in ECHOES.items():
        row(f"barge-in, {name}", bench.barge_in(line, bot))
        for what, make in (("coughs", cough), ("mhm", hum), ("its own voice", nothing)):
            row(f"{what} that did not stop the bot, {name}", bench.disturbances(line, bot, make))


def _calls(bench: Bench, line: Line) -> tuple[Tally, str]:
    """Calls as scripts, and how many visits were cancelled against the caller's will."""
    right, wrong = Tally(), 0
    for wish, voice, visit, events in outcomes(bench.ears, line):
        right.count(wish.came_true(visit, events), f"{wish.name} ({voice}): {visit}, {events}")
        wrong += visit == "cancelled" != wish.visit
    return right, f"; {wrong} wrong cancellations"


def row(name: str, tally: Tally, more: str = "") -> None:
    """One line of the table, and what went wrong."""
    print(f"| {name} | {tally}{more} |", flush=True)
    for miss in tally.misses[:12]:
        sys.stderr.write(f"    {miss}\n")


if __name__ == "__main__":
    main()
