"""The policy of this installation: the settled values of the registry with what the settings may change."""

from dataclasses import replace
from datetime import time, timedelta

from channels.settings import Settings
from registry.catalogue import POLICY, Policy, Window

AT_ANY_HOUR = Window(time.min, time.max)


def policy(settings: Settings) -> Policy:
    """D6, D10 and the desks' horizon (R31) as set; everything else as decided."""
    chosen = replace(
        POLICY, undo_hold=timedelta(seconds=settings.undo_seconds), spread_reminders=settings.spread_reminders,
        desk_within_horizon=settings.desk_within_horizon,
    )  # fmt: skip
    if settings.contact_hours_always_open:
        chosen = replace(chosen, sms_hours=AT_ANY_HOUR, call_hours=AT_ANY_HOUR, near_hours=AT_ANY_HOUR)
    return chosen
