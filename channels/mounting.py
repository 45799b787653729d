"""Every channel's routes, mounted on the web process; and, in the demonstration, the simulated carrier with its telephones."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace

from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.middleware import Middleware
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Mount, Route

from channels import calling, clock, demo, mailbox, operators, posting, pushing, simulator
from channels.chat.limits import Limits
from channels.chat.live import Watch
from channels.chat.rest import Rest
from channels.chat.talk import Desk
from channels.chat.web import Chat
from channels.claim_settings import factor_pairs, role_pairs
from channels.demo import calls as demo_calls
from channels.demo import story
from channels.operators.oidc import Terms
from channels.operators.rights import ROLES
from channels.policy import policy
from channels.settings import Settings, recordings_folder
from channels.simulator.config import DEMO_NOTICE, ServiceNumber, SimulatorConfig
from channels.sms.webhooks import Webhooks
from channels.turns import takes_turns
from dialogs.understanding import Interpreter

SPED_UP = " Odwołanie można cofnąć przez {seconds} sekund (naprawdę: 5 minut), SMS-y wychodzą o każdej porze i od razu."

Work = Callable[[], AbstractAsyncContextManager[None]]


def mount_channels(app: FastAPI, settings: Settings, engine: Engine) -> None:
    """Add what answers requests, channel by channel; what must run beside it runs in the application's lifespan."""
    interpreter = Interpreter.load(settings.data_dir / "models")
    app.router.routes.extend(_sms(settings, engine, interpreter).routes())
    app.router.routes.extend(_chat(settings, engine, interpreter))
    app.router.routes.extend(posting.pages(settings, engine, clock.now).routes())
    app.router.routes.extend(pushing.routes(settings, engine, clock.now))
    voices = calling.voices(settings)
    app.state.work = [voices.at_work]
    app.state.places = voices.places
    app.router.routes.extend(calling.routes(settings, engine, interpreter, voices))
    operators.mount(
        app, engine, clock=clock.now, public_url=settings.public_url or "", secret_key=_secret_key(settings),
        factor_needed=settings.mode == "production" if settings.console_factor is None else settings.console_factor,
        redis_url=settings.redis_url.get_secret_value() if settings.redis_url else None, policy=policy(settings),
        terms=identity_terms(settings), recordings=recordings_folder(settings), unheard=voices.unheard,
    )  # fmt: skip
    if settings.mode == "demo":
        carrier = simulator.create_simulator(simulator_config(settings), allow=True)
        inner = simulator.add_to(app, carrier)
        inner.register_telephones(demo.TELEPHONES)
        app.state.work.append(inner.at_work)
        shown = [story.route(engine, clock.now), demo_calls.route(engine), *mailbox.routes(posting.mailbox(settings))]
        app.router.routes.extend(_for_this_machine(shown, inner.config.hosts))
        app.router.routes.append(Route("/", lambda _: RedirectResponse("/telephone")))


def _for_this_machine(shown: Sequence[Route | Mount], hosts: frozenset[str]) -> list[BaseRoute]:
    """The demonstration's own pages, where only the telephones' are answered too: a letter's links are the keys to its visit."""
    guard = [Middleware(simulator.LoopbackOnly, hosts=hosts)]
    return [Route(one.path, one.endpoint, middleware=guard) if isinstance(one, Route) else one for one in shown]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """While the application runs, so does the work that was mounted with it."""
    async with AsyncExitStack() as stack:
        for work in getattr(app.state, "work", ()):
            await stack.enter_async_context(work())
        yield


def _chat(settings: Settings, engine: Engine, interpreter: Interpreter) -> list[BaseRoute]:
    """The window on WebSocket and HTTP, and Rasa's REST channel where a token for it is set."""
    desk = Desk(engine, takes_turns(settings, engine, interpreter), clock.now)
    limits = Limits(settings.redis_url.get_secret_value() if settings.redis_url else None)
    chat: list[BaseRoute] = [*Chat(desk, limits, Watch(desk), settings.public_url or "").routes()]
    if settings.rest_token is not None:
        chat += Rest(desk, limits, settings.rest_token.get_secret_value()).routes()
    return chat


def _secret_key(settings: Settings) -> str:
    if settings.secret_key is None:
        raise ValueError("the console needs CER_SECRET_KEY")
    return settings.secret_key.get_secret_value()


def identity_terms(settings: Settings) -> Terms | None:
    """What was agreed with the provider that lets operators in; None where there is none."""
    secret = settings.oidc_client_secret
    if not settings.oidc_issuer or not settings.oidc_client_id or secret is None or not settings.oidc_roles:
        return None
    return Terms(
        issuer=settings.oidc_issuer, client_id=settings.oidc_client_id, client_secret=secret.get_secret_value(),
        back=f"{settings.public_url}/console/login/oidc/back", role_claim=settings.oidc_role_claim,
        roles=tuple((value, role) for value, named in role_pairs(settings.oidc_roles) for role in ROLES if role == named),
        clinic_claim=settings.oidc_clinic_claim, every_clinic=settings.oidc_every_clinic, scope=settings.oidc_scope,
        factors=factor_pairs(settings.oidc_second_factor) if settings.oidc_second_factor else frozenset(),
        passwords=settings.oidc_passwords,
    )  # fmt: skip


def _sms(settings: Settings, engine: Engine, interpreter: Interpreter) -> Webhooks:
    if settings.twilio_auth_token is None or settings.public_url is None:
        raise ValueError("text messages need CER_TWILIO_AUTH_TOKEN and CER_PUBLIC_URL")
    return Webhooks(
        engine=engine,
        turns=takes_turns(settings, engine, interpreter),
        auth_token=settings.twilio_auth_token.get_secret_value(),
        public_url=settings.public_url,
        clock=clock.now,
    )


def simulator_config(settings: Settings) -> SimulatorConfig:
    """The carrier of the demonstration: this account, this number, its memory beside the other data."""
    if settings.twilio_account_sid is None or settings.twilio_auth_token is None or settings.twilio_number is None:
        raise ValueError("the simulated carrier needs an account, a token and a number")
    here = settings.public_url
    number = ServiceNumber(settings.twilio_number, f"{here}/sms/inbound", f"{here}/voice/answer", f"{here}/voice/status")
    config = SimulatorConfig(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        services=(number,),
        database=str(settings.data_dir / "simulator.sqlite"),
        console_url="/console",
    )
    return replace(config, notice=DEMO_NOTICE + SPED_UP.format(seconds=settings.undo_seconds))
