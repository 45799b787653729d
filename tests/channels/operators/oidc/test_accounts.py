"""Whose account it is, with which role and clinic, by the claims of each login (X33)."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from channels.operators import accounts, admitting
from channels.operators.oidc import Person, Terms
from registry.database import transaction
from tests.channels.operators.conftest import LOGIN, Clock, SignIn, clinic, csrf, log_in
from tests.channels.operators.identity import Provider
from tests.channels.operators.oidc.coming import Agree, account, come_in, noted, refused, rows


def test_nobody_is_taken_for_somebody_of_the_same_name(
    browser: Callable[[], TestClient], provider: Provider, engine: Engine, agree: Agree
) -> None:
    """Only issuer and subject count: not a login, an e-mail or a name, nor the same subject of another issuer."""
    provider.person |= {"preferred_username": LOGIN, "email": LOGIN, "email_verified": True, "name": LOGIN}
    client = browser()
    come_in(client)
    made = account(engine)
    assert made.login != LOGIN
    assert client.get("/console/staff").status_code == 403  # the administrator's account is another
    with transaction(engine) as session:
        session.execute(text("UPDATE operators SET issuer = 'https://inny.example', login = 'inny' WHERE id = :id"), {"id": made.id})
    assert come_in(browser()).headers["location"] == "/console"
    assert len(rows(engine, "SELECT 1 FROM operators WHERE subject = 'janina-1'")) == 2
    provider.person["sub"] = "Janina-1"  # letter by letter
    come_in(browser())
    assert len(rows(engine, "SELECT 1 FROM operators WHERE subject IS NOT NULL")) == 3


def test_who_comes_by_the_provider_has_no_password_and_gets_none(
    browser: Callable[[], TestClient], engine: Engine, sign_in: SignIn
) -> None:
    """A password would be a way in past the provider, its refusals and its second factor."""
    client = browser()
    come_in(client)
    made = account(engine)
    assert "nie ma tu hasła" in client.get("/console/account").text
    admin = sign_in("administrator")
    page = admin.post(f"/console/staff/{made.id}/reset", data={"csrf": csrf(admin)})
    assert page.status_code == 200
    assert 'class="key"' not in page.text
    assert "wchodzi kontem służbowym" in page.text
    assert "konto służbowe" in admin.get("/console/staff").text
    assert not account(engine).must_change_password
    assert client.get("/console").status_code == 303  # put out all the same
    with transaction(engine) as session:
        session.execute(text("UPDATE operators SET password_hash = :h WHERE id = :id"), {"h": accounts.HASHER.hash("x"), "id": made.id})
    assert log_in(browser(), made.login, "x").status_code == 401


@pytest.mark.parametrize(
    ("held", "role"),
    [
        (["konsola"], "operator"), ("zmiana", "supervisor"), (["konsola", "szefowie", "zmiana"], "administrator"), (["Konsola"], None),
        ([], None), (None, None), ({"konsola": 1}, None), ([["konsola"]], None), ("konsola zmiana", None), ("operator", None),
    ],
)  # fmt: skip
def test_the_role_is_the_first_of_the_terms_that_the_claim_holds(
    held: Any, role: str | None, browser: Callable[[], TestClient], provider: Provider, engine: Engine
) -> None:
    provider.person["groups"] = held
    client = browser()
    answer = come_in(client)
    if role is None:
        refused(client, answer, 403, "To konto nie ma tu dostępu")
        assert noted(engine) == [("login_refused", {"refused": "no_role"})]
        assert not rows(engine, "SELECT 1 FROM operators WHERE subject IS NOT NULL")
    else:
        assert account(engine).role == role


def test_the_claim_may_lie_within_others(browser: Callable[[], TestClient], provider: Provider, engine: Engine, agree: Agree) -> None:
    agree(role_claim="realm_access.roles")
    provider.person |= {"groups": [], "realm_access": {"roles": ["zmiana"]}}
    come_in(browser())
    assert account(engine).role == "supervisor"
    agree(role_claim="https://cer.example/roles")
    provider.person["https://cer.example/roles"] = "konsola"
    come_in(browser())
    assert account(engine).role == "operator"


def test_role_and_name_follow_the_claims_and_a_change_ends_other_sessions(
    browser: Callable[[], TestClient], provider: Provider, engine: Engine
) -> None:
    """X33: also what an administrator changed by hand is as the provider says at the next login."""
    first, same, other = browser(), browser(), browser()
    come_in(first)
    come_in(same)
    assert first.get("/console").status_code == 200  # the same role: both stay
    provider.person |= {"groups": ["zmiana"], "name": "Janina Inna"}
    come_in(other)
    assert (account(engine).role, account(engine).name) == ("supervisor", "Janina Inna")
    assert [client.get("/console").status_code for client in (first, same, other)] == [303, 303, 200]
    assert ("account_changed", {"account": account(engine).id, "role": "supervisor"}) in noted(engine)


def test_who_has_no_role_any_more_is_refused_and_put_out(browser: Callable[[], TestClient], provider: Provider, engine: Engine) -> None:
    at_work = browser()
    come_in(at_work)
    provider.person["groups"] = ["kadry"]
    client = browser()
    refused(client, come_in(client), 403, "To konto nie ma tu dostępu")
    assert at_work.get("/console").status_code == 303
    assert noted(engine)[-1] == ("login_refused", {"refused": "no_role"})
    assert rows(engine, "SELECT operator_id FROM audit ORDER BY id DESC LIMIT 1")[0].operator_id == account(engine).id
    provider.person["groups"] = ["konsola"]
    assert come_in(client).headers["location"] == "/console"


def test_a_closed_account_stays_out(browser: Callable[[], TestClient], provider: Provider, engine: Engine, sign_in: SignIn) -> None:
    come_in(browser())
    admin = sign_in("administrator")
    admin.post(f"/console/staff/{account(engine).id}/active", data={"csrf": csrf(admin), "active": "0"})
    provider.person["groups"] = ["szefowie"]
    client = browser()
    refused(client, come_in(client), 403, "Konto jest zamknięte")
    assert (account(engine).active, account(engine).role) == (False, "operator")
    assert noted(engine)[-1] == ("login_refused", {"refused": "closed"})
    assert "konto zamknięte" in admin.get("/console/audit?act=login_refused").text


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("040701", "one"), (["040701"], "one"), ("*", "every"), (None, None), ("", None), ("999999", None), (["040701", "*"], None),
        (40701, None), (["040701", "999"], None),
    ],
)  # fmt: skip
def test_the_clinic_follows_its_claim_and_without_a_clear_one_nobody_comes_in(
    said: Any, place: str | None, browser: Callable[[], TestClient], provider: Provider, engine: Engine, agree: Agree,
    full_world: object,
) -> None:  # fmt: skip
    """X33: a clinic's people see only their clinic: a claim that is missing must not open all of them."""
    agree(clinic_claim="clinic")
    come_in_before = browser()
    provider.person["clinic"] = "040701"
    come_in(come_in_before)
    provider.person["clinic"] = said
    client = browser()
    answer = come_in(client)
    if place is None:
        refused(client, answer, 403, "Nie wiadomo, w której placówce pracujesz")
        assert come_in_before.get("/console").status_code == 303
        assert account(engine).provider_id == clinic(engine)
    else:
        assert account(engine).provider_id == {"one": clinic(engine), "every": None}[place]


