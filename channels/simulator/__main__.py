"""The simulator as a process of its own: `python -m channels.simulator --port 4010 --webhook
http://…/sms/inbound`."""

from __future__ import annotations

import argparse

from channels.simulator.app import serve
from channels.simulator.config import ServiceNumber, SimulatorConfig


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m channels.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=4010)
    parser.add_argument("--database", default=":memory:", help="SQLite file; kept in memory when not given")
    parser.add_argument("--account", default="AC" + "0" * 32, help="account SID")
    parser.add_argument(
        "--token", default="simulator", help="auth token: signs webhooks, is the API's password"
    )
    parser.add_argument("--number", default="+48732000000", help="the service's number")
    parser.add_argument(
        "--webhook", default="http://127.0.0.1:8000/sms/inbound", help="where its inbound SMS are posted"
    )
    parser.add_argument(
        "--latency", type=float, default=0.0, metavar="SECONDS", help="of every answer of the API"
    )
    parser.add_argument("--sent-after", type=float, default=0.3, metavar="SECONDS")
    parser.add_argument("--delivered-after", type=float, default=0.8, metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=None)
    return parser.parse_args()


def main() -> None:
    """Read the command line and serve."""
    given = _arguments()
    config = SimulatorConfig(
        account_sid=given.account,
        auth_token=given.token,
        services=(ServiceNumber(given.number, given.webhook),),
        database=given.database,
        latency=given.latency,
        sent_after=(given.sent_after, given.sent_after),
        delivered_after=(given.delivered_after, given.delivered_after),
        seed=given.seed,
    )
    serve(config, port=given.port, allow=True)


if __name__ == "__main__":
    main()
