"""The addresses that lead in and out of the console, and which of them somebody may be led to: none but our own."""

import re
from typing import Final
from urllib.parse import quote

# Where somebody is led who must do something else first.
STAGES: Final = {"code": "/console/login/code", "enrol": "/console/account/factor", "password": "/console/account"}

OUT: Final = "/console/login/oidc/out"
"""From where somebody who has logged out here is led to the identity provider's own logout."""


def login_address(wanted: str) -> str:
    """The login, from which one comes to the page that was wanted."""
    return "/console/login" + (f"?next={quote(wanted, safe='')}" if wanted and wanted != "/console" else "")


def code_address(wanted: str) -> str:
    """Where the second factor's code is asked for, before the page that was wanted."""
    return login_address(onwards(wanted)).replace("/console/login", STAGES["code"], 1)


def federated_address(wanted: str) -> str:
    """The login by the identity provider, from which one comes to the page that was wanted."""
    return login_address(onwards(wanted)).replace("/console/login", "/console/login/oidc", 1)


def onwards(wanted: str) -> str:
    """The page that was wanted when it is one of ours, or the list."""
    return wanted if is_ours(wanted) else "/console"


def is_ours(address: str) -> bool:
    """Whether an address is a page of the console: nobody is led elsewhere after the login."""
    return re.fullmatch(r"/console(/[a-z0-9/]*)?(\?[A-Za-z0-9_=&.%+-]*)?", address) is not None
