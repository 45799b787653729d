"""The console over a clean database, a clock that the test sets, and browsers that are signed in or not."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import Engine, text

from channels import operators, pages
from channels.operators import accounts, sessions
from dialogs.understanding import Interpreter
from registry.database import transaction
from registry.schedules import Provider
from registry.staff import Operator
from tests import reading
from tests.channels.operators.world import World
from tests.running import running

KEY = "klucz tej instalacji, tylko do testów"
LOGIN, PASSWORD = "operator", "długie hasło operatora"


@dataclass
class Clock:
    """The time that the console is told."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def advance(self, span: timedelta) -> None:
        """Let time pass."""
        self.now += span


@pytest.fixture(scope="session", autouse=True)
def real_hasher() -> Iterator[PasswordHasher]:
    """Passwords are hashed by the same algorithm at its least cost meanwhile; -> the one of production."""
    real = accounts.HASHER
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield real


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def app(engine: Engine, clock: Clock) -> FastAPI:
    """An application that has nothing but the console, and one operator."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    pages.install(app)
    operators.mount(app, engine, clock=clock, public_url="http://testserver", secret_key=KEY, factor_needed=False, look_every=0.02)
    with transaction(engine) as session:
        assert operators.ensure_operator(session, LOGIN, PASSWORD, now=clock.now, role="administrator")
    return app


@pytest.fixture
def browser(app: FastAPI) -> Callable[[], TestClient]:
    """Opens a new browser, not signed in; it does not follow redirects."""
    return lambda: TestClient(app, follow_redirects=False)


@pytest.fixture
def signed_in(browser: Callable[[], TestClient]) -> TestClient:
    """A browser with a session."""
    client = browser()
    assert log_in(client).status_code == 303
    return client


@pytest.fixture(scope="session")
def interpreter() -> Interpreter:
    return reading.interpreter()


@pytest.fixture
def world(engine: Engine, interpreter: Interpreter, now: datetime) -> World:
    return World(engine, interpreter, now)


@pytest.fixture
def full_world(world: World, clock: Clock) -> World:
    """The story has been played; the console's clock stands a little after it."""
    world.populate()
    clock.advance(timedelta(minutes=8))
    return world


@pytest.fixture
def served(app: FastAPI) -> Iterator[str]:
    """The console on a real socket; its address."""
    with running(app) as address:
        yield address


def log_in(client: TestClient, login: str = LOGIN, password: str = PASSWORD, **more: str) -> Response:
    """Fill the login form in as a person would."""
    form = {"login": login, "password": password, "csrf": csrf_of(client.get("/console/login")), **more}
    return client.post("/console/login", data=form)


def csrf_of(page: Response) -> str:
    """The form secret that a page carries."""
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


SignIn = Callable[..., TestClient]


@pytest.fixture
def sign_in(app: FastAPI, engine: Engine, clock: Clock) -> SignIn:
    """A browser with a session of a fresh account of this role, confined to a clinic or not."""
    numbers = count()

    def made(role: str, provider_id: int | None = None, *, verified: bool = True, must_change: bool = False) -> TestClient:
        with transaction(engine) as session:
            operator = Operator(
                login=f"{role} {next(numbers)}", name=f"Osoba {role}", role=role, active=True,
                password_hash="-", created_at=clock.now, provider_id=provider_id, must_change_password=must_change,
            )  # fmt: skip
            session.add(operator)
            session.flush()
            token = sessions.begin(session, operator.id, now=clock.now, verified=verified)
        client = TestClient(app, follow_redirects=False)
        client.cookies.set("cer-console", token)
        return client

    return made


def csrf(client: TestClient) -> str:
    return sessions.csrf_token(client.cookies["cer-console"])


def other_clinic(engine: Engine) -> int:
    with transaction(engine) as session:
        provider = Provider(code="999", name="Inna przychodnia", phone="+48523570999")
        session.add(provider)
        session.flush()
        return provider.id


def clinic(engine: Engine) -> int:
    with transaction(engine) as session:
        return int(session.execute(text("SELECT id FROM providers WHERE code = '040701'")).scalar_one())
