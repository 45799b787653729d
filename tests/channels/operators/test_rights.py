"""Who may do what: roles, clinics, the second factor, the accounts, the audit (X33, X34). Every route is tried with every role."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pyotp import TOTP
from sqlalchemy import Engine, text

from channels import operators, pages
from channels.operators import accounts, factor, sessions, staff_list
from channels.operators.rights import ROLES
from channels.operators.routes import ROUTERS
from registry.database import transaction
from registry.staff import Operator
from tests.channels.operators.conftest import KEY, LOGIN, PASSWORD, Clock, SignIn, clinic, csrf, csrf_of, log_in, other_clinic
from tests.channels.operators.world import JANINA, MAREK, STRANGER, World

# Written down apart from the code: what each role gets at each route. Whoever is signed in gets at what is not here.
LOOK, ACT = {"operator", "supervisor", "administrator", "auditor"}, {"operator", "supervisor", "administrator"}
EXPECTED = {
    ("GET", "/console"): LOOK,
    ("GET", "/console/events"): LOOK,
    ("GET", "/console/conversations/{conversation_id}"): LOOK,
    ("GET", "/console/search"): LOOK,
    ("POST", "/console/views"): LOOK,
    ("POST", "/console/views/{view_id}/remove"): LOOK,
    ("GET", "/console/patients"): LOOK,
    ("POST", "/console/patients"): LOOK,
    ("GET", "/console/patients/{patient_id}"): LOOK,
    ("GET", "/console/patients/{patient_id}/visits/{visit_id}/cancel"): LOOK,
    ("POST", "/console/patients/{patient_id}/visits/{visit_id}/{act}"): ACT,
    ("GET", "/console/patients/{patient_id}/dates"): LOOK,
    ("GET", "/console/patients/{patient_id}/dates/{slot_id}"): LOOK,
    ("POST", "/console/patients/{patient_id}/dates/{slot_id}"): ACT,
    ("POST", "/console/patients/{patient_id}/entries"): ACT,
    ("GET", "/console/patients/{patient_id}/entries/{entry_id}"): LOOK,
    ("POST", "/console/patients/{patient_id}/entries/{entry_id}/wishes"): ACT,
    ("POST", "/console/patients/{patient_id}/entries/{entry_id}/leave"): ACT,
    ("GET", "/console/tasks"): LOOK,
    ("POST", "/console/tasks"): ACT,
    ("GET", "/console/patients/{patient_id}/join"): LOOK,
    ("GET", "/console/patients/{patient_id}/visits/{visit_id}/changed"): LOOK,
    ("GET", "/console/patients/{patient_id}/entries/{entry_id}/changed"): LOOK,
    ("POST", "/console/tasks/{task_id}/close"): ACT,
    ("POST", "/console/tasks/{task_id}/take"): ACT,
    ("POST", "/console/tasks/{task_id}/give"): ACT,
    ("POST", "/console/tasks/{task_id}/due"): ACT,
    ("POST", "/console/conversations/{conversation_id}/unmask"): {"supervisor", "administrator"},
    ("GET", "/console/conversations/{conversation_id}/calls/{call_id}/sound"): {"supervisor", "administrator"},
    ("POST", "/console/conversations/{conversation_id}/take"): ACT,
    ("POST", "/console/conversations/{conversation_id}/reply"): ACT,
    ("POST", "/console/conversations/{conversation_id}/give-back"): ACT,
    ("GET", "/console/conversations/{conversation_id}/messages/{message_id}/reading"): LOOK,
    ("POST", "/console/conversations/{conversation_id}/messages/{message_id}/reading"): ACT,
    ("POST", "/console/conversations/{conversation_id}/messages/{message_id}/reading/withdraw"): ACT,
    ("GET", "/console/learning"): LOOK,
    ("POST", "/console/learning/{mark_id}/{act}"): {"supervisor", "administrator"},
    ("POST", "/console/learning/export"): {"supervisor", "administrator"},
    ("GET", "/console/staff"): {"administrator"},
    ("POST", "/console/staff"): {"administrator"},
    ("GET", "/console/staff/{account_id}"): {"administrator"},
    ("POST", "/console/staff/{account_id}"): {"administrator"},
    ("POST", "/console/staff/{account_id}/active"): {"administrator"},
    ("POST", "/console/staff/{account_id}/reset"): {"administrator"},
    ("GET", "/console/audit"): {"administrator", "auditor"},
    ("GET", "/console/patients/{patient_id}/export"): {"administrator"},
    ("POST", "/console/patients/{patient_id}/export"): {"administrator"},
    ("GET", "/console/patients/{patient_id}/erasure"): {"administrator"},
    ("POST", "/console/patients/{patient_id}/erasure"): {"administrator"},
    ("GET", "/console/figures"): {"supervisor", "administrator", "auditor"},
    ("GET", "/console/figures/{key}.csv"): {"supervisor", "administrator", "auditor"},
}
ANYBODY = {
    ("GET", "/console/login/language"), ("POST", "/console/language"),
    ("GET", "/console/login"), ("POST", "/console/login"), ("GET", "/console/login/code"), ("POST", "/console/login/code"),
    ("POST", "/console/logout"), ("GET", "/console/account"), ("POST", "/console/account/password"), ("GET", "/console/account/factor"),
    ("POST", "/console/account/factor"), ("GET", "/console/login/oidc"), ("GET", "/console/login/oidc/back"),
    ("GET", "/console/login/oidc/out"), ("GET", "/console/login/oidc/left"), ("POST", "/console/login/oidc/logged-out"),
}  # fmt: skip


def acts(engine: Engine) -> list[str]:
    with transaction(engine) as session:
        return list(session.execute(text("SELECT act FROM audit ORDER BY id")).scalars())


def test_every_route_has_its_rights_written_down() -> None:
    routes = {(method, route.path) for router in ROUTERS for route in router.routes for method in route.methods}  # type: ignore[attr-defined]
    assert routes == set(EXPECTED) | ANYBODY


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_where_it_may_and_nowhere_else(role: str, sign_in: SignIn, engine: Engine) -> None:
    """X33: 403 for what the role may not, whatever exists; nothing is shown and nothing happens."""
    client = sign_in(role)
    for (method, path), roles in EXPECTED.items():
        if path == "/console/events" and role in roles:
            continue  # an endless answer; the stream's own tests read it
        address = re.sub(r"{\w+}", "999999", path)
        answer = client.request(method, address, data={"csrf": csrf(client)} if method == "POST" else None)
        assert (answer.status_code == 403) == (role not in roles), (method, path)
        if role not in roles:
            assert "Brak uprawnień" in answer.text
    assert set(acts(engine)) <= {"patient_search", "learning_viewed"}  # that somebody was looked for is noted, found or not


def test_a_clinics_people_see_only_their_clinic(sign_in: SignIn, full_world: World, engine: Engine) -> None:
    """X33: another clinic's conversations and tasks are as if they were not; one's own are there."""
    janina, stranger = full_world.conversation(JANINA.number), full_world.conversation(STRANGER)
    ours, theirs = sign_in("supervisor", clinic(engine)), sign_in("supervisor", other_clinic(engine))
    assert "··· 301" in ours.get("/console").text
    assert STRANGER[-3:] not in ours.get("/console").text  # nobody's patient
    assert ours.get(f"/console/conversations/{janina}").status_code == 200
    assert ours.get(f"/console/conversations/{stranger}").status_code == 404
    assert "<strong>Prośba o rozmowę" in ours.get("/console/tasks").text
    listed = theirs.get("/console").text
    assert "··· 30" not in listed
    assert "Nie ma jeszcze żadnej rozmowy" in listed
    assert "Nic nie czeka na człowieka" in theirs.get("/console/tasks").text
    assert theirs.get(f"/console/conversations/{janina}").status_code == 404
    assert theirs.get(f"/console/events?conversation={janina}").status_code == 404
    form = {"csrf": csrf(theirs), "reason": "pacjentka prosi o telefon zwrotny"}
    assert theirs.post(f"/console/conversations/{janina}/unmask", data=form).status_code == 404
    with transaction(engine) as session:
        task = session.execute(text("SELECT id FROM tasks WHERE state = 'open' AND kind = 'request_human'")).scalar_one()
    assert theirs.post(f"/console/tasks/{task}/close", data=form).headers["location"].endswith("done=before")
    with transaction(engine) as session:
        assert session.execute(text("SELECT state FROM tasks WHERE id = :id"), {"id": task}).scalar_one() == "open"


def test_a_visit_at_another_clinic_stays_out_of_a_shared_conversation(sign_in: SignIn, full_world: World, engine: Engine) -> None:
    """Of one patient's messages each clinic reads those about its own visits."""
    elsewhere = other_clinic(engine)
    with transaction(engine) as session:
        place = session.execute(
            text("""INSERT INTO places (provider_id, name, street, postcode, city, phone, latitude, longitude)
                    VALUES (:p, 'Inna', 'ul. Inna 1', '00-001', 'Warszawa', '+48523570999', 52, 21) RETURNING id"""),
            {"p": elsewhere},
        ).scalar_one()  # fmt: skip
        visit = session.execute(text("SELECT min(id) FROM appointments WHERE patient_id = :p"), {"p": full_world.ids[MAREK]}).scalar_one()
        session.execute(text("UPDATE appointments SET place_id = :place WHERE id = :id"), {"place": place, "id": visit})
    marek = full_world.conversation(MAREK.number)
    whole = sign_in("operator").get(f"/console/conversations/{marek}").text
    assert whole.count('class="message ') > 1
    assert "Prośba o rozmowę" in whole
    assert sign_in("operator", clinic(engine)).get(f"/console/conversations/{marek}").status_code == 404
    assert sign_in("operator", elsewhere).get(f"/console/conversations/{marek}").status_code == 200


