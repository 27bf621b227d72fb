"""`run_failures`: which runs failed, and what to do next."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from jobmatch_dagster.db.connection.engine import run_query


@dataclass(frozen=True)
class RunFailure:
    """One failed run, without the message of its error and without its configuration.

    `user_key` may be the key of another partition; it is stored only if a user has it.
    """

    run_id: str
    job_name: str
    partition_key: str | None
    user_key: str | None
    step_key: str | None
    error_class: str
    next_step: str
    inputs: Mapping[str, str]
    failed_at: datetime


def note_run_failure(connection: Connection, failure: RunFailure) -> bool:
    """Store a failure; False if it is stored already."""
    parameters = {**asdict(failure), "inputs": json.dumps(dict(failure.inputs))}
    return bool(run_query(connection, "operations/note_run_failure", parameters))


def note_webhook(connection: Connection, run_id: str, outcome: str) -> None:
    """Store what became of the call to the webhook."""
    query = "UPDATE run_failures SET webhook_outcome = :outcome WHERE run_id = :run_id"
    connection.execute(text(query), {"outcome": outcome, "run_id": run_id})


def next_steps_of_runs(connection: Connection, run_ids: Sequence[str]) -> list[tuple[str, str]]:
    """Run and next step of these runs, as far as they were noted."""
    query = "SELECT run_id, next_step FROM run_failures WHERE run_id = ANY(:ids) ORDER BY failed_at DESC"
    return [(row.run_id, row.next_step) for row in connection.execute(text(query), {"ids": list(run_ids)})]


def count_failures(connection: Connection, since: datetime) -> int:
    """Number of runs that failed since then."""
    return int(connection.scalar(text("SELECT count(*) FROM run_failures WHERE failed_at > :since"), {"since": since}))
