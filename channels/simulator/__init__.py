"""A small carrier that speaks Twilio's wire: the default without an account, and the demo's telephones."""

from channels.simulator.app import LoopbackOnly, Simulator, add_to, create_simulator, serve
from channels.simulator.config import ServiceNumber, SimulatorConfig
from channels.simulator.errors import SimulatorForbidden
from channels.simulator.faults import Fault
from channels.simulator.subscribers import Telephone

__all__ = [
    "Fault",
    "LoopbackOnly",
    "ServiceNumber",
    "Simulator",
    "SimulatorConfig",
    "SimulatorForbidden",
    "Telephone",
    "add_to",
    "create_simulator",
    "serve",
]
