"""SIMP over HTTP, and a small register that stands in for it in the demonstration (R80, R81)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, get_args

import httpx

from registry import pesel
from registry.catalogue import Kind
from registry.eligibility import Answer, EligibilityUnavailable, Question, Reason
from registry.screening import Exam, Report, judge

TIMEOUT: Final = httpx.Timeout(5.0)  # seconds; a patient is waiting for the answer
REASONS: Final = frozenset(get_args(Reason))
KINDS: Final = frozenset(get_args(Kind))


class Simp:
    """The register at an address: `POST /eligibility` asks, `POST /exams` tells; both need the token of the contract."""

    def __init__(self, base_url: str, token: str, *, transport: httpx.BaseTransport | None = None) -> None:
        self._client = httpx.Client(
            base_url=base_url, headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT, transport=transport
        )

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()

    def ask(self, question: Question) -> Answer:
        """The verdict; `EligibilityUnavailable` for every answer that is not one beyond doubt."""
        return _answer(self._post("/eligibility", _of_question(question)), question)

    def tell(self, report: Report) -> None:
        """Report a change; the event's number is the idempotency key, so that a repetition changes nothing there."""
        self._post("/exams", _of_report(report), key=f"event-{report.event_id}")

    def _post(self, path: str, body: Mapping[str, Any], key: str | None = None) -> Any:
        try:
            response = self._client.post(path, json=body, headers={"Idempotency-Key": key} if key else None)
            response.raise_for_status()
            return response.json() if response.content else None
        except (httpx.HTTPError, ValueError) as error:
            raise EligibilityUnavailable(type(error).__name__) from error


def _of_question(question: Question) -> dict[str, str]:
    return {
        "identifierSystem": question.identifier_system, "identifier": question.identifier, "service": question.service,
        "asOf": question.as_of.isoformat(),
    }  # fmt: skip


def _of_report(report: Report) -> dict[str, str | int]:
    return {
        "eventId": report.event_id, "kind": report.kind, "examId": report.appointment_id, "service": report.service,
        "identifierSystem": report.identifier_system, "identifier": report.identifier, "startsAt": report.starts_at.isoformat(),
        "provider": report.provider, "at": report.at.isoformat(),
    }  # fmt: skip


def _answer(body: Any, question: Question) -> Answer:
    """A verdict out of JSON. One for another day, or one that contradicts itself, is none."""
    try:
        qualified, reason, reference = body["qualified"], body["reason"], body["reference"]
        since = body.get("qualifiesFrom")
        kinds = tuple(kind for kind in body.get("kinds") or () if kind in KINDS)
        if body.get("kinds") and not kinds:  # for something that we do not know: not for what we offer
            raise EligibilityUnavailable("unknown kind")
        answer = Answer(
            qualified, reason if reason in REASONS else "other", str(reference), date.fromisoformat(since) if since else None, kinds
        )
        sound = isinstance(qualified, bool) and bool(reference) and body["asOf"] == question.as_of.isoformat()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EligibilityUnavailable("unreadable") from error
    if not sound or qualified != (answer.reason == "qualified"):
        raise EligibilityUnavailable("contradiction")
    return answer


@dataclass(slots=True)
class LocalRegister:
    """A register on this machine: it knows the exams it is given, judges by the programmes' figures, and keeps what it is told."""

    exams: Mapping[str, Sequence[Exam]] = field(default_factory=dict)
    uninsured: frozenset[str] = frozenset()
    told: list[Report] = field(default_factory=list)

    def ask(self, question: Question) -> Answer:
        """Judge by the PESEL alone; who has none cannot be judged here (X35)."""
        if question.identifier_system != "PESEL":
            return Answer(False, "other", self._reference(question))
        return judge(
            question.service, born=pesel.birth_date(question.identifier), sex=pesel.sex(question.identifier),
            exams=self.exams.get(question.identifier, ()), insured=question.identifier not in self.uninsured,
            as_of=question.as_of, reference=self._reference(question),
        )  # fmt: skip

    def tell(self, report: Report) -> None:
        """Take a report; the same event twice is kept once."""
        if report.event_id not in {one.event_id for one in self.told}:
            self.told.append(report)

    @staticmethod
    def _reference(question: Question) -> str:
        return f"local-{question.service}-{question.as_of.isoformat()}"
