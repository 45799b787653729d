"""`cer sms …`: text messages at the command line, for those who connect a carrier or try one out."""

from typing import Annotated

import typer
from twilio.request_validator import RequestValidator

app = typer.Typer(help="Text messages: what a carrier would send us.", no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def _group() -> None:
    """Keep `sign` a command of its own name, though it is the only one yet."""


@app.command()
def sign(
    url: Annotated[str, typer.Argument(help="The address as the carrier knows it, with its query.")],
    fields: Annotated[list[str] | None, typer.Argument(help="The form: name=value …")] = None,
) -> None:
    """Print the X-Twilio-Signature of a form posted to an address, made with this installation's token."""
    from channels.cli import own_settings  # noqa: PLC0415  the command line fetches us, not we it

    form = dict(_pair(field) for field in fields or ())
    token = own_settings().twilio_auth_token
    if token is None:
        raise typer.BadParameter("CER_TWILIO_AUTH_TOKEN is not set")
    typer.echo(RequestValidator(token.get_secret_value()).compute_signature(url, form))


def _pair(field: str) -> tuple[str, str]:
    name, equals, value = field.partition("=")
    if not equals or not name:
        raise typer.BadParameter(f"{field!r} is not name=value")
    return name, value
