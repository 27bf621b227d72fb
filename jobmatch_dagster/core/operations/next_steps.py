"""What a person does after a failure, by the class of the error, else by the job.

Put here sentences that say what to click or type. The steps are shown with the failure and kept in `run_failures`.
"""

from collections.abc import Mapping

# What helps, by the class of the innermost error; else by the job.
_BY_ERROR: Mapping[str, str] = {
    "PermanentFailure": "Read the step's message: it names the key, plan or setting to change. Then re-execute.",
    "PassingFailure": "The other side was busy or out of reach. Re-execute the run from failure; the next hourly run "
    "asks for the hours too.",
    "HourNotAvailableError": "Choose an hour that is complete (two hours ago and older) and launch again.",
    "DatabaseUnavailableError": "See that the database answers (`jobmatch stats`), then re-execute the run.",
    "DatabaseNotConfiguredError": "Set JOBMATCH_DATABASE_URL for the code location, or start with `jobmatch dev`.",
    "ModelUnavailableError": "Check EMBEDDING_MODEL, then re-execute the run from failure.",
    "NothingToExplainError": "Check the user key and the posting's id, then launch explain_match again.",
    "MemoryError": "Give the run more memory, or choose fewer hours or users a run.",
}
_BY_JOB: Mapping[str, str] = {
    "hourly_collection": "Re-execute from failure. Hours that stay missing are named by the check no_missing_hours; "
    "one backfill mends them.",
    "ingest_cv": "See cv_documents.reason, then re-execute. After three failures the sensor waits for a person.",
    "rematch_user": "Re-execute. After three failures the sensor waits for a person.",
    "match_users": "Re-execute: users that are matched already are done in no time.",
    "collect_claude_batches": "Re-execute: answers that are held are not paid for again.",
}
_OTHERWISE = "Open the run, read the first error, re-execute from failure: every step may run twice."


def next_step(error_class: str, job_name: str = "") -> str:
    """What to do about a failure, in a sentence or two.

    Args:
        error_class: name of the class of the innermost error.
        job_name: the job that failed, where it is known.
    """
    return _BY_ERROR.get(error_class) or _BY_JOB.get(job_name) or _OTHERWISE