def test_unmasking_needs_a_reason_lasts_ten_minutes_and_is_noted(
    sign_in: SignIn, full_world: World, engine: Engine, clock: Clock
) -> None:
    """X33, X34: who looked behind the mask, at whom, and why."""
    address = f"/console/conversations/{full_world.conversation(MAREK.number)}"
    client = sign_in("supervisor")
    assert MAREK.pesel not in client.get(address).text
    short = client.post(f"{address}/unmask", data={"csrf": csrf(client), "reason": "bo tak 1234567890"})
    assert "reason=short" in short.headers["location"]
    assert MAREK.pesel not in client.get(address).text
    client.post(f"{address}/unmask", data={"csrf": csrf(client), "reason": "  pacjent prosi  o telefon zwrotny "})
    page = client.get(address).text
    assert f"Marek Zieliński, {MAREK.pesel}" in page
    assert MAREK.number in page
    assert MAREK.pesel not in sign_in("supervisor").get(address).text  # a colleague gives a reason of his own
    clock.advance(timedelta(minutes=10, seconds=1))
    assert MAREK.pesel not in client.get(address).text
    with transaction(engine) as session:
        noted = session.execute(text("SELECT patient_id, facts FROM audit WHERE act = 'unmasked'")).one()
    assert noted == (full_world.ids[MAREK], {"reason": "pacjent prosi o telefon zwrotny"})


