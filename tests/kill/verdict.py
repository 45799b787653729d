"""What the carrier's file and our database say after everything, compared."""

import sqlite3
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import Row, text

from tests.bench import world
from tests.bench.stage import Stage

REACHED = ("accepted", "sent", "delivered")
LONGEST_RECOVERY = 60.0  # seconds


@dataclass
class Verdict:
    """Figures, and every sentence of what is wrong; none of them is how it should be."""

    figures: dict[str, object] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def expect(self, right: bool, sentence: str) -> None:
        if not right:
            self.wrong.append(sentence)

    def __str__(self) -> str:
        lines = [f"{what}: {figure}" for what, figure in self.figures.items()]
        return "\n".join([*lines, *(f"WRONG: {sentence}" for sentence in self.wrong), *([] if self.wrong else ["all is well"])])


def judge(
    made: Stage, messages: int, cancelling: Collection[int], taking_back: Collection[int], killed: Mapping[str, int],
    recoveries: Sequence[float], seconds: float,
) -> Verdict:  # fmt: skip
    """Compare everything with what should be."""
    verdict = Verdict()
    verdict.figures["killed"] = f"{killed['worker']} workers, {killed['web']} web processes, in {seconds:.0f} s"
    _judge_sending(verdict, made, messages, {world.number(one) for one in cancelling})
    _judge_receiving(verdict, made, len(cancelling) + len(taking_back))
    _judge_visits(verdict, made, cancelling, taking_back)
    verdict.figures["work of killed workers back in hand after"] = ", ".join(f"{one:.0f} s" for one in sorted(recoveries)) or "-"
    verdict.expect(max(recoveries, default=0) < LONGEST_RECOVERY, "the work of a killed worker lay about for too long")
    return verdict


def _rows(made: Stage, query: str) -> Sequence[Row[tuple[object, ...]]]:
    with made.engine.connect() as connection:
        return connection.execute(text(query)).all()


def _carried(made: Stage, direction: str) -> list[tuple[str, str | None]]:
    """The carrier's messages of a direction: its id, and the address for receipts, which bears our id."""
    connection = sqlite3.connect(f"file:{made.carrier_file}?mode=ro", uri=True)
    try:
        return connection.execute("SELECT sid, callback FROM messages WHERE direction = ?", (direction,)).fetchall()
    finally:
        connection.close()


def _judge_sending(verdict: Verdict, made: Stage, messages: int, cancelled: Collection[str]) -> None:
    made.end(made.running[0])  # the carrier holds its file for itself
    carried = {sid: int(parse_qs(urlsplit(callback or "").query)["m"][0]) for sid, callback in _carried(made, "outbound-api")}
    ours = _rows(made, "SELECT id, kind, state, wire_id, address FROM messages WHERE direction = 'out'")
    often = Counter(carried.values())
    twice = [one for one, times in often.items() if times > 1]
    reached = {row.id: row.wire_id for row in ours if row.state in REACHED}
    suppressed = [row for row in ours if row.state == "suppressed"]
    verdict.figures["messages"] = f"{len(ours)} written, {len(carried)} taken by the carrier, {len(suppressed)} suppressed in time"
    verdict.figures["states"] = dict(Counter(row.state for row in ours))
    verdict.expect(not twice, f"sent twice: {twice[:5]} of {len(twice)}")
    verdict.expect({one: sid for sid, one in carried.items()} == reached, "the carrier's ids are not the ones that we have")
    verdict.expect(len(reached) + len(suppressed) == len(ours), "messages were lost or left behind")
    for_a_reason = all(row.kind == "reminder_d7" and row.address in cancelled for row in suppressed)
    verdict.expect(for_a_reason, "a message was suppressed for nothing")
    verdict.expect(sum(row.kind == "reminder_d7" for row in ours) == messages, "not every visit was reminded of once")
    tasks = _rows(made, "SELECT kind, cause FROM tasks")
    verdict.expect(not tasks, f"tasks for people: {tasks[:5]}")


def _judge_receiving(verdict: Verdict, made: Stage, expected: int) -> None:
    brought = {sid for sid, _ in _carried(made, "inbound")}
    taken = [row.wire_id for row in _rows(made, "SELECT wire_id FROM messages WHERE direction = 'in'")]
    turns = [row.message_id for row in _rows(made, "SELECT message_id FROM turns")]
    verdict.figures["replies"] = f"{len(brought)} written on telephones, {len(taken)} taken, {len(turns)} turns"
    verdict.expect(len(brought) == expected, f"{expected} replies should have been written")
    verdict.expect(sorted(taken) == sorted(brought) and len(turns) == len(taken), "a reply was lost or taken twice")


VISITS = """
SELECT p.identifier::int AS patient, a.status, s.state AS slot,
       (SELECT count(*) FROM events e WHERE e.appointment_id = a.id AND e.kind = 'visit.cancelled') AS cancelled,
       (SELECT count(*) FROM events e WHERE e.appointment_id = a.id AND e.kind = 'visit.restored') AS restored,
       (SELECT count(*) FROM events e WHERE e.slot_id = a.slot_id AND e.kind = 'slot.freed') AS freed,
       (SELECT count(*) FROM events e WHERE e.slot_id = a.slot_id
           AND e.kind IN ('visit.assigned', 'slot.published', 'offer.made')) AS placed,
       (SELECT count(*) FROM messages m WHERE m.appointment_id = a.id AND m.kind = 'cancelled') AS told,
       (SELECT count(*) FROM appointments o WHERE o.slot_id = a.slot_id AND o.status IN ('proposed', 'booked', 'cancelling')) AS holders
  FROM appointments a JOIN patients p ON p.id = a.patient_id JOIN slots s ON s.id = a.slot_id WHERE a.origin = 'registrar'
"""


def _judge_visits(verdict: Verdict, made: Stage, cancelling: Collection[int], taking_back: Collection[int]) -> None:
    given_up, ends = frozenset(cancelling), Counter[str]()
    for visit in _rows(made, VISITS):
        patient, meant = visit.patient, visit.patient in given_up
        back = meant and visit.restored == 1
        expected = (
            ("booked", "taken", 0, 0, 0, 0, 0, 1) if not meant
            else ("booked", "taken", 1, 1, 0, 0, 1, 1) if back
            else ("cancelled", visit.slot, 1, 0, 1, 1, 1, int(visit.slot == "taken"))
        )  # fmt: skip
        verdict.expect(tuple(visit)[1:] == expected, f"visit of patient {patient}: {tuple(visit)[1:]} instead of {expected}")
        verdict.expect(not back or patient in taking_back, f"a cancellation of patient {patient} was taken back by nobody")
        ends["given up, given to the next" if meant and not back else "given up, taken back" if back else "kept"] += 1
    verdict.figures["visits"] = dict(ends)
