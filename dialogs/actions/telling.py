"""What is there: visits, the place in the queue, and answers to questions."""

from dialogs import knowledge
from dialogs.actions.turn import ANSWERED, Done, Turn, answer
from registry.rules import local_date


def tell_visit(turn: Turn) -> Done:
    """Where and when the visit is."""
    answer(turn, "where_when", turn.visit)
    return ANSWERED


def tell_waiting(turn: Turn) -> Done:
    """That the patient waits, and how long it may take."""
    answer(turn, "waiting_room_status")
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
        answer(turn, "request_human")
    return ANSWERED