def test_every_view_of_a_patient_is_noted_with_the_patient(sign_in: SignIn, full_world: World, engine: Engine) -> None:
    """X33: also of a telephone that two patients share, one entry each."""
    with transaction(engine) as session:
        session.execute(
            text("UPDATE contact_points SET value = :v WHERE patient_id = :p"), {"v": JANINA.number, "p": full_world.ids[MAREK]}
        )
    sign_in("auditor").get(f"/console/conversations/{full_world.conversation(JANINA.number)}")
    with transaction(engine) as session:
        seen = session.execute(text("SELECT patient_id FROM audit WHERE act = 'conversation_viewed'")).scalars().all()
    assert sorted(seen) == sorted([full_world.ids[JANINA], full_world.ids[MAREK]])


# --- the second factor


def enrolled(client: TestClient, clock: Clock) -> TOTP:
    """Set the factor up as a person would, with the key that the page shows."""
    page = client.get("/console/account/factor")
    found = re.search(r'class="key">([A-Z2-7 ]+)<', page.text)
    assert found
    totp = TOTP(found[1].replace(" ", ""))
    answer = client.post("/console/account/factor", data={"csrf": csrf_of(page), "code": totp.at(clock.now)})
    assert answer.headers["location"] == "/console/account?done=factor"
    return totp


