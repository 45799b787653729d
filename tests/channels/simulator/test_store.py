"""The store: writes of one moment share a commit, stand or fall together, and outlive the one who asked."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from channels.simulator.agenda import Agenda
from channels.simulator.store import Store

INSERT = "INSERT INTO optouts VALUES (?, ?)"


class Counted(sqlite3.Connection):
    """A connection that counts its commits."""

    commits = 0

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        Counted.commits += sql == "COMMIT"
        return super().execute(sql, parameters)


def _optouts(store: Store) -> list[tuple[Any, ...]]:
    return store.rows("SELECT number FROM optouts ORDER BY number")


def _put(number: str) -> Any:
    return lambda connection: connection.execute(INSERT, ("+48732000000", number)) and number


def test_writes_of_one_moment_share_a_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    real = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **more: real(*args, factory=Counted, **more))
    Counted.commits = 0
    store, after = Store(":memory:"), list[str]()

    async def together() -> list[str]:
        return await asyncio.gather(*(store.write(_put(f"+4860000000{n}"), after.append) for n in range(9)))

    written = asyncio.run(together())
    assert Counted.commits == 1
    assert written == after == [f"+4860000000{n}" for n in range(9)]
    assert len(_optouts(store)) == 9


def test_a_group_stands_or_falls_together() -> None:
    """Two equal rows: the second breaks the key, nobody's row is written, everybody is told, nothing is done after it."""
    store, after = Store(":memory:"), list[str]()

    async def together() -> list[Any]:
        changes = [_put("+48600000001"), _put("+48600000002"), _put("+48600000002")]
        return await asyncio.gather(*(store.write(change, after.append) for change in changes), return_exceptions=True)

    assert [type(outcome) for outcome in asyncio.run(together())] == [sqlite3.IntegrityError] * 3
    assert _optouts(store) == after == []
    assert asyncio.run(store.write(_put("+48600000003"), after.append)) == "+48600000003"


def test_what_is_on_file_is_acted_upon_though_nobody_waits() -> None:
    """The client hung up before the commit: the message is on file all the same, so it also goes its way."""
    store, after = Store(":memory:"), list[str]()

    async def hang_up() -> None:
        asking = asyncio.ensure_future(store.write(_put("+48600000001"), after.append))
        await asyncio.sleep(0)  # lets it ask
        asking.cancel()
        await asyncio.wait([asking])

    asyncio.run(hang_up())
    assert after == ["+48600000001"]
    assert len(_optouts(store)) == 1


def test_two_carriers_never_share_a_file(tmp_path: Path) -> None:
    """Two of them would number the same revisions twice; the second is refused."""
    first = Store(str(tmp_path / "carrier.sqlite"))
    real = sqlite3.connect
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", lambda *args, **more: real(*args, timeout=0.05, **more))
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            Store(str(tmp_path / "carrier.sqlite"))
    first.close()
    Store(str(tmp_path / "carrier.sqlite")).close()


def test_the_agenda_keeps_its_order() -> None:
    agenda: Agenda[str] = Agenda()
    for due, thing in ((3.0, "third"), (1.0, "first"), (1.0, "first, but later said"), (2.0, "second")):
        agenda.add(due, thing)
    assert agenda.next_due() == 1.0
    assert agenda.take(2.0, 2) == ["first", "first, but later said"]
    assert agenda.take(2.0, 9) == ["second"]
    assert agenda.take(2.9, 9) == []
    assert len(agenda) == 1
    assert agenda.take(3.0, 9) == ["third"]
    assert agenda.next_due() is None
