"""The supply of a future (R64): what goes on as the past did, its seasons, and schedules that end and begin."""

from dataclasses import replace
from datetime import date

from registry.supply import SILENT_DAYS, WEEKS_WATCHED, Outlook, Rates, Scenario, Slot, Week, turnover

TODAY = date(2026, 5, 18)
SLOTS: Week = dict.fromkeys(range(1, 6), ((540, "FIRST_STABLE"),))
YEAR = 52
FUTURES = 8


def days_of(outlook: Outlook, number: int) -> list[int]:
    """The days of all slots of one future."""
    return [slot.day for night in Scenario(outlook, number).nights() for slot in night]


def outlook_of(weeks: list[Week], *, schedules: int = 1, rates: Rates | None = None) -> Outlook:
    numbers = range(1, schedules + 1)
    return Outlook(
        "CARDIO_FIRST", TODAY, 40, past=dict.fromkeys(numbers, weeks), places=dict.fromkeys(numbers, 1),
        published_until=dict.fromkeys(numbers, 0), rates=rates or Rates(),
    )  # fmt: skip


def test_r64_a_summer_without_doctors_is_expected_again() -> None:
    weeks = [{} if 25 <= back < 45 else SLOTS for back in range(YEAR)]
    summer = range(YEAR - 40, YEAR - 30)  # the middle of last year's summer, in weeks from today
    for number in range(FUTURES):
        days = days_of(outlook_of(weeks), number)
        assert not any(day // 7 in summer for day in days)
        assert any(day // 7 < summer.start - 8 for day in days)


def test_r64_with_less_than_a_year_any_past_week_may_come_again() -> None:
    weeks = [{} if back < 15 else SLOTS for back in range(30)]
    emptied = [{day // 7 for day in range(350)} - {day // 7 for day in days_of(outlook_of(weeks), number)} for number in range(FUTURES)]
    assert len({frozenset(one) for one in emptied}) == FUTURES


def test_r64_a_schedule_ends_in_as_many_futures_as_schedules_have_ended() -> None:
    a_year = Rates(ends=1 / 52)
    last = [max(days_of(outlook_of([SLOTS] * YEAR, rates=a_year), number), default=0) for number in range(30)]
    assert 0.3 < sum(day < 364 for day in last) / len(last) < 0.9
    assert min(max(days_of(outlook_of([SLOTS] * YEAR), number)) for number in range(2)) > 880


def test_r64_what_is_published_stays_when_a_schedule_ends() -> None:
    announced = Slot(45, 540, 1, 1, "FIRST_STABLE")
    outlook = replace(outlook_of([SLOTS] * YEAR, rates=Rates(ends=1e6)), published=[announced], published_until={1: 45})
    assert days_of(outlook, 0) == [45]


def test_r64_new_schedules_begin_at_places_that_there_are() -> None:
    usual = len(days_of(outlook_of([SLOTS] * YEAR, schedules=4), 0))
    more = [len(days_of(outlook_of([SLOTS] * YEAR, schedules=4, rates=Rates(begins=1 / 52)), number)) for number in range(FUTURES)]
    assert min(more) > usual


def test_r64_turnover_is_what_the_service_has_shown_mixed_with_little() -> None:
    there_all_the_time = [(-1000, 30)] * 10
    ends, begins = turnover(there_all_the_time, YEAR)
    assert ends == begins == 1 / (10 * YEAR + WEEKS_WATCHED)
    ended, begun = (-1000, -SILENT_DAYS - 1), (-100, 30)
    assert turnover([*there_all_the_time, ended], YEAR)[0] > 1.8 * ends
    assert turnover([*there_all_the_time, begun], YEAR)[1] > 1.8 * begins
    assert turnover([*there_all_the_time, begun], YEAR)[0] < ends


def test_r64_what_the_registry_found_when_it_began_did_not_begin_then() -> None:
    found = [(-200, 30), (-190, 30), (-180, 30)]
    assert turnover(found, YEAR)[1] == turnover(found, YEAR)[0]


def test_r64_without_any_past_only_the_little_is_known() -> None:
    assert turnover([], YEAR) == (1 / WEEKS_WATCHED, 1 / WEEKS_WATCHED)
