"""What happens after a failed run: it is noted with its next step, and a webhook may be called.

The error's message stays in the run: it may quote what must not leave it.
"""

from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.operations.run_failures import RunFailure, note_run_failure, note_webhook
from jobmatch_dagster.resources.webhook import post_to_webhook


def report_failure(database: Database, failure: RunFailure) -> str | None:
    """Store a failure and call the webhook, once; returns what became of the call, None without one.

    The partition of a user's run is the user's key: it is not sent.
    """
    with database.begin() as connection:
        if not note_run_failure(connection, failure):
            return None
    outcome = post_to_webhook(
        {
            "run_id": failure.run_id,
            "job": failure.job_name,
            "partition": None if failure.user_key else failure.partition_key,
            "step": failure.step_key,
            "error": failure.error_class,
            "next_step": failure.next_step,
            "failed_at": failure.failed_at.isoformat(),
        }
    )
    if outcome is not None:
        with database.begin() as connection:
            note_webhook(connection, failure.run_id, outcome)
    return outcome
