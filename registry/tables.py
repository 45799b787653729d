"""All tables of the registry in one place, for migrations: importing this module fills `Base.metadata`."""

from registry import appointments, communications, events, people, referrals, schedules, tasks, waiting_room
from registry.database import Base

TABLES = (appointments, communications, events, people, referrals, schedules, tasks, waiting_room)
metadata = Base.metadata
