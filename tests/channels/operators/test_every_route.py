"""What no route of the console may do, tried at every one of them as the application itself lists them (X33, X34).

A new route is in here by itself; a new kind of number in an address stops the run until it is told what such a number is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from httpx import Response
from pyotp import TOTP
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from channels import operators
from channels.operators import factor, words
from channels.operators.routes import ROUTERS
from registry.database import transaction
from tests.channels.operators.conftest import KEY, LOGIN, Clock, SignIn, clinic, csrf, csrf_of, log_in, other_clinic
from tests.channels.operators.talks import talk
from tests.channels.operators.world import BARBARA, EVERYBODY, MAREK, World

ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
BY_SIGNATURE = {"/console/login/oidc/logged-out"}  # a form of the identity provider's, signed; its own tests forge it
ENDLESS = "/console/events"  # the stream's own tests read it
SCRIPT = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"
ELSEWHERE = (
    "https://zle.example/", "//zle.example/", "///zle.example", "/\\zle.example", "\\\\zle.example", "/console/..//zle.example",
    "/console\\@zle.example", "/console@zle.example", "//zle.example%2f..", "%2f%2fzle.example", "/%09/zle.example", "/\t/zle.example",
    "/console\r\nLocation: https://zle.example", "javascript:alert(1)", "data:text/html,x", "HTTPS:zle.example", " /console", "/console/\n",
)  # fmt: skip
SAID_TO_PATIENTS = r'<(?:p class="body"|button class="quiet-button canned").*?</(?:p|button)>'
NOTED = {"audit", "operator_sessions"}  # that somebody looked is written down whatever came of it
STRICT = {"cache-control": "no-store", "x-frame-options": "DENY", "referrer-policy": "same-origin", "x-content-type-options": "nosniff"}


@dataclass(frozen=True)
class Numbers:
    """What there is in the world, by the name that addresses have for it."""

    of: dict[str, int | str]
    barbara: int
    query: dict[str, int]  # what some pages need besides

    def address(self, route: APIRoute) -> str:
        """The route's address of something that is really there."""
        known = {**self.of, "patient_id": self.barbara} if "{entry_id}" in route.path else dict(self.of)
        if "learning" in route.path:
            known["act"] = "dismiss"
        return re.sub(r"{(\w+)}", lambda found: str(known[found[1]]), route.path)


@pytest.fixture
def numbers(full_world: World, engine: Engine, signed_in: TestClient, sign_in: SignIn, clock: Clock) -> Numbers:
    """One of everything: visit, call, place in the queue, free date, task, account, view, marked reading."""
    full_world.wait(BARBARA)
    slot = full_world.publish(clock.now + timedelta(days=12))
    marek = full_world.conversation(MAREK.number)
    sign_in("operator")
    with transaction(engine) as session:
        read = "SELECT max(message_id) FROM turns JOIN messages m ON m.id = message_id WHERE address = :a"
        message = _number(session, read, a=MAREK.number)
        facts = {
            "visit_id": _number(session, "SELECT min(id) FROM appointments WHERE patient_id = :p", p=full_world.ids[MAREK]),
            "task_id": _number(session, "SELECT id FROM tasks WHERE state = 'open' AND kind = 'request_human'"),
            "account_id": _number(session, "SELECT id FROM operators WHERE name = 'Osoba operator'"),
            "referral": _number(session, "SELECT id FROM referrals WHERE patient_id = :p", p=full_world.ids[BARBARA]),
        }
    form = {"csrf": csrf(signed_in), "version": "0", "intent": "cancel_visit", "note": ""}
    signed_in.post(f"/console/conversations/{marek}/messages/{message}/reading", data=form)
    signed_in.post("/console/views", data={"csrf": csrf(signed_in), "name": "Widok", "query": "person=1"})
    with transaction(engine) as session:
        mark, view = (int(session.execute(text(f"SELECT max(id) FROM {table}")).scalar_one()) for table in ("reading_marks", "saved_views"))  # noqa: S608  our own words only
    of: dict[str, int | str] = {
        "conversation_id": marek, "message_id": message, "patient_id": full_world.ids[MAREK], "slot_id": slot, "mark_id": mark,
        "view_id": view, "entry_id": full_world.entry(BARBARA), "act": "confirm", "key": "traffic",
        "call_id": talk(engine, MAREK.number, now=clock.now), **facts,
    }  # fmt: skip
    return Numbers(of, full_world.ids[BARBARA], {"referral": facts["referral"], "visit": facts["visit_id"]})


