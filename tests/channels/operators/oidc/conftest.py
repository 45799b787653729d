"""A provider of the test's own, and the console on its terms."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from joserfc.jwk import ECKey, RSAKey

from channels.operators.identity_provider import IdentityProvider
from channels.operators.oidc import Terms
from tests.channels.operators.conftest import Clock
from tests.channels.operators.identity import CLIENT_ID, CLIENT_SECRET, Provider, application
from tests.channels.operators.oidc.coming import BACK, Agree
from tests.running import running


@pytest.fixture(scope="session")
def keys() -> dict[str, RSAKey | ECKey]:
    made: dict[str, RSAKey | ECKey] = {name: RSAKey.generate_key(2048) for name in ("first", "second", "foreign")}
    return made | {"curve": ECKey.generate_key("P-256")}


@pytest.fixture(scope="session")
def house() -> Iterator[tuple[str, list[Provider]]]:
    """The provider's server, for all tests; each puts its own provider into the list."""
    held: list[Provider] = []
    with running(application(lambda: held[-1])) as address:
        yield address, held


@pytest.fixture
def provider(house: tuple[str, list[Provider]], keys: dict[str, RSAKey | ECKey], clock: Clock) -> Provider:
    address, held = house
    held[:] = [Provider(address, dict(keys), clock)]
    return held[0]


@pytest.fixture
def terms(provider: Provider) -> Terms:
    roles = (("szefowie", "administrator"), ("zmiana", "supervisor"), ("konsola", "operator"))
    return Terms(provider.issuer, CLIENT_ID, CLIENT_SECRET, f"http://testserver{BACK}", "groups", roles)  # type: ignore[arg-type]  # the three are roles


@pytest.fixture
def agree(app: FastAPI, terms: Terms) -> Agree:
    """Let the console have a provider, on these terms but for what is changed."""

    def agreed(*, patience: float = 5.0, **changes: Any) -> None:
        identity = IdentityProvider(dataclasses.replace(terms, **changes), patience=patience)
        app.state.console = dataclasses.replace(app.state.console, identity=identity)

    return agreed


@pytest.fixture(autouse=True)
def agreed(agree: Agree) -> None:
    agree()
