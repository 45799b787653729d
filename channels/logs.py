"""What the processes tell their engineers: structured lines without message texts, names, numbers or PESEL (X34).

Three guards, for any one may be forgotten: keys that carry such things are refused, values that look like a telephone number, a PESEL
or an e-mail address are blacked out, and an exception is told by its type and place, not by its message, which may quote a row.
"""

import logging
import re
import sys
import traceback
from collections.abc import Iterable, MutableMapping
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

# fmt: off
REFUSED = frozenset({
    "address", "addresses", "answer", "birth", "body", "caller", "content", "email", "from", "identifier", "mail", "message",
    "msisdn", "name", "names", "number", "numbers", "password", "person", "pesel", "phone", "phones", "prompt", "query",
    "recipient", "reply", "said", "sender", "street", "surname", "telephone", "text", "texts", "to", "token", "transcript",
    "utterance", "words",
})
# fmt: on
HIDDEN = "[hidden]"
LONGEST = 300  # characters of one value; longer things are texts
# A run of nine to fifteen digits, also in groups of three, that is no part of a longer identifier.
NUMBER = re.compile(r"(?<![\w.])\+?(?:\d{9,15}|\d{2,3}(?:[ -]\d{3}){2,4})(?![\w])")
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")

# Libraries that say at INFO what they send.
QUIET = (
    "aiohttp", "aiosmtplib", "alembic", "asyncio", "httpcore", "httpx", "mail.log", "multipart", "sqlalchemy", "twilio", "urllib3",
    "uvicorn", "websockets",
)  # fmt: skip
"""`mail.log` is aiosmtpd's: it tells every recipient."""


def configure(level: str, style: str, stream: TextIO | None = None) -> None:
    """Send all logging of this process, ours and the libraries', to `stream` (standard output) as json or console."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        tell_exception,
        redact,
    ]
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_last(style))
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for library in QUIET:
        logging.getLogger(library).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _last(style: str) -> list[Processor]:
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if style == "json":
        return [strip, structlog.processors.JSONRenderer(sort_keys=True)]
    return [strip, structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)]


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Hide what must not be logged: refused keys wholly, numbers inside the values of the others."""
    for key, value in event.items():
        event[key] = HIDDEN if _refused(key) else _clean(value)
    return event


def _refused(key: str) -> bool:
    if key.endswith(("_id", "_count")):  # the row's number, not what is in it
        return False
    return not REFUSED.isdisjoint(key.lower().split("_"))


def _clean(value: Any) -> Any:
    if isinstance(value, bool | float | None):
        return value
    if isinstance(value, MutableMapping):
        return redact(None, "", dict(value))
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(each) for each in value]
    if isinstance(value, int):
        return HIDDEN if abs(value) >= 10**8 else value
    return NUMBER.sub(HIDDEN, ADDRESS.sub(HIDDEN, str(value)[:LONGEST]))


def tell_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by the chain of exception types, their database codes, and where it happened."""
    error = _exception(event.pop("exc_info", None))
    event.pop("stack_info", None)
    if error is not None:
        chain = list(_chain(error))
        event["error"] = " <- ".join(_describe(each) for each in chain)
        event["at"] = _place(chain[-1].__traceback__)
    return event


def _exception(info: ExcInfo | BaseException | bool | None) -> BaseException | None:
    if isinstance(info, BaseException):
        return info
    if isinstance(info, tuple):
        return info[1]
    return sys.exc_info()[1] if info else None


def _chain(error: BaseException) -> Iterable[BaseException]:
    """The exception, then what caused it."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)


def _describe(error: BaseException) -> str:
    """Type and, where it has one, a code that quotes nobody: an SQLSTATE with its constraint, an operating system's errno."""
    name = type(error).__qualname__
    state = getattr(error, "sqlstate", None)
    if state:
        constraint = getattr(getattr(error, "diag", None), "constraint_name", None)
        return f"{name}({', '.join(filter(None, [state, constraint]))})"
    if isinstance(error, OSError) and error.strerror:
        return f"{name}({error.strerror})"
    return name


def _place(trace: TracebackType | None) -> list[str]:
    """The last frames, innermost last, as module:line function."""
    frames = traceback.extract_tb(trace)[-8:]
    return [f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno} {frame.name}" for frame in frames]
