"""Turns taken through a Rasa server (CER_DIALOGS=rasa), or by the embedded engine where it does not answer in time.

The server is told the intent as we read it and the message's own id; its action server takes the turn in one transaction. Whoever
is first takes it: the id makes the other one's attempt change nothing (R102).
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

import httpx
import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from channels.eligibility import Asking
from dialogs import conversation
from dialogs.conversation import Outcome, Understands
from dialogs.conversing import Ask, converse
from dialogs.situation import situation_of
from registry import communications
from registry.communications import Received

log = structlog.get_logger("rasa")
