"""`run_failures`: what failed, and what to do next."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class RunFailure:
    """One failed run. Nothing in it is a message of an error or a configuration.

    `user_key` may be another partition's key: what is no user's is nobody's.
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
    """Keep a failure; False when it is kept already."""
    written = connection.execute(
        text(
            "INSERT INTO run_failures (run_id, job_name, partition_key, user_id, step_key, error_class, next_step, "
            "inputs, failed_at) VALUES (:run_id, :job_name, :partition_key, "
            "(SELECT id FROM users WHERE user_key = :user_key), :step_key, :error_class, :next_step, "
            "CAST(:inputs AS jsonb), :failed_at) ON CONFLICT (run_id) DO NOTHING"
        ),
        {
            "run_id": failure.run_id,
            "job_name": failure.job_name,
            "partition_key": failure.partition_key,
            "user_key": failure.user_key,
            "step_key": failure.step_key,
            "error_class": failure.error_class,
            "next_step": failure.next_step,
            "inputs": json.dumps(dict(failure.inputs)),
            "failed_at": failure.failed_at,
        },
    )
    return written.rowcount == 1


def note_webhook(connection: Connection, run_id: str, outcome: str) -> None:
    """Keep what became of the message to the webhook."""
    connection.execute(
        text("UPDATE run_failures SET webhook_outcome = :outcome WHERE run_id = :run_id"),
        {"outcome": outcome, "run_id": run_id},
    )
