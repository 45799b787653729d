"""The pure rules at their borders, and against the oracle at random instants around both clock changes (X15, X16, X17)."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry import rules
from registry.catalogue import POLICY, SERVICES, WHO_MAY_TAKE, Category, Service
from tests.registry import oracle
from tests.registry.build import WARSAW, warsaw

CARDIO, MAMMO = SERVICES["CARDIO_FIRST"], SERVICES["MAMMO"]
SPRING, AUTUMN, PLAIN = date(2026, 3, 29), date(2026, 10, 25), date(2026, 6, 10)
SECOND = timedelta(seconds=1)
AROUND = (PLAIN, SPRING, AUTUMN, date(2026, 12, 25), date(2027, 1, 1), date(2026, 5, 2))
# The holidays of the days that are tried here, from the act of 18 January 1951 on days free of work, not from a library.
FREE_DAYS = frozenset(
    [
        date(2026, 4, 5), date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 3), date(2026, 5, 24), date(2026, 6, 4),
        date(2026, 8, 15), date(2026, 11, 1), date(2026, 11, 11), date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 26),
        date(2027, 1, 1), date(2027, 1, 6),
    ]
)  # fmt: skip

unhurried = settings(deadline=None)  # the oracle counts minutes one by one, and the machine may be busy
instants = st.builds(
    lambda day, seconds: datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=seconds),
    st.sampled_from(AROUND),
    st.integers(-5 * 86_400, 5 * 86_400),
)
leads = st.one_of(
    st.integers(-3_600, 45 * 86_400).map(lambda seconds: timedelta(seconds=seconds)),
    st.builds(lambda hours, off: timedelta(hours=hours, seconds=off), st.sampled_from((0, 48, 72)), st.integers(-2, 2)),
)
near_marks = st.integers(48 * 3_600, 72 * 3_600).map(lambda seconds: timedelta(seconds=seconds))


@pytest.mark.parametrize("day", [PLAIN, SPRING, AUTUMN])
@pytest.mark.parametrize(
    ("lead", "verdict"),
    [
        (timedelta(hours=72) + SECOND, "assign"), (timedelta(hours=72), "propose"), (timedelta(hours=72) - SECOND, "propose"),
        (timedelta(hours=48) + SECOND, "propose"), (timedelta(hours=48), "propose"), (timedelta(hours=48) - SECOND, "publish"),
        (SECOND, "publish"), (timedelta(0), "lost"), (-SECOND, "lost"),
    ],
)  # fmt: skip
def test_borders_of_72_and_48_hours_are_elapsed_hours(day: date, lead: timedelta, verdict: str) -> None:
    """X16, R60-R62, D4: to the second, also where the Warsaw clock jumps in between."""
    starts_at = warsaw(day + timedelta(days=1), 10)
    assert rules.placement(starts_at, starts_at - lead, POLICY) == verdict


def test_three_wall_clock_days_over_a_clock_change_are_71_or_73_hours() -> None:
    """R60: the source's own example of 2026-03-29 and 2026-10-25."""
    spring = rules.placement(warsaw(date(2026, 3, 31), 10), warsaw(date(2026, 3, 28), 10), POLICY)
    autumn = rules.placement(warsaw(date(2026, 10, 27), 10), warsaw(date(2026, 10, 24), 10), POLICY)
    assert (spring, autumn) == ("propose", "assign")


@unhurried
@given(now=instants, lead=leads, pool=st.sampled_from(["FIRST_URGENT", "FIRST_STABLE", "FIRST_PRIVILEGED"]))
def test_placement_agrees_with_the_oracle(now: datetime, lead: timedelta, pool: str) -> None:
    """R31, R60-R62, X15, X17: horizon and lead together."""
    starts_at = now + lead
    beyond = rules.local_date(starts_at) > rules.last_open_day(now, CARDIO)
    ours = "locked" if beyond else rules.placement(starts_at, now, POLICY)
    assert ours == oracle.placement(starts_at, now, pool)


