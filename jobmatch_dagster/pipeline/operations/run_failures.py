"""What happens after a failed run: it is noted with its next step, and who operates the deployment is notified.

The error's message stays in the run: it may quote what must not leave it.
"""

from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.operations.run_failures import RunFailure, note_run_failure, note_webhook
from jobmatch_dagster.resources.notifier import notify


def report_failure(database: Database, failure: RunFailure) -> str | None:
    """Store a failure and notify of it, once; returns what became of that, None where nobody is notified.

    The partition of a user's run is the user's key: it is not sent.
    """
    with database.begin() as connection:
        if not note_run_failure(connection, failure):
            return None
    outcome = notify(
        f"Run of {failure.job_name} failed",
        {
            "run_id": failure.run_id,
            "job": failure.job_name,
            "partition": None if failure.user_key else failure.partition_key,
            "step": failure.step_key,
            "error": failure.error_class,
            "next_step": failure.next_step,
            "failed_at": failure.failed_at.isoformat(),
        },
    )
    if outcome is not None:
        with database.begin() as connection:
            note_webhook(connection, failure.run_id, outcome)
    return outcome
