"""What is there: visits, the place in the queue, and answers to questions."""

from dialogs.actions.turn import ANSWERED, Done, Turn, answer


def tell_visit(turn: Turn) -> Done:
    """Where and when the visit is."""
    answer(turn, "where_when", turn.visit)
    return ANSWERED


def tell_waiting(turn: Turn) -> Done:
    """That the patient waits, and how long it may take."""
    answer(turn, "waiting_room_status")
    return ANSWERED


def answer_question(turn: Turn) -> Done:
    """A question of the rules: what is not known is never invented; a person gets it where there is no clinic to ask."""
    visits = turn.people.those("open")
    if visits:
        answer(turn, "question_unanswered", visits[0])
        return ANSWERED
    turn.task("question")
    answer(turn, "request_human")
    return ANSWERED
