"""Commands whose rooms are opened only when they are called: every process of ours begins with `cer`, and must begin quickly."""

from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

# Command: module, and what stands there: a function or a typer application.
LATE: Final[dict[str, tuple[str, str]]] = {
    "interpret": ("dialogs.understanding.cli", "interpret"),
    "actions": ("channels.actions_command", "actions"),
    "absence": ("channels.registry_cli.absence", "app"),
    "allocate": ("channels.registry_cli.night", "allocate"),
    "check": ("channels.registry_cli.check", "check"),
    "call": ("channels.caller", "call"),
    "explain": ("channels.registry_cli.night", "explain"),
    "starving": ("channels.registry_cli.night", "starving"),
    "forecast": ("channels.registry_cli.forecast", "forecast"),
    "compliance": ("channels.registry_cli.compliance", "app"),
    "learn": ("channels.registry_cli.learn", "app"),
    "figures": ("channels.registry_cli.figures", "app"),
    "mail": ("channels.registry_cli.mail", "app"),
    "models": ("voice_models.cli", "models_app"),
    "overlaps": ("channels.registry_cli.overlaps", "app"),
    "person": ("channels.registry_cli.person", "app"),
    "place": ("channels.registry_cli.place", "app"),
    "policy": ("channels.registry_cli.policy", "app"),
    "simulate": ("channels.registry_cli.simulate", "app"),
    "staff": ("channels.registry_cli.staff", "app"),
    "sms": ("channels.sms_commands", "app"),
}


class LateCommands(TyperGroup):
    """A group that knows the names of its late commands and fetches one when it is wanted."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All names, the late ones last."""
        return [*super().list_commands(ctx), *LATE]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of this name, or None."""
        return _fetched(cmd_name) if cmd_name in LATE else super().get_command(ctx, cmd_name)


def _fetched(name: str) -> Any:
    module, attribute = LATE[name]
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        return get_command(found)
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command(name)(found)
    return get_command(alone)