def _number(session: Session, query: str, **facts: object) -> int:
    return int(session.execute(text(query), facts).scalar_one())


def everything(engine: Engine) -> dict[str, str]:
    """All that is stored, table by table, but for what is noted of each look."""
    with transaction(engine) as session:
        tables = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        whole = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {} t"
        return {name: str(session.execute(text(whole.format(name))).scalar_one()) for name in list(tables) if name not in NOTED}


def asked(client: TestClient, method: str, address: str, form: dict[str, Any]) -> Response:
    if method == "POST":
        answer: Response = client.post(address, data=form)
    else:
        answer = client.get(address, params={name: value for name, value in form.items() if name != "csrf"})
    return answer


def filled(route: APIRoute, value: str) -> dict[str, str]:
    """Every word that the route takes, in its query or its form, with this value."""
    taken = [*_parameters(route.dependant)]
    return {name: value for name in taken if name != "csrf"}


def _parameters(dependant: Any) -> Iterator[str]:
    for one in (*dependant.query_params, *dependant.body_params):
        yield one.alias
    for inner in dependant.dependencies:
        yield from _parameters(inner)


def tried(numbers: Numbers) -> Iterator[tuple[APIRoute, str, str]]:
    for route in ROUTES:
        for method in sorted(route.methods or ()):
            if route.path != ENDLESS:
                yield route, method, numbers.address(route)


def personal(answer: Response) -> list[str]:
    """What of somebody stands in an answer."""
    words = [word for one in EVERYBODY for word in (one.pesel, one.number, one.family_name, f"··· {one.number[-3:]}")]
    return [word for word in words if word in unescape(answer.text)]


def test_without_a_login_or_with_a_forged_form_nothing_is_shown_or_changed(
    app: FastAPI, numbers: Numbers, signed_in: TestClient, sign_in: SignIn, engine: Engine
) -> None:
    """X33: of what is really there; a form without its secret, with an invented one, with that of a colleague's session."""
    foreign, before = csrf(sign_in("administrator")), everything(engine)
    for route, method, address in tried(numbers):
        ways = [{"csrf": "x"}] if "/login" not in route.path else []
        for form in ways:
            client = TestClient(app, follow_redirects=False)
            answer = asked(client, method, address, form)
            assert (answer.status_code, answer.text) == (303, ""), (method, address)
            assert answer.headers["location"].startswith("/console/login"), (method, address)
        if method == "POST" and route.path not in BY_SIGNATURE:
            for secret in ({}, {"csrf": "x"}, {"csrf": foreign}, {"csrf": "ą" * 43}):
                answer = signed_in.post(address, data={**secret, "seen": "1", "version": "1", "name": "x", "reason": "patient"})
                assert (answer.status_code, personal(answer)) == (403, []), (address, secret)
    assert everything(engine) == before
    assert signed_in.get("/console").status_code == 200


