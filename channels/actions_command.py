"""`cer actions`: the action server behind a Rasa server that runs on dialogs/ as it is."""

from datetime import timedelta
from typing import Annotated

import typer

from channels import clock, logs
from channels.processes import database, engine_of
from channels.turns import asks_simp
from dialogs.actions import server
from dialogs.understanding import Interpreter


def actions(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on; rasa-sdk's own by default.")] = 5055,
) -> None:
    """Run the conversation's actions for a Rasa server (endpoints.yml: action_endpoint)."""
    from channels.cli import own_settings  # noqa: PLC0415  the command line fetches us, not we it

    settings = own_settings()
    logs.configure(settings.log_level, settings.log_format)
    with database(settings) as complete, engine_of(complete) as engine:
        interpreter = Interpreter.load(settings.data_dir / "models")
        hold = timedelta(seconds=settings.undo_seconds)
        server.serve(server.Actions(engine, interpreter, hold, clock.now, asks_simp(complete, engine)), host=host, port=port)
