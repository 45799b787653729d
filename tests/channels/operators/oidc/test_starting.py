"""A provider that is away when the whole application starts, and comes later: no restart is needed (X33, design idea 8)."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from fastapi.testclient import TestClient
from joserfc.jwk import ECKey, RSAKey
from pydantic import SecretStr
from sqlalchemy import Engine

from channels import clock, operators
from channels.app import create_app
from channels.secrets import completed
from channels.settings import Settings
from registry.database import transaction
from tests.channels.operators.conftest import LOGIN, PASSWORD, log_in
from tests.channels.operators.identity import CLIENT_ID, CLIENT_SECRET, Provider, application
from tests.channels.operators.oidc.coming import START, refused, sent_back
from tests.ports import free_port
from tests.running import running


def test_a_provider_that_comes_after_the_start_lets_people_in_without_a_restart(
    engine: Engine, tmp_path: Path, with_models: Callable[[Path], Path], keys: dict[str, RSAKey | ECKey]
) -> None:
    """Meanwhile the console is there, passwords go on, and the button leads to a Polish page that says what is wrong."""
    port = free_port()  # where nobody listens
    issuer = f"http://127.0.0.1:{port}"
    settings = completed(Settings(
        data_dir=with_models(tmp_path / "data"), oidc_issuer=issuer, oidc_client_id=CLIENT_ID,
        oidc_client_secret=SecretStr(CLIENT_SECRET), oidc_role_claim="groups", oidc_roles="konsola=operator",
    ))  # fmt: skip
    with transaction(engine) as session:
        operators.ensure_operator(session, LOGIN, PASSWORD, now=clock.now())
    app = create_app(settings, engine)
    with TestClient(app, client=("127.0.0.1", 50000), follow_redirects=False) as client:
        assert f'href="{START}"' in client.get("/console/login").text
        refused(client, client.get(START), 502, "Logowanie służbowe nie działa")
        with_password = TestClient(app, client=("127.0.0.1", 50000), follow_redirects=False)
        assert log_in(with_password).status_code == 303
        assert with_password.get("/console").status_code == 200
        refused(client, client.get(START), 502, "Logowanie służbowe nie działa")
        provider = Provider(issuer, dict(keys), clock.now)
        with running(application(lambda: provider), port=port):
            back = urlsplit(sent_back(client, "/console/tasks"))
            answer = client.get(f"{back.path}?{back.query}")
            assert (answer.status_code, answer.headers["location"]) == (303, "/console/tasks")
            assert "Janina Służbowa" in client.get("/console/tasks").text