def test_another_clinics_people_get_nothing_of_ours_by_its_number(
    numbers: Numbers, sign_in: SignIn, engine: Engine, clock: Clock
) -> None:
    """X33: every route that takes the number of somebody or something of ours is as if it were not there."""
    theirs, ours = sign_in("administrator", other_clinic(engine)), sign_in("administrator", clinic(engine))
    before, found = everything(engine), []
    for route, method, address in tried(numbers):
        if "_id}" not in route.path:
            continue
        form = {"csrf": csrf(theirs), "reason": "pacjent prosi o telefon", "version": "1", "seen": "1", "intent": "deny"}
        form |= {"said": "x", "at": (clock.now + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")}
        answer = asked(theirs, method, address, {**numbers.query, **form})
        refused = answer.status_code in (403, 404) or re.search(r"done=(others|before)$", answer.headers.get("location", ""))
        assert refused or "{view_id}" in route.path, (method, address, answer.status_code, answer.headers.get("location"))
        assert personal(answer) == [], address
        if method == "GET" and ours.get(address, params=numbers.query).status_code == 200:
            found.append(route.path)
    assert everything(engine) == before
    assert len(found) > 5, found  # its own people see what is there


def test_no_form_and_no_address_leads_to_another_site(app: FastAPI, numbers: Numbers, signed_in: TestClient) -> None:
    """Whatever stands in whichever field; and nothing breaks."""
    names = {name for route, _, _ in tried(numbers) for name in filled(route, "")}
    assert {"next", "back"} <= names
    for route, method, address in tried(numbers):
        if route.path.endswith(("/logout", "/login/oidc", "/login/oidc/back")) or not {"next", "back"} & set(filled(route, "")):
            continue
        for wanted in ELSEWHERE:
            answer = asked(signed_in, method, address, {**filled(route, wanted), "csrf": csrf(signed_in)})
            leads(answer, (method, address, wanted))
    for wanted in ELSEWHERE:
        leads(log_in(TestClient(app, follow_redirects=False), next=wanted), ("login", wanted))


def leads(answer: Response, what: object) -> None:
    assert answer.status_code < 500, what
    where = answer.headers.get("location", "/console")
    parts = urlsplit(where)
    assert (parts.scheme, parts.netloc) == ("", ""), (what, where)
    assert re.match(r"/console(/[a-z]|[?#]|$)", where), (what, where)
    assert "zle.example" not in where.replace("%2F", "/"), (what, where)
    assert not re.search(r"""(href|action)="[^"]*zle\.example""", answer.text), what


def test_a_script_in_any_field_is_text_wherever_it_comes_back(numbers: Numbers, signed_in: TestClient, engine: Engine) -> None:
    """X33: reflected by the answer, or stored and shown later by any page."""
    secret = {"csrf": csrf(signed_in)}
    talk = f"/console/conversations/{numbers.of['conversation_id']}"
    stored = {
        f"{talk}/take": {}, f"{talk}/reply": {"said": SCRIPT}, f"{talk}/unmask": {"reason": f"pacjent prosi o telefon {SCRIPT}"},
        "/console/views": {"name": SCRIPT[:40], "query": f"q={SCRIPT}"},
        f"{talk}/messages/{numbers.of['message_id']}/reading": {"version": "1", "intent": "deny", "note": SCRIPT},
        f"/console/tasks/{numbers.of['task_id']}/close": {"result": SCRIPT},
        "/console/staff": {"name": SCRIPT, "login": SCRIPT, "role": "operator", "clinic": ""},
    }  # fmt: skip
    for address, form in stored.items():
        assert signed_in.post(address, data={**secret, **form}).status_code in (200, 303), address
    with transaction(engine) as session:
        for table, column in (("places", "name"), ("places", "street"), ("providers", "name"), ("patients", "given_name")):
            session.execute(text(f"UPDATE {table} SET {column} = :said"), {"said": SCRIPT})  # noqa: S608  our own words only
        session.execute(text("UPDATE messages SET body = :said WHERE direction = 'in'"), {"said": SCRIPT})
    shown = []
    for route, method, address in tried(numbers):
        if route.path.endswith("/logout"):
            continue
        if method == "GET":
            plain = signed_in.get(address, params=numbers.query)
            harmless(plain, address)
            shown += [address] if "&lt;script&gt;alert(1)" in plain.text else []
        harmless(asked(signed_in, method, address, {**filled(route, SCRIPT), **secret}), (method, address))
    assert {"/console", "/console/search", "/console/staff", "/console/learning", talk} <= set(shown), shown
    audit = signed_in.get("/console/audit?act=unmasked")  # and the session outlived it all
    harmless(audit, "audit")
    assert "&lt;script&gt;alert(1)" in audit.text


def harmless(answer: Response, what: object) -> None:
    assert answer.status_code < 500, what
    if "html" in answer.headers.get("content-type", ""):
        assert "<script>alert" not in answer.text, what
        assert "<img src=x" not in answer.text, what
    assert "<" not in answer.headers.get("location", ""), what


def test_every_page_in_english_has_no_polish_of_its_own(numbers: Numbers, signed_in: TestClient, engine: Engine) -> None:
    """X31: of the Polish on an English page every word stands in what people wrote or what things are called in the registry."""
    assert signed_in.post("/console/language", data={"csrf": csrf(signed_in), "to": "en"}).status_code == 303
    data, shown = stored(engine), []
    polish = {said for kinds in (words.names("pl"), words.sentences("pl")) for kind in kinds.values() for said in kind.values()}
    polish = {said for said in polish if " " in said and "{" not in said and said not in data}
    for route, method, address in tried(numbers):
        answer = signed_in.get(address, params=numbers.query) if method == "GET" else None
        if answer is None or "text/html" not in answer.headers.get("content-type", ""):
            continue
        shown.append(route.path)
        assert '<html lang="en">' in answer.text, address
        said = re.sub(SAID_TO_PATIENTS, " ", answer.text, flags=re.DOTALL)
        said = unescape(re.sub("<[^>]*>", "\n", said) + "\n".join(re.findall(r'(?:aria-label|title|data-\w+)="([^"]*)"', said)))
        strange = {word for word in re.findall(r"\w+", said) if re.search("[ąćęłńóśźż]", word, re.IGNORECASE) and word not in data}
        assert strange == set(), address
        assert [one for one in polish if one in said] == [], address
    assert len(set(shown)) > 20, shown


def stored(engine: Engine) -> str:
    """All letters that are stored."""
    with transaction(engine) as session:
        tables = list(session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")))
        whole = "SELECT coalesce(string_agg(t::text, ' '), '') FROM {} t"
        return " ".join(str(session.execute(text(whole.format(name))).scalar_one()) for name in tables)


def test_every_answer_is_strict_whatever_it_says(app: FastAPI, numbers: Numbers, signed_in: TestClient) -> None:
    """Pages, redirects, files, refusals: never kept, never framed, nothing inline, never taken for another kind."""
    anonymous, states = TestClient(app, follow_redirects=False), set()
    for route, method, address in tried(numbers):
        if route.path.endswith("/logout"):
            continue
        gone = re.sub(r"{\w+}", "x" * 9, route.path)
        answers = [
            asked(signed_in, method, address, {"csrf": csrf(signed_in)}), asked(signed_in, method, address, {"csrf": "x"}),
            asked(anonymous, method, address, {}), asked(signed_in, method, gone, {"csrf": csrf(signed_in)}),
            asked(signed_in, method, address, {"csrf": "x" * 20_000, "q": "\0"}),
        ]  # fmt: skip
        for answer in answers:
            states.add(answer.status_code)
            assert {name: answer.headers.get(name) for name in STRICT} == STRICT, (method, address, answer.status_code)
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert "server" not in answer.headers
            assert all("httponly; path=/; samesite=lax" in one.lower() for one in answer.headers.get_list("set-cookie")), address
    assert {200, 303, 400, 403, 404, 413} <= states


def test_the_cookie_changes_at_each_step_of_a_login_and_the_earlier_ones_open_nothing(engine: Engine, clock: Clock) -> None:
    """Session fixation: planted before, half open after the password, whole after the code; over https each bound to its host."""
    app = FastAPI()
    operators.mount(app, engine, clock=clock, public_url="https://testserver", secret_key=KEY, factor_needed=True)
    name, planted = "__Host-cer-console", "A" * 43
    with transaction(engine) as session:
        operators.ensure_operator(session, LOGIN, "długie hasło operatora", now=clock.now, role="administrator")

    def browser(token: str) -> TestClient:
        opened = TestClient(app, base_url="https://testserver", follow_redirects=False)
        opened.cookies.set(name, token, domain="testserver.local", path="/")
        return opened

    client, tokens = browser(planted), [planted]

    def stepped(answer: Response) -> str:
        (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith(name + "=")]
        assert all(flag in cookie for flag in ("HttpOnly", "Secure", "Path=/", "SameSite=lax"))
        tokens.append(cookie.partition("=")[2].partition(";")[0])
        assert tokens[-1] not in tokens[:-1]
        return tokens[-1]

    half = browser(stepped(log_in(client)))
    page = half.get("/console/account/factor")
    secret = re.search(r'class="key">([^<]+)<', page.text)
    assert secret
    totp = TOTP(secret[1].replace(" ", ""), interval=factor.STEP)
    answer = half.post("/console/account/factor", data={"csrf": csrf_of(page), "code": totp.at(clock.now)})
    assert answer.status_code == 303, answer.text
    clock.advance(timedelta(minutes=2))
    again = browser(stepped(log_in(browser(planted))))
    assert again.get("/console").headers["location"] == "/console/login/code"
    code = {"csrf": csrf_of(again.get("/console/login/code")), "code": totp.at(clock.now)}
    whole = stepped(again.post("/console/login/code", data=code))
    assert browser(whole).get("/console").status_code == 200
    for token in (planted, tokens[2]):
        assert browser(token).get("/console").headers["location"].startswith("/console/login")
