"""What is counted and timed, for Prometheus. Several processes count into one directory and any of them shows the sum.

That directory is PROMETHEUS_MULTIPROC_DIR, which the process that starts the others sets; alone, a process counts in
memory. Labels are names from our own code (routes, jobs, outcomes), never anything that a patient sent.
"""

import os

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

MULTIPROCESS_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"  # the name that the library reads
CONTENT_TYPE = CONTENT_TYPE_LATEST

# Seconds; finest where the aims are: 5 ms for a reading, 15 ms for a turn, 100 ms for the slowest of a hundred.
STEPS = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUESTS = Counter("cer_http_requests_total", "Requests answered.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram("cer_http_request_seconds", "Time to answer a request.", ["method", "route"], buckets=STEPS)
JOB_RUNS = Counter("cer_job_runs_total", "Runs of a worker's job by outcome: done or failed.", ["job", "outcome"])
JOB_SECONDS = Histogram("cer_job_seconds", "Time that a worker's job took.", ["job"], buckets=STEPS)
JOB_LAST_DONE = Gauge("cer_job_last_done_timestamp_seconds", "When a job last succeeded.", ["job"], multiprocess_mode="mostrecent")
TASKS = Gauge("cer_tasks", "Tasks of the event loop when its process was last asked for these figures.", multiprocess_mode="livesum")


def exposition() -> bytes:
    """Everything counted so far, by this process or by all that share the directory, in Prometheus' text format."""
    directory = os.environ.get(MULTIPROCESS_DIRECTORY)
    if directory is None:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, directory)  # type: ignore[no-untyped-call]  # the library has no types here
    return generate_latest(registry)