@pytest.mark.parametrize("today", [PLAIN, date(2026, 2, 17), SPRING, date(2026, 9, 15), AUTUMN])
@pytest.mark.parametrize(("service", "days"), [(CARDIO, 40), (MAMMO, 90)])
def test_the_last_open_day_turns_at_warsaw_midnight(today: date, service: Service, days: int) -> None:
    """X16, R31, R82: day 40 (90) is inside, the next one opens at local midnight and not a second before."""
    midnight = datetime.combine(today, time(0), WARSAW).astimezone(UTC)
    assert rules.last_open_day(midnight, service) == today + timedelta(days=days)
    assert rules.last_open_day(midnight - SECOND, service) == today + timedelta(days=days - 1)


@unhurried
@given(now=instants, code=st.sampled_from(sorted(SERVICES)))
def test_the_horizon_agrees_with_the_oracle(now: datetime, code: str) -> None:
    """R31, R82."""
    assert rules.last_open_day(now, SERVICES[code]) == oracle.last_open_day(now, code)


@unhurried
@given(now=instants, lead=st.one_of(near_marks, leads))
def test_the_deadline_of_an_offer_by_sms_agrees_with_the_oracle(now: datetime, lead: timedelta) -> None:
    """D5, X19, counted minute by minute over nights and clock changes."""
    starts_at = now + lead
    assert rules.offer_deadline(now, starts_at, POLICY.sms_hours, POLICY) == oracle.offer_ends(starts_at, now)


@unhurried
@given(now=instants, lead=st.one_of(near_marks, leads))
def test_the_deadline_of_an_offer_by_telephone_agrees_with_the_oracle(now: datetime, lead: timedelta) -> None:
    """D5, D10: nobody is called on Sundays and holidays, so an offer to a landline does not run out on them."""
    starts_at = now + lead
    expected = oracle.offer_ends(starts_at, now, lambda at: oracle.in_calling_hours(at, FREE_DAYS))
    assert rules.offer_deadline(now, starts_at, POLICY.call_hours, POLICY) == expected


def test_an_offer_lives_four_hours_inside_contact_hours() -> None:
    """D5: made at 18:30 it ends at 10:30 the next morning; in the quiet of the night not a minute runs."""
    visit = warsaw(PLAIN + timedelta(days=3), 18)
    assert rules.offer_deadline(warsaw(PLAIN, 18, 30), visit, POLICY.sms_hours, POLICY) == warsaw(PLAIN + timedelta(days=1), 10, 30)
    assert rules.offer_deadline(warsaw(PLAIN, 10), warsaw(PLAIN + timedelta(days=3), 9), POLICY.sms_hours, POLICY) == warsaw(PLAIN, 14)


def test_an_offer_ends_at_the_48_hour_mark() -> None:
    """R61, D5."""
    visit = warsaw(PLAIN + timedelta(days=2), 12)
    assert rules.offer_deadline(warsaw(PLAIN, 10), visit, POLICY.sms_hours, POLICY) == warsaw(PLAIN, 12)


def test_an_offer_that_nobody_could_answer_is_not_made() -> None:
    """X19, D5: at night with the 48-hour mark before the morning, and at the mark itself."""
    at_night = warsaw(PLAIN, 23)
    assert rules.offer_deadline(at_night, at_night + timedelta(hours=53), POLICY.sms_hours, POLICY) is None
    at_noon = warsaw(PLAIN, 12)
    assert rules.offer_deadline(at_noon, at_noon + timedelta(hours=48), POLICY.sms_hours, POLICY) is None


@pytest.mark.parametrize("pool", sorted(WHO_MAY_TAKE))
@pytest.mark.parametrize("urgent", [True, False])
@pytest.mark.parametrize("privileged", [True, False])
def test_who_may_take_which_pool(pool: str, *, urgent: bool, privileged: bool) -> None:
    """D2, R24, R44, R75: the whole matrix; CONTROL and SCREENING never go through the waiting room."""
    one = oracle.Waiting(1, datetime(2026, 6, 1, tzinfo=UTC), oracle.Wishes(PLAIN), urgent=urgent, privileged=privileged)
    category: Category = "urgent" if urgent else "stable"
    assert rules.may_take("CARDIO_FIRST", date(2026, 9, 1), pool, category, privileged=privileged) == (pool in oracle.pools(one))


