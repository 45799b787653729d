"""Does what is due: moves messages along their course and posts signed webhooks until they are taken.

A webhook is struck off only after the service has answered 2xx; one that is under way at a kill is posted
again, as Twilio's redelivery does. Whoever receives them must bear repetitions.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from urllib.parse import urlencode

import aiohttp

from channels.simulator.carrier import Carrier, Submission
from channels.simulator.errors import WireError
from channels.simulator.store import Message, Webhook
from channels.simulator.wire import TWIML_LIMIT, TwimlInvalid, signature, twiml_messages

_log = logging.getLogger(__name__)
_MOVES_AT_ONCE = 200


class Undelivered(Exception):
    """A webhook was not taken this time; `final` when trying again would not help."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final


async def keep_moving(carrier: Carrier) -> None:
    """Take messages along their course, for ever."""
    while True:
        carrier.moves.changed.clear()
        due = carrier.moves.take(carrier.config.epoch(), _MOVES_AT_ONCE)
        if due:
            await carrier.move(due)
        else:
            await _until(carrier.moves.changed, carrier.moves.next_due(), carrier.config.epoch())


async def keep_posting(carrier: Carrier) -> None:
    """Post webhooks as they fall due, `webhook_connections` at once, for ever."""
    limit = carrier.config.webhook_connections
    timeout = aiohttp.ClientTimeout(total=carrier.config.webhook_timeout)
    connector = aiohttp.TCPConnector(limit=limit)
    under_way: set[asyncio.Task[None]] = set()
    async with (
        aiohttp.ClientSession(timeout=timeout, connector=connector) as session,
        asyncio.TaskGroup() as tasks,
    ):
        while True:
            carrier.posts.changed.clear()
            for hook in carrier.posts.take(carrier.config.epoch(), limit - len(under_way)):
                task = tasks.create_task(_post_once(carrier, session, hook))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
                task.add_done_callback(lambda _: carrier.posts.changed.set())
            next_due = carrier.posts.next_due() if len(under_way) < limit else None
            await _until(carrier.posts.changed, next_due, carrier.config.epoch())


async def _until(changed: asyncio.Event, due: float | None, now: float) -> None:
    try:
        async with asyncio.timeout(None if due is None else max(0.0, due - now)):
            await changed.wait()
    except TimeoutError:
        return  # the expected end: something has fallen due


async def _post_once(carrier: Carrier, session: aiohttp.ClientSession, hook: Webhook) -> None:
    form = json.loads(hook.form)
    try:
        answer = await _post(carrier, session, hook, form)
        replies = _replies(carrier, form, answer) if hook.kind == "inbound" else []
    except Undelivered as error:
        await _postpone(carrier, hook, error)
        return

    def change(connection: sqlite3.Connection) -> list[Message]:
        # struck off and answered in one commit: a TwiML answer is sent once for one taken webhook
        connection.execute("DELETE FROM webhooks WHERE id = ?", (hook.id,))
        return [carrier.enter(connection, reply) for reply in replies]

    def then(messages: list[Message]) -> None:
        for message in messages:
            carrier.taken(message)

    await carrier.store.write(change, then)


async def _post(carrier: Carrier, session: aiohttp.ClientSession, hook: Webhook, form: dict[str, str]) -> str:
    headers = {
        "X-Twilio-Signature": signature(carrier.config.auth_token, hook.url, form),
        "I-Twilio-Idempotency-Token": f"{hook.sid}-{form.get('MessageStatus') or form.get('CallStatus', 'received')}",
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": "TwilioProxy/1.1",
    }
    try:
        async with session.post(hook.url, data=urlencode(form).encode(), headers=headers, allow_redirects=False) as response:
            body = (await response.content.read(TWIML_LIMIT)).decode("utf-8", "replace")
            status = response.status
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Undelivered(f"{type(error).__name__}: {error}") from error
    if status >= 500 or status == 429:
        raise Undelivered(f"HTTP {status}")
    if not 200 <= status < 300:
        raise Undelivered(f"HTTP {status}", final=True)
    return body


def _replies(carrier: Carrier, form: dict[str, str], answer: str) -> list[Submission]:
    """The messages that the service's TwiML asks for, without those that may not be sent."""
    service, telephone = form["To"], form["From"]
    try:
        wanted = twiml_messages(answer)
    except TwimlInvalid as error:
        _log.warning("twiml of %s not understood: %s", form["MessageSid"], error)
        return []
    replies = []
    for to, body in wanted:
        try:
            carrier.check_recipient(service, to or telephone)
        except WireError as error:
            _log.warning("twiml answer to %s not sent: %s", form["MessageSid"], error.code)
            continue
        replies.append(Submission(to or telephone, service, body, direction="outbound-reply"))
    return replies


async def _postpone(carrier: Carrier, hook: Webhook, error: Undelivered) -> None:
    now = carrier.config.epoch()
    waits = carrier.config.redelivery
    later = hook._replace(due=now + waits[min(hook.tries, len(waits) - 1)], tries=hook.tries + 1)
    if error.final or later.due - hook.created > carrier.config.redelivery_for:
        later = later._replace(given_up=str(error))
    _log.warning(
        "webhook %s for %s not taken (%s), try %d%s",
        hook.kind,
        hook.sid,
        error,
        later.tries,
        ", given up" if later.given_up else "",
    )

    def change(connection: sqlite3.Connection) -> None:
        connection.execute(
            "UPDATE webhooks SET due = ?, tries = ?, given_up = ? WHERE id = ?",
            (later.due, later.tries, later.given_up, later.id),
        )

    def then(_: None) -> None:
        if not later.given_up:
            carrier.posts.add(later.due, later)

    await carrier.store.write(change, then)