def test_with_a_factor_the_password_alone_opens_nothing(
    browser: Callable[[], TestClient], signed_in: TestClient, clock: Clock, engine: Engine
) -> None:
    totp = enrolled(signed_in, clock)
    client = browser()
    assert log_in(client, next="/console/tasks").headers["location"] == "/console/login/code?next=%2Fconsole%2Ftasks"
    half = client.cookies["cer-console"]
    for address in ("/console", "/console/tasks", "/console/account", "/console/account/factor", "/console/staff"):
        assert client.get(address).headers["location"] == "/console/login/code"
    assert client.post("/console/account/password", data={"csrf": csrf(client), "password": PASSWORD}).status_code == 303
    form = {"csrf": csrf_of(client.get("/console/login/code")), "next": "https://zle.example"}
    assert client.post("/console/login/code", data={**form, "code": "000000"}).status_code == 401
    used = totp.at(clock.now)
    assert client.post("/console/login/code", data={**form, "code": used}).status_code == 401  # it set the factor up: used once
    clock.advance(timedelta(seconds=30))
    answer = client.post("/console/login/code", data={**form, "code": totp.at(clock.now)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    assert client.cookies["cer-console"] != half  # the half open session's cookie is worthless
    assert client.get("/console").status_code == 200
    other = browser()
    other.cookies.set("cer-console", half)
    assert other.get("/console").headers["location"] == "/console/login"
    with transaction(engine) as session:
        stored = " ".join(str(value) for value in session.execute(text("SELECT * FROM operators")).one())
    assert totp.secret not in stored


def test_a_code_is_of_now_and_good_once(engine: Engine, signed_in: TestClient, clock: Clock) -> None:
    """RFC 6238: one step of drift either way, no code twice, none of another installation's key."""
    totp = enrolled(signed_in, clock)
    with transaction(engine) as session:
        number = session.execute(text("SELECT id FROM operators")).scalar_one()

    def accepted(code: str, key: bytes = KEY.encode()) -> bool:
        with transaction(engine) as session:
            return factor.accept(session, number, code, key, now=clock.now)

    clock.advance(timedelta(minutes=5))
    now = clock.now
    assert not accepted(totp.at(now - timedelta(seconds=60)))
    assert not accepted(totp.at(now + timedelta(seconds=60)))
    assert not accepted(totp.at(now), b"another key")
    assert accepted(totp.at(now - timedelta(seconds=30)))
    assert not accepted(totp.at(now - timedelta(seconds=30)))
    assert accepted(f"{totp.at(now)[:3]} {totp.at(now)[3:]}")
    assert not accepted(totp.at(now))
    assert not accepted("١٢٣٤٥٦")
    assert not accepted("")


def test_guessing_codes_is_stopped(sign_in: SignIn, engine: Engine) -> None:
    client = sign_in("operator", verified=False)
    codes = [client.post("/console/login/code", data={"csrf": csrf(client), "code": f"{n:06}"}).status_code for n in range(11)]
    assert codes == [401] * 10 + [429]
    assert acts(engine) == []


def test_where_a_factor_is_needed_nobody_works_without(engine: Engine, clock: Clock) -> None:
    app = FastAPI()
    pages.install(app)
    operators.mount(app, engine, clock=clock, public_url="http://testserver", secret_key=KEY, factor_needed=True)
    with transaction(engine) as session:
        operators.ensure_operator(session, LOGIN, PASSWORD, now=clock.now)
    client = TestClient(app, follow_redirects=False)
    log_in(client)
    for address in ("/console", "/console/tasks", "/console/conversations/1"):
        assert client.get(address).headers["location"] == "/console/account/factor"
    enrolled(client, clock)
    assert client.get("/console").status_code == 200


# --- accounts


def test_an_administrator_makes_an_account_whose_owner_chooses_his_password(
    sign_in: SignIn, browser: Callable[[], TestClient], engine: Engine
) -> None:
    admin = sign_in("administrator")
    form = {"csrf": csrf(admin), "login": " Nowa ", "name": "Nowa <b>Osoba</b>", "role": "operator", "clinic": ""}
    page = admin.post("/console/staff", data=form)
    password = re.search(r'class="key">([^<]+)<', page.text)
    assert password
    assert "Nowa &lt;b&gt;Osoba&lt;/b&gt;" in page.text
    assert admin.post("/console/staff", data=form).status_code == 422  # the login is taken
    client = browser()
    assert log_in(client, "nowa", password[1]).status_code == 303
    assert client.get("/console").headers["location"] == "/console/account"
    own = {"csrf": csrf(client), "password": password[1]}
    for fresh, again in (("krótkie", "krótkie"), (password[1], password[1]), ("długie nowe hasło", "inne nowe hasło")):
        assert client.post("/console/account/password", data={**own, "fresh": fresh, "again": again}).status_code == 422
    good = {"fresh": "długie nowe hasło", "again": "długie nowe hasło"}
    assert client.post("/console/account/password", data={**own, **good, "password": "zgadywane"}).status_code == 422
    assert client.post("/console/account/password", data={**own, **good}).status_code == 303
    assert client.get("/console").status_code == 200
    assert log_in(browser(), "nowa", password[1]).status_code == 401
    assert acts(engine) == ["account_added", "login", "password_changed"]


def test_who_is_closed_changed_or_reset_is_put_out_at_once(sign_in: SignIn, engine: Engine) -> None:
    admin, victim = sign_in("administrator"), sign_in("operator")
    with transaction(engine) as session:
        number = session.execute(text("SELECT id FROM operators WHERE name = 'Osoba operator'")).scalar_one()
    steps = [
        ("", {"name": "Osoba operator", "role": "auditor", "clinic": ""}), ("/reset", {}), ("/active", {"active": "0"}),
    ]  # fmt: skip
    for path, form in steps:
        with transaction(engine) as session:
            victim.cookies.set("cer-console", sessions.begin(session, number, now=admin.app.state.console.clock()))  # type: ignore[attr-defined]
        admin.post(f"/console/staff/{number}{path}", data={"csrf": csrf(admin), **form})
        assert victim.get("/console").headers["location"].startswith("/console/login")
    assert acts(engine) == ["account_changed", "account_reset", "account_closed"]


def test_the_last_administrator_can_neither_go_nor_become_less(sign_in: SignIn, engine: Engine) -> None:
    admin = sign_in("administrator")
    sign_in("administrator", other_clinic(engine))  # one of a clinic does not count
    with transaction(engine) as session:
        session.execute(text("DELETE FROM operators WHERE name = :n"), {"n": LOGIN})
        number = session.execute(text("SELECT id FROM operators WHERE role = 'administrator' AND provider_id IS NULL")).scalar_one()
    form = {"csrf": csrf(admin), "active": "0", "name": "Osoba", "role": "operator", "clinic": ""}
    for path in ("", "/active"):
        answer = admin.post(f"/console/staff/{number}{path}", data=form)
        assert answer.status_code == 422
        assert "jedyne konto administratora" in answer.text


def test_a_clinics_administrator_keeps_only_its_people(sign_in: SignIn, engine: Engine) -> None:
    here = other_clinic(engine)
    admin = sign_in("administrator", here)
    sign_in("operator")
    with transaction(engine) as session:
        number = session.execute(text("SELECT id FROM operators WHERE name = 'Osoba operator'")).scalar_one()
    assert "Osoba operator" not in admin.get("/console/staff").text
    assert admin.get(f"/console/staff/{number}").status_code == 404
    for path in ("", "/active", "/reset"):
        assert admin.post(f"/console/staff/{number}{path}", data={"csrf": csrf(admin), "active": "0"}).status_code == 404
    form = {"csrf": csrf(admin), "login": "ktos", "name": "Ktoś", "role": "administrator"}
    for place in ("", "999999", "x"):
        assert admin.post("/console/staff", data={**form, "clinic": place}).status_code == 422
    assert admin.post("/console/staff", data={**form, "clinic": str(here)}).status_code == 200
    assert "obejrzenie" in admin.get("/console/audit").text
    assert "Osoba operator" not in admin.get("/console/audit").text


def test_the_command_line_lets_a_locked_out_administrator_in(
    engine: Engine, browser: Callable[[], TestClient], app: FastAPI, clock: Clock
) -> None:
    with transaction(engine) as session:
        session.execute(text("UPDATE operators SET active = false, factor_nonce = 'x', factor_since = now(), factor_step = 1"))
        password = staff_list.reset(session, login=LOGIN.upper(), now=clock.now)
    client = browser()
    assert log_in(client, password=password).headers["location"] == "/console"
    assert client.get("/console").headers["location"] == "/console/account"
    with transaction(engine) as session, pytest.raises(staff_list.NotYours):
        staff_list.reset(session, login="nikt", now=clock.now)


def test_the_facts_of_a_trace_stand_apart(sign_in: SignIn, full_world: World) -> None:
    """Not "rozmowa nr 7powód: …"."""
    number, client = full_world.conversation(JANINA.number), sign_in("administrator")
    reason = "pacjentka prosi o telefon zwrotny"
    client.post(f"/console/conversations/{number}/unmask", data={"csrf": csrf(client), "reason": reason})
    assert f">rozmowa nr {number}, powód: {reason}</td>" in client.get("/console/audit?act=unmasked").text


def test_the_audit_is_read_by_who_may_and_filtered(sign_in: SignIn, full_world: World, clock: Clock) -> None:
    address = f"/console/conversations/{full_world.conversation(JANINA.number)}"
    sign_in("operator").get(address)
    reader = sign_in("auditor")
    found = reader.get(f"/console/audit?act=conversation_viewed&patient={full_world.ids[JANINA]}&day={clock.now.date()}").text
    assert "Osoba operator" in found
    assert f"J. K. (nr {full_world.ids[JANINA]})" in found
    assert "Nie ma takich śladów." in reader.get("/console/audit?act=unmasked").text
    assert "Nie ma takich śladów." in reader.get(f"/console/audit?day={clock.now.date() - timedelta(days=1)}").text
    for odd in ("who=%C2%B9", "who='", "day=2026-99-99", "before=1-x", "act=<script>", "patient=" + "9" * 40):
        assert reader.get(f"/console/audit?{odd}").status_code == 200


def test_a_password_is_only_kept_as_a_hash(engine: Engine, clock: Clock) -> None:
    operator = Operator(login="x", name="x", role="operator", password_hash="", created_at=clock.now)
    password = accounts.give_password(operator)
    assert operator.password_hash.startswith("$argon2id$")
    assert password not in operator.password_hash