def test_the_queue_goes_by_entitlement_then_category() -> None:
    """D3, R53."""
    classes: list[tuple[bool, Category]] = [(True, "urgent"), (True, "stable"), (False, "urgent"), (False, "stable")]
    ranks = [rules.queue_rank(category, privileged=privileged) for privileged, category in classes]
    assert ranks == sorted(set(ranks))


@unhurried
@given(returns=st.integers(1, 6))
def test_the_third_return_loses_the_place(returns: int) -> None:
    """D1."""
    joined, back = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    after = oracle.after_return(oracle.Record(joined, returns - 1), back)
    assert rules.keeps_place(returns, POLICY) == (after.joined == joined)


@unhurried
@given(now=instants)
def test_the_contact_moment_is_the_first_one_allowed(now: datetime) -> None:
    """D10, X30: for messages and for calls; nothing earlier would have done."""
    for window, awake in (
        (POLICY.sms_hours, oracle.in_contact_hours),
        (POLICY.call_hours, lambda at: oracle.in_calling_hours(at, FREE_DAYS)),
    ):
        moment = rules.contact_moment(now, window)
        assert moment >= now
        assert awake(moment)
        assert moment == now or not awake(moment - timedelta(microseconds=1))
        assert not any(awake(now + timedelta(hours=hour)) for hour in range(96) if now + timedelta(hours=hour) < moment)


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_contact_hours_follow_the_warsaw_clock_over_its_changes(day: date) -> None:
    """D10, X17."""
    opens, closes = rules.day_window(day, POLICY.sms_hours)
    assert (opens.astimezone(WARSAW).time(), closes.astimezone(WARSAW).time()) == (time(8), time(20))
    assert closes - opens == timedelta(hours=12)


@pytest.mark.parametrize(
    ("visit", "before", "day"),
    [
        (date(2026, 6, 17), 1, date(2026, 6, 16)),  # a Wednesday: the day before
        (date(2026, 6, 15), 1, date(2026, 6, 13)),  # a Monday: Sunday is no day for calls, Saturday is
        (date(2026, 6, 5), 1, date(2026, 6, 3)),  # the Friday after Corpus Christi
        (date(2026, 12, 28), 1, date(2026, 12, 23)),  # Sunday, both Christmas days and Christmas Eve before a Monday
        (date(2026, 6, 21), 7, date(2026, 6, 13)),
    ],
)
def test_a_reminder_by_telephone_goes_out_before_a_day_without_calls(visit: date, before: int, day: date) -> None:
    """R101, X30, D10: Sundays and holidays for calls."""
    assert rules.reminder_day(visit, before, POLICY.call_hours) == day
    assert rules.reminder_day(visit, before, POLICY.sms_hours) == visit - timedelta(days=before)


@unhurried
@given(visit=st.dates(date(2026, 1, 20), date(2027, 12, 31)), before=st.sampled_from([1, 7]), calls=st.booleans())
def test_every_visit_day_is_reminded_of_on_exactly_one_day(visit: date, before: int, *, calls: bool) -> None:
    """R101: the days found by the query are the inverse of the rule; none is missed over long holidays, none comes twice."""
    window = POLICY.call_hours if calls else POLICY.sms_hours
    days = [visit - timedelta(days=back) for back in range(20)]
    sent_on = [day for day in days if visit in rules.visit_days_reminded_on(day, before, window)]
    assert sent_on == [rules.reminder_day(visit, before, window)]


def test_touching_visits_do_not_overlap() -> None:
    """X4, R123."""
    ten, eleven, noon = (datetime(2026, 6, 1, hour, tzinfo=UTC) for hour in (10, 11, 12))
    assert not rules.overlaps(ten, eleven, eleven, noon)
    assert rules.overlaps(ten, eleven + SECOND, eleven, noon)