def test_where_clinics_are_not_the_providers_to_say_the_administrators_word_stays(
    browser: Callable[[], TestClient], provider: Provider, engine: Engine, full_world: object
) -> None:
    come_in(browser())
    with transaction(engine) as session:
        session.execute(text("UPDATE operators SET provider_id = :p WHERE subject IS NOT NULL"), {"p": clinic(engine)})
    provider.person["clinic"] = "*"
    come_in(browser())
    assert account(engine).provider_id == clinic(engine)


def test_of_two_first_logins_at_once_both_get_one_account(engine: Engine, terms: Terms, clock: Clock) -> None:
    someone, gate = Person("nowa", "Nowa", "operator", None, factor=False), threading.Barrier(4)

    def first() -> object:
        with transaction(engine) as session:
            session.execute(text("SELECT 1"))
            gate.wait(10)
            return admitting.admit(session, terms, someone, now=clock.now, former=None)

    with ThreadPoolExecutor(4) as pool:
        begun = [future.result() for future in [pool.submit(first) for _ in range(4)]]
    assert all(isinstance(one, admitting.Begun) for one in begun)
    assert len(rows(engine, "SELECT 1 FROM operators WHERE subject = 'nowa'")) == 1
    assert [act for act, _ in noted(engine)].count("account_added") == 1
