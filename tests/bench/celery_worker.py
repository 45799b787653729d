"""The peer: the plain Celery worker that most services begin with. One task a message, Twilio's client, Redis between."""

import os

from celery import Celery
from twilio.rest import Client

app = Celery("plain", broker=os.environ["BENCH_REDIS"])
app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True)

client = Client(os.environ["BENCH_ACCOUNT"], os.environ["BENCH_TOKEN"])
client.api.base_url = os.environ["BENCH_CARRIER"]


@app.task
def send(to: str, body: str) -> None:
    """Hand one message to the carrier."""
    client.messages.create(to=to, from_=os.environ["BENCH_NUMBER"], body=body)
