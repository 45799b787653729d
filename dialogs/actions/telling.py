"""What is there: visits, the place in the queue, and answers to questions."""

from dialogs import knowledge
from dialogs.actions.turn import ANSWERED, Done, Turn, answer
from registry import prospects
from registry.rules import local_date
from registry.waiting_room import Entry


def tell_visit(turn: Turn) -> Done:
    """Where and when the visit is."""
    answer(turn, "where_when", turn.visit)
    return ANSWERED


def tell_waiting(turn: Turn) -> Done:
    """That the patient waits, how long it may take, and which wish of his costs most of it (R49)."""
    answer(turn, "waiting_room_status")
    if len(turn.people.waiting) == 1:
        entry = turn.session.get_one(Entry, turn.people.waiting[0].entry_id)
        for dearest in prospects.costs_of_criteria(turn.session, entry, now=turn.now)[:1]:
            answer(turn, f"nearer_{dearest.criterion}", estimate=dearest.p50, estimate_late=dearest.p90)
    return ANSWERED


def answer_question(turn: Turn) -> Done:
    """A question of the rules, out of the knowledge base; what is not known is never invented, a person sees it (R113, R126–R141)."""
    topic = turn.case.reading.entities.get("topic")
    visits = turn.people.those("open")
    if topic in knowledge.TOPICS:
        said = knowledge.answer(topic, language=turn.language, channel=turn.channel, today=local_date(turn.now))
        if visits:
            answer(turn, "question_answered_kept", turn.decision.situation.visit or visits[0], answer=said)
        else:
            answer(turn, "question_answered", answer=said)
        return ANSWERED
    turn.task("question")
    if visits:
        answer(turn, "question_unanswered", visits[0])
    else:
        answer(turn, "question_passed_on")
    return ANSWERED
